//! Linear models: a standardised design to coefficients to a graph.

use std::collections::BTreeMap;

use ndarray::Array2;
use yard_contract::{Finite, Round, Scalar};
use yard_model::GraphBuilder;

use crate::config::{LinearConfig, LogisticConfig};
use crate::data::Training;
use crate::design::Design;
use crate::error::TrainError;
use crate::fit::{Fitted, finish};
use crate::native::{Native, Sums};
use crate::prepare::Preparation;
use crate::target::Target;
use crate::{least_squares, logistic, multinomial};

/// Coefficients of one or several weighted sums of the design's columns.
pub(crate) struct Coefficients {
    /// Column by column, one number a sum.
    pub(crate) weights: Vec<f64>,
    /// One a sum.
    pub(crate) intercepts: Vec<f64>,
    /// The mean loss before each step and after the last.
    pub(crate) losses: Vec<f64>,
}

/// How a linear model is fitted, by its configuration.
#[derive(Clone, Copy)]
pub(crate) enum Penalty<'c> {
    Logistic(&'c LogisticConfig),
    Linear(&'c LinearConfig),
}

impl Penalty<'_> {
    const fn min_category_rows(self) -> u32 {
        match self {
            Self::Logistic(config) => config.min_category_rows,
            Self::Linear(config) => config.min_category_rows,
        }
    }

    fn recorded(self) -> BTreeMap<String, Scalar> {
        let count = |value: u32| Scalar::number(f64::from(value));
        let (l1, l2, steps) = match self {
            Self::Logistic(config) => (None, config.l2, config.max_iterations),
            Self::Linear(config) => (Some(config.l1), config.l2, config.max_iterations),
        };
        let mut parameters = BTreeMap::from([
            ("l2".to_owned(), Scalar::Number(l2)),
            ("max_iterations".to_owned(), count(steps)),
            (
                "min_category_rows".to_owned(),
                count(self.min_category_rows()),
            ),
        ]);
        parameters.extend(l1.map(|l1| ("l1".to_owned(), Scalar::Number(l1))));
        parameters
    }
}

/// Fits coefficients on prepared features and writes them, with the preparation in front, as
/// one graph. `weights` is how much each row counts.
pub(crate) fn fit(
    training: &Training,
    weights: Option<&[f64]>,
    penalty: Penalty<'_>,
    preparation: Preparation,
) -> Result<Fitted, TrainError> {
    let columns = preparation.training(&training.table)?;
    let design = Design::of(&columns, penalty.min_category_rows(), weights)?;
    let fitted = solve(&design, &training.target, weights, penalty)?;
    let sums = fitted.intercepts.len();
    let mut graph = GraphBuilder::new("trainyard", "trainyard", env!("CARGO_PKG_VERSION"));
    let handles = preparation.write(&mut graph)?;
    let scores = match design.encodings.write(&mut graph, &handles)? {
        Some(columns) => graph.linear_multi(
            &columns,
            &single(&fitted.weights),
            &single(&fitted.intercepts),
        )?,
        None => return Err(TrainError::NoColumns),
    };
    let onnx = finish(graph, &scores, &training.target)?;
    let by_column = fitted.weights.chunks(sums);
    let magnitudes: Vec<f64> = by_column
        .map(|own| own.iter().map(|w| w.abs()).sum())
        .collect();
    let losses = fitted.losses.iter().zip(1_u32..);
    let history: Vec<Round> = losses
        .filter_map(|(loss, round)| {
            Some(Round {
                round,
                train_loss: Finite::new(*loss)?,
                validation_loss: None,
            })
        })
        .collect();
    let importance = design.encodings.importance(&magnitudes);
    let parameters = (penalty.recorded().into_iter())
        .chain(preparation.recorded())
        .collect();
    let means = means(&design.matrix, weights);
    let encodings = design.encodings;
    drop(columns);
    Ok(Fitted {
        onnx,
        history,
        importance,
        parameters,
        validation_rows: None,
        native: Native::Linear(Sums {
            preparation,
            encodings,
            coefficients: fitted,
            means,
        }),
    })
}

/// The mean loss that a linear model of one feature comes to on the rows it is fitted on.
pub(crate) fn loss_of_one(
    training: &Training,
    weights: Option<&[f64]>,
    penalty: Penalty<'_>,
    feature: &str,
) -> Result<f64, TrainError> {
    let rows = penalty.min_category_rows();
    let preparation = Preparation::none(&training.table, Some(feature));
    let columns = preparation.training(&training.table)?;
    let design = Design::of(&columns, rows, weights)?;
    let fitted = solve(&design, &training.target, weights, penalty)?;
    let loss = fitted.losses.last().filter(|_| !fitted.weights.is_empty());
    Ok(loss.copied().unwrap_or(f64::INFINITY))
}

fn solve(
    design: &Design,
    target: &Target,
    weights: Option<&[f64]>,
    penalty: Penalty<'_>,
) -> Result<Coefficients, TrainError> {
    match (target, penalty) {
        (Target::Binary { labels, .. }, Penalty::Logistic(config)) => {
            let (l2, steps) = (config.l2.get(), config.max_iterations);
            Ok(logistic::fit(&design.matrix, labels, weights, l2, steps))
        }
        (Target::Multiclass { labels, classes }, Penalty::Logistic(config)) => {
            let problem = multinomial::Problem {
                design: &design.matrix,
                labels,
                classes: classes.len(),
                weights,
                l2: config.l2.get(),
            };
            Ok(multinomial::fit(&problem, config.max_iterations))
        }
        (Target::Regression(values), Penalty::Linear(config)) => {
            Ok(least_squares::fit(&design.matrix, values, weights, config))
        }
        (target, penalty) => Err(TrainError::NotFor {
            algorithm: match penalty {
                Penalty::Logistic(_) => "logistic-regression",
                Penalty::Linear(_) => "linear-regression",
            },
            task: target.task().as_str(),
        }),
    }
}

/// The mean of each column, each row by its weight.
fn means(matrix: &Array2<f64>, weights: Option<&[f64]>) -> Vec<f64> {
    let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
    let total: f64 = (0..matrix.nrows()).map(weight).sum();
    let mut sums = vec![0.0; matrix.ncols()];
    for (row, cells) in matrix.rows().into_iter().enumerate() {
        let cells = cells.iter();
        sums.iter_mut()
            .zip(cells)
            .for_each(|(sum, cell)| *sum += weight(row) * cell);
    }
    sums.into_iter().map(|sum| sum / total).collect()
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the graph computes in single precision"
)]
fn single(numbers: &[f64]) -> Vec<f32> {
    numbers.iter().map(|number| *number as f32).collect()
}
