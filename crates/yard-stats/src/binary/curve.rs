//! Points to draw.

use super::Ranked;
use crate::{Metric, Undefined};

/// One point of a receiver operating characteristic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RocPoint {
    /// Rows at or above it are selected; `None` at the origin, which selects nothing.
    pub threshold: Option<f64>,
    /// Share of the negatives selected (1 − specificity).
    pub false_positive_rate: f64,
    /// Share of the positives selected (sensitivity, recall).
    pub true_positive_rate: f64,
}

/// One point of a precision–recall curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PrPoint {
    /// Rows at or above it are selected.
    pub threshold: f64,
    /// Share of the positives that is selected.
    pub recall: f64,
    /// Share of the selected that is positive.
    pub precision: f64,
}

impl Ranked<'_> {
    /// The ROC curve from (0, 0) to (1, 1), thinned to about `max_points`. O(n).
    ///
    /// With `max_points` at or above the number of distinct scores + 1 every point is there.
    /// Thinning keeps both ends and at least one point in every stretch of the curve of length
    /// 2 / `max_points` (measured along both axes), so no step wider than that is invented.
    pub fn roc_curve(&self, max_points: usize) -> Metric<Vec<RocPoint>> {
        let (positives, negatives) = self.both_classes()?;
        let origin = RocPoint {
            threshold: None,
            false_positive_rate: 0.0,
            true_positive_rate: 0.0,
        };
        let points = self.cuts().map(|cut| RocPoint {
            threshold: Some(cut.threshold),
            false_positive_rate: cut.false_positives / negatives,
            true_positive_rate: cut.true_positives / positives,
        });
        let length = |point: &RocPoint| point.false_positive_rate + point.true_positive_rate;
        let whole = self.cuts().count() < max_points;
        let mut kept = vec![origin];
        thin(points, whole, 2.0 / max_points as f64, length, &mut kept);
        Ok(kept)
    }

    /// The precision–recall curve from the highest threshold to the one that selects everything,
    /// thinned to about `max_points` as in [`Ranked::roc_curve`] along recall and along the share
    /// of rows selected. O(n).
    ///
    /// The conventional end point (recall 0, precision 1) is not a threshold and is left out.
    pub fn pr_curve(&self, max_points: usize) -> Metric<Vec<PrPoint>> {
        if self.positives() <= 0.0 {
            return Err(Undefined::NoPositives);
        }
        let total = self.total();
        let points = self.cuts().map(|cut| {
            let selected = cut.true_positives + cut.false_positives;
            let point = PrPoint {
                threshold: cut.threshold,
                recall: cut.true_positives / self.positives(),
                precision: cut.true_positives / selected,
            };
            (point, point.recall + selected / total)
        });
        let whole = self.cuts().count() <= max_points;
        let mut kept = Vec::new();
        thin(
            points,
            whole,
            2.0 / max_points as f64,
            |point| point.1,
            &mut kept,
        );
        Ok(kept.into_iter().map(|(point, _)| point).collect())
    }
}

/// Keeps the points on either side of every mark (multiples of `step` along the curve), which keeps
/// the curve's shape at steps; and the last point.
fn thin<P: Copy>(
    points: impl Iterator<Item = P>,
    whole: bool,
    step: f64,
    length: impl Fn(&P) -> f64,
    kept: &mut Vec<P>,
) {
    if whole {
        kept.extend(points);
        return;
    }
    let mut marks_passed = 0.0;
    let mut last = None;
    for point in points {
        let marks = (length(&point) / step).floor();
        last = Some(point);
        if marks > marks_passed {
            marks_passed = marks;
            kept.push(point);
            last = None;
        }
    }
    kept.extend(last);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::binary::Scored;

    #[test]
    fn thinning_keeps_ends_and_bounds_gaps() {
        let rows = 10_000_u32;
        let scores: Vec<f64> = (0..rows).map(|row| f64::from(row * 7919 % rows)).collect();
        let labels: Vec<bool> = (0..rows).map(|row| row % 3 == 0).collect();
        let ranked = Ranked::new(Scored::new(&labels, &scores, None).unwrap()).unwrap();
        let roc = ranked.roc_curve(200).unwrap();
        assert!(roc.len() <= 202, "{}", roc.len());
        assert_eq!(roc[0].threshold, None);
        let end = roc.last().unwrap();
        assert_eq!(
            (end.false_positive_rate, end.true_positive_rate),
            (1.0, 1.0)
        );
        for pair in roc.windows(2) {
            let gap = pair[1].false_positive_rate + pair[1].true_positive_rate
                - pair[0].false_positive_rate
                - pair[0].true_positive_rate;
            assert!(gap <= 0.021, "{gap}");
        }
        assert_eq!(ranked.roc_curve(20_000).unwrap().len(), 10_001);
        let pr = ranked.pr_curve(200).unwrap();
        assert!(pr.len() <= 202, "{}", pr.len());
        assert_eq!(pr.last().unwrap().recall, 1.0);
        assert_eq!(ranked.pr_curve(10_000).unwrap().len(), 10_000);
        assert_eq!(ranked.roc_curve(0).unwrap().len(), 2);
    }
}
