//! What measuring asks of a task.

use std::collections::BTreeMap;

use yard_contract::{Baseline, ByTask, Comparison, Difference, Estimate, Finite};

use super::estimate::Metrics;
use super::metric::Metric;
use crate::error::GateError;
use crate::input::Scores;

/// Another model on the same rows.
#[derive(Clone, Copy)]
pub(super) struct Rival<'a> {
    /// What its rules start with.
    pub(super) prefix: &'static str,
    pub(super) scores: &'a Scores,
    /// How much of a metric may be lost to it.
    pub(super) margins: &'a BTreeMap<Metric, Finite>,
}

impl<'a> Rival<'a> {
    pub(super) const fn champion(
        scores: &'a Scores,
        margins: &'a BTreeMap<Metric, Finite>,
    ) -> Self {
        let prefix = "champion";
        Self {
            prefix,
            scores,
            margins,
        }
    }

    pub(super) const fn release(scores: &'a Scores, margins: &'a BTreeMap<Metric, Finite>) -> Self {
        let prefix = "release";
        Self {
            prefix,
            scores,
            margins,
        }
    }
}

/// A model on its holdout, with the champion beside it where there is one.
pub(super) trait MeasuredTask {
    /// The metric that parts of the rows are judged by.
    fn primary(&self) -> Metric;

    /// All metrics.
    fn alone(&self) -> Result<Metrics, GateError>;

    /// All metrics, and every difference from a rival's with a paired interval.
    fn against(&self, rival: Rival<'_>) -> Result<(Metrics, Comparison), GateError>;

    /// What only models of this task have; `found` are all their metrics.
    fn by_task(&self, found: &Metrics) -> Result<ByTask, GateError>;

    /// What trivial models reach.
    fn baselines(&self) -> Result<Vec<Baseline>, GateError>;

    /// What each row costs: log-loss, or the squared error of a number.
    fn losses(&self) -> Vec<f64>;

    /// Metrics on a part of the rows, the primary one at least, and how far it is from the champion's if
    /// that is wanted.
    fn part(
        &self,
        rows: &[usize],
        compared: bool,
        margin: Option<Finite>,
    ) -> Result<(BTreeMap<String, Estimate>, Option<Difference>), GateError>;

    /// How many of some rows are positive, where there are two classes.
    fn positives(&self, rows: &[usize]) -> Option<u64>;
}

/// Some rows of a column.
pub(super) fn pick<T: Copy>(column: &[T], rows: &[usize]) -> Vec<T> {
    rows.iter().map(|&row| column[row]).collect()
}

/// The entities of some rows, numbered again without gaps.
pub(super) fn renumbered(clusters: &[u32], rows: &[usize]) -> Vec<u32> {
    let mut known = BTreeMap::new();
    let number = |&row: &usize| {
        let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
        *known.entry(clusters[row]).or_insert(next)
    };
    rows.iter().map(number).collect()
}
