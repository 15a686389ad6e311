//! How much of a difference is the training seed.
//!
//! A paired test compares two fitted models; it cannot know that training one of them again, with
//! another seed, would have given another. Where code or data changed, that noise belongs into the
//! standard error, or the gate certifies luck.

use crate::InputError;
use crate::binary::all_finite;
use crate::distribution::chi_square_quantile;
use crate::interval::{Confidence, Interval};
use crate::sum::Sum;

/// The spread of a metric over retrains that differ in their seed only.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SeedNoise {
    retrains: usize,
    mean: f64,
    variance: f64,
}

impl SeedNoise {
    /// From the metric of each retrain, all measured on the same rows. O(k) for k retrains.
    ///
    /// Fails with fewer than two, or where one is not finite.
    pub fn new(metrics: &[f64]) -> Result<Self, InputError> {
        if metrics.len() < 2 {
            return Err(InputError::TooFew {
                found: metrics.len(),
                needed: 2,
            });
        }
        all_finite("retrain", metrics)?;
        let n = metrics.len() as f64;
        let mean = metrics.iter().copied().collect::<Sum>().value() / n;
        let squares = metrics
            .iter()
            .map(|metric| (metric - mean) * (metric - mean));
        Ok(Self {
            retrains: metrics.len(),
            mean,
            variance: squares.collect::<Sum>().value() / (n - 1.0),
        })
    }

    /// How many retrains there were. O(1).
    pub fn retrains(&self) -> usize {
        self.retrains
    }

    /// Their mean. O(1).
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Their standard deviation (over n − 1). O(1).
    pub fn deviation(&self) -> f64 {
        self.variance.sqrt()
    }

    /// The interval of the standard deviation, √((k−1)s²/χ²): five retrains leave it known only to a
    /// factor of about three. For normal noise. O(1).
    pub fn interval(&self, confidence: Confidence) -> Interval {
        let freedom = (self.retrains - 1) as f64;
        let tail = 0.5 * (1.0 - confidence.level());
        let end =
            |share: f64| (freedom * self.variance / chi_square_quantile(share, freedom)).sqrt();
        Interval {
            lower: end(1.0 - tail),
            upper: end(tail),
        }
    }

    /// The standard error of a difference of two models that were each trained once, when the test on
    /// their common rows says `standard_error`: √(its square + 2·deviation²). O(1).
    pub fn widened(&self, standard_error: f64) -> f64 {
        (standard_error * standard_error + 2.0 * self.variance).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_and_its_interval_are_known() {
        let noise = SeedNoise::new(&[0.770, 0.772, 0.769, 0.771, 0.773]).unwrap();
        assert!((noise.mean() - 0.771).abs() < 1e-15);
        assert!((noise.deviation() - 2.5e-6_f64.sqrt()).abs() < 1e-15);
        // √(4·2.5e-6/χ²) with χ²(4) quantiles 11.143286781877796 and 0.484418557087930 (scipy 1.17.1).
        let ends = noise.interval(Confidence::P95);
        assert!((ends.lower - (1e-5 / 11.143_286_781_877_796_f64).sqrt()).abs() < 1e-14);
        assert!((ends.upper - (1e-5 / 0.484_418_557_087_930_4_f64).sqrt()).abs() < 1e-13);
        assert!((noise.widened(0.002) - 9e-6_f64.sqrt()).abs() < 1e-15);
    }

    #[test]
    fn one_retrain_says_nothing() {
        assert!(SeedNoise::new(&[0.77]).is_err());
        assert!(SeedNoise::new(&[0.77, f64::NAN]).is_err());
        assert_eq!(SeedNoise::new(&[0.7, 0.7]).unwrap().widened(0.5), 0.5);
    }
}
