//! One model's order, walked once for four replicates at a time.

use super::LANES;
use super::counts::Count;
use crate::binary::{Entry, Ranked};

/// One number for each of four replicates.
pub(super) type Lanes = [f64; LANES];

/// What was passed on the way from the highest score down to a mark.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Passed {
    /// Weight of the positive rows.
    pub(super) positives: Lanes,
    /// Weight of the negative rows.
    pub(super) negatives: Lanes,
    /// Sum of weight times score, if it was asked for.
    pub(super) scores: Lanes,
}

/// What one walk found.
#[derive(Clone, Debug)]
pub(super) struct Walk {
    /// At each mark, and at the end.
    pub(super) passed: Vec<Passed>,
    /// Weight of the (positive, negative) pairs that are ordered wrongly, ties counting one half.
    pub(super) wrong_pairs: Lanes,
    /// Sum over positive rows of the precision where they are found.
    pub(super) precision: Lanes,
    /// The largest true-positive rate − false-positive rate.
    pub(super) highest: Lanes,
    /// The smallest.
    pub(super) lowest: Lanes,
}

/// Entries whose weights are fetched before any of them is looked at: fetching is bound by memory and
/// looking by branches, and the two get in each other's way.
const CHUNK: usize = 256;

/// Walks the rows of `ranked`, each counted as often as `counts` (by row) says.
///
/// `totals` are the weights of positives and negatives, and `marks` ascending numbers of entries, each
/// at the end of a tie group.
pub(super) fn walk(
    ranked: &Ranked<'_>,
    counts: &impl Count,
    totals: (Lanes, Lanes),
    marks: &[usize],
    with_scores: bool,
) -> Walk {
    let scores = ranked.scored().scores();
    let widen = |row: usize| counts.of(row).map(f64::from);
    let none = |_: usize| 0.0;
    match (ranked.scored().weights(), with_scores) {
        (None, false) => walk_by::<false>(ranked, totals, marks, widen, none),
        (None, true) => walk_by::<true>(ranked, totals, marks, widen, |row| scores[row]),
        (Some(weights), _) => {
            let weigh = |row: usize| widen(row).map(|count| count * weights[row]);
            walk_by::<true>(ranked, totals, marks, weigh, |row| scores[row])
        }
    }
}

/// Weights of positives and negatives.
pub(super) fn totals(ranked: &Ranked<'_>, counts: &impl Count) -> (Lanes, Lanes) {
    let scored = ranked.scored();
    let mut totals = [[0.0; LANES]; 2];
    let labels = scored.labels().iter().map(|&label| usize::from(label));
    match scored.weights() {
        None => {
            let mut whole = [[0_u64; LANES]; 2];
            for (row, class) in labels.enumerate() {
                let count = counts.of(row);
                for lane in 0..LANES {
                    whole[class][lane] += u64::from(count[lane]);
                }
            }
            totals = whole.map(|class| class.map(|count| count as f64));
        }
        Some(weights) => {
            for (row, (class, weight)) in labels.zip(weights).enumerate() {
                let count = counts.of(row);
                for lane in 0..LANES {
                    totals[class][lane] += f64::from(count[lane]) * weight;
                }
            }
        }
    }
    let [negatives, positives] = totals;
    (positives, negatives)
}

fn walk_by<const SCORES: bool>(
    ranked: &Ranked<'_>,
    totals: (Lanes, Lanes),
    marks: &[usize],
    weight: impl Fn(usize) -> Lanes,
    score: impl Fn(usize) -> f64,
) -> Walk {
    let mut state = State::new(totals);
    let mut passed = Vec::with_capacity(marks.len() + 1);
    let mut sums = [0.0; LANES];
    let entries = ranked.entries();
    let mut from = 0;
    let mut weights = [[0.0; LANES]; CHUNK];
    let mut scores = [0.0; CHUNK];
    for &mark in marks.iter().chain([&entries.len()]) {
        for chunk in entries[from..mark].chunks(CHUNK) {
            for (entry, lanes) in chunk.iter().zip(&mut weights) {
                *lanes = weight(entry.row());
            }
            if SCORES {
                for (entry, fetched) in chunk.iter().zip(&mut scores) {
                    *fetched = score(entry.row());
                }
                sums = add(sums, dot(&weights[..chunk.len()], &scores[..chunk.len()]));
            }
            state = state.pass(chunk, &weights);
        }
        passed.push(Passed {
            positives: state.positives,
            negatives: state.negatives,
            scores: sums,
        });
        from = mark;
    }
    Walk {
        passed,
        wrong_pairs: state.wrong_pairs,
        precision: state.precision,
        highest: state.highest,
        lowest: state.lowest,
    }
}

