//! DeLong's variance of an AUC and of a difference of two, in O(n log n).
//!
//! Every row has a placement: for a positive row the share of negatives that it outscores, for a
//! negative row the share of positives that outscore it, ties counting one half. The AUC is their
//! mean, and its variance is var(placements of positives)/P + var(placements of negatives)/N.
//!
//! Counted in halves, placements are integers, and so are the sums of their squares and products.
//! Both are carried exactly (in 128 bits), so the only rounding is the last division: swapping the
//! models negates the result to the last bit, and two models that rank alike have a difference whose
//! variance is exactly 0.
//!
//! E. R. DeLong, D. M. DeLong, D. L. Clarke-Pearson, Biometrics 1988; reading placements off
//! mid-ranks: X. Sun, W. Xu, IEEE Signal Processing Letters 2014.

use super::Pair;
use crate::binary::{Ranked, count_classes};
use crate::distribution::{normal_cdf, normal_two_sided};
use crate::interval::{Confidence, Interval};
use crate::{Metric, Undefined};

/// An AUC with its DeLong variance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Auc {
    /// The area, in [0, 1].
    pub value: f64,
    /// Variance of the area.
    pub variance: f64,
}

/// The difference of two AUCs measured on the same rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AucDifference {
    /// The challenger alone.
    pub challenger: Auc,
    /// The champion alone.
    pub champion: Auc,
    /// Covariance of the two areas.
    pub covariance: f64,
    /// Challenger − champion.
    pub value: f64,
    /// Variance of the difference; 0 when no row is placed differently.
    pub variance: f64,
}

impl Auc {
    /// Standard error of the area.
    pub fn standard_error(&self) -> f64 {
        self.variance.sqrt()
    }

    /// The Wald interval cut to [0, 1].
    pub fn interval(&self, confidence: Confidence) -> Interval {
        Interval::around(self.value, self.standard_error(), confidence).within(0.0, 1.0)
    }

    /// The Wald interval of the log-odds of the area, carried back: never leaves (0, 1) and covers
    /// better than [`Auc::interval`] when the area is near 1 or a class is small.
    ///
    /// Undefined at an area of exactly 0 or 1.
    pub fn logit_interval(&self, confidence: Confidence) -> Metric<Interval> {
        let spread = self.value * (1.0 - self.value);
        if spread <= 0.0 {
            return Err(Undefined::NoVariance);
        }
        let odds = libm::log(self.value) - libm::log1p(-self.value);
        let ends = Interval::around(odds, self.standard_error() / spread, confidence);
        let area = |odds: f64| 1.0 / (1.0 + libm::exp(-odds));
        Ok(Interval {
            lower: area(ends.lower),
            upper: area(ends.upper),
        })
    }
}

impl AucDifference {
    /// Standard error of the difference.
    pub fn standard_error(&self) -> f64 {
        self.variance.sqrt()
    }

    /// Difference over standard error; undefined when the difference has no variance.
    pub fn z(&self) -> Metric {
        if self.variance > 0.0 {
            Ok(self.value / self.standard_error())
        } else {
            Err(Undefined::NoVariance)
        }
    }

    /// Two-sided p-value of "the areas are equal"; undefined when the difference has no variance.
    pub fn p_value(&self) -> Metric {
        self.z().map(normal_two_sided)
    }

    /// One-sided p-value of "the true difference is at most `value`": small when it is above.
    ///
    /// The challenger is shown not to be worse by `margin` when the p-value at −`margin` is below the
    /// level (non-inferiority); to be better when it is at 0. Without variance the difference is
    /// certain: 0 above `value`, 1 at or below it.
    pub fn p_at_most(&self, value: f64) -> f64 {
        self.tail(value - self.value, self.value > value)
    }

    /// One-sided p-value of "the true difference is at least `value`": small when it is below.
    pub fn p_at_least(&self, value: f64) -> f64 {
        self.tail(self.value - value, self.value < value)
    }

    fn tail(&self, reach: f64, certain: bool) -> f64 {
        if self.variance > 0.0 {
            normal_cdf(reach / self.standard_error())
        } else {
            f64::from(u8::from(!certain))
        }
    }

    /// The Wald interval of the difference; a single point when it has no variance.
    pub fn interval(&self, confidence: Confidence) -> Interval {
        Interval::around(self.value, self.standard_error(), confidence).within(-1.0, 1.0)
    }

