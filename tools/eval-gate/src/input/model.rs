//! Models and packages, opened and asked.

use std::path::Path;

use yard_cli::recorded_path;
use yard_model::{Model, Predictor};
use yard_package::{Limits, Package};

use super::Scores;
use super::holdout::binary;
use crate::error::GateError;

pub(crate) fn open(path: &Path) -> Result<Model, GateError> {
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

pub(crate) fn score(
    path: &Path,
    model: &Model,
    features: &yard_table::Table,
) -> Result<Scores, GateError> {
    let threshold = binary(model.predictor.signature())?.threshold;
    let answers = model
        .predictor
        .predict(features)
        .map_err(|source| GateError::Predict {
            path: path.display().to_string(),
            source,
        })?;
    Ok(Scores {
        sha256: model.sha256,
        threshold,
        probabilities: answers.column(0).map(f64::from).collect(),
    })
}

pub(crate) fn same_target(model: &Predictor, champion: &Predictor) -> Result<(), GateError> {
    let shown = |predictor: &Predictor| {
        let signature = predictor.signature();
        let classes = signature.answer.classes().join(" or ");
        format!("{} = {classes}", signature.target)
    };
    let (model, champion) = (shown(model), shown(champion));
    if model == champion {
        return Ok(());
    }
    Err(GateError::OtherTarget { champion, model })
}
