//! Intervals and p-values from replicates.

use super::small::{LeftOut, Small, acceleration};
use crate::distribution::{normal_cdf, normal_quantile};
use crate::interval::{Confidence, Interval};
use crate::support;
use crate::{Metric, Undefined, sum::Sum};

/// A statistic, its replicates, and what corrects them for bias and skewness.
///
/// # Intervals
/// [`Resampled::percentile`] reads the replicates' quantiles. [`Resampled::bca`] shifts which quantiles
/// are read by the bias (how many replicates lie below the estimate) and by the acceleration (how the
/// spread changes with the value), which makes its coverage error of order 1/n rather than 1/√n. Where
/// replicates are defined but the acceleration is not, it is taken as 0.
///
/// A draw from n units varies less than the units do, by (n−1)/n, and quantiles know nothing of Student's
/// t. Both are made good by reading wider quantiles: √(n/(n−1))·t in place of z (T. C. Hesterberg, "What
/// teachers should know about the bootstrap", The American Statistician 2015), with the degrees of
/// freedom of [`crate::support`], from what each stratum adds to the variance.
///
/// B. Efron, "Better bootstrap confidence intervals", JASA 1987; acceleration of several samples and
/// from groups left out in turn: B. Efron, R. J. Tibshirani, "An introduction to the bootstrap", 1993.
#[derive(Clone, Debug, PartialEq)]
pub struct Resampled {
    estimate: f64,
    /// Ascending; those that are defined.
    replicates: Vec<f64>,
    undefined: usize,
    bias: f64,
    acceleration: f64,
    small: Small,
}

/// Undefined replicates above this share leave no interval.
const MOST_UNDEFINED: f64 = 0.05;

/// Replicates this near to a value are equal to it: small samples have few distinct values, and each
/// may be computed along two ways.
const ROUNDING: f64 = 1e-12;

