//! What a single feature reaches by itself: a model that is no better has learnt nothing from the others.
//!
//! Numbers rank rows as they are, in the better of both directions, missing ones lowest (for an outcome that
//! is a number, by the best straight line, missing ones at the mean). A category stands for the mean outcome
//! of its rows, each half of the rows read from the other half: read from the rows themselves, a column of
//! identifiers would know every outcome.

use std::collections::BTreeMap;

use yard_contract::{Baseline, Finite};
use yard_stats::binary::{Ranked, Scored};
use yard_stats::regression::Regressed;
use yard_table::{Column, Table};

use super::metric::Metric;
use crate::error::GateError;

/// The feature that ranks best where there are two classes.
pub(super) fn of_two(
    features: Option<&Table>,
    labels: &[bool],
    weights: Option<&[f64]>,
) -> Result<Option<Baseline>, GateError> {
    best(features, |column| {
        let auc = area(column, labels, weights)?;
        Ok(auc.map(|auc| (auc, BTreeMap::from([(Metric::Auc, auc)]))))
    })
}

/// The feature that tells classes apart best, by the mean of the AUC of each against the others.
pub(super) fn of_several(
    features: Option<&Table>,
    of_class: &[Vec<bool>],
    weights: Option<&[f64]>,
) -> Result<Option<Baseline>, GateError> {
    best(features, |column| {
        let mut total = 0.0;
        for labels in of_class {
            let Some(auc) = area(column, labels, weights)? else {
                return Ok(None);
            };
            total += auc;
        }
        let mean = total / of_class.len() as f64;
        Ok(Some((mean, BTreeMap::from([(Metric::AucMacro, mean)]))))
    })
}

/// The feature that leaves the least squared error of a number.
pub(super) fn of_number(
    features: Option<&Table>,
    targets: &[f64],
    weights: Option<&[f64]>,
) -> Result<Option<Baseline>, GateError> {
    best(features, |column| {
        let predictions = match column {
            Column::Number(values) => line(values, targets, weights),
            Column::Category(categories) => from_other_half(&categories.codes, targets, weights),
        };
        let found = Regressed::new(targets, &predictions, weights)?;
        let error = found.root_mean_squared_error();
        let mut metrics = BTreeMap::from([(Metric::Rmse, error)]);
        metrics.extend(found.r_squared().ok().map(|share| (Metric::R2, share)));
        Ok(Some((-error, metrics)))
    })
}

/// How good a column is, and what it reaches.
type Reached = Option<(f64, BTreeMap<Metric, f64>)>;

/// The first of the best.
fn best(
    features: Option<&Table>,
    mut of: impl FnMut(&Column) -> Result<Reached, GateError>,
) -> Result<Option<Baseline>, GateError> {
    let mut best: Option<(f64, Baseline)> = None;
    for (name, column) in features.into_iter().flat_map(Table::columns) {
        let Some((good, metrics)) = of(column)? else {
            continue;
        };
        if best.as_ref().is_none_or(|(known, _)| good > *known) {
            let named = metrics.into_iter();
            let named = named.filter_map(|(metric, value)| {
                Some((metric.as_str().to_owned(), Finite::new(value)?))
            });
            let baseline = Baseline {
                name: format!("single feature: {name}"),
                metrics: named.collect(),
            };
            best = Some((good, baseline));
        }
    }
    Ok(best.map(|(_, baseline)| baseline))
}

