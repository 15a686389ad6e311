//! A difference over its standard error, with what small and skewed samples ask for.

use crate::Metric;
use crate::distribution::{student_t_quantile, student_t_tail};
use crate::interval::{Confidence, Interval};
use crate::support;

/// An estimated difference, its standard error, and the two numbers that correct its tails.
///
/// The ratio T = (estimate − truth)/standard error is neither normal nor symmetric in small samples.
/// Its skewness is removed by P. Hall's transformation g(T) = T + aT²/3 + a²T³/27 + a/6, where a is the
/// skewness of the estimate (monotone, so it can be undone: "On the removal of skewness by
/// transformation", JRSS B 1992); g(T) is then read against Student's t with the degrees of freedom of
/// [`crate::support`]. Intervals and p-values agree: an interval ends where the p-value is its level.
///
/// Negating a difference negates T, a and g(T), so that swapping the models swaps the tails to the bit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Studentised {
    /// The estimate.
    pub value: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Degrees of freedom of the standard error, by the units' own kurtosis; where nothing varies, the
    /// units that were seen not to vary (infinite if they cannot).
    pub freedom: f64,
    /// Third moment of the estimate over the cube of its standard error.
    pub skewness: f64,
}

impl Studentised {
    /// Whether there is enough to decide on: [`crate::Undefined::TooFewInformative`] below
    /// [`support::NEEDED`] degrees of freedom. Without variance the tails are exact, and always enough. O(1).
    pub fn enough(&self) -> Metric<()> {
        if self.varies() {
            support::enough(self.freedom)
        } else {
            Ok(())
        }
    }

    /// The two-sided interval. O(1).
    pub fn interval(&self, confidence: Confidence) -> Interval {
        let tail = 0.5 * (1.0 - confidence.level());
        if !self.varies() {
            let reach = self.reach_unseen(tail);
            return Interval {
                lower: self.value - reach,
                upper: self.value + reach,
            };
        }
        let quantile = -student_t_quantile(tail, self.freedom);
        Interval {
            lower: self.value - self.ratio_at(quantile) * self.standard_error,
            upper: self.value - self.ratio_at(-quantile) * self.standard_error,
        }
    }

    /// Two-sided p-value of "there is no difference". O(1).
    pub fn p_value(&self) -> f64 {
        (2.0 * self.p_at_most(0.0).min(self.p_at_least(0.0))).min(1.0)
    }

    /// One-sided p-value of "the true difference is at most `value`": small when it is above. O(1).
    pub fn p_at_most(&self, value: f64) -> f64 {
        if self.varies() {
            student_t_tail(self.transformed(value), self.freedom)
        } else {
            self.chance_unseen(self.value - value)
        }
    }

    /// One-sided p-value of "the true difference is at least `value`": small when it is below. O(1).
    pub fn p_at_least(&self, value: f64) -> f64 {
        if self.varies() {
            student_t_tail(-self.transformed(value), self.freedom)
        } else {
            self.chance_unseen(value - self.value)
        }
    }

    fn varies(&self) -> bool {
        self.standard_error > 0.0
    }

    /// g(T) where the truth is `value`.
    fn transformed(&self, value: f64) -> f64 {
        let (t, a) = ((self.value - value) / self.standard_error, self.skewness);
        t + a * t * t / 3.0 + a * a * t * t * t / 27.0 + a / 6.0
    }

    /// The T that is transformed into `g`: (3/a)·(∛(1 + a(g − a/6)) − 1).
    fn ratio_at(&self, g: f64) -> f64 {
        let a = self.skewness;
        if a == 0.0 {
            return g;
        }
        let inner = a * (g - a / 6.0);
        let root = if inner > -0.5 {
            libm::expm1(libm::log1p(inner) / 3.0)
        } else {
            libm::cbrt(1.0 + inner) - 1.0
        };
        3.0 * root / a
    }

    /// No unit differed. For a difference of areas to be off by `reach`, at least that share of the
    /// units of either class must differ; the chance of having met none of them.
    fn chance_unseen(&self, reach: f64) -> f64 {
        if reach <= 0.0 {
            1.0
        } else {
            libm::pow(1.0 - reach.min(1.0), self.freedom)
        }
    }

    /// The inverse of [`Studentised::chance_unseen`].
    fn reach_unseen(&self, chance: f64) -> f64 {
        1.0 - libm::pow(chance, 1.0 / self.freedom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SKEWED: Studentised = Studentised {
        value: 0.1,
        standard_error: 0.05,
        freedom: 25.0,
        skewness: 0.4,
    };

    #[test]
    fn intervals_end_where_the_p_value_is_their_level() {
        for skewness in [-1.5, -0.4, 0.0, 1e-9, 0.4, 3.0] {
            let found = Studentised { skewness, ..SKEWED };
            let ends = found.interval(Confidence::P95);
            assert!((found.p_at_most(ends.lower) - 0.025).abs() < 1e-12);
            assert!((found.p_at_least(ends.upper) - 0.025).abs() < 1e-12);
            assert!(ends.contains(found.value) || skewness.abs() > 1.0);
        }
    }

    #[test]
    fn negating_swaps_the_tails() {
        let negated = Studentised {
            value: -0.1,
            skewness: -0.4,
            ..SKEWED
        };
        assert_eq!(SKEWED.p_at_most(0.03), negated.p_at_least(-0.03));
        assert_eq!(SKEWED.p_value(), negated.p_value());
    }

    #[test]
    fn what_never_varied_may_yet() {
        let of = |freedom| Studentised {
            value: 0.0,
            standard_error: 0.0,
            freedom,
            skewness: 0.0,
        };
        // 0.98^149 is the first below 5 %.
        assert!(of(148.0).p_at_most(-0.02) > 0.05 && of(149.0).p_at_most(-0.02) < 0.05);
        let ends = of(149.0).interval(Confidence::new(0.9).unwrap());
        assert!((of(149.0).p_at_most(ends.lower) - 0.05).abs() < 1e-12);
        assert_eq!(of(f64::INFINITY).p_at_most(-1e-9), 0.0);
        assert_eq!(of(f64::INFINITY).interval(Confidence::P95).width(), 0.0);
        assert_eq!(of(149.0).p_at_least(0.0), 1.0);
        assert_eq!(of(2.0).enough(), Ok(()));
    }
}
