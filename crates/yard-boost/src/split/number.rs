//! Splits of ordered columns: at a cut.

use super::{Candidate, Search, Sides, Split, to_float};
use crate::gradient::Packed;
use crate::params::Monotone;

impl Search<'_> {
    /// Tries every cut of one column, with missing rows on the right and, if there are any, on the
    /// left. `cells` and `counts` end with the missing cell.
    pub(super) fn numbers(
        &self,
        column: u32,
        cells: &[Packed],
        counts: Option<&[Packed]>,
        best: &mut Candidate,
    ) {
        let Some((&missing, values)) = cells.split_last() else {
            return;
        };
        let counts = counts.and_then(<[Packed]>::split_last);
        // Without missing rows the last cut has nothing on its right.
        let cuts = if missing == 0 {
            values.len() - 1
        } else {
            values.len()
        };
        let before = best.score;
        let right = Pass {
            column,
            missing_left: false,
            left: 0,
            rows: 0,
            values: &values[..cuts],
            counts: counts.map(|counts| counts.1),
        };
        self.pass(right, best);
        if missing != 0 {
            let left = Pass {
                missing_left: true,
                left: missing,
                rows: counts.map_or(0, |counts| *counts.0),
                values: &values[..values.len() - 1],
                ..right
            };
            self.pass(left, best);
        } else if best.score > before
            && let Some(split) = &mut best.split
            && let Sides::UpTo { missing_left, .. } = &mut split.sides
        {
            // Nothing was missing here to learn from: follow the heavier side.
            *missing_left = 2 * self.packing.hessian(split.left) >= self.hessian;
        }
    }

    fn pass(&self, pass: Pass<'_>, best: &mut Candidate) {
        if self.is_plain() {
            self.walk::<true>(pass, best);
        } else {
            self.walk::<false>(pass, best);
        }
    }

    /// Tries the cuts of one pass in order. `PLAIN`: neither bounds nor an L1 penalty bind.
    fn walk<const PLAIN: bool>(&self, pass: Pass<'_>, best: &mut Candidate) {
        let Pass {
            column,
            missing_left,
            mut left,
            mut rows,
            values,
            counts,
        } = pass;
        let monotone = if PLAIN {
            None
        } else {
            self.monotone.get(&column).copied()
        };
        let most = self.hessian.saturating_sub(self.floor.hessian);
        for (bin, &cell) in values.iter().enumerate() {
            if let Some(counts) = counts {
                rows += counts[bin];
            }
            if cell == 0 {
                continue; // the same two sides as one bin before
            }
            left = left.wrapping_add(cell);
            let hessian = self.packing.hessian(left);
            if hessian < self.floor.hessian {
                continue;
            }
            if hessian > most {
                break;
            }
            if counts.is_some() && (rows < self.floor.rows || self.rows - rows < self.floor.rows) {
                continue;
            }
            let gradient = self.packing.gradient(left) as f64;
            let other = self.gradient - gradient;
            let weight = to_float(hessian) + self.lambda;
            let other_weight = to_float(self.hessian - hessian) + self.lambda;
            let better = if PLAIN {
                // Two fractions on one denominator, compared without dividing.
                let numerator = gradient * gradient * other_weight + other * other * weight;
                let denominator = weight * other_weight;
                (numerator > best.score * denominator).then(|| numerator / denominator)
            } else {
                let (low, high) = (self.side(gradient, weight), self.side(other, other_weight));
                let allowed = match monotone {
                    None => true,
                    Some(Monotone::Increasing) => low.value <= high.value,
                    Some(Monotone::Decreasing) => low.value >= high.value,
                };
                let score = low.score + high.score;
                (allowed && score > best.score).then_some(score)
            };
            if let Some(score) = better {
                best.score = score;
                best.split = Some(Split {
                    column,
                    sides: Sides::UpTo {
                        bin: u8::try_from(bin).unwrap_or(u8::MAX),
                        missing_left,
                    },
                    gain: 0.0,
                    left,
                    smoothing: 0.0,
                });
            }
        }
    }
}

/// One way through a column's cells.
#[derive(Clone, Copy)]
struct Pass<'a> {
    column: u32,
    missing_left: bool,
    /// What is on the left before the first cell: sums and, if counted, rows.
    left: Packed,
    rows: u64,
    values: &'a [Packed],
    counts: Option<&'a [Packed]>,
}
