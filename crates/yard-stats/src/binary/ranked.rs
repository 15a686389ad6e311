use super::{Scored, order};
use crate::{InputError, Metric, Undefined, sum::Sum};

/// Rows in descending order of score, with ties kept together: sort once, read every metric.
///
/// Takes 4 bytes a row beside the borrowed columns (up to 8 while sorting crowded scores): each entry packs the row
/// number, its label and whether it closes a group of equal scores.
#[derive(Clone, Debug)]
pub struct Ranked<'a> {
    scored: Scored<'a>,
    entries: Vec<Entry>,
    positives: f64,
    negatives: f64,
}

/// Row number in the low 30 bits, then the label, then "last of its tie group".
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry(u32);

impl Entry {
    const POSITIVE: u32 = 1 << 30;
    const LAST_OF_TIE: u32 = 1 << 31;

    #[inline]
    pub(crate) fn row(self) -> usize {
        (self.0 & (Self::POSITIVE - 1)) as usize
    }

    #[inline]
    pub(crate) fn is_positive(self) -> bool {
        self.0 & Self::POSITIVE != 0
    }

    #[inline]
    pub(crate) fn is_last_of_tie(self) -> bool {
        self.0 & Self::LAST_OF_TIE != 0
    }
}

/// What is predicted positive when everything at or above `threshold` is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cut {
    /// A score that occurs in the data.
    pub threshold: f64,
    /// Weight of the positive rows at or above it.
    pub true_positives: f64,
    /// Weight of the negative rows at or above it.
    pub false_positives: f64,
}

/// The weight of one group of equal scores.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Group {
    pub(crate) score: f64,
    pub(crate) positives: f64,
    pub(crate) negatives: f64,
}

impl<'a> Ranked<'a> {
    /// The most rows that a ranking can hold.
    pub const MAX_ROWS: usize = 1 << 30;

    /// Sorts the rows by score. O(n) for continuous scores, O(n log n) at worst.
    ///
    /// Fails only with [`InputError::TooManyRows`].
    pub fn new(scored: Scored<'a>) -> Result<Self, InputError> {
        if scored.rows() > Self::MAX_ROWS {
            return Err(InputError::TooManyRows {
                rows: scored.rows(),
            });
        }
        let order = order::descending(scored.scores());
        let mut ranked = Self {
            scored,
            entries: pack(order, scored),
            positives: 0.0,
            negatives: 0.0,
        };
        // Totals are the last cut's own counts, so that a curve ends at exactly 1.
        if let Some(last) = ranked.cuts().last() {
            ranked.positives = last.true_positives;
            ranked.negatives = last.false_positives;
        }
        Ok(ranked)
    }

    /// The columns that were ranked. O(1).
    pub fn scored(&self) -> Scored<'a> {
        self.scored
    }

    /// Weight of the positive rows (their number, where rows are not weighted). O(1).
    pub fn positives(&self) -> f64 {
        self.positives
    }

    /// Weight of the negative rows. O(1).
    pub fn negatives(&self) -> f64 {
        self.negatives
    }

    /// Weight of all rows. O(1).
    pub fn total(&self) -> f64 {
        self.positives + self.negatives
    }

    /// Share of the weight that is positive. O(1).
    pub fn prevalence(&self) -> f64 {
        self.positives / self.total()
    }

    /// Every distinct way to split the rows by a threshold that occurs in the data, from the highest
    /// score down; the last one selects everything. Scores held only by rows of weight 0 are skipped. O(n)
    /// for all of them.
    pub fn cuts(&self) -> impl Iterator<Item = Cut> {
        let (mut above, mut false_above) = (Sum::default(), Sum::default());
        self.groups().map(move |group| {
            above.add(group.positives);
            false_above.add(group.negatives);
            Cut {
                threshold: group.score,
                true_positives: above.value(),
                false_positives: false_above.value(),
            }
        })
    }

    /// Both class totals, or which class is missing.
    pub(crate) fn both_classes(&self) -> Metric<(f64, f64)> {
        if self.positives <= 0.0 {
            Err(Undefined::NoPositives)
        } else if self.negatives <= 0.0 {
            Err(Undefined::NoNegatives)
        } else {
            Ok((self.positives, self.negatives))
        }
    }

    /// All rows, from the highest score down.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Entries of equal score, from the highest score down, rows of weight 0 included.
    pub(crate) fn ties(&self) -> impl Iterator<Item = &[Entry]> {
        self.entries.chunk_by(|before, _| !before.is_last_of_tie())
    }

    /// Weights of the groups of equal score, from the highest score down.
    pub(crate) fn groups(&self) -> impl Iterator<Item = Group> {
        let weights = self.scored.weights();
        self.ties().filter_map(move |tie| {
            let (positives, negatives) = match weights {
                None => {
                    let (positives, negatives) = count_classes(tie);
                    (f64::from(positives), f64::from(negatives))
                }
                Some(weights) => weigh(tie, weights),
            };
            (positives + negatives > 0.0).then(|| Group {
                score: self.scored.scores()[tie[0].row()],
                positives,
                negatives,
            })
        })
    }
}

fn pack(order: Vec<u32>, scored: Scored<'_>) -> Vec<Entry> {
    let (labels, scores) = (scored.labels(), scored.scores());
    let mut entries: Vec<Entry> = order.into_iter().map(Entry).collect(); // in place
    let mut following = None;
    for entry in entries.iter_mut().rev() {
        let row = entry.row();
        if labels[row] {
            entry.0 |= Entry::POSITIVE;
        }
        // The comparison, not the bits, decides: −0 and 0 tie.
        if following.is_none_or(|score: f64| score < scores[row]) {
            entry.0 |= Entry::LAST_OF_TIE;
        }
        following = Some(scores[row]);
    }
    entries
}

/// Positive and negative rows, whatever their weight.
pub(crate) fn count_classes(tie: &[Entry]) -> (u32, u32) {
    tie.iter().fold((0, 0), |(positives, negatives), entry| {
        let positive = u32::from(entry.is_positive());
        (positives + positive, negatives + (1 - positive))
    })
}

fn weigh(tie: &[Entry], weights: &[f64]) -> (f64, f64) {
    let (mut positives, mut negatives) = (Sum::default(), Sum::default());
    for entry in tie {
        let side = if entry.is_positive() {
            &mut positives
        } else {
            &mut negatives
        };
        side.add(weights[entry.row()]);
    }
    (positives.value(), negatives.value())
}
