//! Logistic regression: columns to a standardised design to coefficients to a graph.
//!
//! The design is computed in single precision by the operations that the graph will do, so that the
//! coefficients are fitted on what the graph will see.

use std::collections::BTreeMap;

use ndarray::Array2;
use yard_contract::{Finite, Round, Scalar};
use yard_model::{GraphBuilder, Numbers};
use yard_table::{Categories, Column, Table};

use crate::boosting::shares;
use crate::config::LogisticConfig;
use crate::error::TrainError;
use crate::fit::{Fitted, finish};
use crate::logistic;

/// The Hessian of more columns would not fit where CI runs.
const MAX_COLUMNS: usize = 4_000;

/// How one feature becomes columns of the design.
enum Encoding {
    /// `(x - mean) * scale`, a missing cell taken for the mean; a second column says where it was
    /// missing, if it ever was.
    Number {
        mean: f32,
        scale: f32,
        indicator: bool,
    },
    /// A column a level.
    Category { levels: Vec<String> },
}

/// Fits coefficients and writes them, with the preparation in front, as one graph.
pub(crate) fn fit(
    table: &Table,
    labels: &[bool],
    config: &LogisticConfig,
) -> Result<Fitted, TrainError> {
    let encodings: Vec<(&str, &Column, Encoding)> = table
        .columns()
        .map(|(name, column)| {
            (
                name,
                column,
                Encoding::fit(column, config.min_category_rows),
            )
        })
        .collect();
    let width: usize = encodings
        .iter()
        .map(|(_, _, encoding)| encoding.width())
        .sum();
    if width > MAX_COLUMNS {
        return Err(TrainError::TooWide {
            columns: width,
            limit: MAX_COLUMNS,
        });
    }
    let mut design = Array2::<f64>::zeros((labels.len(), width));
    let mut at = 0;
    for (_, column, encoding) in &encodings {
        encoding.apply(column, &mut design, at);
        at += encoding.width();
    }
    let fitted = logistic::fit(&design, labels, config.l2.get(), config.max_iterations);

    let mut graph = GraphBuilder::new("trainyard", "trainyard", env!("CARGO_PKG_VERSION"));
    let mut parts = Vec::new();
    for (name, _, encoding) in &encodings {
        encoding.write(name, &mut graph, &mut parts)?;
    }
    let joined = graph.concat(&parts.iter().collect::<Vec<&Numbers>>())?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the graph computes in single precision"
    )]
    let weights: Vec<f32> = fitted.weights.iter().map(|weight| *weight as f32).collect();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the graph computes in single precision"
    )]
    let margin = graph.linear(&joined, &weights, fitted.intercept as f32)?;
    let onnx = finish(graph, &margin)?;

    let mut at = 0;
    let names: Vec<&str> = encodings.iter().map(|(name, _, _)| *name).collect();
    let amounts: Vec<f64> = encodings
        .iter()
        .map(|(_, _, encoding)| {
            let own = &fitted.weights[at..at + encoding.width()];
            at += encoding.width();
            own.iter().map(|weight| weight.abs()).sum()
        })
        .collect();
    let losses = fitted.losses.iter().zip(1_u32..);
    let history = losses.filter_map(|(loss, round)| {
        Some(Round {
            round,
            train_loss: Finite::new(*loss)?,
            validation_loss: None,
        })
    });
    let parameters = BTreeMap::from([
        ("l2".to_owned(), Scalar::Number(config.l2)),
        (
            "max_iterations".to_owned(),
            Scalar::number(f64::from(config.max_iterations)),
        ),
        (
            "min_category_rows".to_owned(),
            Scalar::number(f64::from(config.min_category_rows)),
        ),
    ]);
    Ok(Fitted {
        onnx,
        history: history.collect(),
        importance: shares(&names, &amounts),
        parameters,
    })
}

impl Encoding {
    fn fit(column: &Column, min_rows: u32) -> Self {
        match column {
            Column::Number(values) => number(values),
            Column::Category(values) => Self::Category {
                levels: frequent(values, min_rows),
            },
        }
    }

    fn width(&self) -> usize {
        match self {
            Self::Number { indicator, .. } => 1 + usize::from(*indicator),
            Self::Category { levels } => levels.len(),
        }
    }

    fn apply(&self, column: &Column, design: &mut Array2<f64>, at: usize) {
        match (self, column) {
            (
                Self::Number {
                    mean,
                    scale,
                    indicator,
                },
                Column::Number(values),
            ) => {
                for (row, value) in values.iter().enumerate() {
                    let missing = value.is_nan();
                    let value = if missing { *mean } else { *value };
                    design[[row, at]] = f64::from((value - mean) * scale);
                    if *indicator {
                        design[[row, at + 1]] = f64::from(u8::from(missing));
                    }
                }
            }
            (Self::Category { levels }, Column::Category(values)) => {
                let place = |level: &String| levels.iter().position(|known| known == level);
                let places: Vec<Option<usize>> = values.levels.iter().map(place).collect();
                for (row, &code) in values.codes.iter().enumerate() {
                    if let Some(place) = places[code as usize] {
                        design[[row, at + place]] = 1.0;
                    }
                }
            }
            _ => unreachable!("an encoding is applied to the column it was fitted on"),
        }
    }

    fn write(
        &self,
        name: &str,
        graph: &mut GraphBuilder,
        parts: &mut Vec<Numbers>,
    ) -> Result<(), TrainError> {
        match self {
            Self::Number {
                mean,
                scale,
                indicator,
            } => {
                let number = graph.input_number(name)?;
                let present = graph.impute(&number, &[*mean])?;
                parts.push(graph.scale(&present, &[*mean], &[*scale])?);
                if *indicator {
                    let missing = graph.is_missing(&number);
                    parts.push(graph.indicator(&missing));
                }
            }
            Self::Category { levels } => {
                let text = graph.input_text(name)?;
                if !levels.is_empty() {
                    parts.push(graph.one_hot(&text, levels)?);
                }
            }
        }
        Ok(())
    }
}

/// Mean and scale of the present cells. A constant column gets the scale 0, so that it says
/// nothing.
fn number(values: &[f32]) -> Encoding {
    let present = || {
        values
            .iter()
            .filter(|value| !value.is_nan())
            .map(|value| f64::from(*value))
    };
    let count = present().count() as f64;
    let mean = if count > 0.0 {
        present().sum::<f64>() / count
    } else {
        0.0
    };
    let variance = present()
        .map(|value| (value - mean) * (value - mean))
        .sum::<f64>()
        / count;
    let scale = if variance > 0.0 {
        1.0 / variance.sqrt()
    } else {
        0.0
    };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the graph computes in single precision"
    )]
    let (mean, scale) = (mean as f32, scale as f32);
    let scale = if scale.is_finite() { scale } else { 0.0 };
    Encoding::Number {
        mean,
        scale,
        indicator: values.iter().any(|value| value.is_nan()),
    }
}

/// The levels with enough rows, in byte order; a missing cell is a level like any other.
fn frequent(column: &Categories, min_rows: u32) -> Vec<String> {
    let mut counts = vec![0_u32; column.levels.len()];
    for &code in &column.codes {
        counts[code as usize] += 1;
    }
    let levels = column.levels.iter().zip(counts);
    let mut kept: Vec<String> = levels
        .filter(|(_, rows)| *rows >= min_rows.max(1))
        .map(|(level, _)| level.clone())
        .collect();
    kept.sort();
    kept
}
