//! One metric for each group: how far apart are the groups?
//!
//! Differences and ratios are those of fairlearn's `MetricFrame`: between the largest and the smallest
//! group, or the largest distance of any group from all rows together.

use crate::binary::{Confusion, Scored, same_length};
use crate::{InputError, Metric};

/// What a difference or ratio is taken against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Against {
    /// The largest group value against the smallest.
    Groups,
    /// Each group against all rows together; the farthest counts.
    Overall,
}

/// A metric of every group and of all rows together.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupMetric {
    /// Of all rows.
    pub overall: Metric,
    /// By group number.
    pub groups: Vec<Metric>,
}

/// Decisions at a threshold, by group.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupDecisions {
    overall: Confusion,
    groups: Vec<Confusion>,
}

impl GroupMetric {
    /// The distance between groups, at least 0. Undefined where any group's metric (or, against it, the
    /// overall one) is: a group that cannot be judged is not left out silently. O(groups).
    pub fn difference(&self, against: Against) -> Metric {
        let (low, high) = self.ends()?;
        match against {
            Against::Groups => Ok(high - low),
            Against::Overall => {
                let overall = self.overall?;
                Ok((high - overall).max(overall - low))
            }
        }
    }

    /// The smaller over the larger, at most 1 (for metrics that are not negative); the smallest such ratio
    /// against all rows. 1 where both are 0. O(groups).
    pub fn ratio(&self, against: Against) -> Metric {
        let (low, high) = self.ends()?;
        let ratio = |a: f64, b: f64| {
            let (small, large) = if a < b { (a, b) } else { (b, a) };
            if large == 0.0 { 1.0 } else { small / large }
        };
        match against {
            Against::Groups => Ok(ratio(low, high)),
            Against::Overall => {
                let overall = self.overall?;
                Ok(ratio(low, overall).min(ratio(high, overall)))
            }
        }
    }

    fn ends(&self) -> Metric<(f64, f64)> {
        let mut ends = (f64::INFINITY, f64::NEG_INFINITY);
        for group in &self.groups {
            let value = (*group)?;
            ends = (ends.0.min(value), ends.1.max(value));
        }
        Ok(ends)
    }
}

impl GroupDecisions {
    /// Counts decisions at `threshold` (positive at or above it) for each group; group numbers run from 0
    /// without gaps. One pass, and 32 bytes a group. O(n + groups).
    ///
    /// Fails when the group column is of another length.
    pub fn at(scored: Scored<'_>, groups: &[u32], threshold: f64) -> Result<Self, InputError> {
        same_length("group", scored.rows(), groups.len())?;
        let count = groups.iter().max().map_or(0, |&last| last as usize + 1);
        let none = Confusion {
            true_positives: 0.0,
            false_positives: 0.0,
            false_negatives: 0.0,
            true_negatives: 0.0,
        };
        let mut of_groups = vec![none; count];
        let weights = scored.weights();
        for (row, (&label, &score)) in scored.labels().iter().zip(scored.scores()).enumerate() {
            let group = &mut of_groups[groups[row] as usize];
            let cell = match (label, score >= threshold) {
                (true, true) => &mut group.true_positives,
                (false, true) => &mut group.false_positives,
                (true, false) => &mut group.false_negatives,
                (false, false) => &mut group.true_negatives,
            };
            *cell += weights.map_or(1.0, |weights| weights[row]);
        }
        Ok(Self {
            overall: Confusion::at(scored, threshold),
            groups: of_groups,
        })
    }

    /// The table of each group. O(1).
    pub fn groups(&self) -> &[Confusion] {
        &self.groups
    }

    /// Any rate, by group. O(groups).
    pub fn metric(&self, of: impl Fn(&Confusion) -> Metric) -> GroupMetric {
        GroupMetric {
            overall: of(&self.overall),
            groups: self.groups.iter().map(of).collect(),
        }
    }

    /// Selection rates: equal ones are demographic parity. O(groups).
    pub fn selection_rate(&self) -> GroupMetric {
        self.metric(|confusion| {
            if confusion.total() > 0.0 {
                Ok(confusion.selection_rate())
            } else {
                Err(crate::Undefined::NoPredictedPositives)
            }
        })
    }

    /// Demographic parity: the distance of selection rates. O(groups).
    pub fn demographic_parity_difference(&self, against: Against) -> Metric {
        self.selection_rate().difference(against)
    }

    /// Demographic parity: the ratio of selection rates (0.8 is the "four fifths" of US practice). O(groups).
    pub fn demographic_parity_ratio(&self, against: Against) -> Metric {
        self.selection_rate().ratio(against)
    }

    /// Equal opportunity: the distance of true-positive rates. O(groups).
    pub fn equal_opportunity_difference(&self, against: Against) -> Metric {
        self.metric(Confusion::recall).difference(against)
    }

    /// Equalised odds: the larger distance of true-positive and of false-positive rates. O(groups).
    pub fn equalized_odds_difference(&self, against: Against) -> Metric {
        let found = self.metric(Confusion::recall).difference(against)?;
        let false_alarms = self
            .metric(Confusion::false_positive_rate)
            .difference(against)?;
        Ok(found.max(false_alarms))
    }

    /// Equalised odds: the smaller ratio of true-positive and of false-positive rates. O(groups).
    pub fn equalized_odds_ratio(&self, against: Against) -> Metric {
        let found = self.metric(Confusion::recall).ratio(against)?;
        let false_alarms = self.metric(Confusion::false_positive_rate).ratio(against)?;
        Ok(found.min(false_alarms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Undefined;

    /// Group 0: 4 of 8 selected, TPR 3/4, FPR 1/4. Group 1: 1 of 4 selected, TPR 1/2, FPR 0.
    fn decisions() -> GroupDecisions {
        let labels = [
            true, true, true, true, false, false, false, false, true, true, false, false,
        ];
        let scores = [1.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0];
        let groups = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1];
        GroupDecisions::at(Scored::new(&labels, &scores, None).unwrap(), &groups, 0.5).unwrap()
    }

    #[test]
    fn distances_are_metric_frames() {
        let decisions = decisions();
        assert_eq!(
            decisions.demographic_parity_difference(Against::Groups),
            Ok(0.25)
        );
        assert_eq!(decisions.demographic_parity_ratio(Against::Groups), Ok(0.5));
        let overall = 5.0 / 12.0;
        let farthest = decisions
            .demographic_parity_difference(Against::Overall)
            .unwrap();
        assert!((farthest - (overall - 0.25)).abs() < 1e-15);
        let ratio = decisions
            .demographic_parity_ratio(Against::Overall)
            .unwrap();
        assert!((ratio - 0.25 / overall).abs() < 1e-15);
        assert_eq!(
            decisions.equal_opportunity_difference(Against::Groups),
            Ok(0.25)
        );
        assert_eq!(
            decisions.equalized_odds_difference(Against::Groups),
            Ok(0.25)
        );
        assert_eq!(decisions.equalized_odds_ratio(Against::Groups), Ok(0.0));
    }

    #[test]
    fn a_group_that_cannot_be_judged_is_not_left_out() {
        let labels = [true, false, false];
        let scored = Scored::new(&labels, &[0.9, 0.1, 0.8], None).unwrap();
        let decisions = GroupDecisions::at(scored, &[0, 0, 1], 0.5).unwrap();
        let missing = decisions.equal_opportunity_difference(Against::Groups);
        assert_eq!(missing, Err(Undefined::NoPositives));
        assert!(GroupDecisions::at(scored, &[0], 0.5).is_err());
    }
}
