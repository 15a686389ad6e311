//! Sums over rows in a fixed order, and systems of equations with a symmetric matrix.
//!
//! All sums run over blocks of a fixed size that are added in the order of the rows, so that the
//! number of threads changes nothing. Matrix products are written out, because a library that picks
//! its kernel by processor adds in another order on another machine.

use std::ops::Range;

use ndarray::{Array1, Array2};
use rayon::prelude::*;

/// Rows of a block. The blocks' sums are added in order.
const BLOCK: usize = 512;
/// Blocks that are in memory together.
const GROUP: usize = 32;
/// Tenfold additions to a diagonal: the last is a million times its largest entry.
const ATTEMPTS: usize = 20;

/// The sum over all rows of what `block` makes of each block of them, added up by `add`.
pub(crate) fn sum_of_blocks<T: Send>(
    rows: usize,
    start: T,
    block: impl Fn(Range<usize>) -> T + Sync,
    mut add: impl FnMut(&mut T, T),
) -> T {
    let starts: Vec<usize> = (0..rows).step_by(BLOCK).collect();
    let mut sum = start;
    for group in starts.chunks(GROUP) {
        let blocks: Vec<T> = group
            .par_iter()
            .map(|&start| block(start..(start + BLOCK).min(rows)))
            .collect();
        for block in blocks {
            add(&mut sum, block);
        }
    }
    sum
}

/// A positive definite matrix as the product of a lower half with its transpose (Cholesky).
pub(crate) struct Factor(Array2<f64>);

impl Factor {
    /// Decomposes the matrix that `with` makes of an addition to its diagonal: of none, or, where that
    /// is not positive definite, of the first that helps, from a rounding error of `scale` on. Where
    /// none does, the numbers are no numbers, and nothing can be solved.
    pub(crate) fn helped(scale: f64, with: impl Fn(f64) -> Array2<f64>) -> Option<Self> {
        let mut extra = 0.0;
        for _ in 0..=ATTEMPTS {
            if let Some(factor) = Self::of(with(extra)) {
                return Some(factor);
            }
            extra = if extra > 0.0 {
                extra * 10.0
            } else {
                scale.max(1e-300) * 1e-14
            };
        }
        None
    }

    /// Decomposes a matrix of which the lower half is given; `None` where it is not positive definite.
    pub(crate) fn of(mut a: Array2<f64>) -> Option<Self> {
        let size = a.nrows();
        for i in 0..size {
            for j in 0..=i {
                let mut sum = a[[i, j]];
                for k in 0..j {
                    sum -= a[[i, k]] * a[[j, k]];
                }
                if i == j {
                    a[[i, i]] = (sum > 0.0).then(|| sum.sqrt())?;
                } else {
                    a[[i, j]] = sum / a[[j, j]];
                }
            }
        }
        Some(Self(a))
    }

    /// The `x` of `a·x = b`.
    pub(crate) fn solve(&self, b: &Array1<f64>) -> Array1<f64> {
        let (a, size) = (&self.0, b.len());
        let mut x = b.clone();
        for i in 0..size {
            for k in 0..i {
                x[i] -= a[[i, k]] * x[k];
            }
            x[i] /= a[[i, i]];
        }
        for i in (0..size).rev() {
            for k in i + 1..size {
                x[i] -= a[[k, i]] * x[k];
            }
            x[i] /= a[[i, i]];
        }
        x
    }
}

/// The weighted products of the design's columns with each other and with a column of ones, which
/// comes last: the lower half of `Xᵀ·W·X`, columns × columns.
pub(crate) fn products(design: &Array2<f64>, weights: Option<&[f64]>) -> Array2<f64> {
    let size = design.ncols() + 1;
    let block = |rows: Range<usize>| {
        let mut sums = Array2::zeros((size, size));
        for row in rows {
            add_products(&mut sums, design, row, weights.map_or(1.0, |w| w[row]));
        }
        sums
    };
    sum_of_blocks(
        design.nrows(),
        Array2::zeros((size, size)),
        block,
        |sum, more| {
            sum.zip_mut_with(&more, |a, b| *a += b);
        },
    )
}

/// Adds one row's products times a weight.
pub(crate) fn add_products(sums: &mut Array2<f64>, design: &Array2<f64>, row: usize, weight: f64) {
    let x = design.row(row);
    let size = x.len() + 1;
    for i in 0..size {
        let xi = if i + 1 == size { 1.0 } else { x[i] };
        let scaled = weight * xi;
        // Indicator columns are mostly zero.
        if scaled.abs() > 0.0 {
            for (sum, xj) in sums.row_mut(i).iter_mut().zip(x.iter().take(i)) {
                *sum += scaled * xj;
            }
            sums[[i, i]] += scaled * xi;
        }
    }
}
