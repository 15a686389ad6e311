//! Decisions at a threshold.

use super::{Entry, Ranked, Scored};
use crate::interval::Interval;
use crate::{Metric, Undefined, sum::Sum};

/// The four weights of decisions against outcomes. Rows at or above the threshold are predicted
/// positive; without weights the fields are whole numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Confusion {
    /// Positive, predicted positive.
    pub true_positives: f64,
    /// Negative, predicted positive.
    pub false_positives: f64,
    /// Positive, predicted negative.
    pub false_negatives: f64,
    /// Negative, predicted negative.
    pub true_negatives: f64,
}

/// The threshold that costs least.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CheapestCut {
    /// Rows at or above it are predicted positive; `None` predicts nothing positive.
    pub threshold: Option<f64>,
    /// Mean cost per row (per unit of weight) there.
    pub cost: f64,
}

/// Where the cheapest threshold lies on other rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CutInterval {
    /// Lower end; `None` where it may be as low as there are scores, so that every row is predicted positive.
    pub lower: Option<f64>,
    /// Upper end; `None` where it may be so high that nothing is predicted positive.
    pub upper: Option<f64>,
}

impl Confusion {
    /// Counts decisions `score >= threshold` in one pass, without sorting. O(n).
    pub fn at(scored: Scored<'_>, threshold: f64) -> Self {
        let mut cells = [Sum::default(); 4];
        for row in scored.weighted_rows() {
            let cell = 2 * usize::from(row.label) + usize::from(row.score >= threshold);
            cells[cell].add(row.weight);
        }
        let [
            true_negatives,
            false_positives,
            false_negatives,
            true_positives,
        ] = cells.map(Sum::value);
        Self {
            true_positives,
            false_positives,
            false_negatives,
            true_negatives,
        }
    }

    /// Weight of the positive rows. O(1).
    pub fn positives(&self) -> f64 {
        self.true_positives + self.false_negatives
    }

    /// Weight of the negative rows. O(1).
    pub fn negatives(&self) -> f64 {
        self.false_positives + self.true_negatives
    }

    /// Weight of the rows predicted positive. O(1).
    pub fn predicted_positives(&self) -> f64 {
        self.true_positives + self.false_positives
    }

    /// Weight of the rows predicted negative. O(1).
    pub fn predicted_negatives(&self) -> f64 {
        self.false_negatives + self.true_negatives
    }

    /// Weight of all rows; above zero for a confusion that came from a [`Scored`]. O(1).
    pub fn total(&self) -> f64 {
        self.positives() + self.negatives()
    }

    /// (TP + TN) / all. O(1).
    pub fn accuracy(&self) -> f64 {
        (self.true_positives + self.true_negatives) / self.total()
    }

    /// TP / (TP + FP): how many of the selected are positive. O(1).
    pub fn precision(&self) -> Metric {
        let selected = self.predicted_positives();
        ratio(
            self.true_positives,
            selected,
            Undefined::NoPredictedPositives,
        )
    }

    /// TP / (TP + FN): how many of the positives are selected; sensitivity. O(1).
    pub fn recall(&self) -> Metric {
        ratio(
            self.true_positives,
            self.positives(),
            Undefined::NoPositives,
        )
    }

    /// TN / (TN + FP): how many of the negatives are left alone. O(1).
    pub fn specificity(&self) -> Metric {
        ratio(
            self.true_negatives,
            self.negatives(),
            Undefined::NoNegatives,
        )
    }

    /// FP / (TN + FP) = 1 − specificity, computed without the subtraction. O(1).
    pub fn false_positive_rate(&self) -> Metric {
        ratio(
            self.false_positives,
            self.negatives(),
            Undefined::NoNegatives,
        )
    }

    /// TN / (TN + FN): how many of the unselected are negative. O(1).
    pub fn negative_predictive_value(&self) -> Metric {
        let unselected = self.predicted_negatives();
        ratio(
            self.true_negatives,
            unselected,
            Undefined::NoPredictedNegatives,
        )
    }

    /// (TP + FP) / all: how many rows are selected. O(1).
    pub fn selection_rate(&self) -> f64 {
        self.predicted_positives() / self.total()
    }

    /// Mean of recall and specificity; needs both classes. O(1).
    pub fn balanced_accuracy(&self) -> Metric {
        Ok(0.5 * (self.recall()? + self.specificity()?))
    }

    /// 2TP / (2TP + FP + FN): the harmonic mean of precision and recall. 0 when nothing positive was
    /// found; undefined when there was nothing to find and nothing was selected. O(1).
    pub fn f1(&self) -> Metric {
        self.f_beta(1.0)
    }

