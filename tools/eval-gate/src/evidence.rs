//! The files that a judgement leaves behind.

use std::collections::BTreeMap;

use yard_cli::{Io, Verdict, files, recorded_path};
use yard_contract::{Document, Evaluation, Finite, Gate, Header, Input};

use crate::error::GateError;
use crate::plan::Plan;
use crate::report::{Charts, Report};

/// Writes everything, evidence first, then tells people; answers the verdict.
pub(crate) fn write(
    plan: &Plan,
    io: &mut Io,
    inputs: Vec<Input>,
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
    let gate = Document::new(
        io.producer().clone(),
        of_gate.into_iter().flatten().collect(),
        gate,
    );
    let lineage = Document {
        header: Header {
            inputs: written.header.inputs.clone(),
            ..gate.header.clone()
        },
        body: gate.body.clone(),
    };
    let report = Report {
        gate: &lineage,
        evaluation: &written.body,
        charts,
    };
    group.add(&at("report.md"), report.markdown().as_bytes())?;
    group.add(&at("report.html"), report.html().as_bytes())?;
    group.add(&at("gate.junit.xml"), report.junit().as_bytes())?;
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
