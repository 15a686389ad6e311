//! What anyone could have had: the same answer to every row, and what one feature tells alone.

use std::collections::BTreeMap;

use rayon::prelude::*;
use yard_contract::Signature;
use yard_model::Predictor;
use yard_table::{Categories, Column};

use crate::config::TrainConfig;
use crate::data::Training;
use crate::error::TrainError;
use crate::linear::{self, Penalty};
use crate::prepare::Preparation;
use crate::target::Target;

/// Rows of the overall answer that each category's starts from.
const START: f64 = 10.0;

/// The answer that is best for all of some rows: the shares of the classes, the mean, or the quantile.
fn constant(rows: &Training, level: Option<f64>) -> Vec<f64> {
    let all: Vec<usize> = (0..rows.target.rows()).collect();
    constant_of(rows, &all, level)
}

fn constant_of(rows: &Training, chosen: &[usize], level: Option<f64>) -> Vec<f64> {
    let weight = |row: usize| rows.weights.as_ref().map_or(1.0, |weights| weights[row]);
    let total: f64 = chosen.iter().map(|&row| weight(row)).sum();
    if let (Target::Regression(values), Some(level)) = (&rows.target, level) {
        let mut order = chosen.to_vec();
        order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
        let mut below = 0.0;
        let at = order.iter().find(|&&row| {
            below += weight(row);
            below >= level * total
        });
        return at
            .or(order.last())
            .map(|&row| values[row])
            .into_iter()
            .collect();
    }
    let mut sums = vec![0.0; width(&rows.target)];
    add(rows, chosen, &mut sums);
    sums.iter().map(|sum| sum / total).collect()
}

/// Numbers of one answer of a trivial model: one, or one a class of several.
fn width(target: &Target) -> usize {
    match target {
        Target::Multiclass { classes, .. } => classes.len(),
        Target::Binary { .. } | Target::Regression(_) => 1,
    }
}

fn add(rows: &Training, chosen: &[usize], sums: &mut [f64]) {
    for &row in chosen {
        let weight = rows.weights.as_ref().map_or(1.0, |weights| weights[row]);
        match &rows.target {
            Target::Multiclass { labels, .. } => sums[labels[row] as usize] += weight,
            Target::Binary { labels, .. } => sums[0] += weight * f64::from(u8::from(labels[row])),
            Target::Regression(values) => sums[0] += weight * values[row],
        }
    }
}

/// The same answer for every row of `out`, learnt from the rows `inside`.
pub(crate) fn prior(inside: &Training, out: &Training, level: Option<f64>) -> Vec<f64> {
    constant(inside, level).repeat(out.target.rows())
}

/// The feature that alone has the smallest loss on all rows.
pub(crate) fn best_feature(
    training: &Training,
    config: &TrainConfig,
) -> Result<Option<String>, TrainError> {
    let weights = training.weights.as_deref();
    let penalty = penalty(&training.target, config);
    let columns: Vec<(&str, &Column)> = training.table.columns().collect();
    let losses: Result<Vec<f64>, TrainError> = columns
        .par_iter()
        .map(|(name, column)| match column {
            Column::Number(_) => linear::loss_of_one(training, weights, penalty, name),
            Column::Category(values) => Ok(loss_of_others(training, values)),
        })
        .collect();
    let mut best: Option<(f64, &str)> = None;
    for (loss, (name, _)) in losses?.into_iter().zip(columns) {
        if loss < best.map_or(f64::INFINITY, |(loss, _)| loss) {
            best = Some((loss, name));
        }
    }
    Ok(best.map(|(_, name)| name.to_owned()))
}

