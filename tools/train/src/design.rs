//! Columns to a standardised design, as linear models take it.
//!
//! The design is computed in single precision by the operations that the graph will do, so that the
//! coefficients are fitted on what the graph will see.

use std::collections::BTreeMap;

use ndarray::Array2;
use yard_contract::Importance;
use yard_model::{GraphBuilder, Numbers};
use yard_table::{Categories, Column};

use crate::boosting::{by_feature, shares};
use crate::config::Scale;
use crate::error::TrainError;
use crate::prepare::{Handle, Prepared};

/// The Hessian of more columns would not fit where CI runs.
const MAX_COLUMNS: usize = 4_000;

/// How one feature becomes columns of the design.
enum Encoding {
    /// `(x - offset) * scale`, a missing cell taken for the mean; a second column says where it was
    /// missing, if it ever was.
    Number {
        /// A power of two that the cells are multiplied by first: 1 but for cells so large or so
        /// small that their differences or the scale would leave single precision.
        unit: f32,
        /// What stands for a missing cell.
        fill: f32,
        offset: f32,
        scale: f32,
        indicator: bool,
    },
    /// A column a level.
    Category { levels: Vec<String> },
}

/// How features become columns of a design, in the order of the graph's inputs.
pub(crate) struct Encodings {
    features: Vec<(String, Encoding)>,
}

/// The features of the rows to fit on, as numbers.
pub(crate) struct Design {
    pub(crate) encodings: Encodings,
    /// Rows × columns.
    pub(crate) matrix: Array2<f64>,
}

impl Design {
    /// The design of columns.
    pub(crate) fn of(
        columns: &[Prepared<'_>],
        min_category_rows: u32,
        weights: Option<&[f64]>,
    ) -> Result<Self, TrainError> {
        let encoding = |column: &Prepared<'_>| {
            let fitted = Encoding::fit(&column.cells, column.scale, min_category_rows, weights);
            (column.feature.to_owned(), fitted)
        };
        let encodings = Encodings {
            features: columns.iter().map(encoding).collect(),
        };
        let width = encodings.width();
        if width > MAX_COLUMNS {
            return Err(TrainError::TooWide {
                columns: width,
                limit: MAX_COLUMNS,
            });
        }
        let matrix = encodings.apply(columns);
        Ok(Self { encodings, matrix })
    }
}

impl Encodings {
    fn width(&self) -> usize {
        self.features.iter().map(|(_, own)| own.width()).sum()
    }