#[derive(Clone, Copy)]
struct State {
    /// One over the weight of all positives, and of all negatives.
    rates: (Lanes, Lanes),
    positives: Lanes,
    negatives: Lanes,
    wrong_pairs: Lanes,
    precision: Lanes,
    highest: Lanes,
    lowest: Lanes,
    /// Of the tie group that is not closed yet, by class.
    tied: (Lanes, Lanes),
    open: bool,
}

impl State {
    fn new((positives, negatives): (Lanes, Lanes)) -> Self {
        let none = [0.0; LANES];
        Self {
            rates: (positives.map(|p| 1.0 / p), negatives.map(|n| 1.0 / n)),
            positives: none,
            negatives: none,
            wrong_pairs: none,
            precision: none,
            highest: none,
            lowest: none,
            tied: (none, none),
            open: false,
        }
    }

    #[inline]
    fn pass(mut self, entries: &[Entry], weights: &[Lanes; CHUNK]) -> Self {
        let none = [0.0; LANES];
        for (entry, &weight) in entries.iter().zip(weights) {
            if self.open || !entry.is_last_of_tie() {
                if entry.is_positive() {
                    self.tied.0 = add(self.tied.0, weight);
                } else {
                    self.tied.1 = add(self.tied.1, weight);
                }
                self.open = !entry.is_last_of_tie();
                if !self.open {
                    self.pass_group(self.tied.0, self.tied.1);
                    self.tied = (none, none);
                }
            } else if entry.is_positive() {
                self.pass_group(weight, none);
            } else {
                self.negatives = add(self.negatives, weight);
            }
        }
        self
    }

    /// Passes a group of equal scores that may hold positive rows.
    #[inline]
    fn pass_group(&mut self, positives: Lanes, negatives: Lanes) {
        for lane in 0..LANES {
            let (more, others) = (positives[lane], negatives[lane]);
            let (true_rate, false_rate) = (self.rates.0[lane], self.rates.1[lane]);
            let gap = self.positives[lane] * true_rate - self.negatives[lane] * false_rate;
            self.lowest[lane] = least(self.lowest[lane], gap);
            self.wrong_pairs[lane] += more * (self.negatives[lane] + 0.5 * others);
            self.positives[lane] += more;
            self.negatives[lane] += others;
            let above = self.positives[lane];
            // Where nothing is above yet, nothing is added: the bound only keeps 0/0 away.
            let all = most(above + self.negatives[lane], f64::MIN_POSITIVE);
            self.precision[lane] += more * above / all;
            let gap = above * true_rate - self.negatives[lane] * false_rate;
            self.highest[lane] = most(self.highest[lane], gap);
        }
    }
}

/// The smaller of two numbers in one instruction: `f64::min` would look for NaN.
#[inline]
fn least(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

/// The larger, likewise.
#[inline]
fn most(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

/// Σ weight · score, for each lane.
fn dot(weights: &[Lanes], scores: &[f64]) -> Lanes {
    let mut sums = [[0.0; LANES]; 2];
    for (index, (weights, score)) in weights.iter().zip(scores).enumerate() {
        sums[index % 2] = add(sums[index % 2], weights.map(|weight| weight * score));
    }
    add(sums[0], sums[1])
}

#[inline]
fn add(mut a: Lanes, b: Lanes) -> Lanes {
    for lane in 0..LANES {
        a[lane] += b[lane];
    }
    a
}