    /// (1 + β²)·TP / ((1 + β²)·TP + β²·FN + FP): recall counts β times as much as precision. O(1). C. J. van
    /// Rijsbergen, "Information retrieval", 1979.
    pub fn f_beta(&self, beta: f64) -> Metric {
        let squared = beta * beta;
        let found = (1.0 + squared) * self.true_positives;
        let all = found + squared * self.false_negatives + self.false_positives;
        ratio(found, all, Undefined::NoPositives)
    }

    /// Matthews correlation, (TP·TN − FP·FN) / √((TP+FP)(TP+FN)(TN+FP)(TN+FN)), in [−1, 1]. O(1). B. W.
    /// Matthews, Biochimica et Biophysica Acta 1975.
    ///
    /// Undefined where a row or column of the table is empty (scikit-learn answers 0).
    pub fn matthews(&self) -> Metric {
        self.specificity()?;
        self.recall()?;
        self.precision()?;
        self.negative_predictive_value()?;
        // Two square roots of two factors each: four factors of 2³⁰ would still fit, weights may not.
        let spread = (self.predicted_positives() * self.positives()).sqrt()
            * (self.negatives() * self.predicted_negatives()).sqrt();
        let agreement = self.true_positives * self.true_negatives;
        let conflict = self.false_positives * self.false_negatives;
        Ok(((agreement - conflict) / spread).clamp(-1.0, 1.0))
    }

    /// Cohen's kappa, 1 − (FP + FN) / expected disagreement by chance, at most 1. O(1). J. Cohen, "A
    /// coefficient of agreement for nominal scales", 1960.
    ///
    /// Undefined where labels and predictions are all of the same one class.
    pub fn kappa(&self) -> Metric {
        let chance = self.positives() * self.predicted_negatives()
            + self.negatives() * self.predicted_positives();
        if chance <= 0.0 {
            return Err(Undefined::OneOutcome);
        }
        let disagreement = self.false_positives + self.false_negatives;
        Ok(1.0 - disagreement / (chance / self.total()))
    }

    /// Mean cost per row when a false positive costs `false_positive` and a false negative
    /// `false_negative` (in any one unit); right decisions cost nothing. (FP·c₁ + FN·c₂) / all; O(1). C.
    /// Elkan, "The foundations of cost-sensitive learning", IJCAI 2001.
    pub fn expected_cost(&self, false_positive: f64, false_negative: f64) -> f64 {
        (self.false_positives * false_positive + self.false_negatives * false_negative)
            / self.total()
    }
}

impl Ranked<'_> {
    /// The confusion at each of `thresholds`, in their order: one pass and a sort of the thresholds.
    /// A threshold of NaN selects nothing. O(n + t log t) for t thresholds.
    pub fn confusions(&self, thresholds: &[f64]) -> Vec<Confusion> {
        let mut descending: Vec<usize> = (0..thresholds.len()).collect();
        descending.sort_by(|&a, &b| thresholds[b].total_cmp(&thresholds[a]));
        let mut cuts = self.cuts().peekable();
        let mut reached = (0.0, 0.0);
        let mut confusions = vec![self.confusion_of((0.0, 0.0)); thresholds.len()];
        for index in descending {
            let threshold = thresholds[index];
            while let Some(cut) = cuts.next_if(|cut| cut.threshold >= threshold) {
                reached = (cut.true_positives, cut.false_positives);
            }
            if !threshold.is_nan() {
                confusions[index] = self.confusion_of(reached);
            }
        }
        confusions
    }

    /// The threshold with the lowest [`Confusion::expected_cost`] among those that occur and
    /// "nothing is positive"; of equal costs the highest threshold. One pass. O(n).
    pub fn cheapest_cut(&self, false_positive: f64, false_negative: f64) -> CheapestCut {
        let cost = |selected| {
            self.confusion_of(selected)
                .expected_cost(false_positive, false_negative)
        };
        let mut best = CheapestCut {
            threshold: None,
            cost: cost((0.0, 0.0)),
        };
        for cut in self.cuts() {
            let here = cost((cut.true_positives, cut.false_positives));
            if here < best.cost {
                best = CheapestCut {
                    threshold: Some(cut.threshold),
                    cost: here,
                };
            }
        }
        best
    }

    /// An interval of cheapest thresholds ([`crate::bootstrap::Statistic::CheapestThreshold`]), opened where it ends
    /// with the rows. O(n).
    ///
    /// Below the lowest positive row a threshold can win nothing on these rows, nor above the highest negative
    /// one, so no draw from them goes further: an end that reaches that far says nothing of where it stops.
    pub fn opened(&self, interval: Interval) -> CutInterval {
        let scores = self.scored().scores();
        let score = |entry: &Entry| scores[entry.row()];
        let highest = self.entries().first().map(score);
        let counts = |entry: &&Entry| {
            let weights = self.scored().weights();
            weights.is_none_or(|weights| weights[entry.row()] > 0.0)
        };
        let mut upwards = self.entries().iter().rev().filter(counts);
        let positive = upwards.find(|entry| entry.is_positive()).map(score);
        let mut downwards = self.entries().iter().filter(counts);
        let negative = downwards.find(|entry| !entry.is_positive()).map(score);
        let end = |end: f64| highest.map_or(end, |highest| end.min(highest));
        CutInterval {
            lower: (positive.is_some_and(|positive| interval.lower > positive))
                .then(|| end(interval.lower)),
            upper: (negative.is_some_and(|negative| interval.upper <= negative))
                .then(|| end(interval.upper)),
        }
    }

    fn confusion_of(&self, (true_positives, false_positives): (f64, f64)) -> Confusion {
        Confusion {
            true_positives,
            false_positives,
            false_negatives: (self.positives() - true_positives).max(0.0),
            true_negatives: (self.negatives() - false_positives).max(0.0),
        }
    }
}