/// What one feature answers alone; `None` where the rows leave nothing to fit it on.
pub(crate) fn answers_of_one(
    inside: &Training,
    out: &Training,
    config: &TrainConfig,
    signature: &Signature,
    feature: &str,
    level: Option<f64>,
) -> Result<Option<Vec<f64>>, TrainError> {
    let column = |rows: &'_ Training| rows.table.category(feature).cloned();
    if let (Some(known), Some(asked)) = (column(inside), column(out)) {
        return Ok(Some(answers_by_category(inside, &known, &asked, level)));
    }
    let penalty = penalty(&inside.target, config);
    let weights = inside.weights.as_deref();
    let alone = Preparation::none(&inside.table, Some(feature));
    let fitted = match linear::fit(inside, weights, penalty, alone) {
        Err(TrainError::NoColumns) => return Ok(None),
        fitted => fitted?,
    };
    let mut signature = signature.clone();
    signature.features.retain(|known| known.name == feature);
    let predictor = Predictor::new(&fitted.onnx, signature)?;
    let answers = predictor.predict(&out.table)?;
    Ok(Some(
        answers
            .values()
            .iter()
            .map(|value| f64::from(*value))
            .collect(),
    ))
}

const fn penalty<'c>(target: &Target, config: &'c TrainConfig) -> Penalty<'c> {
    match target {
        Target::Regression(_) => Penalty::Linear(&config.linear_regression),
        _ => Penalty::Logistic(&config.logistic_regression),
    }
}

/// The mean target of each row's category, drawn to that of all rows where the category has few; of
/// one that was never seen, that of all.
fn answers_by_category(
    inside: &Training,
    known: &Categories,
    asked: &Categories,
    level: Option<f64>,
) -> Vec<f64> {
    let prior = constant(inside, level);
    let mut rows_of = vec![Vec::new(); known.levels.len()];
    for (row, &code) in known.codes.iter().enumerate() {
        rows_of[code as usize].push(row);
    }
    let answer = |rows: &Vec<usize>| -> Vec<f64> {
        // A quantile of few rows has no smoothed form.
        if level.is_some() {
            return if rows.len() as f64 >= START {
                constant_of(inside, rows, level)
            } else {
                prior.clone()
            };
        }
        let weight = |row: usize| inside.weights.as_ref().map_or(1.0, |weights| weights[row]);
        let total: f64 = rows.iter().map(|&row| weight(row)).sum();
        let mut sums: Vec<f64> = prior.iter().map(|prior| START * prior).collect();
        add(inside, rows, &mut sums);
        sums.iter().map(|sum| sum / (total + START)).collect()
    };
    let levels = known.levels.iter().zip(rows_of.iter().map(answer));
    let answers: BTreeMap<&str, Vec<f64>> = levels
        .map(|(level, answer)| (level.as_str(), answer))
        .collect();
    let of_level: Vec<&Vec<f64>> = asked
        .levels
        .iter()
        .map(|level| answers.get(level.as_str()).unwrap_or(&prior))
        .collect();
    let rows = asked.codes.iter();
    rows.flat_map(|&code| of_level[code as usize])
        .copied()
        .collect()
}

/// The mean loss where each row is answered by the others of its category: the log loss, or the
/// squared error.
fn loss_of_others(rows: &Training, column: &Categories) -> f64 {
    let width = width(&rows.target);
    let count = rows.target.rows();
    let weight = |row: usize| rows.weights.as_ref().map_or(1.0, |weights| weights[row]);
    let prior = constant(rows, None);
    let mut totals = vec![0.0; column.levels.len()];
    let mut sums = vec![0.0; column.levels.len() * width];
    for row in 0..count {
        let level = column.codes[row] as usize;
        totals[level] += weight(row);
        add(rows, &[row], &mut sums[level * width..(level + 1) * width]);
    }
    let mut own = vec![0.0; width];
    let (mut loss, mut total) = (0.0, 0.0);
    for row in 0..count {
        let level = column.codes[row] as usize;
        own.fill(0.0);
        add(rows, &[row], &mut own);
        let place = match &rows.target {
            Target::Multiclass { labels, .. } => labels[row] as usize,
            Target::Binary { .. } | Target::Regression(_) => 0,
        };
        let sum = sums[level * width + place] - own[place] + START * prior[place];
        let told = sum / (totals[level] - weight(row) + START);
        let log = |share: f64| -libm::log(share.max(1e-12));
        loss += weight(row)
            * match &rows.target {
                Target::Multiclass { .. } => log(told),
                Target::Binary { labels, .. } if labels[row] => log(told),
                Target::Binary { .. } => log(1.0 - told),
                Target::Regression(values) => (values[row] - told) * (values[row] - told),
            };
        total += weight(row);
    }
    loss / total
}