/// `None` where the rows have one class only.
fn area(
    column: &Column,
    labels: &[bool],
    weights: Option<&[f64]>,
) -> Result<Option<f64>, GateError> {
    let auc = |scores: &[f64]| -> Result<Option<f64>, GateError> {
        Ok(Ranked::new(Scored::new(labels, scores, weights)?)?
            .auc()
            .ok())
    };
    match column {
        Column::Number(values) => {
            let known = |value: &f32| {
                if value.is_nan() {
                    f64::MIN
                } else {
                    f64::from(*value)
                }
            };
            let scores: Vec<f64> = values.iter().map(known).collect();
            Ok(auc(&scores)?.map(|auc| auc.max(1.0 - auc)))
        }
        Column::Category(categories) => {
            let outcomes: Vec<f64> = labels
                .iter()
                .map(|&label| f64::from(u8::from(label)))
                .collect();
            auc(&from_other_half(&categories.codes, &outcomes, weights))
        }
    }
}

/// The weighted mean outcome of each row's category among the rows of the other half (every other row); of
/// all of that half where it has none.
fn from_other_half(codes: &[u32], outcomes: &[f64], weights: Option<&[f64]>) -> Vec<f64> {
    let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
    let levels = codes.iter().max().map_or(0, |&last| last as usize + 1);
    let mut of_level = [vec![(0.0, 0.0); levels], vec![(0.0, 0.0); levels]];
    let mut of_half = [(0.0, 0.0); 2];
    for (row, (&code, &outcome)) in codes.iter().zip(outcomes).enumerate() {
        let (half, own) = (row % 2, weight(row));
        for (total, sum) in [&mut of_level[half][code as usize], &mut of_half[half]] {
            *total += own;
            *sum += own * outcome;
        }
    }
    let mean = |(total, sum): (f64, f64)| (total > 0.0).then(|| sum / total);
    let told = |(row, &code): (usize, &u32)| {
        let other = 1 - row % 2;
        mean(of_level[other][code as usize])
            .or_else(|| mean(of_half[other]))
            .unwrap_or(0.0)
    };
    codes.iter().enumerate().map(told).collect()
}

/// What the line of least squares predicts from a number.
fn line(values: &[f32], targets: &[f64], weights: Option<&[f64]>) -> Vec<f64> {
    let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
    let rows = || (0..values.len()).filter(|&row| values[row].is_finite());
    let x = |row: usize| f64::from(values[row]);
    let mean = |of: &dyn Fn(usize) -> f64, rows: &mut dyn Iterator<Item = usize>| {
        let (mut sum, mut total) = (0.0, 0.0);
        for row in rows {
            sum += weight(row) * of(row);
            total += weight(row);
        }
        if total > 0.0 { sum / total } else { 0.0 }
    };
    let y = |row: usize| targets[row];
    let (centre, level) = (mean(&x, &mut rows()), mean(&y, &mut rows()));
    let spread = |row: usize| (x(row) - centre) * (x(row) - centre);
    let cross = |row: usize| (x(row) - centre) * (y(row) - level);
    let (spread, cross) = (mean(&spread, &mut rows()), mean(&cross, &mut rows()));
    let slope = if spread > 0.0 { cross / spread } else { 0.0 };
    let overall = mean(&y, &mut (0..targets.len()));
    let told = |row: usize| {
        if values[row].is_finite() {
            level + slope * (x(row) - centre)
        } else {
            overall
        }
    };
    (0..values.len()).map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_is_read_from_the_other_half() {
        // Rows 0 and 2 are one half; the category of row 2 is unknown to the other.
        let found = from_other_half(&[0, 0, 1, 0], &[1.0, 0.0, 1.0, 1.0], None);
        assert_eq!(found, [0.5, 1.0, 0.5, 1.0]);
        // A name a row knows nothing: each is read from the mean of the other half.
        let found = from_other_half(&[0, 1, 2, 3], &[1.0, 0.0, 1.0, 0.0], None);
        assert_eq!(found, [0.0, 1.0, 0.0, 1.0]);
    }

    #[test]
    fn a_line_is_that_of_least_squares() {
        let values = [0.0, 1.0, 2.0, f32::NAN];
        let found = line(&values, &[1.0, 3.0, 5.0, 7.0], None);
        assert_eq!(found, [1.0, 3.0, 5.0, 4.0]);
    }
}
