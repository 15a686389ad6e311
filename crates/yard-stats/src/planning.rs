//! How many rows a decision needs, and what it can tell with those there are.
//!
//! A gate passes a challenger when the lower end of the difference's one-sided interval lies above
//! −margin. With a standard error s it does so with probability Φ((Δ + margin)/s − z), where Δ is the
//! true difference: the power. s shrinks with the root of the rows.

use crate::InputError;
use crate::distribution::{normal_cdf, normal_quantile};

/// A one-sided test of "worse by at least the margin", for a metric where more is better (negate the
/// difference of a loss).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NonInferiority {
    margin: f64,
    z: f64,
}

/// How the verdicts of a gate are distributed; the three add up to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdicts {
    /// The difference is shown to be above −margin.
    pub pass: f64,
    /// The difference is shown to be below −margin.
    pub fail: f64,
    /// Neither.
    pub inconclusive: f64,
}

/// How many rows are needed, in all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Needed {
    /// Rows.
    pub rows: f64,
    /// Positives among them, at the share there is now.
    pub positives: f64,
}

impl NonInferiority {
    /// `margin` is how much worse is tolerable (0 or more, in units of the metric), `level` the chance
    /// tolerated of passing a challenger that is worse by exactly the margin. O(1).
    ///
    /// Fails with [`InputError::Share`] unless 0 < `level` < 1, and with [`InputError::Margin`] unless
    /// the margin is finite and not negative.
    pub fn new(margin: f64, level: f64) -> Result<Self, InputError> {
        between_0_and_1("level", level)?;
        if !(margin >= 0.0 && margin.is_finite()) {
            return Err(InputError::Margin { margin });
        }
        Ok(Self {
            margin,
            z: upper_quantile(level),
        })
    }

    /// The margin. O(1).
    pub fn margin(self) -> f64 {
        self.margin
    }

    /// How likely each verdict is when the true difference (challenger − champion) is `difference` and
    /// is measured with `standard_error`. O(1).
    pub fn verdicts(self, difference: f64, standard_error: f64) -> Verdicts {
        let reach = (difference + self.margin) / standard_error;
        let (pass, fail) = if standard_error > 0.0 {
            (normal_cdf(reach - self.z), normal_cdf(-reach - self.z))
        } else {
            let passes = f64::from(u8::from(difference > -self.margin));
            let fails = f64::from(u8::from(difference < -self.margin));
            (passes, fails)
        };
        Verdicts {
            pass,
            fail,
            inconclusive: (1.0 - pass - fail).max(0.0),
        }
    }

    /// How many rows there must be for a pass with probability `power`, if the true difference is
    /// `difference`: rows · ((z₁ + z₂)·s / (difference + margin))² with the quantiles of level and power, where `standard_error` is
    /// what the `rows` there are now have. `None` when the difference is at or below −margin, where no
    /// number of rows helps. O(1).
    ///
    /// Use the measured difference for "if it is what it looks like", 0 for "if both are equal". The
    /// ratio `positives / rows` is kept.
    ///
    /// Fails with [`InputError::Share`] unless 0 < `power` < 1.
    pub fn needed(
        self,
        difference: f64,
        standard_error: f64,
        (rows, positives): (f64, f64),
        power: f64,
    ) -> Result<Option<Needed>, InputError> {
        between_0_and_1("power", power)?;
        let room = difference + self.margin;
        if room.is_nan() || room <= 0.0 {
            return Ok(None);
        }
        // Φ⁻¹(power) is minus the upper quantile; below the level even no row at all would do.
        let root = (self.z - upper_quantile(power)).max(0.0) * standard_error / room;
        let times = root * root;
        Ok(Some(Needed {
            rows: (rows * times).ceil(),
            positives: (positives * times).ceil(),
        }))
    }
}

/// A holdout that nobody has scored yet, for two models whose AUC is compared on it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AucHoldout {
    /// Number of rows.
    pub rows: f64,
    /// Share of positives, in (0, 1).
    pub prevalence: f64,
    /// The AUC to expect, in (0, 1).
    pub auc: f64,
    /// Correlation of the two areas over samples: 0.9-0.98 for two versions of one model (measure it
    /// with [`crate::paired::AucDifference::correlation`]).
    pub correlation: f64,
}

impl AucHoldout {
    /// The variance to expect of one area:
    /// (A(1−A) + (P−1)(Q₁−A²) + (N−1)(Q₂−A²))/(P·N), Q₁ = A/(2−A), Q₂ = 2A²/(1+A). O(1).
    ///
    /// J. A. Hanley, B. J. `McNeil`, "The meaning and use of the area under a receiver operating
    /// characteristic curve", Radiology 1982. Fails with [`InputError::Share`] when the AUC or the
    /// prevalence is not between 0 and 1.
    pub fn variance(&self) -> Result<f64, InputError> {
        between_0_and_1("AUC", self.auc)?;
        between_0_and_1("prevalence", self.prevalence)?;
        let a = self.auc;
        let positives = self.rows * self.prevalence;
        let negatives = self.rows - positives;
        let squared = a * a;
        let of_positives = (positives - 1.0) * (a / (2.0 - a) - squared);
        let of_negatives = (negatives - 1.0) * (2.0 * squared / (1.0 + a) - squared);
        Ok((a * (1.0 - a) + of_positives + of_negatives) / (positives * negatives))
    }

