//! Least squares with an L1 and an L2 penalty: ridge, lasso, elastic net.
//!
//! Minimises `½·sum_i weight_i·(y_i - x_i·w - b)² + l1·|w|₁ + l2/2·|w|²` over the standardised design
//! `x`; the intercept `b` carries no penalty. Everything that depends on the rows is summed once: the
//! products of the columns. Without an L1 penalty the solution is one system of equations; with it,
//! coordinate descent on those products (Friedman, Hastie and Tibshirani, *Regularization paths for
//! generalized linear models via coordinate descent*, 2010, section 2.2), whose passes cost columns²
//! whatever the rows.

use std::ops::Range;

use ndarray::{Array1, Array2};

use crate::config::LinearConfig;
use crate::linear::Coefficients;
use crate::symmetric::{Factor, products, sum_of_blocks};

/// A pass is the last where no coefficient moves by more than this share of the target's spread.
const SMALL: f64 = 1e-10;

/// What the solution depends on: weighted products about the weighted means.
struct Moments {
    /// Columns × columns, both halves.
    gram: Array2<f64>,
    /// Columns.
    with_target: Array1<f64>,
    /// The target's sum of squares.
    target: f64,
    means: Array1<f64>,
    target_mean: f64,
    total: f64,
}

/// Fits coefficients. `design` is rows × columns, `values` one number a row, in the table's unit.
pub(crate) fn fit(
    design: &Array2<f64>,
    values: &[f64],
    weights: Option<&[f64]>,
    config: &LinearConfig,
) -> Coefficients {
    let moments = Moments::of(design, values, weights);
    let (l1, l2) = (config.l1.get(), config.l2.get());
    let (w, steps) = if l1 > 0.0 {
        moments.descend(l1, l2, config.max_iterations)
    } else {
        moments.solve(l2)
    };
    let mean_error = |w: &Array1<f64>| moments.squares(w).max(0.0) / moments.total;
    let start = Array1::zeros(w.len());
    let losses = std::iter::once(&start).chain(&steps).chain([&w]);
    Coefficients {
        intercepts: vec![moments.target_mean - dot(&moments.means, &w)],
        losses: losses.map(mean_error).collect(),
        weights: w.to_vec(),
    }
}

impl Moments {
    fn of(design: &Array2<f64>, values: &[f64], weights: Option<&[f64]>) -> Self {
        let columns = design.ncols();
        let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
        let total: f64 = (0..values.len()).map(weight).sum();
        let weighted = values.iter().enumerate().map(|(row, y)| weight(row) * y);
        let target_mean = weighted.sum::<f64>() / total;
        let raw = products(design, weights);
        let means: Array1<f64> = (0..columns).map(|i| raw[[columns, i]] / total).collect();
        let gram = Array2::from_shape_fn((columns, columns), |(i, j)| {
            raw[[i.max(j), i.min(j)]] - total * means[i] * means[j]
        });
        // About the target's mean, so that a large mean costs no digits.
        let block = |rows: Range<usize>| {
            let (mut sums, mut squares) = (Array1::<f64>::zeros(columns), 0.0);
            for row in rows {
                let error = values[row] - target_mean;
                let scaled = weight(row) * error;
                squares += scaled * error;
                for (sum, x) in sums.iter_mut().zip(design.row(row)) {
                    *sum += scaled * x;
                }
            }
            (sums, squares)
        };
        let start = (Array1::zeros(columns), 0.0);
        let (with_target, target) = sum_of_blocks(values.len(), start, block, |sum, more| {
            sum.0.zip_mut_with(&more.0, |a, b| *a += b);
            sum.1 += more.1;
        });
        Self {
            gram,
            with_target,
            target,
            means,
            target_mean,
            total,
        }
    }

    /// The weighted sum of squared errors of coefficients.
    fn squares(&self, w: &Array1<f64>) -> f64 {
        let mut sum = self.target;
        for (i, wi) in w.iter().enumerate() {
            sum += wi * (dot(&self.gram.row(i).to_owned(), w) - 2.0 * self.with_target[i]);
        }
        sum
    }

    /// Ridge. A column that says nothing (no spread) has a zero on the diagonal where `l2` is 0; a
    /// little more penalty leaves its coefficient at 0.
    fn solve(&self, l2: f64) -> (Array1<f64>, Vec<Array1<f64>>) {
        let scale = self.gram.diag().iter().copied().fold(0.0, f64::max);
        let factor = Factor::helped(scale, |extra| {
            let mut matrix = self.gram.clone();
            matrix.diag_mut().iter_mut().for_each(|d| *d += l2 + extra);
            matrix
        });
        let solved = factor.map(|factor| factor.solve(&self.with_target));
        let none = || Array1::zeros(self.with_target.len());
        (solved.unwrap_or_else(none), Vec::new())
    }

    /// Elastic net, and the coefficients after each tenth pass but the last.
    fn descend(&self, l1: f64, l2: f64, passes: u32) -> (Array1<f64>, Vec<Array1<f64>>) {
        let columns = self.with_target.len();
        let mut w = Array1::<f64>::zeros(columns);
        // The slope of the squares' half at `w`, with its sign turned.
        let mut slope = self.with_target.clone();
        let mut steps = Vec::new();
        let small = SMALL * (self.target / self.total).sqrt();
        for pass in 1..=passes {
            let mut moved = 0.0_f64;
            for i in 0..columns {
                let curve = self.gram[[i, i]];
                let pull = slope[i] + curve * w[i];
                let drawn = (pull.abs() - l1).max(0.0).copysign(pull);
                let next = if curve + l2 > 0.0 {
                    drawn / (curve + l2)
                } else {
                    0.0
                };
                let change = next - w[i];
                if change.abs() > 0.0 {
                    for (s, g) in slope.iter_mut().zip(self.gram.row(i)) {
                        *s -= change * g;
                    }
                    w[i] = next;
                    moved = moved.max(change.abs());
                }
            }
            if moved <= small {
                break;
            }
            if pass % 10 == 0 {
                steps.push(w.clone());
            }
        }
        (w, steps)
    }
}

