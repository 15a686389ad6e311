//! What every algorithm answers, and the choice between them.

use std::collections::BTreeMap;

use yard_contract::{
    Algorithm, Answer, Binary, Feature, FeatureType, Finite, Importance, Multiclass, Regression,
    Round, Scalar, Signature,
};
use yard_model::{Arithmetic, BuildError, GraphBuilder, Numbers};
use yard_table::Column;

use crate::checkpoint::Watch;
use crate::config::{ClassWeight, TrainConfig};
use crate::data::Training;
use crate::error::TrainError;
use crate::linear::Penalty;
use crate::native::Native;
use crate::prepare::{self, Preparation};
use crate::target::Target;
use crate::{boosting, linear};

/// The graph's output of probabilities.
const PROBABILITIES: &str = "probabilities";
/// The graph's output of log-odds.
const MARGIN: &str = "margin";
/// The graph's output of a number.
const VALUE: &str = "value";

/// A fitted model and what was seen on the way.
pub(crate) struct Fitted {
    pub(crate) onnx: Vec<u8>,
    pub(crate) history: Vec<Round>,
    pub(crate) importance: Vec<Importance>,
    pub(crate) parameters: BTreeMap<String, Scalar>,
    /// How many of the rows only decided when to stop.
    pub(crate) validation_rows: Option<u64>,
    /// The parts that the graph was made of.
    pub(crate) native: Native,
}

/// Fits the configured algorithm.
pub(crate) fn fit(
    training: &Training,
    config: &TrainConfig,
    watch: &mut Watch<'_>,
) -> Result<Fitted, TrainError> {
    let own = training.weights.as_deref();
    let weights = training.target.weights(own, config.class_weight.as_ref());
    let weights = weights.as_deref();
    let prepared = || Preparation::fit(training, weights, config);
    let mut fitted = match config.algorithm {
        Algorithm::GradientBoosting => boosting::fit(training, weights, config, watch),
        Algorithm::LogisticRegression => {
            let penalty = Penalty::Logistic(&config.logistic_regression);
            linear::fit(training, weights, penalty, prepared()?)
        }
        Algorithm::LinearRegression => {
            let penalty = Penalty::Linear(&config.linear_regression);
            linear::fit(training, weights, penalty, prepared()?)
        }
        Algorithm::RandomForest => boosting::bag(training, weights, config, watch),
        Algorithm::Adopted => Err(TrainError::Adopted),
        Algorithm::Command => Err(TrainError::ByCommand),
    }?;
    fitted.parameters.extend(weighting(config));
    Ok(fitted)
}

/// What the configuration says of weights, as `run.json` records it.
fn weighting(config: &TrainConfig) -> BTreeMap<String, Scalar> {
    let mut recorded = BTreeMap::new();
    if let Some(column) = &config.weight_column {
        recorded.insert("weight_column".to_owned(), Scalar::from(column.as_str()));
    }
    match &config.class_weight {
        None => {}
        Some(ClassWeight::Balanced) => {
            recorded.insert("class_weight".to_owned(), Scalar::from("balanced"));
        }
        Some(ClassWeight::ByClass(given)) => {
            let named = given
                .iter()
                .map(|(class, weight)| (format!("class_weight.{class}"), Scalar::Number(*weight)));
            recorded.extend(named);
        }
    }
    recorded
}

/// Gives a graph its outputs and its bytes. `scores` is one margin of two classes, one a class of
/// several, or the number itself.
pub(crate) fn finish(
    mut graph: GraphBuilder,
    scores: &Numbers,
    target: &Target,
) -> Result<Vec<u8>, BuildError> {
    match target {
        Target::Binary { .. } => {
            let probabilities = graph.binary_probabilities(scores)?;
            graph.output(MARGIN, scores)?;
            graph.output(PROBABILITIES, &probabilities)?;
        }
        Target::Multiclass { .. } => {
            let probabilities = graph.softmax(scores);
            graph.output(PROBABILITIES, &probabilities)?;
        }
        Target::Regression(_) => graph.output(VALUE, scores)?,
    }
    graph.finish(&[])
}

/// The same of scores that are shares already: of the positive class, or one a class of several.
pub(crate) fn finish_shares(
    mut graph: GraphBuilder,
    scores: &Numbers,
    target: &Target,
) -> Result<Vec<u8>, BuildError> {
    match target {
        Target::Binary { .. } => {
            // Means of zeros and ones may lie a rounding outside.
            let positive = graph.clip(scores, 0.0, 1.0);
            let minus = graph.calculate_with(Arithmetic::Multiply, &positive, -1.0);
            let negative = graph.calculate_with(Arithmetic::Add, &minus, 1.0);
            let probabilities = graph.concat(&[&negative, &positive])?;
            graph.output(PROBABILITIES, &probabilities)?;
        }
        Target::Multiclass { .. } => {
            let clipped = graph.clip(scores, 1e-6, 1.0);
            let probabilities = graph.shares(&clipped);
            graph.output(PROBABILITIES, &probabilities)?;
        }
        Target::Regression(_) => graph.output(VALUE, scores)?,
    }
    graph.finish(&[])
}

/// What the model takes and answers, from the rows it was fitted on.
pub(crate) fn signature(training: &Training, config: &TrainConfig) -> Signature {
    let probabilities = PROBABILITIES.to_owned();
    let answer = match &training.target {
        Target::Binary { classes, .. } => Answer::Binary(Binary {
            classes: classes.clone(),
            probabilities,
            // A forest's trees add up to the share itself.
            margin: (config.algorithm != Algorithm::RandomForest).then(|| MARGIN.to_owned()),
            threshold: config.threshold,
        }),
        Target::Multiclass { classes, .. } => Answer::Multiclass(Multiclass {
            classes: classes.clone(),
            probabilities,
        }),
        Target::Regression(_) => Answer::Regression(Regression {
            value: VALUE.to_owned(),
        }),
    };
    Signature {
        target: config.target.column.clone(),
        answer,
        features: training
            .table
            .columns()
            .map(
                |(name, column)| match (column, config.preparation.of(name).date) {
                    (Column::Category(values), Some(_)) => Feature {
                        // The graph knows more days than the rows hold.
                        categories: prepare::known_days(values).unwrap_or_default(),
                        ..feature(name, column)
                    },
                    _ => feature(name, column),
                },
            )
            .collect(),
        missing: config.missing.clone(),
    }
}

/// What a column of the rows says of the feature.
pub(crate) fn feature(name: &str, column: &Column) -> Feature {
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
