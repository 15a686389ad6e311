//! The boosting loop.

use std::ops::ControlFlow;

use crate::data::{Column, Dataset, Features};
use crate::error::BoostError;
use crate::gradient::{Packed, Packing};
use crate::grid::LeafGrid;
use crate::grow::{Grower, Round};
use crate::grown::Grown;
use crate::held_out::HeldOut;
use crate::matrix::{Binning, Matrix};
use crate::objective::{Shares, Start, Weighted, quantile};
use crate::params::Params;
use crate::progress::Progress;
use crate::sample::{self, Purpose};
use crate::tree::Ensemble;

use rayon::prelude::*;

/// What one round did, and a way to keep all that was done.
#[derive(Debug, Clone, Copy)]
pub struct RoundReport<'a> {
    /// Rounds done, this one included.
    pub round: usize,
    /// What this round did.
    pub losses: RoundLoss,
    progress: &'a Progress<'a>,
}

impl RoundReport<'_> {
    /// The fit as it stands after this round, for [`resume`]. The bytes are the same on any machine.
    pub fn checkpoint(&self) -> Vec<u8> {
        self.progress.checkpoint()
    }
}

/// What one round did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RoundLoss {
    /// Leaves of the new trees.
    pub leaves: usize,
    /// Weighted mean loss of the training rows, this round's trees included; where
    /// [`Params::report_train_loss`] asks for it.
    pub train: Option<f64>,
    /// Weighted mean loss of the validation rows, this round's trees included.
    pub validation: Option<f64>,
}

/// Why no further tree was grown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// All rounds were done.
    Rounds,
    /// No tree of the last round found anything to split, and neither would any later one.
    NothingToSplit,
    /// The validation loss had not improved for [`Params::early_stopping`] rounds.
    NoImprovement,
    /// The observer asked for it.
    Observer,
    /// [`Params::pause_after`] asked for it.
    Paused,
}

/// What a fit ends with.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// The trees; with early stopping those up to the best round.
    pub ensemble: Ensemble,
    /// Why it ended.
    pub stop: Stop,
    /// What every round did, also those whose trees were not kept.
    pub history: Vec<RoundLoss>,
}

