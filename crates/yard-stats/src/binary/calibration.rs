//! Do probabilities mean what they say?

use super::Scored;
use super::pointwise::probabilities;
use crate::{Metric, Undefined, sum::Sum};
use std::num::NonZeroUsize;

/// Rows whose probability falls into one bin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReliabilityBin {
    /// Probabilities above this (at or above it, in the first bin).
    pub lower: f64,
    /// Probabilities up to and including this.
    pub upper: f64,
    /// Number of rows with a weight above zero.
    pub rows: usize,
    /// Their weight.
    pub weight: f64,
    /// Weight of the positives among them (with `weight`, a score histogram by class).
    pub positives: f64,
    /// Their mean probability; `None` in an empty bin.
    pub mean_score: Option<f64>,
    /// Their share of positives; `None` in an empty bin.
    pub observed_rate: Option<f64>,
}

/// The reliability table over bins of equal width.
#[derive(Clone, Debug, PartialEq)]
pub struct Reliability {
    /// One entry a bin, from 0 to 1; empty bins are there, with no rows.
    pub bins: Vec<ReliabilityBin>,
}

impl Reliability {
    /// Bins probabilities by width: bin i of b holds (i/b, (i+1)/b], and the first also 0.
    ///
    /// Undefined where a score is not a probability. O(n log b).
    pub fn new(scored: Scored<'_>, bins: NonZeroUsize) -> Metric<Self> {
        probabilities(scored)?;
        let count = bins.get();
        let edge = |index: usize| index as f64 / count as f64;
        let inner_edges: Vec<f64> = (1..count).map(edge).collect();
        let mut tallies = vec![Tally::default(); count];
        for row in scored.weighted_rows() {
            let bin = inner_edges.partition_point(|&edge| edge < row.score);
            let tally = &mut tallies[bin];
            tally.rows += 1;
            tally.weight.add(row.weight);
            tally.scores.add(row.weight * row.score);
            tally
                .positives
                .add(if row.label { row.weight } else { 0.0 });
        }
        let bins = tallies
            .into_iter()
            .enumerate()
            .map(|(index, tally)| tally.into_bin(edge(index), edge(index + 1)))
            .collect();
        Ok(Self { bins })
    }

    /// Expected calibration error: the weighted mean of |observed rate − mean probability| over
    /// bins. In [0, 1]. It depends on the bins and is biased upwards in small samples: report it,
    /// but gate on the log-loss or on [`super::CalibrationFit`]. O(bins). M. P. Naeini et al., "Obtaining
    /// well calibrated probabilities using Bayesian binning", AAAI 2015.
    pub fn expected_error(&self) -> f64 {
        let (mut error, mut weight) = (Sum::default(), Sum::default());
        for bin in &self.bins {
            error.add(bin.weight * bin.gap().unwrap_or(0.0));
            weight.add(bin.weight);
        }
        error.value() / weight.value()
    }

    /// Maximum calibration error: the largest gap of any bin that holds rows. In [0, 1]. O(bins).
    pub fn maximum_error(&self) -> f64 {
        let gaps = self.bins.iter().filter_map(ReliabilityBin::gap);
        gaps.fold(0.0, f64::max)
    }
}

impl ReliabilityBin {
    /// |observed rate − mean probability|; `None` in an empty bin. O(1).
    pub fn gap(&self) -> Option<f64> {
        Some((self.observed_rate? - self.mean_score?).abs())
    }
}

#[derive(Clone, Copy, Default)]
struct Tally {
    rows: usize,
    weight: Sum,
    scores: Sum,
    positives: Sum,
}

impl Tally {
    fn into_bin(self, lower: f64, upper: f64) -> ReliabilityBin {
        let weight = self.weight.value();
        let mean = |sum: Sum| (self.rows > 0).then(|| sum.value() / weight);
        ReliabilityBin {
            lower,
            upper,
            rows: self.rows,
            weight,
            positives: self.positives.value(),
            mean_score: mean(self.scores),
            observed_rate: mean(self.positives),
        }
    }
}

/// Spiegelhalter's z: Σ(y − p)(1 − 2p) / √Σ(1 − 2p)²p(1 − p), standard normal when the
/// probabilities are right. Weights repeat rows. O(n).
///
/// Undefined where a score is not a probability, or when every probability is 0, ½ or 1.
///
/// D. J. Spiegelhalter, "Probabilistic prediction in patient management and clinical trials", 1986.
pub fn spiegelhalter(scored: Scored<'_>) -> Metric {
    probabilities(scored)?;
    let (mut excess, mut variance) = (Sum::default(), Sum::default());
    for row in scored.weighted_rows() {
        let p = row.score;
        let lean = 1.0 - 2.0 * p;
        excess.add(row.weight * (f64::from(u8::from(row.label)) - p) * lean);
        variance.add(row.weight * lean * lean * p * (1.0 - p));
    }
    if variance.value() > 0.0 {
        Ok(excess.value() / variance.value().sqrt())
    } else {
        Err(Undefined::NoVariance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_belong_to_the_bin_below() {
        let scores = [0.0, 0.1, 0.100_000_000_000_000_02, 0.3, 0.7, 1.0];
        let labels = [false, false, true, true, true, true];
        let scored = Scored::new(&labels, &scores, None).unwrap();
        let table = Reliability::new(scored, NonZeroUsize::new(10).unwrap()).unwrap();
        let rows: Vec<usize> = table.bins.iter().map(|bin| bin.rows).collect();
        assert_eq!(rows, [2, 1, 1, 0, 0, 0, 1, 0, 0, 1]);
        assert_eq!(table.bins[3].mean_score, None);
    }

    #[test]
    fn error_is_the_mean_gap() {
        let labels = [true, false, true, true];
        let scored = Scored::new(&labels, &[0.25, 0.25, 0.75, 0.75], None).unwrap();
        let table = Reliability::new(scored, NonZeroUsize::new(2).unwrap()).unwrap();
        assert_eq!(table.expected_error(), 0.25);
        assert_eq!(table.maximum_error(), 0.25);
    }
}
