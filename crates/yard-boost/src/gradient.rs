//! Gradients as packed integers.
//!
//! Each round, every row's gradient and hessian are scaled, rounded to integers and packed into one
//! `u64`: the gradient, signed, above the hessian, unsigned. The scales are chosen from the sums of
//! magnitudes so that no sum over any set of rows can leave its field. Hence one 64-bit addition adds
//! both, a histogram cell is 8 bytes, **and every sum is exact**: independent of order, of threads and
//! of whether it was counted or obtained by subtraction.
//!
//! What is lost: the hessian field of `2^31` is shared by all rows, so that a row of a million carries
//! about 11 bits of each, less than a thousandth of the sampling error of the sums. Where all hessians
//! are 1 (squared loss without weights) the field is exactly the row count, and the gradient gets the
//! bits that are left.

use rayon::prelude::*;

/// Rows that one task handles. Fixed, because partial sums in `f64` are reduced block by block in
/// order: the block, not the thread, decides the rounding.
pub(crate) const BLOCK_ROWS: usize = 8192;

/// Rows whose values are computed together. They fit on the stack; and a loop that only computes, over
/// slices of known length, runs in vector registers, where one that also sums in order does not.
pub(crate) const STEP: usize = 256;

/// Gradient and hessian, or sums of them, packed.
pub(crate) type Packed = u64;

/// How packed values are to be read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Packing {
    hessian_bits: u32,
    /// Gradient units per unit of gradient; 0 if all gradients are 0.
    gradient_scale: f64,
    /// Hessian units per unit of hessian.
    hessian_scale: f64,
    /// Whether a hessian unit is a row.
    counts_rows: bool,
}

impl Packing {
    /// For rows whose gradients and hessians have these sums of magnitudes.
    pub(crate) fn new(gradients: f64, hessians: f64) -> Self {
        let hessian_scale = if hessians > 0.0 {
            libm::ldexp(1.0, 31) / hessians
        } else {
            0.0
        };
        // Rounding up adds at most half a unit a row, and rows are fewer than 2^27.
        let gradient_scale = if gradients > 0.0 {
            libm::ldexp(1.0, 30) / gradients
        } else {
            0.0
        };
        Self {
            hessian_bits: 32,
            gradient_scale,
            hessian_scale,
            counts_rows: false,
        }
    }

    /// For rows whose hessians are all 1.
    pub(crate) fn with_unit_hessians(gradients: f64, rows: usize) -> Self {
        let hessian_bits = usize::BITS - rows.leading_zeros();
        // Beyond 50 bits the rounding below would not be exact, and nobody needs them.
        let bits = (62 - hessian_bits).min(50).cast_signed();
        let gradient_scale = if gradients > 0.0 {
            libm::ldexp(1.0, bits) / gradients
        } else {
            0.0
        };
        Self {
            hessian_bits,
            gradient_scale,
            hessian_scale: 1.0,
            counts_rows: true,
        }
    }

    /// One row's pair.
    #[inline]
    pub(crate) fn pack(&self, gradient: f64, hessian: f64) -> Packed {
        let gradient = to_integer(gradient * self.gradient_scale);
        let hessian = to_integer(hessian * self.hessian_scale);
        (gradient << self.hessian_bits)
            .wrapping_add(hessian)
            .cast_unsigned()
    }

    /// The gradient, in units.
    #[inline]
    pub(crate) fn gradient(&self, sum: Packed) -> i64 {
        sum.cast_signed() >> self.hessian_bits
    }

    /// The hessian, in units.
    #[inline]
    pub(crate) fn hessian(&self, sum: Packed) -> u64 {
        sum & ((1 << self.hessian_bits) - 1)
    }

    /// Gradient units per unit of gradient.
    pub(crate) fn gradient_scale(&self) -> f64 {
        self.gradient_scale
    }

    /// Hessian units per unit of hessian.
    pub(crate) fn hessian_scale(&self) -> f64 {
        self.hessian_scale
    }

    /// Whether the hessian is the number of rows.
    pub(crate) fn counts_rows(&self) -> bool {
        self.counts_rows
    }
}

/// Rounds to nearest, ties to even, by letting an addition push the fraction out of the mantissa:
/// exact below 2^51, and vectorises on every target.
fn to_integer(value: f64) -> i64 {
    const SHIFTER: f64 = 6_755_399_441_055_744.0; // 1.5 * 2^52
    (value + SHIFTER)
        .to_bits()
        .cast_signed()
        .wrapping_sub(SHIFTER.to_bits().cast_signed())
}

/// Sums `f(row block)` over blocks of [`BLOCK_ROWS`] rows, the partial sums in block order.
pub(crate) fn sum_blocks(
    rows: usize,
    f: impl Fn(std::ops::Range<usize>) -> [f64; 2] + Sync,
) -> [f64; 2] {
    let blocks: Vec<[f64; 2]> = (0..rows.div_ceil(BLOCK_ROWS))
        .into_par_iter()
        .map(|block| f(block * BLOCK_ROWS..((block + 1) * BLOCK_ROWS).min(rows)))
        .collect();
    blocks
        .iter()
        .fold([0.0; 2], |sum, part| [sum[0] + part[0], sum[1] + part[1]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_come_back_exactly_in_any_order() {
        let rows: Vec<(f64, f64)> = (0..5000u16)
            .map(|i| (libm::sin(f64::from(i)), 0.25 / f64::from(1 + i % 7)))
            .collect();
        let magnitude = rows.iter().map(|r| r.0.abs()).sum();
        let packing = Packing::new(magnitude, rows.iter().map(|r| r.1).sum());
        let packed: Vec<Packed> = rows.iter().map(|&(g, h)| packing.pack(g, h)).collect();
        let sum = packed.iter().fold(0, |a: u64, b| a.wrapping_add(*b));
        let parts: (i64, u64) = packed.iter().fold((0, 0), |(g, h), &p| {
            (g + packing.gradient(p), h + packing.hessian(p))
        });
        assert_eq!((packing.gradient(sum), packing.hessian(sum)), parts);
        let gradient: f64 = rows.iter().map(|r| r.0).sum();
        let back = packing.gradient(sum) as f64 / packing.gradient_scale();
        let half_a_unit_a_row = 0.5 * 5000.0 / packing.gradient_scale();
        assert!(
            (back - gradient).abs() < half_a_unit_a_row,
            "{back} {gradient}"
        );
    }

    #[test]
    fn the_extremes_stay_inside_their_fields() {
        for gradient in [1e-70, 1.0, 1e70] {
            for packing in [
                Packing::new(gradient, gradient),
                Packing::with_unit_hessians(gradient, 1),
            ] {
                for sign in [1.0, -1.0] {
                    let hessian = if packing.counts_rows() { 1.0 } else { gradient };
                    let packed = packing.pack(sign * gradient, hessian);
                    let back = packing.gradient(packed) as f64 / packing.gradient_scale();
                    assert!((back / (sign * gradient) - 1.0).abs() < 1e-6);
                    let back = packing.hessian(packed) as f64 / packing.hessian_scale();
                    assert!((back / hessian - 1.0).abs() < 1e-6);
                }
            }
        }
    }

    #[test]
    fn rounding_is_to_nearest() {
        assert_eq!(
            [0.5, 1.5, -0.5, -2.4, 2.6].map(to_integer),
            [0, 2, 0, -2, 3]
        );
        assert_eq!(to_integer(-1.125e15), -1_125_000_000_000_000);
    }
}
