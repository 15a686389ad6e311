//! What can be computed from one walk.

use super::LANES;
use super::marks::Marks;
use super::walk::{Passed, Walk};
use crate::binary::{Confusion, Ranked, Reliability, brier, log_loss};
use crate::{Metric, Undefined};
use std::num::NonZeroUsize;

/// A metric to resample. Definitions are those of [`crate::binary`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Statistic {
    /// [`Ranked::auc`].
    Auc,
    /// [`Ranked::gini`].
    Gini,
    /// [`Ranked::average_precision`].
    AveragePrecision,
    /// [`Ranked::kolmogorov_smirnov`].
    KolmogorovSmirnov,
    /// [`log_loss`].
    LogLoss,
    /// [`brier`].
    Brier,
    /// [`Reliability::expected_error`] over so many bins.
    CalibrationError(NonZeroUsize),
    /// A rate of decisions, each model at its own threshold.
    At {
        /// Which rate.
        rate: Rate,
        /// Threshold of the challenger (or of the only model).
        challenger: f64,
        /// Threshold of the champion.
        champion: f64,
    },
    /// Recall among the top share of the weight, in (0, 1]: [`super::super::binary::Depth::recall`].
    ///
    /// Replicates are read at 4,096 steps down the list and interpolated in between: exact up to
    /// that many distinct scores.
    Captured {
        /// The share selected.
        share: f64,
    },
    /// The threshold of [`Ranked::cheapest_cut`]; the number next above the highest score where it is
    /// cheapest to call nothing positive. Replicates are read at the same 4,096 steps.
    ///
    /// It is where a sum of steps is least, not a smooth function of the rows: it moves by n^(-1/3) and
    /// not by n^(-1/2), which is more than replicates promise to follow (J. Abrevaya, J. Huang, "On the
    /// bootstrap of the maximum score estimator", Econometrica 2005), and groups left out say nothing of
    /// its spread. So read [`super::Resampled::percentile`], which takes the units of the smaller stratum
    /// for its degrees of freedom, and open its ends by [`Ranked::opened`]; the crate's README has how
    /// often that covers.
    CheapestThreshold {
        /// Of a false positive.
        false_positive: f64,
        /// Of a false negative.
        false_negative: f64,
    },
}

/// A rate read from a [`Confusion`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rate {
    /// [`Confusion::accuracy`].
    Accuracy,
    /// [`Confusion::balanced_accuracy`].
    BalancedAccuracy,
    /// [`Confusion::precision`].
    Precision,
    /// [`Confusion::recall`].
    Recall,
    /// [`Confusion::specificity`].
    Specificity,
    /// [`Confusion::f1`].
    F1,
    /// [`Confusion::matthews`].
    Matthews,
    /// [`Confusion::kappa`].
    Kappa,
    /// [`Confusion::selection_rate`].
    SelectionRate,
    /// [`Confusion::expected_cost`].
    Cost {
        /// Of a false positive.
        false_positive: f64,
        /// Of a false negative.
        false_negative: f64,
    },
}

/// Steps at which [`Statistic::Captured`] looks.
const STEPS: usize = 4096;

impl Rate {
    /// The rate of a table of decisions. O(1).
    pub fn of(self, confusion: &Confusion) -> Metric {
        match self {
            Self::Accuracy => Ok(confusion.accuracy()),
            Self::BalancedAccuracy => confusion.balanced_accuracy(),
            Self::Precision => confusion.precision(),
            Self::Recall => confusion.recall(),
            Self::Specificity => confusion.specificity(),
            Self::F1 => confusion.f1(),
            Self::Matthews => confusion.matthews(),
            Self::Kappa => confusion.kappa(),
            Self::SelectionRate => Ok(confusion.selection_rate()),
            Self::Cost {
                false_positive,
                false_negative,
            } => Ok(confusion.expected_cost(false_positive, false_negative)),
        }
    }
}

/// Which of the two models a statistic is read for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Side {
    Challenger,
    Champion,
}

impl Statistic {
    /// The statistic of the rows themselves.
    pub(super) fn estimate(self, ranked: &Ranked<'_>, side: Side) -> Metric {
        match self {
            Self::Auc => ranked.auc(),
            Self::Gini => ranked.gini(),
            Self::AveragePrecision => ranked.average_precision(),
            Self::KolmogorovSmirnov => ranked.kolmogorov_smirnov().map(|ks| ks.statistic),
            Self::LogLoss => log_loss(ranked.scored()),
            Self::Brier => brier(ranked.scored()),
            Self::CalibrationError(bins) => {
                Reliability::new(ranked.scored(), bins).map(|table| table.expected_error())
            }
            Self::At { rate, .. } => {
                let confusion = Confusion::at(ranked.scored(), self.threshold(side));
                rate.of(&confusion)
            }
            Self::Captured { share } => {
                if share > 0.0 && share <= 1.0 {
                    Ok(ranked.top(share * ranked.total())?.recall)
                } else {
                    Err(Undefined::NoPredictedPositives)
                }
            }
            Self::CheapestThreshold {
                false_positive,
                false_negative,
            } => {
                let cut = ranked.cheapest_cut(false_positive, false_negative);
                Ok(cut.threshold.unwrap_or_else(|| above(ranked)))
            }
        }
    }

    /// Whether small changes of the rows change it little, so that groups left out tell of its spread.
    pub(super) fn is_smooth(self) -> bool {
        !matches!(self, Self::CheapestThreshold { .. })
    }

    /// Whether it needs the sum of losses.
    pub(super) fn reads_losses(self) -> bool {
        matches!(self, Self::LogLoss | Self::Brier)
    }

