//! Confidence levels, intervals, and estimates with a standard error.

use crate::InputError;
use crate::distribution::normal_quantile;

/// A confidence level, between 0 and 1 exclusive, with its two-sided normal quantile.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Confidence {
    level: f64,
    z: f64,
}

impl Confidence {
    /// 95 %.
    pub const P95: Self = Self {
        level: 0.95,
        z: 1.959_963_984_540_054_2,
    };

    /// A level such as 0.95. Fails with [`InputError::Confidence`] outside (0, 1), and for a level so
    /// near to 1 that no quantile tells it from certainty. O(1).
    pub fn new(level: f64) -> Result<Self, InputError> {
        let refused = InputError::Confidence { level };
        if !(level > 0.0 && level < 1.0) {
            return Err(refused);
        }
        match normal_quantile(0.5 * (1.0 - level)) {
            Some(quantile) => Ok(Self {
                level,
                z: -quantile,
            }),
            None => Err(refused),
        }
    }

    /// The level. O(1).
    pub fn level(self) -> f64 {
        self.level
    }

    /// The z with P(|Z| ≤ z) = level for a standard normal Z: 1.96 for 0.95. O(1).
    ///
    /// A one-sided bound at 1 − α is an end of the two-sided interval at 1 − 2α.
    pub fn z(self) -> f64 {
        self.z
    }
}

/// The range that an estimate is compatible with at a confidence level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
}

impl Interval {
    /// `estimate` ± z · `standard_error`. O(1).
    pub fn around(estimate: f64, standard_error: f64, confidence: Confidence) -> Self {
        let reach = confidence.z() * standard_error;
        Self {
            lower: estimate - reach,
            upper: estimate + reach,
        }
    }

    /// Cuts both ends to the range that the estimated quantity can have. O(1).
    #[must_use]
    pub fn within(self, lowest: f64, highest: f64) -> Self {
        Self {
            lower: self.lower.max(lowest).min(highest),
            upper: self.upper.min(highest).max(lowest),
        }
    }

    /// Upper minus lower. O(1).
    pub fn width(&self) -> f64 {
        self.upper - self.lower
    }

    /// Whether `value` lies in the closed interval. O(1).
    pub fn contains(&self, value: f64) -> bool {
        self.lower <= value && value <= self.upper
    }
}

/// A fitted number and its standard error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The fitted value.
    pub value: f64,
    /// Its large-sample standard error.
    pub standard_error: f64,
}

impl Estimate {
    /// The Wald interval, value ± z·standard error. O(1).
    pub fn interval(&self, confidence: Confidence) -> Interval {
        Interval::around(self.value, self.standard_error, confidence)
    }
}

/// Wilson's score interval for a proportion of independent rows: `successes` of `trials`. O(1).
///
/// Stays within [0, 1] and keeps its coverage at rates near 0 and 1, where the Wald interval fails.
/// Fails with [`InputError::Proportion`] when there is no trial or there are more successes.
///
/// E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 1927.
///
/// ```
/// use yard_stats::interval::{Confidence, wilson};
/// let none_of_ten = wilson(0, 10, Confidence::P95)?;
/// assert_eq!(none_of_ten.lower, 0.0);
/// assert!((none_of_ten.upper - 0.2775).abs() < 1e-4);
/// # Ok::<(), yard_stats::InputError>(())
/// ```
pub fn wilson(successes: u64, trials: u64, confidence: Confidence) -> Result<Interval, InputError> {
    if trials == 0 || successes > trials {
        return Err(InputError::Proportion { successes, trials });
    }
    let n = trials as f64;
    let hits = successes as f64;
    let misses = (trials - successes) as f64;
    let z = confidence.z();
    let squared = z * z;
    let centre = hits + 0.5 * squared;
    let reach = z * (hits * misses / n + 0.25 * squared).sqrt();
    let ends = Interval {
        lower: if successes == 0 {
            0.0
        } else {
            (centre - reach) / (n + squared)
        },
        upper: if successes == trials {
            1.0
        } else {
            (centre + reach) / (n + squared)
        },
    };
    Ok(ends.within(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_checked() {
        for level in [0.0, 1.0, -0.5, f64::NAN] {
            assert!(Confidence::new(level).is_err());
        }
        let ninety_five = Confidence::new(0.95).unwrap();
        assert!((ninety_five.z() - Confidence::P95.z()).abs() < 1e-14);
        assert!(Confidence::new(1.0 - f64::EPSILON).unwrap().z().is_finite());
    }

    #[test]
    fn wilson_known_values() {
        // scipy.stats.binomtest(k, n).proportion_ci(0.95, method="wilson"), scipy 1.17.1.
        for (k, n, lower, upper) in WILSON {
            let interval = wilson(k, n, Confidence::P95).unwrap();
            assert!((interval.lower - lower).abs() < 1e-14, "{interval:?}");
            assert!((interval.upper - upper).abs() < 1e-14, "{interval:?}");
        }
        assert!(wilson(1, 0, Confidence::P95).is_err());
        assert!(wilson(3, 2, Confidence::P95).is_err());
    }

    const WILSON: [(u64, u64, f64, f64); 4] = [
        (0, 10, 0.0, 0.277_532_799_862_889_26),
        (7, 10, 0.396_778_147_461_145_26, 0.892_208_732_593_699),
        (
            399,
            5000,
            0.072_607_408_933_664_44,
            0.087_637_767_780_961_58,
        ),
        (12, 12, 0.757_505_993_344_759_2, 1.0),
    ];
}