    /// Rows × columns of other rows of the same features.
    pub(crate) fn apply(&self, columns: &[Prepared<'_>]) -> Array2<f64> {
        let rows = columns.first().map_or(0, |column| length(&column.cells));
        let mut matrix = Array2::<f64>::zeros((rows, self.width()));
        let mut at = 0;
        for ((_, encoding), column) in self.features.iter().zip(columns) {
            encoding.apply(&column.cells, &mut matrix, at);
            at += encoding.width();
        }
        matrix
    }

    /// The feature that each column is made of.
    pub(crate) fn owners(&self) -> impl Iterator<Item = &str> {
        let owners = self.features.iter();
        owners.flat_map(|(feature, own)| std::iter::repeat_n(feature.as_str(), own.width()))
    }

    /// Writes the encodings of a graph's columns into it; the columns of the design. `None` where there
    /// are none.
    pub(crate) fn write(
        &self,
        graph: &mut GraphBuilder,
        columns: &[Handle],
    ) -> Result<Option<Numbers>, TrainError> {
        let mut parts = Vec::new();
        for ((_, encoding), column) in self.features.iter().zip(columns) {
            encoding.write(column, graph, &mut parts)?;
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
            .features
            .iter()
            .map(|(_, encoding)| {
                let own = &magnitudes[at..at + encoding.width()];
                at += encoding.width();
                own.iter().sum()
            })
            .collect();
        let features = self.features.iter().map(|(feature, _)| feature.as_str());
        let (names, amounts) = by_feature(features.zip(amounts));
        shares(&names, &amounts)
    }
}

impl Encoding {
    fn fit(column: &Column, scale: Scale, min_rows: u32, weights: Option<&[f64]>) -> Self {
        match column {
            Column::Number(values) => number(values, scale, weights),
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
                    unit,
                    fill,
                    offset,
                    scale,
                    indicator,
                },
                Column::Number(values),
            ) => {
                for (row, value) in values.iter().enumerate() {
                    let missing = value.is_nan();
                    let value = if missing { *fill } else { *value * *unit };
                    design[[row, at]] = f64::from((value - offset) * scale);
                    if *indicator {
                        design[[row, at + 1]] = f64::from(u8::from(missing));
                    }
                }
            }
            (Self::Category { levels }, Column::Category(values)) => {
                let known: BTreeMap<&str, usize> = levels.iter().map(|l| &**l).zip(0..).collect();
                let place = |level: &String| known.get(level.as_str()).copied();
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
        column: &Handle,
        graph: &mut GraphBuilder,
        parts: &mut Vec<Numbers>,
    ) -> Result<(), TrainError> {
        match (self, column) {
            (
                Self::Number {
                    unit,
                    fill,
                    offset,
                    scale,
                    indicator,
                },
                Handle::Number(number),
            ) => {
                let sized = if is_one(*unit) {
                    number.clone()
                } else {
                    graph.scale(number, &[0.0], &[*unit])?
                };
                let present = graph.impute(&sized, &[*fill])?;
                parts.push(graph.scale(&present, &[*offset], &[*scale])?);
                if *indicator {
                    let missing = graph.is_missing(number);
                    parts.push(graph.indicator(&missing));
                }
            }
            (Self::Category { levels }, Handle::Text(text)) => {
                if !levels.is_empty() {
                    parts.push(graph.one_hot(text, levels)?);
                }
            }
            _ => unreachable!("an encoding is written for the column it was fitted on"),
        }
        Ok(())
    }
}

/// Mean and scale of the present cells, each by its row's weight. A constant column gets the scale
/// 0, so that it says nothing.
fn number(values: &[f32], scaling: Scale, weights: Option<&[f64]>) -> Encoding {
    let unit = unit(values);
    let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
    let present = || {
        let cells = values
            .iter()
            .enumerate()
            .filter(|(_, value)| !value.is_nan());
        cells.map(|(row, value)| (f64::from(*value * unit), weight(row)))
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
    let (offset, scale) = match scaling {
        Scale::Standard => (mean, scale),
        Scale::None => (0.0, 1.0),
        Scale::MinMax | Scale::Robust => {
            let mut sorted: Vec<f32> = values.iter().map(|value| *value * unit).collect();
            sorted.retain(|value| !value.is_nan());
            sorted.sort_unstable_by(f32::total_cmp);
            let at = |share: usize| match sorted.len() {
                0 => 0.0,
                rows => sorted[(rows - 1) * share / 4],
            };
            let (offset, span) = if scaling == Scale::MinMax {
                (at(0), at(4) - at(0))
            } else {
                (at(2), at(3) - at(1))
            };
            // Half of the rows alike leave no range between the quartiles.
            if span > 0.0 {
                (offset, 1.0 / span)
            } else {
                (mean, scale)
            }
        }
    };
    let scale = if scale.is_finite() { scale } else { 0.0 };
    Encoding::Number {
        unit,
        fill: mean,
        offset,
        scale,
        indicator: values.iter().any(|value| value.is_nan()),
    }
}

fn length(column: &Column) -> usize {
    match column {
        Column::Number(values) => values.len(),
        Column::Category(values) => values.codes.len(),
    }
}

/// The power of two that brings a column into the middle of single precision, where no difference
/// of two cells overflows and no scale does; 1 for nearly every column.
fn unit(values: &[f32]) -> f32 {
    const FAR: f32 = 7.922_816e28; // 2^96
    const UNIT: f32 = 1.844_674_4e19; // 2^64
    let present = values.iter().filter(|value| !value.is_nan());
    let largest = present.fold(0.0, |largest: f32, value| largest.max(value.abs()));
    if largest > FAR {
        1.0 / UNIT
    } else if largest > 0.0 && largest < 1.0 / FAR {
        UNIT
    } else {
        1.0
    }
}

const fn is_one(unit: f32) -> bool {
    unit.to_bits() == 1.0_f32.to_bits()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_single_precision_are_standardised_like_any_other_numbers() {
        let tiny = f32::from_bits(3); // below the least normal number
        for values in [
            vec![3e38_f32, 3e38, -3e38],
            vec![tiny, tiny, -tiny],
            vec![1e-30, 1e-30, -1e-30],
            vec![3.0, 3.0, -3.0],
        ] {
            let encoding = number(&values, Scale::Standard, None);
            let mut design = Array2::<f64>::zeros((3, 1));
            encoding.apply(&Column::Number(values.clone()), &mut design, 0);
            let expected = [0.5_f64.sqrt(), 0.5_f64.sqrt(), -(2.0_f64.sqrt())];
            for (found, expected) in design.iter().zip(expected) {
                assert!((found - expected).abs() < 1e-5, "{values:?}: {design}");
            }
        }
        assert!(is_one(unit(&[f32::NAN, 12.0])) && is_one(unit(&[f32::NAN])));
    }

    #[test]
    fn many_levels_are_encoded_in_a_moment() {
        let column: Categories = (0..20_000).map(|level| format!("l{level}")).collect();
        let encoding = Encoding::Category {
            levels: (0..500).map(|level| format!("l{level}")).collect(),
        };
        let mut design = Array2::<f64>::zeros((20_000, 500));
        let start = std::time::Instant::now();
        encoding.apply(&Column::Category(column), &mut design, 0);
        assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
        assert!((design.sum() - 500.0).abs() < 1e-9);
    }
}
