//! What the top of the list holds: recall@k, precision@k, gain and lift.

use super::Ranked;
use crate::{Metric, Undefined};
use std::num::NonZeroUsize;

/// What is found among the highest scores.
///
/// Where the depth falls inside a group of equal scores, the group is taken pro rata: the expected
/// value over all orders of the tied rows, so that the order of the file cannot matter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Depth {
    /// Share of the weight that is selected, in (0, 1].
    pub share: f64,
    /// The lowest score reached.
    pub threshold: f64,
    /// Share of the positives found: the gain.
    pub recall: f64,
    /// Share of the selected that is positive.
    pub precision: f64,
    /// Precision over prevalence; 1 is chance.
    pub lift: f64,
}

impl Ranked<'_> {
    /// The top `rows` of the list (its top weight, where rows are weighted; at most all of it).
    /// `recall` is recall@k, `precision` is precision@k. One pass. O(n).
    pub fn top(&self, rows: f64) -> Metric<Depth> {
        if rows.is_nan() || rows <= 0.0 {
            return Err(Undefined::NoPredictedPositives);
        }
        let depths = self.depths(std::iter::once(rows.min(self.total())))?;
        depths
            .first()
            .copied()
            .ok_or(Undefined::NoPredictedPositives)
    }

    /// The gain and lift table: the list at `bins` equal steps of depth, the last being all of it.
    /// One pass. O(n + bins).
    pub fn gains(&self, bins: NonZeroUsize) -> Metric<Vec<Depth>> {
        let steps = bins.get() as f64;
        self.depths((1..=bins.get()).map(|bin| self.total() * (bin as f64 / steps)))
    }

    /// `targets` ascend, within (0, total].
    fn depths(&self, targets: impl Iterator<Item = f64>) -> Metric<Vec<Depth>> {
        if self.positives() <= 0.0 {
            return Err(Undefined::NoPositives);
        }
        let mut cuts = self.cuts();
        let (mut selected, mut found) = (0.0, 0.0); // before the current cut
        let mut current = cuts.next();
        let mut depths = Vec::with_capacity(targets.size_hint().0);
        for target in targets {
            while let Some(cut) = current {
                let reached = cut.true_positives + cut.false_positives;
                if reached < target
                    && let Some(next) = cuts.next()
                {
                    (selected, found) = (reached, cut.true_positives);
                    current = Some(next);
                    continue;
                }
                let part = ((target - selected) / (reached - selected)).min(1.0);
                let captured = found + part * (cut.true_positives - found);
                let precision = (captured / target).min(1.0);
                depths.push(Depth {
                    share: target / self.total(),
                    threshold: cut.threshold,
                    recall: captured / self.positives(),
                    precision,
                    lift: precision / self.prevalence(),
                });
                break;
            }
        }
        Ok(depths)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::binary::Scored;

    #[test]
    fn ties_are_taken_pro_rata() {
        let labels = [true, false, true, false, false];
        let scores = [0.9, 0.5, 0.5, 0.5, 0.1];
        let ranked = Ranked::new(Scored::new(&labels, &scores, None).unwrap()).unwrap();
        let top = ranked.top(2.0).unwrap(); // the first, and one third of the second positive
        assert!((top.recall - 2.0 / 3.0).abs() < 1e-15);
        assert!((top.precision - 2.0 / 3.0).abs() < 1e-15);
        assert_eq!(top.threshold, 0.5);
        assert_eq!(ranked.top(99.0).unwrap().recall, 1.0);
        assert_eq!(ranked.top(0.0), Err(Undefined::NoPredictedPositives));
    }

    #[test]
    fn the_last_step_is_everything() {
        let labels = [true, false, true, false, false];
        let scores = [0.9, 0.5, 0.5, 0.5, 0.1];
        let ranked = Ranked::new(Scored::new(&labels, &scores, None).unwrap()).unwrap();
        let gains = ranked.gains(NonZeroUsize::new(3).unwrap()).unwrap();
        assert_eq!(gains.len(), 3);
        let last = gains[2];
        assert_eq!((last.share, last.recall, last.lift), (1.0, 1.0, 1.0));
        assert_eq!(last.threshold, 0.1);
    }
}
