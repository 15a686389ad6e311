//! What every algorithm answers, and the choice between them.

use std::collections::BTreeMap;

use yard_contract::{
    Algorithm, Answer, Binary, CrossValidation, Feature, FeatureType, Finite, Importance, Round,
    Scalar, Signature,
};
use yard_model::{BuildError, GraphBuilder, Numbers, Predictor};
use yard_stats::binary::{Ranked, Scored};
use yard_table::{Column, Table};

use crate::config::TrainConfig;
use crate::data::Training;
use crate::error::TrainError;
use crate::{boosting, linear, split};

/// The graph's output of probabilities.
const PROBABILITIES: &str = "probabilities";
/// The graph's output of log-odds.
const MARGIN: &str = "margin";

/// A fitted model and what was seen on the way.
pub(crate) struct Fitted {
    pub(crate) onnx: Vec<u8>,
    pub(crate) history: Vec<Round>,
    pub(crate) importance: Vec<Importance>,
    pub(crate) parameters: BTreeMap<String, Scalar>,
}

/// Fits the configured algorithm.
pub(crate) fn fit(
    table: &Table,
    labels: &[bool],
    config: &TrainConfig,
    observer: impl FnMut(u64),
) -> Result<Fitted, TrainError> {
    match config.algorithm {
        Algorithm::GradientBoosting => boosting::fit(
            table,
            labels,
            &config.gradient_boosting,
            config.seed,
            observer,
        ),
        Algorithm::LogisticRegression => linear::fit(table, labels, &config.logistic_regression),
    }
}

/// Gives a graph its outputs and its bytes.
pub(crate) fn finish(mut graph: GraphBuilder, margin: &Numbers) -> Result<Vec<u8>, BuildError> {
    let probabilities = graph.binary_probabilities(margin)?;
    graph.output(MARGIN, margin)?;
    graph.output(PROBABILITIES, &probabilities)?;
    graph.finish(&[])
}

/// What the model takes and answers, from the rows it was fitted on.
pub(crate) fn signature(training: &Training, config: &TrainConfig) -> Signature {
    Signature {
        target: config.target.column.clone(),
        answer: Answer::Binary(Binary {
            classes: training.classes.clone(),
            probabilities: PROBABILITIES.to_owned(),
            margin: Some(MARGIN.to_owned()),
            threshold: config.threshold,
        }),
        features: training
            .table
            .columns()
            .map(|(name, column)| feature(name, column))
            .collect(),
        missing: config.missing.clone(),
    }
}

fn feature(name: &str, column: &Column) -> Feature {
    let name = name.to_owned();
    match column {
        Column::Number(values) => {
            let present = || values.iter().copied().filter(|value| !value.is_nan());
            let finite = |value: f32| Finite::new(f64::from(value));
            Feature {
                name,
                r#type: FeatureType::Number,
                nullable: values.iter().any(|value| value.is_nan()),
                min: finite(present().fold(f32::INFINITY, f32::min)),
                max: finite(present().fold(f32::NEG_INFINITY, f32::max)),
                categories: Vec::new(),
            }
        }
        Column::Category(values) => {
            let mut used = vec![false; values.levels.len()];
            values
                .codes
                .iter()
                .for_each(|&code| used[code as usize] = true);
            let levels = values.levels.iter().zip(&used).filter(|(_, used)| **used);
            let (missing, present): (Vec<_>, Vec<_>) = levels
                .map(|(level, _)| level.clone())
                .partition(String::is_empty);
            let mut categories = present;
            categories.sort();
            Feature {
                name,
                r#type: FeatureType::Category,
                nullable: !missing.is_empty(),
                min: None,
                max: None,
                categories,
            }
        }
    }
}

/// Fits on all folds but one and scores that one, for each fold, through the graph.
pub(crate) fn cross_validate(
    training: &Training,
    config: &TrainConfig,
    folds: u32,
) -> Result<CrossValidation, TrainError> {
    let fold_of = split::folds(&training.labels, folds, config.seed);
    let smallest = [true, false]
        .map(|class| {
            training
                .labels
                .iter()
                .filter(|label| **label == class)
                .count()
        })
        .into_iter()
        .min()
        .unwrap_or(0);
    if smallest < folds as usize {
        return Err(TrainError::TooFewForFolds {
            folds,
            found: smallest,
        });
    }
    let mut auc = Vec::new();
    for fold in 0..folds {
        let (out, inside): (Vec<usize>, Vec<usize>) =
            (0..fold_of.len()).partition(|&row| fold_of[row] == fold);
        let part = |rows: &[usize]| Training {
            table: training.table.take(rows),
            labels: rows.iter().map(|&row| training.labels[row]).collect(),
            classes: training.classes.clone(),
        };
        let (inside, out) = (part(&inside), part(&out));
        let fitted = fit(&inside.table, &inside.labels, config, |_| ())?;
        let predictor = Predictor::new(&fitted.onnx, signature(&inside, config))?;
        let scores: Vec<f64> = predictor
            .predict(&out.table)?
            .column(0)
            .map(f64::from)
            .collect();
        auc.push(Ranked::new(Scored::new(&out.labels, &scores, None)?)?.auc()?);
    }
    let count = auc.len() as f64;
    let mean = auc.iter().sum::<f64>() / count;
    let variance = auc.iter().map(|a| (a - mean) * (a - mean)).sum::<f64>() / (count - 1.0);
    let finite = |value: f64| Finite::new(value).unwrap_or_default();
    Ok(CrossValidation {
        folds,
        auc: auc.iter().copied().map(finite).collect(),
        auc_mean: finite(mean),
        auc_sd: finite(variance.sqrt()),
    })
}
