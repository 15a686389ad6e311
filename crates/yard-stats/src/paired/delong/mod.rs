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

mod placements;

use self::placements::{Apart, Moments, Sizes, placements};
use super::{Pair, Studentised};
use crate::binary::Ranked;
use crate::distribution::{normal_two_sided, student_t_quantile};
use crate::interval::{Confidence, Interval};
use crate::support::{self, Parts, freedom};
use crate::{Metric, Undefined};

/// Up to so many rows memory does not matter.
const FEW_ROWS: usize = 1 << 16;

/// An AUC with its DeLong variance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Auc {
    /// The area, in [0, 1].
    pub value: f64,
    /// Variance of the area.
    pub variance: f64,
    /// Degrees of freedom of that variance ([`crate::support`]); 0 where it is 0.
    pub freedom: f64,
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
    /// The same with what small and skewed samples ask for: what intervals and decisions are read from.
    pub studentised: Studentised,
}

impl Auc {
    /// Standard error of the area. O(1).
    pub fn standard_error(&self) -> f64 {
        self.variance.sqrt()
    }

    /// Whether there is enough to decide on: [`Undefined::TooFewInformative`] below
    /// [`support::NEEDED`] degrees of freedom. O(1).
    pub fn enough(&self) -> Metric<()> {
        support::enough(self.freedom)
    }

    /// DeLong's interval as published, value ± z·error cut to [0, 1]: what other programs print. Too
    /// narrow where a class is small; [`Auc::logit_interval`] holds its level there. O(1).
    pub fn interval(&self, confidence: Confidence) -> Interval {
        Interval::around(self.value, self.standard_error(), confidence).within(0.0, 1.0)
    }

    /// The interval of the log-odds of the area, ± t·error by [`Auc::freedom`], carried back: never
    /// leaves (0, 1) and covers better than [`Auc::interval`] when the area is near 1 or a class is
    /// small. O(1).
    ///
    /// Undefined at an area of exactly 0 or 1.
    pub fn logit_interval(&self, confidence: Confidence) -> Metric<Interval> {
        let spread = self.value * (1.0 - self.value);
        if spread <= 0.0 || self.variance <= 0.0 {
            return Err(Undefined::NoVariance);
        }
        let odds = libm::log(self.value) - libm::log1p(-self.value);
        let tail = 0.5 * (1.0 - confidence.level());
        let reach = -student_t_quantile(tail, self.freedom) * self.standard_error() / spread;
        let area = |odds: f64| 1.0 / (1.0 + libm::exp(-odds));
        Ok(Interval {
            lower: area(odds - reach),
            upper: area(odds + reach),
        })
    }
}

impl AucDifference {
    /// Standard error of the difference. O(1).
    pub fn standard_error(&self) -> f64 {
        self.variance.sqrt()
    }

    /// Difference over standard error; undefined when the difference has no variance. O(1).
    pub fn z(&self) -> Metric {
        if self.variance > 0.0 {
            Ok(self.value / self.standard_error())
        } else {
            Err(Undefined::NoVariance)
        }
    }

    /// DeLong's test as published: two-sided p-value of "the areas are equal", z against the normal
    /// distribution, as other programs print it. Undefined when the difference has no variance. O(1).
    pub fn published_p_value(&self) -> Metric {
        self.z().map(normal_two_sided)
    }

    /// The interval as published, value ± z·error. O(1).
    pub fn published_interval(&self, confidence: Confidence) -> Interval {
        Interval::around(self.value, self.standard_error(), confidence).within(-1.0, 1.0)
    }

    /// Whether the rows can carry a decision about the difference: ask before any of the p-values below,
    /// and answer "inconclusive" on [`Undefined::TooFewInformative`]. O(1).
    pub fn enough(&self) -> Metric<()> {
        self.studentised.enough()
    }

    /// Two-sided p-value of "the areas are equal". O(1).
    pub fn p_value(&self) -> f64 {
        self.studentised.p_value()
    }

    /// One-sided p-value of "the true difference is at most `value`": small when it is above. O(1).
    ///
    /// The challenger is shown not to be worse by `margin` when the p-value at −`margin` is below the
    /// level (non-inferiority); to be better when it is at 0. Where no row is placed differently it is
    /// the chance that a true difference would have stayed unseen, (1 − reach)^rows of the rarer class;
    /// 0 where the models give every row the same score.
    pub fn p_at_most(&self, value: f64) -> f64 {
        self.studentised.p_at_most(value)
    }

    /// One-sided p-value of "the true difference is at least `value`": small when it is below. O(1).
    pub fn p_at_least(&self, value: f64) -> f64 {
        self.studentised.p_at_least(value)
    }

