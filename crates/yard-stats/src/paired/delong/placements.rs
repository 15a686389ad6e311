//! Where each row stands among those of the other class, and exact sums over that.

use super::Auc;
use crate::binary::{Ranked, count_classes};
use crate::support::{Parts, freedom};
use crate::{Metric, Undefined};

/// How far apart the two models place the rows of one class, in halves: exact sums of powers around a
/// whole number near the mean, so that neither the order of rows nor that of models reaches them.
#[derive(Clone, Copy)]
pub(super) struct Apart {
    centre: i64,
    /// With more than 2²³ rows distances are counted in coarser steps, or fourth powers would not fit.
    step: i64,
    rows: u32,
    sums: [i128; 4],
}

impl Apart {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a mean of differences that fit 32 bits"
    )]
    pub(super) fn around(total: i128, rows: u32) -> Self {
        let mean = total as f64 / f64::from(rows);
        Self {
            centre: libm::round(mean) as i64,
            step: 1 << (u32::BITS - rows.leading_zeros()).saturating_sub(23),
            rows,
            sums: [0; 4],
        }
    }

    #[inline]
    pub(super) fn add(&mut self, halves: i32) {
        let apart = (i64::from(halves) - self.centre) / self.step;
        let square = i128::from(apart * apart);
        self.sums[0] += i128::from(apart);
        self.sums[1] += square;
        self.sums[2] += square * i128::from(apart);
        self.sums[3] += square * square;
    }

    /// Moves the centre the last bit, to the mean itself.
    pub(super) fn parts(&self) -> Parts {
        let n = f64::from(self.rows);
        let [first, second, third, fourth] = self.sums.map(|sum| sum as f64);
        let (mean, step) = (first / n, self.step as f64);
        let squares = second - n * mean * mean;
        let cubes = third - 3.0 * mean * second + 2.0 * n * mean * mean * mean;
        let mut fourths = fourth - 4.0 * mean * third + 6.0 * mean * mean * second;
        fourths -= 3.0 * n * mean * mean * mean * mean;
        Parts {
            units: self.rows as usize,
            groups: self.rows as usize,
            squares,
            cubes,
            fourths,
        }
        .scaled(step)
    }
}

/// Rows of each class, at least two.
#[derive(Clone, Copy)]
pub(super) struct Sizes {
    pub(super) positives: u32,
    pub(super) negatives: u32,
}

impl Sizes {
    pub(super) fn of(ranked: &Ranked<'_>) -> Metric<Self> {
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

    pub(super) fn doubled_pairs(self) -> f64 {
        2.0 * f64::from(self.positives) * f64::from(self.negatives)
    }

    pub(super) fn auc(self, doubled_wins: i128, variance: f64, parts: [Parts; 2]) -> Auc {
        Auc {
            value: doubled_wins as f64 / self.doubled_pairs(),
            variance,
            freedom: freedom(&parts).unwrap_or(0.0),
        }
    }

    /// From placements in halves, positives first, to what each row adds to the area.
    pub(super) fn in_areas(self, [positives, negatives]: [Parts; 2]) -> [Parts; 2] {
        let of_pair = 1.0 / self.doubled_pairs();
        [positives.scaled(of_pair), negatives.scaled(of_pair)]
    }

    /// From the spreads n·Σx² − (Σx)² of both classes' placements, counted in halves.
    ///
    /// Class variance = spread / (n(n−1)), in units of (2·rows of the other class)⁻², over n again
    /// because it is the variance of a mean.
    pub(super) fn variance(self, positives: i128, negatives: i128) -> f64 {
        let part = |spread: i128, own: u32, other: u32| {
            let (own, other) = (f64::from(own), f64::from(other));
            spread as f64 / (own * own * (own - 1.0)) / (4.0 * other * other)
        };
        part(positives, self.positives, self.negatives)
            + part(negatives, self.negatives, self.positives)
    }
}

/// Calls `place(row, is positive, placement in halves)` for every row, from the highest score down.
pub(super) fn placements(
    ranked: &Ranked<'_>,
    sizes: Sizes,
    mut place: impl FnMut(usize, bool, u32),
) {
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
pub(super) struct Moments {
    rows: i128,
    pub(super) a: i128,
    pub(super) b: i128,
    aa: i128,
    bb: i128,
    ab: i128,
}

impl Moments {
    #[inline]
    pub(super) fn add(&mut self, a: u32, b: u32) {
        let (a, b) = (u64::from(a), u64::from(b));
        self.rows += 1;
        self.a += i128::from(a);
        self.b += i128::from(b);
        self.aa += i128::from(a * a);
        self.bb += i128::from(b * b);
        self.ab += i128::from(a * b);
    }

    pub(super) fn spread_a(&self) -> i128 {
        self.rows * self.aa - self.a * self.a
    }

    pub(super) fn spread_b(&self) -> i128 {
        self.rows * self.bb - self.b * self.b
    }

    pub(super) fn spread_ab(&self) -> i128 {
        self.rows * self.ab - self.a * self.b
    }

    pub(super) fn spread_of_difference(&self) -> i128 {
        let difference = self.a - self.b;
        self.rows * (self.aa - 2 * self.ab + self.bb) - difference * difference
    }
}
