//! What is judged: the held-out rows, and what the model and its rivals answer on them.
//!
//! Each side is a model that scores the holdout here, or a file that another tool scored. Either way it
//! becomes the same two values: [`Holdout`], what is true of each row whoever predicts, and [`Scores`].
//! Where the sides come from different files, [`frozen`] holds them to the same rows.

mod frozen;
mod holdout;
mod model;
mod parquet;
mod scored;
mod sheet;
mod split;

pub(crate) use holdout::{Holdout, Truth, canonical};

use std::path::Path;

use yard_cli::Io;
use yard_contract::{Finite, Input, Sha256};

use crate::error::GateError;
use crate::plan::{Opponent, Plan, Predecessor, Source};
use crate::rules::Candidate;

/// What the lineage calls the rows that models are asked on.
const HOLDOUT: &str = "holdout";

/// A model's answers on the holdout.
pub(crate) struct Scores {
    /// The digest of the model, or of the file of scores.
    pub(crate) sha256: Sha256,
    /// The probability from which on the model calls a row positive, where there are two classes.
    pub(crate) threshold: Finite,
    /// A row's probability of the positive class, its probability of each class (row by row), or the
    /// number predicted.
    pub(crate) values: Vec<f64>,
}

/// Everything that a judgement is made from.
pub(crate) struct Subject {
    pub(crate) holdout: Holdout,
    pub(crate) model: Scores,
    pub(crate) champion: Option<Scores>,
    /// The last release's answers, where the policy compares with it.
    pub(crate) release: Option<Scores>,
    /// What a report of another tool must be about.
    pub(crate) candidate: Candidate,
    /// The digests of all files that were read.
    pub(crate) inputs: Vec<Input>,
}

/// One side: its rows, its answers on them, what was read.
struct Side {
    /// What a person calls it: the path of the file that its rows came from.
    rows_from: String,
    holdout: Holdout,
    scores: Scores,
    /// Nothing is known of a model that only a file of scores tells of.
    candidate: Candidate,
    /// The digest of the rows' bytes as they stand in the table, where they come from one that is divided.
    raw_rows: Option<Sha256>,
    inputs: Vec<Input>,
}

/// Reads the rows and scores them with the model, and with its rivals where there are any.
pub(crate) fn read(plan: &Plan, io: &Io) -> Result<Subject, GateError> {
    let model = side(plan, io, &plan.model)?;
    let expected = split::held_out(plan, io, &model)?;
    varies("model", &model.scores, model.holdout.truth.width())?;
    let mut inputs = model.inputs.clone();
    let mut answers = |role: &'static str, source: &Source| {
        let rival = rival(plan, io, source, &model)?;
        varies(role, &rival.scores, model.holdout.truth.width())?;
        for input in rival.inputs {
            // Both were asked on the same file.
            if input.kind == HOLDOUT && inputs.contains(&input) {
                continue;
            }
            let kind = format!("{role}-{}", input.kind);
            inputs.push(Input { kind, ..input });
        }
        Ok::<_, GateError>(rival.scores)
    };
    let champion = match &plan.opponent {
        Opponent::Champion(source) => Some(answers("champion", source)?),
        Opponent::FirstModel(_) => None,
    };
    let release = match &plan.release {
        Some(Predecessor::Release(source)) => Some(answers("release", source)?),
        Some(Predecessor::FirstRelease(_)) | None => None,
    };
    inputs.extend(expected);
    inputs.push(plan.config_input.clone());
    Ok(Subject {
        holdout: model.holdout,
        model: model.scores,
        champion,
        release,
        candidate: model.candidate,
        inputs,
    })
}

/// Another model on the same rows, its answers in the order of the model's rows.
fn rival(plan: &Plan, io: &Io, source: &Source, model: &Side) -> Result<Side, GateError> {
    let mut rival = side(plan, io, source)?;
    same_task(&model.holdout, &rival.holdout)?;
    if rival.rows_from != model.rows_from {
        let ours = (model.rows_from.as_str(), &model.holdout);
        let theirs = (rival.rows_from.as_str(), &rival.holdout);
        let places = frozen::same_rows(ours, theirs)?;
        let width = model.holdout.truth.width();
        let values = places
            .iter()
            .flat_map(|&at| &rival.scores.values[at * width..(at + 1) * width]);
        rival.scores.values = values.copied().collect();
    }
    Ok(rival)
}

fn side(plan: &Plan, io: &Io, source: &Source) -> Result<Side, GateError> {
    match source {
        Source::Model(path) => model::side(plan, io, path),
        Source::Scored(path) => scored::side(plan, io, path),
    }
}

fn same_task(model: &Holdout, champion: &Holdout) -> Result<(), GateError> {
    let (model, champion) = (model.truth.described(), champion.truth.described());
    if model == champion {
        return Ok(());
    }
    Err(GateError::OtherTarget { champion, model })
}

/// One answer for every row is no model, whatever a loss may say of it. To beat such a champion is nothing:
/// it may be a broken export, and whoever wants to be measured against the prior finds it in the baselines.
fn varies(role: &'static str, scores: &Scores, width: usize) -> Result<(), GateError> {
    let mut rows = scores.values.chunks_exact(width);
    let first = rows.next().unwrap_or_default();
    if rows.len() > 0 && rows.all(|row| row == first) {
        return Err(GateError::Constant {
            role,
            value: first
                .iter()
                .map(|value| format!("{value:.6}"))
                .collect::<Vec<_>>()
                .join(", "),
        });
    }
    Ok(())
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
