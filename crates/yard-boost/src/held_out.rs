//! Rows that judge rounds and are never learnt from.

use crate::data::{Dataset, Features};
use crate::error::BoostError;
use crate::grown::Grown;
use crate::matrix::{Binning, Matrix};
use crate::params::Params;

/// Validation rows, their margins so far and the best round.
pub(crate) struct HeldOut<'a> {
    data: &'a Dataset<'a>,
    matrix: Matrix,
    /// One vector an output.
    pub(crate) margins: Vec<Vec<f32>>,
    /// Rounds of the least loss; 0 is the base score alone.
    pub(crate) best_round: usize,
    best_loss: f64,
}

impl<'a> HeldOut<'a> {
    pub(crate) fn new(
        data: &'a Dataset<'a>,
        binning: &Binning,
        base_scores: &[f32],
        params: &Params,
    ) -> Result<Self, BoostError> {
        params.objective.check(data)?;
        binning.check(data.features())?;
        let margins: Vec<Vec<f32>> = base_scores
            .iter()
            .map(|&base| vec![base; data.rows()])
            .collect();
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

    pub(crate) fn features(&self) -> Features<'a> {
        self.data.features()
    }

    /// Adds a tree to an output.
    pub(crate) fn add(&mut self, output: usize, grown: &Grown, binning: &Binning) {
        grown.add_by_codes(&self.matrix, binning, &mut self.margins[output]);
    }

    /// The loss of the margins so far.
    pub(crate) fn loss(&self, params: &Params) -> f64 {
        params.objective.loss(self.data, &self.margins)
    }

    /// Notes a round's loss; whether patience has ended.
    pub(crate) fn record(&mut self, round: usize, loss: f64, patience: Option<usize>) -> bool {
        if loss < self.best_loss {
            self.best_loss = loss;
            self.best_round = round;
        }
        patience.is_some_and(|patience| round - self.best_round >= patience)
    }
}
