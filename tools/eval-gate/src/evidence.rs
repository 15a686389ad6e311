//! The files that a judgement leaves behind.

use std::collections::BTreeMap;
use std::path::Path;

use yard_cli::{Io, Verdict, files, recorded_path};
use yard_contract::{Document, Evaluation, Finite, Gate, Header, Input};

use crate::beside::Beside;
use crate::error::GateError;
use crate::plan::Plan;
use crate::report::{Charts, ConfigPlace, Report};

/// The files that tell a verdict, or its reasons. What only measures (`evaluation.json`, `metrics.json`) may be
/// read as a retrain by the next run, and claims nothing about it.
const VERDICTS: [&str; 7] = [
    "gate.json",
    "gate.junit.xml",
    "gate.codequality.json",
    "gate.openmetrics.txt",
    "gate.annotations.txt",
    "report.md",
    "report.html",
];

/// Removes what an earlier run said, so that one that cannot judge leaves no verdict behind.
pub(crate) fn retract(out: &Path) -> Result<(), GateError> {
    for name in VERDICTS {
        let path = out.join(name);
        if path.symlink_metadata().is_ok_and(|found| !found.is_dir()) {
            std::fs::remove_file(&path)
                .map_err(|source| yard_cli::Error::Write { path, source })?;
        }
    }
    Ok(())
}

/// Writes everything, evidence first, then tells people; answers the verdict.
pub(crate) fn write(
    plan: &Plan,
    io: &mut Io,
    inputs: Vec<Input>,
    beside: &Beside,
    evaluation: Evaluation,
    gate: Gate,
    charts: &Charts,
) -> Result<Verdict, GateError> {
    let at = |name: &str| plan.out.join(name);
    let verdict = gate.verdict;
    let mut group = files::Group::new();
    for (name, svg) in charts.files() {
        group.add(&at("charts").join(name), svg.as_bytes())?;
    }
    group.add(&at("metrics.json"), &flat_metrics(&evaluation))?;
    let written = io.add_artifact(&mut group, &at("evaluation.json"), inputs, evaluation)?;
    let evidence = Input::new(
        "evaluation",
        &recorded_path(&at("evaluation.json")),
        written.digest(),
    );
    // `run.json` vouches for the model folder, so whoever trusts the verdict can hold it to that.
    let run = written.header.input("run").cloned();
    let of_gate = [Some(evidence), run, Some(plan.config_input.clone())];
    let of_gate = of_gate
        .into_iter()
        .flatten()
        .chain(beside.inputs.iter().cloned());
    let gate = Document::new(io.producer().clone(), of_gate.collect(), gate);
    let lineage = Document {
        header: Header {
            inputs: [written.header.inputs.as_slice(), &beside.inputs].concat(),
            ..gate.header.clone()
        },
        body: gate.body.clone(),
    };
    let measured = beside.found.measured(&plan.config.rules);
    let report = Report {
        gate: &lineage,
        evaluation: &written.body,
        charts,
        measured: &measured,
        config: ConfigPlace {
            path: &plan.config_input.path,
            text: &plan.config_text,
        },
    };
    group.add(&at("report.md"), report.markdown().as_bytes())?;
    group.add(&at("report.html"), report.html().as_bytes())?;
    group.add(&at("gate.junit.xml"), report.junit().as_bytes())?;
    group.add(
        &at("gate.codequality.json"),
        report.code_quality().as_bytes(),
    )?;
    group.add(&at("gate.annotations.txt"), report.annotations().as_bytes())?;
    group.add(
        &at("gate.openmetrics.txt"),
        report.open_metrics()?.as_bytes(),
    )?;
    if let Some(path) = &plan.ledger_out {
        let bytes = ledger(beside, &written.body, &gate, io)?;
        group.add(path, &bytes)?;
    }
    // The verdict vouches for everything else, so it appears last.
    group.add(&at("gate.json"), &gate.to_bytes())?;
    group.commit()?;
    let shown = Report {
        gate: &gate,
        ..report
    };
    io.print(|out| shown.write(plan.format, out))?;
    Ok(verdict)
}

/// The ledger with this look in it; byte for byte what it was, where the look was in it already.
fn ledger(
    beside: &Beside,
    evaluation: &Evaluation,
    gate: &Document<Gate>,
    io: &Io,
) -> Result<Vec<u8>, GateError> {
    let book = beside.ledger.as_ref().ok_or(GateError::NoLedger)?;
    let after = book.with(
        beside.look.as_ref(),
        evaluation,
        &gate.body,
        beside.confidence,
    );
    let before = book.file.as_ref();
    if let Some(source) = before.filter(|_| after == book.ledger) {
        return Ok(source.bytes.clone());
    }
    let verdict = Input::new("gate", "gate.json", gate.digest());
    let before = before.map(|source| source.input.clone());
    let inputs = before.into_iter().chain([verdict]).collect();
    Ok(Document::new(io.producer().clone(), inputs, after).to_bytes())
}

/// The metrics as one flat object of numbers, as DVC and people read them.
fn flat_metrics(evaluation: &Evaluation) -> Vec<u8> {
    let values = evaluation
        .metrics
        .iter()
        .map(|(name, estimate)| (name.as_str(), estimate.value));
    let values: BTreeMap<&str, Finite> = values.collect();
    let mut bytes = serde_json::to_vec_pretty(&values).expect("names and finite numbers");
    bytes.push(b'\n');
    bytes
}
