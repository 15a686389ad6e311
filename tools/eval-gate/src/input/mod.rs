//! What is judged: the held-out rows, and what the model and the champion answer on them.

mod holdout;
mod model;

pub(crate) use holdout::Holdout;

use std::path::Path;

use yard_cli::Io;
use yard_contract::{Finite, Input, Sha256};

use crate::error::GateError;
use crate::measure;
use crate::plan::{Opponent, Plan, Predecessor};
use crate::report::ClassNames;
use crate::rules::Candidate;

/// A model's answers on the holdout.
pub(crate) struct Scores {
    pub(crate) sha256: Sha256,
    /// The probability from which on the model calls a row positive.
    pub(crate) threshold: Finite,
    pub(crate) probabilities: Vec<f64>,
}

/// Everything that a judgement is made from.
pub(crate) struct Subject {
    pub(crate) holdout: Holdout,
    pub(crate) model: Scores,
    pub(crate) champion: Option<Scores>,
    /// The last release's answers, where the policy compares with it.
    pub(crate) release: Option<Scores>,
    /// The digest of the held-out rows.
    pub(crate) holdout_sha256: Sha256,
    /// What a report of another tool must be about.
    pub(crate) candidate: Candidate,
    /// What the charts call the two classes.
    pub(crate) classes: ClassNames,
    /// The digests of all files that were read.
    pub(crate) inputs: Vec<Input>,
}

/// Reads the rows and scores them with the model, and with the champion where there is one.
pub(crate) fn read(plan: &Plan, io: &mut Io) -> Result<Subject, GateError> {
    let model = model::open(&plan.model)?;
    let rows = io.read("holdout", &plan.holdout)?;
    let columns = measure::slices::columns(&plan.config);
    let holdout = holdout::read(
        &plan.holdout,
        &rows.bytes,
        &model.predictor,
        &columns,
        plan.config.cluster.as_deref(),
    )?;
    let scores = model::score(&plan.model, &model, &holdout.features)?;
    let mut inputs = model.inputs.clone();
    let holdout_sha256 = rows.input.sha256;
    let bytes = rows.bytes;
    inputs.push(rows.input);
    let mut rival = |path: &Path, role: &str| {
        let rival = model::open(path)?;
        model::same_target(&model.predictor, &rival.predictor)?;
        let features = holdout::features(&plan.holdout, &bytes, &rival.predictor)?;
        let of_rival = |input: &Input| Input {
            kind: format!("{role}-{}", input.kind),
            ..input.clone()
        };
        inputs.extend(rival.inputs.iter().map(of_rival));
        model::score(path, &rival, &features)
    };
    let champion = match &plan.opponent {
        Opponent::Champion(path) => Some(rival(path, "champion")?),
        Opponent::FirstModel(_) => None,
    };
    let release = match &plan.release {
        Some(Predecessor::Release(path)) => Some(rival(path, "release")?),
        Some(Predecessor::FirstRelease(_)) | None => None,
    };
    inputs.push(plan.config_input.clone());
    let signature = model.predictor.signature();
    let classes = &holdout::binary(signature)?.classes;
    let named = |class: &str| format!("{} = {class}", signature.target);
    Ok(Subject {
        holdout,
        model: scores,
        champion,
        release,
        holdout_sha256,
        candidate: Candidate {
            sha256: Some(model.sha256),
            bytes: Some(model.size),
            table: model.run_header.input("table").map(|table| table.sha256),
        },
        classes: ClassNames {
            negative: named(&classes.negative),
            positive: named(&classes.positive),
        },
        inputs,
    })
}