impl Resampled {
    /// From replicates (NaN where undefined) and, for each stratum, the statistic with each of its
    /// groups left out.
    pub(super) fn new(estimate: f64, replicates: Vec<f64>, left_out: &[LeftOut<'_>]) -> Self {
        let acceleration = acceleration(left_out).unwrap_or(0.0);
        Self::drawn(estimate, replicates, acceleration, Small::new(left_out))
    }

    /// From replicates alone, where groups left out say nothing of the spread: with the degrees of
    /// freedom of the smallest stratum.
    pub(super) fn of_units(estimate: f64, replicates: Vec<f64>, strata: &[usize]) -> Self {
        Self::drawn(estimate, replicates, 0.0, Small::of_units(strata))
    }

    fn drawn(estimate: f64, mut replicates: Vec<f64>, acceleration: f64, small: Small) -> Self {
        let drawn = replicates.len();
        replicates.retain(|value| value.is_finite());
        replicates.sort_unstable_by(f64::total_cmp);
        let undefined = drawn - replicates.len();
        let below = replicates.partition_point(|&value| value < estimate - ROUNDING);
        let up_to = replicates.partition_point(|&value| value <= estimate + ROUNDING);
        let half_way = 0.5 * (below + up_to) as f64;
        Self {
            estimate,
            bias: quantile_of_share(half_way, replicates.len()),
            replicates,
            undefined,
            acceleration,
            small,
        }
    }

    /// Both models gave every row the same score: there is nothing that other rows could tell.
    pub(super) fn of_one_model(mut self) -> Self {
        self.small.informative = f64::INFINITY;
        self
    }

    /// The statistic of the rows themselves. O(1).
    pub fn estimate(&self) -> f64 {
        self.estimate
    }

    /// The defined replicates, ascending. O(1).
    pub fn replicates(&self) -> &[f64] {
        &self.replicates
    }

    /// How many replicates are undefined (no positive row drawn, nothing selected, …). They are left
    /// out; where they are more than one in twenty there is no interval and no p-value. O(1).
    pub fn undefined(&self) -> usize {
        self.undefined
    }

    /// Whether there is enough to decide on: ask before the p-values, and answer "inconclusive" on
    /// [`Undefined::TooFewInformative`]. A statistic that no unit moves is never enough, unless two models
    /// are compared that give every row the same score. O(1).
    pub fn enough(&self) -> Metric<()> {
        self.defined()?;
        support::enough(self.small.informative)
    }

    /// Standard deviation of the replicates. O(R) for R replicates.
    pub fn standard_error(&self) -> Metric {
        self.defined()?;
        let n = self.replicates.len() as f64;
        let mean = self.replicates.iter().copied().collect::<Sum>().value() / n;
        let squares = self
            .replicates
            .iter()
            .map(|value| (value - mean) * (value - mean));
        Ok((squares.collect::<Sum>().value() / (n - 1.0).max(1.0)).sqrt())
    }

    /// The interval between the replicates' own quantiles. O(1): replicates are sorted.
    pub fn percentile(&self, confidence: Confidence) -> Metric<Interval> {
        self.defined()?;
        let z = self.small.widen(confidence);
        Ok(self.between(normal_cdf(-z), normal_cdf(z)))
    }

    /// The bias-corrected and accelerated interval. O(1).
    pub fn bca(&self, confidence: Confidence) -> Metric<Interval> {
        self.defined()?;
        let z = self.small.widen(confidence);
        Ok(self.between(self.share_at(-z), self.share_at(z)))
    }

    /// One-sided p-value of "the true value is at most `value`": small when it is above. The level at
    /// which the lower end of [`Resampled::bca`] reaches `value`, so both always agree; at least about
    /// 1 / (replicates + 1). O(log R) for R replicates.
    ///
    /// For non-inferiority by a margin δ of a metric where more is better, test the difference against
    /// −δ.
    pub fn p_at_most(&self, value: f64) -> Metric {
        self.defined()?;
        let reached = self
            .replicates
            .partition_point(|&replicate| replicate <= value + ROUNDING);
        Ok(self.small.tail(self.level_at(reached)))
    }

    /// One-sided p-value of "the true value is at least `value`": small when it is below. O(log R) for R
    /// replicates.
    pub fn p_at_least(&self, value: f64) -> Metric {
        self.defined()?;
        let reached = self
            .replicates
            .partition_point(|&replicate| replicate < value - ROUNDING);
        let beyond = self.replicates.len() - reached;
        // The mirror image: negate replicates, bias and acceleration.
        let mirrored = Self {
            bias: -self.bias,
            acceleration: -self.acceleration,
            replicates: Vec::new(),
            ..*self
        };
        Ok(self
            .small
            .tail(mirrored.level_of(beyond, self.replicates.len())))
    }

    fn defined(&self) -> Metric<()> {
        if self.small.freedom.is_nan() {
            return Err(Undefined::TooFewRows);
        }
        let defined = self.replicates.len();
        if !self.estimate.is_finite()
            || self.undefined as f64 > MOST_UNDEFINED * (defined + self.undefined) as f64
        {
            Err(Undefined::FewReplicates)
        } else {
            Ok(())
        }
    }

    /// Which share of the replicates lies below the end of the interval that is `z` standard errors
    /// away on the normal scale.
    fn share_at(&self, z: f64) -> f64 {
        let shifted = self.bias + z;
        let stretch = 1.0 - self.acceleration * shifted;
        if stretch <= 0.0 {
            return f64::from(u8::from(z > 0.0)); // skewed beyond what the correction can say
        }
        normal_cdf(self.bias + shifted / stretch)
    }

    fn level_at(&self, reached: usize) -> f64 {
        self.level_of(reached, self.replicates.len())
    }

    /// The inverse of [`Resampled::share_at`] at the share (reached + 1) / (of + 1).
    fn level_of(&self, reached: usize, of: usize) -> f64 {
        let share = (reached + 1) as f64 / (of + 1) as f64;
        let at = normal_quantile(share).unwrap_or(f64::INFINITY);
        if at == f64::INFINITY {
            return at;
        }
        let shifted = at - self.bias;
        let stretch = 1.0 + self.acceleration * shifted;
        if stretch <= 0.0 {
            return f64::from(u8::from(shifted > 0.0)) * f64::INFINITY;
        }
        shifted / stretch - self.bias
    }

    fn between(&self, lower: f64, upper: f64) -> Interval {
        Interval {
            lower: self.quantile(lower),
            upper: self.quantile(upper),
        }
    }

    /// Between the order statistics: the i-th of B stands at i / (B + 1).
    fn quantile(&self, share: f64) -> f64 {
        let last = self.replicates.len() - 1;
        let place = (share * (last + 2) as f64 - 1.0).clamp(0.0, last as f64);
        let index = place as usize;
        let (low, high) = (
            self.replicates[index],
            self.replicates[(index + 1).min(last)],
        );
        low + (place - index as f64) * (high - low)
    }
}

/// The normal quantile of a share, kept away from 0 and 1 by half a replicate.
fn quantile_of_share(part: f64, of: usize) -> f64 {
    let n = of as f64;
    let share = part.clamp(0.5, (n - 0.5).max(0.5)) / n.max(1.0);
    normal_quantile(share).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn many(values: &[f64]) -> LeftOut<'_> {
        LeftOut {
            values,
            units: 1_000_000,
        }
    }