    /// Whether it needs the sum of scores between marks.
    pub(super) fn reads_scores(self) -> bool {
        matches!(self, Self::CalibrationError(_))
    }

    /// Numbers of entries after which a walk must take note.
    pub(super) fn marks(self, ranked: &Ranked<'_>, side: Side) -> Vec<usize> {
        let entries = ranked.entries();
        let scores = ranked.scored().scores();
        match self {
            Self::At { .. } => {
                let threshold = self.threshold(side);
                vec![entries.partition_point(|entry| scores[entry.row()] >= threshold)]
            }
            Self::CalibrationError(bins) => {
                let count = bins.get();
                let edges = (1..count).rev().map(|edge| edge as f64 / count as f64);
                edges
                    .map(|edge| entries.partition_point(|entry| scores[entry.row()] > edge))
                    .collect()
            }
            Self::Captured { .. } | Self::CheapestThreshold { .. } => {
                let steps = STEPS.min(entries.len());
                let mut marks: Vec<usize> = (1..=steps)
                    .map(|step| {
                        // Down to the end of the group that the step falls into.
                        let place = (step as u64 * entries.len() as u64 / steps as u64) as usize;
                        let rest = entries[place - 1..].iter();
                        place - 1 + rest.take_while(|entry| !entry.is_last_of_tie()).count() + 1
                    })
                    .collect();
                marks.dedup();
                marks
            }
            _ => Vec::new(),
        }
    }

    fn threshold(self, side: Side) -> f64 {
        match self {
            Self::At {
                challenger,
                champion,
                ..
            } => match side {
                Side::Challenger => challenger,
                Side::Champion => champion,
            },
            _ => f64::NAN,
        }
    }

    /// The statistic of one replicate; NaN where it is undefined.
    ///
    /// `marks` are where the walk took note and `index` is this statistic's place among all of them;
    /// `losses` are the sums of log-loss and squared error.
    pub(super) fn read(
        self,
        walk: &Walk,
        (marks, index): (&Marks, usize),
        losses: [f64; 2],
        lane: usize,
    ) -> f64 {
        let at = &marks.of[index][..];
        let end = walk.passed[walk.passed.len() - 1];
        let (positives, negatives) = (end.positives[lane], end.negatives[lane]);
        let total = positives + negatives;
        let has_both = positives > 0.0 && negatives > 0.0;
        let only_if = |defined: bool, value: f64| if defined { value } else { f64::NAN };
        let auc = 1.0 - walk.wrong_pairs[lane] / (positives * negatives);
        match self {
            Self::Auc => only_if(has_both, auc),
            Self::Gini => only_if(has_both, 2.0 * auc - 1.0),
            Self::AveragePrecision => only_if(positives > 0.0, walk.precision[lane] / positives),
            Self::KolmogorovSmirnov => {
                only_if(has_both, walk.highest[lane].max(-walk.lowest[lane]))
            }
            Self::LogLoss => losses[0] / total,
            Self::Brier => losses[1] / total,
            Self::CalibrationError(_) => {
                let mut above = Passed::default();
                let mut gaps = 0.0;
                for passed in at.iter().map(|&mark| &walk.passed[mark]).chain([&end]) {
                    let expected = passed.scores[lane] - above.scores[lane];
                    let found = passed.positives[lane] - above.positives[lane];
                    gaps += (found - expected).abs();
                    above = *passed;
                }
                gaps / total
            }
            Self::At { rate, .. } => {
                let passed = walk.passed[at[0]];
                let confusion = Confusion {
                    true_positives: passed.positives[lane],
                    false_positives: passed.negatives[lane],
                    false_negatives: (positives - passed.positives[lane]).max(0.0),
                    true_negatives: (negatives - passed.negatives[lane]).max(0.0),
                };
                rate.of(&confusion).unwrap_or(f64::NAN)
            }
            Self::Captured { share } => {
                let target = share * total;
                let selected = |mark: usize| {
                    let passed = &walk.passed[mark];
                    passed.positives[lane] + passed.negatives[lane]
                };
                let index = at.partition_point(|&mark| selected(mark) < target);
                let Some(&mark) = at.get(index) else {
                    return only_if(positives > 0.0, 1.0);
                };
                let (mut found, mut before) = (0.0, 0.0);
                if let Some(&above) = index.checked_sub(1).and_then(|above| at.get(above)) {
                    (found, before) = (walk.passed[above].positives[lane], selected(above));
                }
                let part = (target - before) / (selected(mark) - before);
                found += part * (walk.passed[mark].positives[lane] - found);
                only_if(positives > 0.0, found / positives)
            }
            Self::CheapestThreshold {
                false_positive,
                false_negative,
            } => {
                // Of equal costs the highest threshold, as the rows themselves are read.
                let mut least = (positives * false_negative, marks.above);
                for &mark in at {
                    let passed = &walk.passed[mark];
                    let missed = (positives - passed.positives[lane]).max(0.0);
                    let cost = passed.negatives[lane] * false_positive + missed * false_negative;
                    if cost < least.0 {
                        least = (cost, marks.scores[mark]);
                    }
                }
                least.1
            }
        }
    }
}

/// The number next above the highest score: a threshold that selects nothing.
pub(super) fn above(ranked: &Ranked<'_>) -> f64 {
    let first = ranked.entries().first();
    first.map_or(f64::NAN, |entry| {
        ranked.scored().scores()[entry.row()].next_up()
    })
}

/// All lanes, by number.
pub(super) fn lanes() -> std::ops::Range<usize> {
    0..LANES
}
