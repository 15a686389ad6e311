//! The boosting loop.

use std::ops::ControlFlow;

use crate::data::Dataset;
use crate::error::BoostError;
use crate::grid::LeafGrid;
use crate::grow::{Grower, Round};
use crate::matrix::{Binning, Matrix};
use crate::params::Params;
use crate::sample::{self, Purpose};
use crate::tree::Ensemble;

/// What one round did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RoundReport {
    /// Rounds done, this one included.
    pub round: usize,
    /// Leaves of the new tree.
    pub leaves: usize,
    /// Weighted mean loss of the validation rows, this round's tree included.
    pub validation_loss: Option<f64>,
}

/// Why no further tree was grown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// All rounds were done.
    Rounds,
    /// The last tree found nothing to split, and neither would any later one.
    NothingToSplit,
    /// The validation loss had not improved for [`Params::early_stopping`] rounds.
    NoImprovement,
    /// The observer asked for it.
    Observer,
}

/// What a fit ends with.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// The trees; with early stopping those up to the best round.
    pub ensemble: Ensemble,
    /// Why it ended.
    pub stop: Stop,
}

/// Learns an ensemble, on the caller's rayon pool; the result is the same on any.
///
/// `validation` is judged after every round and never learnt from; with
/// [`Params::early_stopping`] it decides how many trees are kept. `observer` sees every round and may
/// end the fit with [`ControlFlow::Break`].
pub fn fit(
    train: &Dataset<'_>,
    validation: Option<&Dataset<'_>>,
    params: &Params,
    observer: &mut dyn FnMut(&RoundReport) -> ControlFlow<()>,
) -> Result<Fit, BoostError> {
    params.validate()?;
    let objective = params.objective;
    objective.check(train)?;
    if params.early_stopping.is_some() && validation.is_none() {
        return Err(BoostError::Param {
            name: "early_stopping",
            found: "set".to_owned(),
            expected: "unset where there is no validation data",
        });
    }
    let features = train.features();
    let binning = Binning::learn(features, params.max_bins, params.seed)?;
    let start = objective.start(train)?;
    let grid = LeafGrid::new(start.base, params.learning_rate * start.step, params.rounds)
        .ok_or_else(|| BoostError::LabelRange {
            largest: largest(train.labels()),
        })?;
    let base_score = grid.base(start.base);
    let mut held_out = match validation {
        Some(data) => Some(HeldOut::new(data, train, &binning, base_score, params)?),
        None => None,
    };

    let matrix = Matrix::encode(features, &binning);
    let mut grower = Grower::new(&matrix, &binning, params, grid);
    let mut margins = vec![base_score; train.rows()];
    let mut packed = vec![0; train.rows()];
    let mut ensemble = Ensemble {
        objective,
        base_score,
        trees: Vec::new(),
        feature_count: features.columns().len(),
        grid_exponent: grid.exponent(),
    };
    let mut stop = Stop::Rounds;
    for round in 0..params.rounds {
        let packing = objective.pack(train, &margins, &mut packed);
        let rows = draw(
            train.rows(),
            params.row_sample,
            params.seed,
            Purpose::Rows,
            round,
        );
        let columns = features.columns().len();
        let columns = draw(
            columns,
            params.column_sample,
            params.seed,
            Purpose::Columns,
            round,
        )
        .unwrap_or_else(|| (0u32..).take(columns).collect());
        let grown = grower.grow(Round {
            packed: &packed,
            packing: &packing,
            sample: rows.as_deref(),
            columns: &columns,
        });
        let sampled = rows.is_some() || columns.len() < features.columns().len();
        if grown.tree.leaves() == 1 && !sampled {
            stop = Stop::NothingToSplit;
            break;
        }
        if rows.is_some() {
            grown.add_by_codes(&matrix, &binning, &mut margins);
        } else {
            grower.add_to(&grown, &mut margins);
        }
        let mut patience_ended = false;
        let mut validation_loss = None;
        if let Some(held_out) = &mut held_out {
            grown.add_by_codes(&held_out.matrix, &binning, &mut held_out.margins);
            let loss = objective.loss(held_out.data, &held_out.margins);
            validation_loss = Some(loss);
            patience_ended = held_out.record(round + 1, loss, params.early_stopping);
        }
        let report = RoundReport {
            round: round + 1,
            leaves: grown.tree.leaves(),
            validation_loss,
        };
        ensemble.trees.push(grown.tree);
        if observer(&report).is_break() {
            stop = Stop::Observer;
            break;
        }
        if patience_ended {
            stop = Stop::NoImprovement;
            break;
        }
    }
    if let (Some(held_out), Some(_)) = (&held_out, params.early_stopping) {
        ensemble.trees.truncate(held_out.best_round);
    }
    Ok(Fit { ensemble, stop })
}

/// A share of `0..n`, or none for all of them.
fn draw(n: usize, share: f64, seed: u64, purpose: Purpose, round: usize) -> Option<Vec<u32>> {
    let kept = sample::share_of(n, share);
    (kept < n).then(|| sample::choose(n, kept, seed, purpose, round))
}

fn largest(labels: &[f32]) -> f32 {
    labels.iter().fold(0.0, |largest, y| y.abs().max(largest))
}

/// Validation rows, their margins so far and the best round.
struct HeldOut<'a> {
    data: &'a Dataset<'a>,
    matrix: Matrix,
    margins: Vec<f32>,
    /// Rounds of the least loss; 0 is the base score alone.
    best_round: usize,
    best_loss: f64,
}

impl<'a> HeldOut<'a> {
    fn new(
        data: &'a Dataset<'a>,
        train: &Dataset<'_>,
        binning: &Binning,
        base_score: f32,
        params: &Params,
    ) -> Result<Self, BoostError> {
        params.objective.check(data)?;
        let expected = train.features().columns().len();
        let found = data.features().columns().len();
        if found != expected {
            return Err(BoostError::ColumnCount { expected, found });
        }
        for column in 0..found {
            data.features().check_finite(column)?;
        }
        let margins = vec![base_score; data.rows()];
        let best_loss = params.objective.loss(data, &margins);
        let matrix = Matrix::encode(data.features(), binning);
        Ok(Self {
            data,
            matrix,
            margins,
            best_round: 0,
            best_loss,
        })
    }

    /// Notes a round's loss; whether patience has ended.
    fn record(&mut self, round: usize, loss: f64, patience: Option<usize>) -> bool {
        if loss < self.best_loss {
            self.best_loss = loss;
            self.best_round = round;
        }
        patience.is_some_and(|patience| round - self.best_round >= patience)
    }
}