    /// The interval that agrees with these p-values; a single point for a model and itself. O(1).
    pub fn interval(&self, confidence: Confidence) -> Interval {
        self.studentised.interval(confidence).within(-1.0, 1.0)
    }

    /// Correlation of the two areas; undefined when either has no variance. O(1).
    pub fn correlation(&self) -> Metric {
        let spread = self.challenger.standard_error() * self.champion.standard_error();
        if spread > 0.0 {
            Ok((self.covariance / spread).clamp(-1.0, 1.0))
        } else {
            Err(Undefined::NoVariance)
        }
    }
}

/// The AUC of one ranking with its DeLong variance. Two passes, no memory. O(n).
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
        own_parts(ranked, sizes, positives.a),
    ))
}

/// The difference of two AUCs on the same rows, with the covariance that the shared rows bring.
/// O(n), with 2 bytes a row of memory (4 where rows are few).
///
/// Undefined where [`delong`] is. Rows must be independent: where an entity has several rows, use a
/// clustered bootstrap instead.
pub fn delong_difference(pair: &Pair<'_>) -> Metric<AucDifference> {
    let sizes = Sizes::of(pair.challenger())?;
    let labels = pair.challenger().scored().labels();
    let wins = |ranked: &Ranked<'_>| i128::from(ranked.doubled_wins());
    let total = wins(pair.challenger()) - wins(pair.champion());
    let mut apart = [sizes.positives, sizes.negatives].map(|rows| Apart::around(total, rows));
    let mut moments = [Moments::default(); 2];
    // Of many rows half at a time: two more passes, and half the memory.
    let parts = if labels.len() > FEW_ROWS { 2 } else { 1 };
    let width = labels.len().div_ceil(parts);
    let mut placed_by_challenger = vec![0_u32; width];
    for first in (0..parts).map(|part| part * width) {
        placements(pair.challenger(), sizes, |row, _, placed| {
            if let Some(kept) = placed_by_challenger.get_mut(row.wrapping_sub(first)) {
                *kept = placed;
            }
        });
        placements(pair.champion(), sizes, |row, positive, placed| {
            if let Some(&before) = placed_by_challenger.get(row.wrapping_sub(first)) {
                moments[usize::from(positive)].add(before, placed);
                // Half a row apart at most 2³¹ − 1 either way: the difference wraps and is read
                // back as i32.
                apart[usize::from(!positive)].add(before.wrapping_sub(placed).cast_signed());
            }
        });
    }
    let [negatives, positives] = moments;
    let variance =
        |spread: fn(&Moments) -> i128| sizes.variance(spread(&positives), spread(&negatives));
    let value = (positives.a - positives.b) as f64 / sizes.doubled_pairs();
    let spread = variance(Moments::spread_of_difference);
    Ok(AucDifference {
        challenger: sizes.auc(
            positives.a,
            variance(Moments::spread_a),
            own_parts(pair.challenger(), sizes, positives.a),
        ),
        champion: sizes.auc(
            positives.b,
            variance(Moments::spread_b),
            own_parts(pair.champion(), sizes, positives.b),
        ),
        covariance: variance(Moments::spread_ab),
        value,
        variance: spread,
        studentised: studentised(pair, sizes, (value, spread), apart),
    })
}

/// What small samples ask of the difference: its skewness and degrees of freedom.
fn studentised(
    pair: &Pair<'_>,
    sizes: Sizes,
    (value, variance): (f64, f64),
    [positives, negatives]: [Apart; 2],
) -> Studentised {
    let parts = sizes.in_areas([positives.parts(), negatives.parts()]);
    let fewest = sizes.positives.min(sizes.negatives);
    let unseen = if pair.same_scores() {
        f64::INFINITY
    } else {
        fewest.into()
    };
    let standard_error = variance.sqrt();
    // Placed against rows of the other class, negatives move the area as positives do.
    let third = parts[0].cubes + parts[1].cubes;
    Studentised {
        value,
        standard_error,
        freedom: freedom(&parts).unwrap_or(unseen),
        skewness: if variance > 0.0 {
            third / (variance * standard_error)
        } else {
            0.0
        },
    }
}

