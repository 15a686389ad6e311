//! Columns to a standardised design, as linear models take it.
//!
//! The design is computed in single precision by the operations that the graph will do, so that the
//! coefficients are fitted on what the graph will see.

use ndarray::Array2;
use yard_contract::Importance;
use yard_model::{GraphBuilder, Numbers};
use yard_table::{Categories, Column, Table};

use crate::boosting::shares;
use crate::error::TrainError;

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

/// The features of the rows to fit on, as numbers.
pub(crate) struct Design<'t> {
    encodings: Vec<(&'t str, Encoding)>,
    /// Rows × columns.
    pub(crate) matrix: Array2<f64>,
}

impl<'t> Design<'t> {
    /// The design of a table's columns, or of the one of a name.
    pub(crate) fn of(
        table: &'t Table,
        only: Option<&str>,
        min_category_rows: u32,
        weights: Option<&[f64]>,
    ) -> Result<Self, TrainError> {
        let chosen = || {
            let columns = table.columns();
            columns.filter(move |(name, _)| only.is_none_or(|only| only == *name))
        };
        let encodings: Vec<(&str, Encoding)> = chosen()
            .map(|(name, column)| (name, Encoding::fit(column, min_category_rows, weights)))
            .collect();
        let width = encodings.iter().map(|(_, encoding)| encoding.width()).sum();
        if width > MAX_COLUMNS {
            return Err(TrainError::TooWide {
                columns: width,
                limit: MAX_COLUMNS,
            });
        }
        let mut matrix = Array2::<f64>::zeros((table.rows(), width));
        let mut at = 0;
        for ((_, encoding), (_, column)) in encodings.iter().zip(chosen()) {
            encoding.apply(column, &mut matrix, at);
            at += encoding.width();
        }
        Ok(Self { encodings, matrix })
    }

    /// Writes the preparation into a graph; the columns of the design. `None` where there are none.
    pub(crate) fn write(&self, graph: &mut GraphBuilder) -> Result<Option<Numbers>, TrainError> {
        let mut parts = Vec::new();
        for (name, encoding) in &self.encodings {
            encoding.write(name, graph, &mut parts)?;
        }
        if parts.is_empty() {
            return Ok(None);
        }
        let joined = graph.concat(&parts.iter().collect::<Vec<&Numbers>>())?;
        Ok(Some(joined))
    }

    /// Each feature's share of the columns' magnitudes.
    pub(crate) fn importance(&self, magnitudes: &[f64]) -> Vec<Importance> {
        let mut at = 0;
        let amounts: Vec<f64> = self
            .encodings
            .iter()
            .map(|(_, encoding)| {
                let own = &magnitudes[at..at + encoding.width()];
                at += encoding.width();
                own.iter().sum()
            })
            .collect();
        let names: Vec<&str> = self.encodings.iter().map(|(name, _)| *name).collect();
        shares(&names, &amounts)
    }
}

impl Encoding {
    fn fit(column: &Column, min_rows: u32, weights: Option<&[f64]>) -> Self {
        match column {
            Column::Number(values) => number(values, weights),
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

/// Mean and scale of the present cells, each by its row's weight. A constant column gets the scale
/// 0, so that it says nothing.
fn number(values: &[f32], weights: Option<&[f64]>) -> Encoding {
    let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
    let present = || {
        let cells = values
            .iter()
            .enumerate()
            .filter(|(_, value)| !value.is_nan());
        cells.map(|(row, value)| (f64::from(*value), weight(row)))
    };
    let total = present().map(|(_, weight)| weight).sum::<f64>();
    let mean = if total > 0.0 {
        present().map(|(value, weight)| weight * value).sum::<f64>() / total
    } else {
        0.0
    };
    let variance = present()
        .map(|(value, weight)| weight * ((value - mean) * (value - mean)))
        .sum::<f64>()
        / total;
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