/// Learns an ensemble, on the caller's rayon pool; the result is the same on any.
///
/// `validation` is judged after every round and never learnt from; with
/// [`Params::early_stopping`] it decides how many trees are kept. `observer` sees every round, may keep
/// a checkpoint and may end the fit with [`ControlFlow::Break`].
pub fn fit(
    train: &Dataset<'_>,
    validation: Option<&Dataset<'_>>,
    params: &Params,
    observer: &mut dyn FnMut(&RoundReport<'_>) -> ControlFlow<()>,
) -> Result<Fit, BoostError> {
    run(train, validation, params, None, observer)
}

/// Goes on from a checkpoint and ends as if the fit had never been interrupted, to the bit. Refuses a
/// checkpoint of other rows or other parameters (also of another number of rounds, which the grid of
/// leaf values depends on). The observer does not see again the rounds that the checkpoint holds.
pub fn resume(
    train: &Dataset<'_>,
    validation: Option<&Dataset<'_>>,
    params: &Params,
    checkpoint: &[u8],
    observer: &mut dyn FnMut(&RoundReport<'_>) -> ControlFlow<()>,
) -> Result<Fit, BoostError> {
    run(train, validation, params, Some(checkpoint), observer)
}

fn run(
    train: &Dataset<'_>,
    validation: Option<&Dataset<'_>>,
    params: &Params,
    checkpoint: Option<&[u8]>,
    observer: &mut dyn FnMut(&RoundReport<'_>) -> ControlFlow<()>,
) -> Result<Fit, BoostError> {
    params.validate()?;
    let objective = params.objective;
    objective.check(train)?;
    check_columns(train.features(), params)?;
    if params.early_stopping.is_some() && validation.is_none() {
        return Err(BoostError::Param {
            name: "early_stopping",
            found: "set".to_owned(),
            expected: "unset where there is no validation data",
        });
    }
    let mut progress = Progress::new(train, validation, params);
    if let Some(checkpoint) = checkpoint {
        progress.restore(checkpoint)?;
    }
    let features = train.features();
    features.check()?;
    let start = objective.start(train)?;
    let has_categories =
        (0..features.width()).any(|c| matches!(features.column(c), Column::Categories(_)));
    let first = if has_categories {
        first_gradients(train, &start, params)
    } else {
        Vec::new()
    };
    let binning = Binning::learn(features, &first, params);
    drop(first);
    let furthest = (start.bases.iter()).fold(0.0, |far: f64, base| far.max(base.abs()));
    let step = params.learning_rate * start.step;
    let grid =
        LeafGrid::new(furthest, step, params.rounds).ok_or_else(|| BoostError::LabelRange {
            largest: largest(train.labels()),
        })?;
    let base_scores: Vec<f32> = start.bases.iter().map(|&base| grid.base(base)).collect();
    let mut held_out = match validation {
        Some(data) => Some(HeldOut::new(data, &binning, &base_scores, params)?),
        None => None,
    };

    let matrix = Matrix::encode(features, &binning);
    let mut grower = Grower::new(&matrix, &binning, params, grid);
    let outputs = base_scores.len();
    let mut ensemble = Ensemble {
        objective,
        base_scores,
        trees: Vec::new(),
        feature_count: features.width(),
        levels: binning.levels(),
        grid_exponent: grid.exponent(),
    };
    let mut stop = Stop::Rounds;
    let mut patience_ended = false;
    let whole = |&base: &f32| vec![base; train.rows()];
    let mut margins: Vec<Vec<f32>> = ensemble.base_scores.iter().map(whole).collect();
    if !progress.history.is_empty() {
        // Sums of leaf values are exact, so these are the margins that the rounds ended with.
        ensemble.trees = std::mem::take(&mut progress.trees);
        if !params.bagging {
            margins = ensemble.margins_by_output(features)?;
        }
        if let Some(held_out) = &mut held_out {
            held_out.margins = ensemble.margins_by_output(held_out.features())?;
            for (round, losses) in (1..).zip(&progress.history) {
                let loss = losses.validation.unwrap_or(f64::INFINITY);
                patience_ended = held_out.record(round, loss, params.early_stopping);
            }
        }
        progress.trees = std::mem::take(&mut ensemble.trees);
    }
    if patience_ended {
        stop = Stop::NoImprovement;
    }
    let mut packed = vec![0; train.rows()];
    let mut shares = Shares::default();
    let last = (params.pause_after).map_or(params.rounds, |pause| pause.min(params.rounds));
    if last < params.rounds && !patience_ended {
        stop = Stop::Paused;
    }
    for round in progress.history.len()..last {
        if patience_ended {
            break;
        }
        let draw = |n, share, purpose| draw(n, share, params.seed, purpose, round);
        let rows = if params.bagging {
            Some(sample::with_replacement(train.rows(), params.seed, round))
        } else {
            draw(train.rows(), params.row_sample, Purpose::Rows)
        };
        let columns = draw(features.width(), params.column_sample, Purpose::Columns);
        let sampled = rows.is_some() || columns.is_some();
        let columns = columns.unwrap_or_else(|| (0u32..).take(features.width()).collect());
        if outputs > 1 {
            shares.update(&margins);
        }
        let mut grown = Vec::with_capacity(outputs);
        for (output, margins) in margins.iter_mut().enumerate() {
            let packing = objective.pack(train, output, margins, &shares, &mut packed);
            let mut tree = grower.grow(Round {
                packed: &packed,
                packing: &packing,
                sample: rows.as_deref(),
                columns: &columns,
            });
            if let Some(level) = objective.renewal() {
                renew(&mut tree, &grower, train, margins, level);
            }
            if params.bagging {
                // The next tree knows nothing of this one.
            } else if rows.is_some() {
                tree.add_by_codes(&matrix, &binning, margins);
            } else {
                grower.add_to(&tree, margins);
            }
            grown.push(tree);
        }
        let leaves = grown.iter().map(|grown| grown.tree.leaves()).sum();
        if leaves == outputs && !sampled {
            stop = Stop::NothingToSplit;
            break;
        }
        let mut losses = RoundLoss {
            leaves,
            train: (params.report_train_loss && !params.bagging)
                .then(|| objective.loss(train, &margins)),
            validation: None,
        };
        if let Some(held_out) = &mut held_out {
            for (output, grown) in grown.iter().enumerate() {
                held_out.add(output, grown, &binning);
            }
            let loss = held_out.loss(params);
            losses.validation = Some(loss);
            patience_ended = held_out.record(round + 1, loss, params.early_stopping);
        }
        progress.history.push(losses);
        let trees = grown.into_iter().map(|grown| grown.tree);
        progress.trees.extend(trees);
        let report = RoundReport {
            round: round + 1,
            losses,
            progress: &progress,
        };
        if observer(&report).is_break() {
            stop = Stop::Observer;
            break;
        }
        if patience_ended {
            stop = Stop::NoImprovement;
        }
    }
    let Progress { history, trees, .. } = progress;
    ensemble.trees = trees;
    if let (Some(held_out), Some(_)) = (&held_out, params.early_stopping) {
        ensemble.trees.truncate(held_out.best_round * outputs);
    }
    Ok(Fit {
        ensemble,
        stop,
        history,
    })
}

/// Outputs whose first gradients tell levels apart, at most.
const FIRST_OUTPUTS: usize = 16;

/// The gradients that the first round starts with, by output.
fn first_gradients(
    train: &Dataset<'_>,
    start: &Start,
    params: &Params,
) -> Vec<(Vec<Packed>, Packing)> {
    let margins: Vec<Vec<f32>> = (start.bases.iter())
        .map(|&base| vec![margin(base); train.rows()])
        .collect();
    let mut shares = Shares::default();
    if margins.len() > 1 {
        shares.update(&margins);
    }
    let first = (margins.iter().enumerate()).take(FIRST_OUTPUTS);
    let first = first.map(|(output, margins)| {
        let mut packed = vec![0; train.rows()];
        let packing = (params.objective).pack(train, output, margins, &shares, &mut packed);
        (packed, packing)
    });
    first.collect()
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a margin needs no more than f32, and an infinite one is refused with its labels"
)]
fn margin(base: f64) -> f32 {
    base as f32
}

/// Refuses constraints of columns that do not exist or have no order.
fn check_columns(features: Features<'_>, params: &Params) -> Result<(), BoostError> {
    let outside = |&column: &u32| column as usize >= features.width();
    let named = params.interactions.iter().flatten();
    let named = named.map(|column| ("interactions", column));
    let monotone = params.monotone.keys().map(|column| ("monotone", column));
    if let Some((name, column)) = named.chain(monotone.clone()).find(|named| outside(named.1)) {
        return Err(BoostError::Param {
            name,
            found: format!("set for column {column}"),
            expected: "about columns of the table",
        });
    }
    let unordered = |column: u32| matches!(features.column(column as usize), Column::Categories(_));
    match params.monotone.keys().find(|&&column| unordered(column)) {
        Some(column) => Err(BoostError::Param {
            name: "monotone",
            found: format!("set for column {column}, which holds categories"),
            expected: "about columns of numbers",
        }),
        None => Ok(()),
    }
}

/// Gives each leaf the quantile of its rows' residuals.
fn renew(grown: &mut Grown, grower: &Grower<'_>, train: &Dataset<'_>, margins: &[f32], level: f64) {
    let residual = |&row: &u32| {
        let row = row as usize;
        Weighted {
            value: f64::from(train.labels()[row]) - f64::from(margins[row]),
            weight: f64::from(train.weight(row)),
        }
    };
    let leaves = grown.leaves.par_iter().map(|leaf| {
        let rows = &grower.rows()[leaf.rows.clone()];
        let mut residuals: Vec<Weighted> = rows.iter().map(residual).collect();
        let step = quantile(&mut residuals, level);
        grower.value(step.clamp(leaf.bounds.low, leaf.bounds.high))
    });
    let values: Vec<f32> = leaves.collect();
    grown.renew(&values);
}

/// A share of `0..n`, or none for all of them.
fn draw(n: usize, share: f64, seed: u64, purpose: Purpose, round: usize) -> Option<Vec<u32>> {
    let kept = sample::share_of(n, share);
    (kept < n).then(|| sample::choose(n, kept, seed, purpose, round))
}

fn largest(labels: &[f32]) -> f32 {
    labels.iter().fold(0.0, |largest, y| y.abs().max(largest))
}