/// Moments of one ranking's placements in each class, in areas. Rows of a tie are placed alike, so the
/// order of rows does not reach the sums.
fn own_parts(ranked: &Ranked<'_>, sizes: Sizes, doubled_wins: i128) -> [Parts; 2] {
    let rows = [sizes.positives, sizes.negatives];
    let mut parts = rows.map(|rows| Parts::of(rows as usize, std::iter::empty()));
    let means = rows.map(|rows| doubled_wins as f64 / f64::from(rows));
    placements(ranked, sizes, |_, positive, placed| {
        let class = usize::from(!positive);
        parts[class].add(f64::from(placed) - means[class]);
    });
    sizes.in_areas(parts)
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
        assert_eq!(difference.published_interval(Confidence::P95).width(), 0.0);
        assert_eq!(difference.correlation(), Ok(1.0));
        assert_eq!(difference.enough(), Ok(()));
        // Two negatives might both have missed a difference that half of all negatives show.
        assert_eq!(difference.p_at_most(-0.5), 0.25);
        assert_eq!(difference.p_value(), 1.0);

        let pair = Pair::new(&labels, &scores, &scores, None).unwrap();
        let itself = delong_difference(&pair).unwrap();
        assert_eq!(itself.interval(Confidence::P95).width(), 0.0);
        assert_eq!(itself.p_at_most(-0.01), 0.0);
        assert_eq!((itself.p_at_most(0.0), itself.p_at_least(0.0)), (1.0, 1.0));
    }

    #[test]
    fn one_sided_tails_are_halves_of_the_two_sided_one() {
        let labels = [true, true, false, false, true, false, true];
        let (a, b) = (
            [7.0, 3.0, 4.0, 1.0, 6.0, 2.0, 5.0],
            [3.0, 7.0, 4.0, 5.0, 6.0, 2.0, 1.0],
        );
        let difference = delong_difference(&Pair::new(&labels, &a, &b, None).unwrap()).unwrap();
        let smaller = difference.p_at_most(0.0).min(difference.p_at_least(0.0));
        assert_eq!(2.0 * smaller, difference.p_value());
        assert!((difference.p_at_most(0.1) + difference.p_at_least(0.1) - 1.0).abs() < 1e-15);
        let ninety = difference.interval(Confidence::new(0.5).unwrap());
        assert!((difference.p_at_most(ninety.lower) - 0.25).abs() < 1e-13);
        let Err(Undefined::TooFewInformative { found, needed }) = difference.enough() else {
            panic!("{:?} is not enough", difference.studentised);
        };
        assert!(found < 10.0 && found < needed);
    }

    /// Skewness and degrees of freedom by their definitions, in floating point.
    #[test]
    fn small_sample_numbers_are_their_definitions() {
        let rows = 400_u32;
        let noise = |row: u32, by: u32| f64::from(row.wrapping_mul(by) >> 8) / f64::from(1 << 24);
        let labels: Vec<bool> = (0..rows).map(|row| row.is_multiple_of(5)).collect();
        let shift = |row: u32| f64::from(u8::from(row.is_multiple_of(5))) * 0.4;
        let column =
            |by| -> Vec<f64> { (0..rows).map(|row| noise(row, by) + shift(row)).collect() };
        let (a, b) = (column(2_654_435_761), column(2_246_822_519));
        let found = delong_difference(&Pair::new(&labels, &a, &b, None).unwrap()).unwrap();
        let placed = |scores: &[f64], row: usize| {
            let others = (0..labels.len()).filter(|&other| labels[other] != labels[row]);
            let wins = others.map(|other| {
                let wins = (scores[row] > scores[other]) == labels[row];
                f64::from(u8::from(wins))
            });
            wins.sum::<f64>() / if labels[row] { 320.0 } else { 80.0 }
        };
        let (mut third, mut variance, mut spread, mut welch) = (0.0, 0.0, 0.0, 0.0);
        for class in [true, false] {
            let of_class = (0..labels.len()).filter(|&row| labels[row] == class);
            let apart: Vec<f64> = of_class
                .map(|row| placed(&a, row) - placed(&b, row))
                .collect();
            let n = apart.len() as f64;
            let mean = apart.iter().sum::<f64>() / n;
            let moment = |power| apart.iter().map(|x| (x - mean).powi(power)).sum::<f64>() / n;
            let part = moment(2) / (n - 1.0);
            variance += part;
            third += moment(3) / (n * n);
            spread += part * part * (moment(4) / (moment(2) * moment(2)) - 1.0) / n;
            welch += part * part / (n - 1.0);
        }
        let skewness = third / (variance * variance.sqrt());
        assert!((found.variance / variance - 1.0).abs() < 1e-12);
        assert!((found.studentised.skewness / skewness - 1.0).abs() < 1e-9);
        let freedom = variance * variance / welch.max(0.5 * spread);
        assert!((found.studentised.freedom / freedom - 1.0).abs() < 1e-9);
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