    /// Correlation of the two areas; undefined when either has no variance.
    pub fn correlation(&self) -> Metric {
        let spread = self.challenger.standard_error() * self.champion.standard_error();
        if spread > 0.0 {
            Ok((self.covariance / spread).clamp(-1.0, 1.0))
        } else {
            Err(Undefined::NoVariance)
        }
    }
}

/// The AUC of one ranking with its DeLong variance. One pass, no memory.
///
/// Undefined with weights ([`Undefined::Weighted`]), with a class missing, or with fewer than two
/// rows of a class.
pub fn delong(ranked: &Ranked<'_>) -> Metric<Auc> {
    let sizes = Sizes::of(ranked)?;
    let mut moments = [Moments::default(); 2];
    placements(ranked, sizes, |_, positive, placed| {
        moments[usize::from(positive)].add(placed, 0);
    });
    let [negatives, positives] = moments;
    Ok(sizes.auc(
        positives.a,
        sizes.variance(positives.spread_a(), negatives.spread_a()),
    ))
}

/// The difference of two AUCs on the same rows, with the covariance that the shared rows bring.
/// O(n), with 4 bytes a row of memory.
///
/// Undefined where [`delong`] is. Rows must be independent: where an entity has several rows, use a
/// clustered bootstrap instead.
pub fn delong_difference(pair: &Pair<'_>) -> Metric<AucDifference> {
    let sizes = Sizes::of(pair.challenger())?;
    let mut placed_by_challenger = vec![0_u32; pair.challenger().scored().rows()];
    placements(pair.challenger(), sizes, |row, _, placed| {
        placed_by_challenger[row] = placed;
    });
    let mut moments = [Moments::default(); 2];
    placements(pair.champion(), sizes, |row, positive, placed| {
        moments[usize::from(positive)].add(placed_by_challenger[row], placed);
    });
    let [negatives, positives] = moments;

    let variance =
        |spread: fn(&Moments) -> i128| sizes.variance(spread(&positives), spread(&negatives));
    Ok(AucDifference {
        challenger: sizes.auc(positives.a, variance(Moments::spread_a)),
        champion: sizes.auc(positives.b, variance(Moments::spread_b)),
        covariance: variance(Moments::spread_ab),
        value: (positives.a - positives.b) as f64 / sizes.doubled_pairs(),
        variance: variance(Moments::spread_of_difference),
    })
}

/// Rows of each class, at least two.
#[derive(Clone, Copy)]
struct Sizes {
    positives: u32,
    negatives: u32,
}

impl Sizes {
    fn of(ranked: &Ranked<'_>) -> Metric<Self> {
        if ranked.scored().weights().is_some() {
            return Err(Undefined::Weighted);
        }
        ranked.both_classes()?;
        let classes = ranked.ties().map(count_classes);
        let (positives, negatives) =
            classes.fold((0, 0), |all, tie| (all.0 + tie.0, all.1 + tie.1));
        if positives < 2 || negatives < 2 {
            return Err(Undefined::TooFewRows);
        }
        Ok(Self {
            positives,
            negatives,
        })
    }

    fn doubled_pairs(self) -> f64 {
        2.0 * f64::from(self.positives) * f64::from(self.negatives)
    }

    fn auc(self, doubled_wins: i128, variance: f64) -> Auc {
        Auc {
            value: doubled_wins as f64 / self.doubled_pairs(),
            variance,
        }
    }

    /// From the spreads n·Σx² − (Σx)² of both classes' placements, counted in halves.
    ///
    /// Class variance = spread / (n(n−1)), in units of (2·rows of the other class)⁻², over n again
    /// because it is the variance of a mean.
    fn variance(self, positives: i128, negatives: i128) -> f64 {
        let part = |spread: i128, own: u32, other: u32| {
            let (own, other) = (f64::from(own), f64::from(other));
            spread as f64 / (own * own * (own - 1.0)) / (4.0 * other * other)
        };
        part(positives, self.positives, self.negatives)
            + part(negatives, self.negatives, self.positives)
    }
}

/// Calls `place(row, is positive, placement in halves)` for every row, from the highest score down.
fn placements(ranked: &Ranked<'_>, sizes: Sizes, mut place: impl FnMut(usize, bool, u32)) {
    let (mut positives_above, mut negatives_below) = (0, sizes.negatives);
    for tie in ranked.ties() {
        let (positives, negatives) = count_classes(tie);
        negatives_below -= negatives;
        let of_positive = 2 * negatives_below + negatives;
        let of_negative = 2 * positives_above + positives;
        for entry in tie {
            let positive = entry.is_positive();
            place(
                entry.row(),
                positive,
                if positive { of_positive } else { of_negative },
            );
        }
        positives_above += positives;
    }
}

