//! Judge whether a model may replace the champion, with its uncertainty.
//!
//! [`run`] is the table of contents: score the held-out rows with the model's own ONNX file,
//! compute metrics with their intervals, compare with the champion row by row, judge by the
//! policy, write the evidence, tell people, answer the verdict. The judgement itself is a pure
//! function of the evaluation and the policy.
#![warn(missing_docs)]

mod args;
mod charts;
mod compare;
mod config;
mod error;
mod evaluate;
mod holdout;
mod judge;
mod metric;
mod plan;
mod power;
mod replicas;
mod report;
mod slices;

use std::collections::BTreeMap;
use std::path::Path;

use yard_cli::{Io, Verdict, files, recorded_path};
use yard_contract::{Evaluation, Finite, Input};
use yard_model::{Model, Predictor};
use yard_package::{Limits, Package};

pub use crate::args::Args;
use crate::args::Command;
use crate::charts::{Charts, ClassNames};
pub use crate::config::schema;
pub use crate::error::GateError;
use crate::evaluate::Scores;
use crate::plan::{Opponent, Plan};
use crate::report::Report;

/// Evaluates a model and judges it.
pub fn run(args: Args, io: &mut Io) -> Result<Verdict, GateError> {
    match &args.command {
        Some(Command::Schema) => {
            io.print(|out| out.write_all(schema().as_bytes()))?;
            return Ok(Verdict::Pass);
        }
        Some(Command::Plan(args)) => {
            power::run(args, io)?;
            return Ok(Verdict::Pass);
        }
        None => (),
    }
    let plan = Plan::resolve(args, io)?;
    if io.print_plan(&plan)? {
        return Ok(Verdict::Pass);
    }
    let model = open(&plan.model)?;
    let rows = io.read("holdout", &plan.holdout)?;
    let columns = slices::columns(&plan.config);
    let holdout = holdout::read(
        &plan.holdout,
        &rows.bytes,
        &model.predictor,
        &columns,
        plan.config.cluster.as_deref(),
    )?;
    let scores = score(&plan.model, &model, &holdout.features)?;
    let mut inputs = model.inputs.clone();
    inputs.push(rows.input);
    let champion = match &plan.opponent {
        Opponent::Champion(path) => {
            let champion = open(path)?;
            same_target(&model.predictor, &champion.predictor)?;
            let features = holdout::features(&plan.holdout, &rows.bytes, &champion.predictor)?;
            let of_champion = |input: &Input| Input {
                kind: format!("champion-{}", input.kind),
                ..input.clone()
            };
            inputs.extend(champion.inputs.iter().map(of_champion));
            Some(score(path, &champion, &features)?)
        }
        Opponent::FirstModel(_) => None,
    };
    inputs.push(plan.config_input.clone());

    let evaluation = evaluate::evaluate(
        &holdout,
        &scores,
        champion.as_ref(),
        &plan.config,
        plan.confidence,
    )?;
    let gate = judge::judge(&evaluation, &plan.config, &plan.opponent, plan.confidence)?;

    let classes = &model.predictor.signature().target.classes;
    let names = ClassNames {
        negative: format!(
            "{} = {}",
            model.predictor.signature().target.column,
            classes.negative
        ),
        positive: format!(
            "{} = {}",
            model.predictor.signature().target.column,
            classes.positive
        ),
    };
    let charts = Charts::of(&evaluation, &names, &gate);
    write_evidence(&plan, io, inputs, evaluation, gate, &charts)
}

/// Writes everything, evidence first, and answers the verdict.
fn write_evidence(
    plan: &Plan,
    io: &mut Io,
    inputs: Vec<Input>,
    evaluation: Evaluation,
    gate: yard_contract::Gate,
    charts: &Charts,
) -> Result<Verdict, GateError> {
    let at = |name: &str| plan.out.join(name);
    let verdict = gate.verdict;
    for (name, svg) in charts.files() {
        files::write(&at("charts").join(name), svg.as_bytes())?;
    }
    files::write(&at("metrics.json"), &flat_metrics(&evaluation))?;
    let written = io.write_artifact(&at("evaluation.json"), inputs, evaluation)?;
    let evidence = Input::new(
        "evaluation",
        &recorded_path(&at("evaluation.json")),
        written.digest(),
    );
    // `run.json` vouches for the model folder, so whoever trusts the verdict can hold it to that.
    let run = written.header.input("run").cloned();
    let of_gate = [Some(evidence), run, Some(plan.config_input.clone())];
    let gate = io.write_artifact(
        &at("gate.json"),
        of_gate.into_iter().flatten().collect(),
        gate,
    )?;
    let lineage = yard_contract::Document {
        header: yard_contract::Header {
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
    files::write(&at("report.md"), report.markdown().as_bytes())?;
    files::write(&at("report.html"), report.html().as_bytes())?;
    files::write(&at("gate.junit.xml"), report.junit().as_bytes())?;
    let shown = Report {
        gate: &gate,
        ..report
    };
    io.print(|out| shown.write(plan.format, out))?;
    Ok(verdict)
}

fn open(path: &Path) -> Result<Model, GateError> {
    let shown = || path.display().to_string();
    let package = Package::open(path, &Limits::default()).map_err(|source| GateError::Package {
        path: shown(),
        source,
    })?;
    Model::load(&package, &recorded_path(path)).map_err(|source| GateError::Model {
        path: shown(),
        source,
    })
}

fn score(path: &Path, model: &Model, features: &yard_table::Table) -> Result<Scores, GateError> {
    let probabilities = model
        .predictor
        .predict(features)
        .map_err(|source| GateError::Predict {
            path: path.display().to_string(),
            source,
        })?;
    Ok(Scores {
        sha256: model.sha256,
        threshold: model.predictor.signature().threshold,
        probabilities: probabilities.into_iter().map(f64::from).collect(),
    })
}

fn same_target(model: &Predictor, champion: &Predictor) -> Result<(), GateError> {
    let (model, champion) = (&model.signature().target, &champion.signature().target);
    if model == champion {
        return Ok(());
    }
    let shown = |target: &yard_contract::Target| {
        format!(
            "{} = {} or {}",
            target.column, target.classes.negative, target.classes.positive
        )
    };
    Err(GateError::OtherTarget {
        champion: shown(champion),
        model: shown(model),
    })
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