fn ratio(part: f64, whole: f64, missing: Undefined) -> Metric {
    if whole > 0.0 {
        Ok(part / whole)
    } else {
        Err(missing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABELS: [bool; 6] = [true, true, true, false, false, false];
    const SCORES: [f64; 6] = [0.9, 0.6, 0.2, 0.6, 0.3, 0.1];

    #[test]
    fn reads_the_table() {
        let confusion = Confusion::at(Scored::new(&LABELS, &SCORES, None).unwrap(), 0.6);
        assert_eq!(
            confusion,
            Confusion {
                true_positives: 2.0,
                false_positives: 1.0,
                false_negatives: 1.0,
                true_negatives: 2.0,
            }
        );
        assert_eq!(confusion.precision(), Ok(2.0 / 3.0));
        assert_eq!(confusion.f1(), Ok(2.0 / 3.0));
        assert!((confusion.matthews().unwrap() - 1.0 / 3.0).abs() < 1e-15);
        assert!((confusion.kappa().unwrap() - 1.0 / 3.0).abs() < 1e-15);
        assert_eq!(confusion.expected_cost(1.0, 5.0), 1.0);
    }

    #[test]
    fn empty_sides_are_undefined_by_name() {
        let scored = Scored::new(&LABELS, &SCORES, None).unwrap();
        let nothing = Confusion::at(scored, 2.0);
        assert_eq!(nothing.precision(), Err(Undefined::NoPredictedPositives));
        assert_eq!(nothing.matthews(), Err(Undefined::NoPredictedPositives));
        assert_eq!(nothing.recall(), Ok(0.0));
        assert_eq!(nothing.f1(), Ok(0.0));
        assert_eq!(nothing.kappa(), Ok(0.0));
        let negative = Confusion::at(Scored::new(&[false], &[0.1], None).unwrap(), 0.5);
        assert_eq!(negative.f1(), Err(Undefined::NoPositives));
        assert_eq!(negative.kappa(), Err(Undefined::OneOutcome));
        assert_eq!(negative.accuracy(), 1.0);
    }

    #[test]
    fn an_end_beyond_which_rows_tell_nothing_is_open() {
        let ranked = Ranked::new(Scored::new(&LABELS, &SCORES, None).unwrap()).unwrap();
        let opened = |lower, upper| {
            let found = ranked.opened(Interval { lower, upper });
            (found.lower, found.upper)
        };
        // The lowest positive row stands at 0.2, the highest negative one at 0.6.
        assert_eq!(opened(0.3, 0.6), (Some(0.3), Some(0.6)));
        assert_eq!(opened(0.2, 0.5), (None, Some(0.5)));
        assert_eq!(opened(0.3, 0.9), (Some(0.3), None));
        assert_eq!(opened(0.91, 0.91), (Some(0.9), None));
    }

    #[test]
    fn cheapest_cut_is_brute_force() {
        let scored = Scored::new(&LABELS, &SCORES, None).unwrap();
        let ranked = Ranked::new(scored).unwrap();
        for (fp, fn_) in [(1.0, 1.0), (1.0, 10.0), (10.0, 1.0), (0.0, 0.0)] {
            let best = ranked.cheapest_cut(fp, fn_);
            let brute = SCORES
                .iter()
                .chain(&[2.0])
                .map(|&t| Confusion::at(scored, t).expected_cost(fp, fn_))
                .fold(f64::INFINITY, f64::min);
            assert_eq!(best.cost, brute);
            let threshold = best.threshold.unwrap_or(f64::INFINITY);
            assert_eq!(
                Confusion::at(scored, threshold).expected_cost(fp, fn_),
                brute
            );
        }
    }
}
