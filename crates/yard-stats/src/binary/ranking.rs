//! Metrics that depend on the order of the scores only: any strictly increasing transform of the
//! scores leaves them as they are.

use super::Ranked;
use super::ranked::count_classes;
use crate::{Metric, Undefined, sum::Sum};

/// The largest gap between the score distributions of the two classes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KolmogorovSmirnov {
    /// max over thresholds of |true-positive rate − false-positive rate|, in [0, 1].
    pub statistic: f64,
    /// The highest threshold at which the gap is that large (rows at or above it are selected).
    pub threshold: f64,
}

impl Ranked<'_> {
    /// Area under the ROC curve: the probability that a random positive row outscores a random
    /// negative one, a tie counting one half (Mann–Whitney U / (P·N)). In [0, 1], chance is 0.5. O(n).
    ///
    /// Without weights the numerator is an exact integer. One pass.
    pub fn auc(&self) -> Metric {
        let (positives, negatives) = self.both_classes()?;
        if self.scored().weights().is_none() {
            return Ok(self.doubled_wins() as f64 / (2.0 * positives * negatives));
        }
        let (mut wins, mut above) = (Sum::default(), Sum::default());
        for group in self.groups() {
            wins.add(group.negatives * (above.value() + 0.5 * group.positives));
            above.add(group.positives);
        }
        Ok((wins.value() / (positives * negatives)).min(1.0))
    }

    /// 2·AUC − 1: the accuracy ratio of credit scoring. In [−1, 1], chance is 0. O(n).
    pub fn gini(&self) -> Metric {
        Ok(2.0 * self.auc()? - 1.0)
    }

    /// Average precision, Σ (Rₖ − Rₖ₋₁)·Pₖ over the distinct scores, without interpolation: the
    /// step-wise area under the precision–recall curve. In [0, 1], chance is the prevalence. O(n).
    ///
    /// 1 when there are no negative rows; undefined without positive rows (where scikit-learn
    /// answers 0). One pass.
    pub fn average_precision(&self) -> Metric {
        if self.positives() <= 0.0 {
            return Err(Undefined::NoPositives);
        }
        let (mut area, mut above, mut true_above) =
            (Sum::default(), Sum::default(), Sum::default());
        for group in self.groups() {
            true_above.add(group.positives);
            above.add(group.positives);
            above.add(group.negatives);
            area.add(group.positives * (true_above.value() / above.value()));
        }
        Ok((area.value() / self.positives()).min(1.0))
    }

    /// The two-sample Kolmogorov–Smirnov distance between positive and negative scores. One pass. O(n).
    pub fn kolmogorov_smirnov(&self) -> Metric<KolmogorovSmirnov> {
        let (positives, negatives) = self.both_classes()?;
        let mut best = KolmogorovSmirnov {
            statistic: -1.0,
            threshold: 0.0,
        };
        for cut in self.cuts() {
            let gap = (cut.true_positives / positives - cut.false_positives / negatives).abs();
            if gap > best.statistic {
                best = KolmogorovSmirnov {
                    statistic: gap,
                    threshold: cut.threshold,
                };
            }
        }
        Ok(best)
    }

    /// [`Ranked::auc`] with other weights of the same rows, one each, in place of their own: for replicates
    /// of a bootstrap, which need no second sort. One pass. O(n).
    ///
    /// Undefined where a class has no weight. Weights beyond the rows are not looked at; rows beyond the
    /// weights count as absent.
    pub fn auc_weighed(&self, weights: &[f64]) -> Metric {
        let (mut above, mut wins, mut negatives) = (0.0, 0.0, 0.0);
        let mut tied = (0.0, 0.0);
        for entry in self.entries() {
            let weight = weights.get(entry.row()).copied().unwrap_or(0.0);
            if entry.is_positive() {
                tied.0 += weight;
            } else {
                tied.1 += weight;
            }
            if entry.is_last_of_tie() {
                wins += tied.1 * (above + 0.5 * tied.0);
                above += tied.0;
                negatives += tied.1;
                tied = (0.0, 0.0);
            }
        }
        if above <= 0.0 {
            Err(Undefined::NoPositives)
        } else if negatives <= 0.0 {
            Err(Undefined::NoNegatives)
        } else {
            Ok(wins / (above * negatives))
        }
    }

    /// [`Ranked::average_precision`] with other weights of the same rows, as in [`Ranked::auc_weighed`].
    /// O(n).
    ///
    /// Undefined where the positives have no weight.
    pub fn average_precision_weighed(&self, weights: &[f64]) -> Metric {
        let (mut area, mut above, mut true_above) = (0.0, 0.0, 0.0);
        let mut tied = (0.0, 0.0);
        for entry in self.entries() {
            let weight = weights.get(entry.row()).copied().unwrap_or(0.0);
            if entry.is_positive() {
                tied.0 += weight;
            } else {
                tied.1 += weight;
            }
            if entry.is_last_of_tie() {
                true_above += tied.0;
                above += tied.0 + tied.1;
                if tied.0 > 0.0 {
                    area += tied.0 * (true_above / above);
                }
                tied = (0.0, 0.0);
            }
        }
        if true_above > 0.0 {
            Ok((area / true_above).min(1.0))
        } else {
            Err(Undefined::NoPositives)
        }
    }

    /// Twice the number of (positive, negative) pairs that are ordered rightly, a tie counting one.
    /// At most 2·(2²⁹)², so it fits.
    pub(crate) fn doubled_wins(&self) -> u64 {
        let (mut doubled, mut above) = (0_u64, 0_u64);
        for (positives, negatives) in self.ties().map(count_classes) {
            let (positives, negatives) = (u64::from(positives), u64::from(negatives));
            doubled += negatives * (2 * above + positives);
            above += positives;
        }
        doubled
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::binary::Scored;

    fn ranked<'a>(labels: &'a [bool], scores: &'a [f64]) -> Ranked<'a> {
        Ranked::new(Scored::new(labels, scores, None).unwrap()).unwrap()
    }

    #[test]
    fn a_constant_score_is_chance() {
        let ranked = ranked(&[true, false, false, true, false], &[0.3; 5]);
        assert_eq!(ranked.auc(), Ok(0.5));
        assert_eq!(ranked.gini(), Ok(0.0));
        assert_eq!(ranked.average_precision(), Ok(0.4));
        assert_eq!(ranked.kolmogorov_smirnov().unwrap().statistic, 0.0);
    }

    #[test]
    fn perfect_order_is_one() {
        let ranked = ranked(&[false, true, true], &[0.1, 0.8, 0.9]);
        assert_eq!(ranked.auc(), Ok(1.0));
        assert_eq!(ranked.average_precision(), Ok(1.0));
        let ks = ranked.kolmogorov_smirnov().unwrap();
        assert_eq!((ks.statistic, ks.threshold), (1.0, 0.8));
    }

    #[test]
    fn one_class_is_undefined_by_name() {
        let positives = ranked(&[true, true], &[0.1, 0.8]);
        assert_eq!(positives.auc(), Err(Undefined::NoNegatives));
        assert_eq!(positives.average_precision(), Ok(1.0));
        let negatives = ranked(&[false], &[0.1]);
        assert_eq!(negatives.auc(), Err(Undefined::NoPositives));
        assert_eq!(negatives.average_precision(), Err(Undefined::NoPositives));
        assert_eq!(negatives.kolmogorov_smirnov(), Err(Undefined::NoPositives));
    }

    #[test]
    fn other_weights_are_as_good_as_own_ones() {
        let labels = [true, false, true, false, false, true];
        let scores = [0.9, 0.95, 0.4, 0.4, 0.2, 0.1];
        let weights = [1.0, 2.0, 0.5, 3.0, 0.0, 1.5];
        let own = Scored::new(&labels, &scores, Some(&weights)).unwrap();
        let own = Ranked::new(own).unwrap().auc().unwrap();
        let other = ranked(&labels, &scores).auc_weighed(&weights).unwrap();
        assert!((own - other).abs() < 1e-15);
        let none = [1.0, 0.0, 1.0, 0.0, 0.0, 1.0];
        assert_eq!(
            ranked(&labels, &scores).auc_weighed(&none),
            Err(Undefined::NoNegatives)
        );
    }

    #[test]
    fn weight_zero_is_absence() {
        let labels = [true, false, true, false];
        let scores = [0.9, 0.95, 0.4, 0.1];
        let scored = Scored::new(&labels, &scores, Some(&[1.0, 0.0, 1.0, 1.0])).unwrap();
        let ranked = Ranked::new(scored).unwrap();
        assert_eq!(ranked.auc(), Ok(1.0));
        assert_eq!(ranked.cuts().count(), 3);
        let scored = Scored::new(&labels, &scores, Some(&[0.0, 1.0, 0.0, 1.0])).unwrap();
        assert_eq!(
            Ranked::new(scored).unwrap().auc(),
            Err(Undefined::NoPositives)
        );
    }
}