/// Exact sums over the rows of one class. With 2³⁰ rows and placements below 2³¹ every product
/// below stays under 2¹²⁴.
#[derive(Clone, Copy, Default)]
struct Moments {
    rows: i128,
    a: i128,
    b: i128,
    aa: i128,
    bb: i128,
    ab: i128,
}

impl Moments {
    #[inline]
    fn add(&mut self, a: u32, b: u32) {
        let (a, b) = (u64::from(a), u64::from(b));
        self.rows += 1;
        self.a += i128::from(a);
        self.b += i128::from(b);
        self.aa += i128::from(a * a);
        self.bb += i128::from(b * b);
        self.ab += i128::from(a * b);
    }

    fn spread_a(&self) -> i128 {
        self.rows * self.aa - self.a * self.a
    }

    fn spread_b(&self) -> i128 {
        self.rows * self.bb - self.b * self.b
    }

    fn spread_ab(&self) -> i128 {
        self.rows * self.ab - self.a * self.b
    }

    fn spread_of_difference(&self) -> i128 {
        let difference = self.a - self.b;
        self.rows * (self.aa - 2 * self.ab + self.bb) - difference * difference
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::binary::Scored;

    #[test]
    fn four_rows_by_hand() {
        // Placements: positives 1 and ½, negatives ½ and 1. Both variances are 1/8.
        let labels = [true, true, false, false];
        let scores = [0.9, 0.4, 0.5, 0.1];
        let ranked = Ranked::new(Scored::new(&labels, &scores, None).unwrap()).unwrap();
        let auc = delong(&ranked).unwrap();
        assert_eq!((auc.value, auc.variance), (0.75, 0.125));
    }

    #[test]
    fn identical_rankings_have_no_difference_and_no_variance() {
        let labels = [true, true, false, false, true];
        let scores = [0.9, 0.4, 0.5, 0.1, 0.5];
        let squared = scores.map(|score| score * score);
        let pair = Pair::new(&labels, &scores, &squared, None).unwrap();
        let difference = delong_difference(&pair).unwrap();
        assert_eq!((difference.value, difference.variance), (0.0, 0.0));
        assert_eq!(difference.z(), Err(Undefined::NoVariance));
        assert_eq!(difference.interval(Confidence::P95).width(), 0.0);
        assert_eq!(difference.correlation(), Ok(1.0));
        assert_eq!(difference.p_at_most(-0.01), 0.0);
        assert_eq!(
            (difference.p_at_most(0.0), difference.p_at_least(0.0)),
            (1.0, 1.0)
        );
    }

    #[test]
    fn one_sided_tails_are_halves_of_the_two_sided_one() {
        let labels = [true, true, false, false, true, false, true];
        let (a, b) = (
            [7.0, 3.0, 4.0, 1.0, 6.0, 2.0, 5.0],
            [3.0, 7.0, 4.0, 5.0, 6.0, 2.0, 1.0],
        );
        let difference = delong_difference(&Pair::new(&labels, &a, &b, None).unwrap()).unwrap();
        let two_sided = difference.p_value().unwrap();
        assert!((2.0 * difference.p_at_most(0.0) - two_sided).abs() < 1e-15);
        assert!((difference.p_at_most(0.1) + difference.p_at_least(0.1) - 1.0).abs() < 1e-15);
        let ninety = difference.interval(Confidence::new(0.9).unwrap());
        assert!((difference.p_at_most(ninety.lower) - 0.05).abs() < 1e-14);
    }

    #[test]
    fn what_the_formula_cannot_do_is_undefined_by_name() {
        let pair = Pair::new(&[true, false, false], &[0.1; 3], &[0.2; 3], None).unwrap();
        assert_eq!(delong_difference(&pair), Err(Undefined::TooFewRows));
        let ones = [1.0; 3];
        let scored = Scored::new(&[true, true, true], &[0.1; 3], Some(&ones)).unwrap();
        assert_eq!(
            delong(&Ranked::new(scored).unwrap()),
            Err(Undefined::Weighted)
        );
    }

    #[test]
    fn the_champions_bad_column_is_named() {
        let error = Pair::new(&[true, false], &[0.1, 0.2], &[0.1, f64::NAN], None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "column `champion score` is not a finite number at row 1"
        );
    }
}