/// The sum of products in the order of the columns.
fn dot(x: &Array1<f64>, w: &Array1<f64>) -> f64 {
    x.iter().zip(w).fold(0.0, |sum, (x, w)| sum + x * w)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::split::draw;
    use yard_contract::Finite;

    fn uniform(row: usize, salt: u64) -> f64 {
        (draw(salt, row) >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    }

    fn sample(rows: usize) -> (Array2<f64>, Vec<f64>) {
        let design = Array2::from_shape_fn((rows, 4), |(row, column)| uniform(row, column as u64));
        let value =
            |row| 1000.0 + 3.0 * design[[row, 0]] - design[[row, 1]] + 0.1 * uniform(row, 9);
        let values = (0..rows).map(value).collect();
        (design, values)
    }

    fn config(l1: f64, l2: f64) -> LinearConfig {
        LinearConfig {
            l1: Finite::new(l1).unwrap(),
            l2: Finite::new(l2).unwrap(),
            ..LinearConfig::default()
        }
    }

    /// At the solution the slope of each column is `l1·sign(w) + l2·w`, or within `l1` where `w` is 0.
    fn assert_optimal(
        design: &Array2<f64>,
        values: &[f64],
        fitted: &Coefficients,
        l1: f64,
        l2: f64,
    ) {
        let error = |row: usize| {
            let row_of = design.row(row);
            let w = row_of.iter().zip(&fitted.weights).map(|(x, w)| x * w);
            values[row] - fitted.intercepts[0] - w.sum::<f64>()
        };
        assert!((0..values.len()).map(error).sum::<f64>().abs() < 1e-7);
        for (column, w) in fitted.weights.iter().enumerate() {
            let slope: f64 = (0..values.len())
                .map(|row| design[[row, column]] * error(row))
                .sum();
            if w.abs() > 0.0 {
                assert!(
                    (slope - l1.copysign(*w) - l2 * w).abs() < 1e-6,
                    "{column}: {slope}"
                );
            } else {
                assert!(slope.abs() <= l1 + 1e-6, "{column}: {slope}");
            }
        }
    }

    #[test]
    fn the_slopes_are_those_of_a_solution_for_every_penalty() {
        let (design, values) = sample(500);
        for (l1, l2) in [(0.0, 0.0), (0.0, 1.0), (5.0, 0.0), (2.0, 3.0), (1e6, 1.0)] {
            let fitted = fit(&design, &values, None, &config(l1, l2));
            assert_optimal(&design, &values, &fitted, l1, l2);
            assert!(
                fitted.losses.is_sorted_by(|a, b| *a >= b * (1.0 - 1e-9)),
                "{:?}",
                fitted.losses
            );
        }
        let lasso = fit(&design, &values, None, &config(5.0, 0.0));
        assert!(lasso.weights[0] > 2.0 && lasso.weights[2..].iter().all(|w| w.abs() <= 0.0));
    }

    #[test]
    fn a_row_of_weight_two_counts_as_two_rows() {
        let (design, values) = sample(300);
        let weights: Vec<f64> = (0..300).map(|row| [1.0, 2.0, 0.0][row % 3]).collect();
        let twice = (0..300).flat_map(|row| std::iter::repeat_n(row, [1, 2, 0][row % 3]));
        let twice: Vec<usize> = twice.collect();
        let copied = design.select(ndarray::Axis(0), &twice);
        let of_copied: Vec<f64> = twice.iter().map(|&row| values[row]).collect();
        for (l1, l2) in [(0.0, 1.0), (1.0, 0.5)] {
            let weighted = fit(&design, &values, Some(&weights), &config(l1, l2));
            let copied = fit(&copied, &of_copied, None, &config(l1, l2));
            for (a, b) in weighted.weights.iter().zip(&copied.weights) {
                assert!((a - b).abs() < 1e-8, "{a} {b}");
            }
        }
    }

    #[test]
    fn numbers_that_are_none_end_too() {
        let mut design = Array2::<f64>::zeros((4, 2));
        design[[1, 0]] = f64::NAN;
        design[[2, 1]] = f64::INFINITY;
        for (l1, l2) in [(0.0, 1.0), (1.0, 0.0)] {
            let fitted = fit(&design, &[1.0, 2.0, 3.0, 4.0], None, &config(l1, l2));
            assert_eq!(fitted.weights.len(), 2);
        }
    }

    #[test]
    fn columns_that_say_nothing_or_the_same_have_a_finite_solution() {
        let design = Array2::from_shape_fn((20, 3), |(row, column)| match column {
            0 => 0.0,
            _ => uniform(row, 1),
        });
        let values: Vec<f64> = (0..20).map(|row| 2.0 * uniform(row, 1)).collect();
        for (l1, l2) in [(0.0, 0.0), (0.1, 0.0), (0.0, 1.0)] {
            let fitted = fit(&design, &values, None, &config(l1, l2));
            assert!(
                fitted.weights.iter().all(|w| w.is_finite()),
                "{:?}",
                fitted.weights
            );
            assert!(fitted.weights[0].abs() < 1e-9);
        }
        let constant = fit(&design, &[7.0; 20], None, &config(0.0, 1.0));
        assert!((constant.intercepts[0] - 7.0).abs() < 1e-12);
    }
}
