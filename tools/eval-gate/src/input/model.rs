//! Models and packages, opened and asked.

use std::path::Path;

use yard_cli::recorded_path;
use yard_model::{Model, Predictor};
use yard_package::{Limits, Package};

use super::Scores;
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

pub(crate) fn same_target(model: &Predictor, champion: &Predictor) -> Result<(), GateError> {
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