    #[test]
    fn few_units_read_wider_quantiles() {
        let of = |units| {
            let mut resampled = of_normal(0, &[1.0, 2.0, 3.0]);
            resampled.small = Small::new(&[LeftOut {
                values: &[1.0, 2.0, 3.0],
                units,
            }]);
            resampled.percentile(Confidence::new(0.9).unwrap())
        };
        // √(20/19)·t₁₉ = 1.7741 and 1.6449.
        assert!((of(20).unwrap().upper - 1.774_1).abs() < 0.01);
        assert!((of(1_000_000).unwrap().upper - 1.644_9).abs() < 0.01);
        assert_eq!(of(1), Err(Undefined::TooFewRows));
    }

    fn of_normal(bias: usize, left_out: &[f64]) -> Resampled {
        let share = |index: usize| (index as f64 + 0.5) / 999.0;
        let replicates = (0..999).map(|index| normal_quantile(share(index)).unwrap());
        let replicates: Vec<f64> = replicates.collect();
        Resampled::new(replicates[499 + bias], replicates, &[many(left_out)])
    }

    #[test]
    fn without_bias_and_skewness_it_is_the_percentile_interval() {
        let plain = of_normal(0, &[1.0, 2.0, 3.0]);
        let ends = plain.percentile(Confidence::P95).unwrap();
        let corrected = plain.bca(Confidence::P95).unwrap();
        assert!((corrected.lower - ends.lower).abs() < 1e-12);
        assert!((corrected.upper - ends.upper).abs() < 1e-12);
        assert!((ends.upper - 1.96).abs() < 0.01 && (ends.lower + 1.96).abs() < 0.01);
        assert!((plain.standard_error().unwrap() - 1.0).abs() < 0.01);
    }

    #[test]
    fn p_values_are_the_levels_whose_interval_ends_there() {
        let skewed = of_normal(20, &[1.0, 1.1, 1.2, 4.0]);
        for level in [0.8, 0.9, 0.95] {
            let ends = skewed.bca(Confidence::new(level).unwrap()).unwrap();
            let tail = 0.5 * (1.0 - level);
            let low = skewed.p_at_most(ends.lower).unwrap();
            let high = skewed.p_at_least(ends.upper).unwrap();
            assert!((low - tail).abs() < 0.003, "{low} is not {tail}");
            assert!((high - tail).abs() < 0.003, "{high} is not {tail}");
        }
    }

    #[test]
    fn what_never_varies_is_a_point() {
        let constant = Resampled::new(0.5, vec![0.5; 100], &[many(&[0.5; 10])]);
        let ends = constant.bca(Confidence::P95).unwrap();
        assert_eq!((ends.lower, ends.upper), (0.5, 0.5));
        assert!(constant.p_at_most(0.4).unwrap() < 0.02);
        assert!(constant.p_at_most(0.5).unwrap() > 0.98);
    }

    #[test]
    fn too_many_undefined_replicates_leave_no_interval() {
        let mut values = vec![0.5; 94];
        values.extend([f64::NAN; 6]);
        let sparse = Resampled::new(0.5, values, &[many(&[0.5])]);
        assert_eq!(sparse.undefined(), 6);
        assert_eq!(sparse.bca(Confidence::P95), Err(Undefined::FewReplicates));
        let none = Resampled::new(0.5, vec![f64::NAN; 3], &[many(&[0.5])]);
        assert_eq!(
            none.percentile(Confidence::P95),
            Err(Undefined::FewReplicates)
        );
    }
}
