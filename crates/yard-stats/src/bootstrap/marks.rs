//! Where a walk stops to take note.

use super::statistic::{Side, Statistic, above};
use crate::binary::Ranked;

/// Where a model's walk takes note: the union of all statistics' marks.
#[derive(Clone, Debug)]
pub(super) struct Marks {
    /// Ascending numbers of entries.
    pub(super) entries: Vec<usize>,
    /// For each statistic, the places of its marks in `entries`.
    pub(super) of: Vec<Vec<usize>>,
    /// The last score before each mark: the threshold that selects what was passed.
    pub(super) scores: Vec<f64>,
    /// The number next above the highest score.
    pub(super) above: f64,
}

impl Marks {
    pub(super) fn new(statistics: &[Statistic], ranked: &Ranked<'_>, side: Side) -> Self {
        let wanted = statistics
            .iter()
            .map(|statistic| statistic.marks(ranked, side));
        let wanted: Vec<Vec<usize>> = wanted.collect();
        let mut entries = wanted.concat();
        entries.sort_unstable();
        entries.dedup();
        let of = wanted
            .iter()
            .map(|marks| {
                let place = |mark: &usize| entries.partition_point(|entry| entry < mark);
                marks.iter().map(place).collect()
            })
            .collect();
        let scores = ranked.scored().scores();
        let last = |&mark: &usize| match mark.checked_sub(1) {
            Some(before) => scores[ranked.entries()[before].row()],
            None => above(ranked),
        };
        Self {
            scores: entries.iter().map(last).collect(),
            above: above(ranked),
            entries,
            of,
        }
    }
}