    /// The standard error to expect of the difference of two areas: √(2·variance·(1 − correlation)). O(1).
    ///
    /// J. A. Hanley, B. J. `McNeil`, "A method of comparing the areas under receiver operating
    /// characteristic curves derived from the same cases", Radiology 1983, for equal areas. Fails as
    /// [`AucHoldout::variance`] does, and when the correlation is not in [−1, 1].
    pub fn standard_error(&self) -> Result<f64, InputError> {
        if !(-1.0..=1.0).contains(&self.correlation) {
            return Err(InputError::Share {
                name: "correlation",
                value: self.correlation,
            });
        }
        Ok((2.0 * self.variance()? * (1.0 - self.correlation)).sqrt())
    }

    /// How likely each verdict of `test` is on this holdout if the true difference is `difference`: the
    /// power of a policy, before anyone trains. O(1).
    pub fn verdicts(&self, test: NonInferiority, difference: f64) -> Result<Verdicts, InputError> {
        Ok(test.verdicts(difference, self.standard_error()?))
    }

    /// How many rows it takes for a pass with probability `power`; `None` where none suffice. O(1).
    pub fn needed(
        &self,
        test: NonInferiority,
        difference: f64,
        power: f64,
    ) -> Result<Option<Needed>, InputError> {
        let now = (self.rows, self.rows * self.prevalence);
        test.needed(difference, self.standard_error()?, now, power)
    }
}

/// The z that a standard normal exceeds with probability `level`, which is checked to be in (0, 1).
fn upper_quantile(level: f64) -> f64 {
    -normal_quantile(level).unwrap_or(f64::NAN)
}

pub(crate) fn between_0_and_1(name: &'static str, value: f64) -> Result<(), InputError> {
    if value > 0.0 && value < 1.0 {
        Ok(())
    } else {
        Err(InputError::Share { name, value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holdout(rows: f64, correlation: f64) -> AucHoldout {
        AucHoldout {
            rows,
            prevalence: 0.08,
            auc: 0.77,
            correlation,
        }
    }

    #[test]
    fn errors_are_hanleys_and_mcneils() {
        for (rows, single, paired) in [(61_502.0, 0.0040, 0.00127), (5000.0, 0.0141, 0.0045)] {
            let holdout = holdout(rows, 0.95);
            assert!((holdout.variance().unwrap().sqrt() / single - 1.0).abs() < 0.01);
            assert!((holdout.standard_error().unwrap() / paired - 1.0).abs() < 0.02);
        }
    }

    #[test]
    fn rows_needed_give_the_power_asked_for() {
        let test = NonInferiority::new(0.005, 0.05).unwrap();
        for (correlation, about) in [(0.98, 10_000.0), (0.95, 25_000.0), (0.9, 49_000.0)] {
            let now = holdout(20_000.0, correlation);
            let needed = now.needed(test, 0.0, 0.8).unwrap().unwrap();
            assert!((needed.rows / about - 1.0).abs() < 0.03, "{needed:?}");
            let then = holdout(needed.rows, correlation);
            let verdicts = then.verdicts(test, 0.0).unwrap();
            assert!((verdicts.pass - 0.8).abs() < 0.001, "{verdicts:?}");
        }
        assert_eq!(holdout(1000.0, 0.9).needed(test, -0.005, 0.8), Ok(None));
        assert!(holdout(1000.0, 1.5).verdicts(test, 0.0).is_err());
    }

    #[test]
    fn a_challenger_at_the_margin_passes_at_the_level() {
        let test = NonInferiority::new(0.01, 0.05).unwrap();
        let verdicts = test.verdicts(-0.01, 0.002);
        assert!((verdicts.pass - 0.05).abs() < 1e-15 && (verdicts.fail - 0.05).abs() < 1e-15);
        let certain = test.verdicts(0.0, 0.0);
        assert_eq!(
            (certain.pass, certain.fail, certain.inconclusive),
            (1.0, 0.0, 0.0)
        );
    }

    #[test]
    fn half_the_power_needs_no_second_quantile() {
        let test = NonInferiority::new(1.0, 0.025).unwrap();
        let of = |power| {
            test.needed(0.0, 1.0, (100.0, 50.0), power)
                .unwrap()
                .unwrap()
        };
        assert_eq!(of(0.5).rows, 385.0); // 1.96² · 100
        assert_eq!(of(0.8).rows, 785.0); // (1.96 + 0.8416)² · 100
        assert!(of(0.2).rows < of(0.5).rows);
        assert!(NonInferiority::new(-1.0, 0.05).is_err() && NonInferiority::new(1.0, 0.0).is_err());
    }
}
