//! Logistic regression with an L2 penalty, by Newton's method.
//!
//! Minimises `sum_i weight_i·loss(y_i, x_i·w + b) + l2/2·|w|²` over the standardised design `x`; the
//! intercept `b` carries no penalty. The penalty makes the Hessian positive definite, so that each
//! step is one Cholesky solve; a step that does not lower the objective is halved.

use std::ops::Range;

use ndarray::{Array1, Array2, ArrayView1};

use crate::linear::Coefficients;
use crate::symmetric::{Factor, add_products, sum_of_blocks};

/// A step is small where no coefficient moves by more than this.
const SMALL: f64 = 1e-10;

/// Fits coefficients. `design` is rows × columns, `labels` one entry a row; both classes occur with
/// some weight.
pub(crate) fn fit(
    design: &Array2<f64>,
    labels: &[bool],
    weights: Option<&[f64]>,
    l2: f64,
    max_iterations: u32,
) -> Coefficients {
    let columns = design.ncols();
    let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
    let total: f64 = (0..labels.len()).map(weight).sum();
    let positives: f64 = (0..labels.len())
        .filter(|&row| labels[row])
        .map(weight)
        .sum();
    // The last entry is the intercept; it starts at the prior log-odds.
    let mut w = Array1::<f64>::zeros(columns + 1);
    w[columns] = libm::log(positives / (total - positives));
    let objective = Objective {
        design,
        labels,
        weights,
        l2,
    };
    let mut state = objective.at(&w);
    let mut losses = vec![state.loss / total];
    for _ in 0..max_iterations {
        let Some(factor) = Factor::of(state.hessian.clone()) else {
            break;
        };
        let step = factor.solve(&state.gradient);
        let Some((next, next_state)) = objective.descend(&w, &step, state.value) else {
            break;
        };
        let moved = next
            .iter()
            .zip(&w)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f64::max);
        w = next;
        state = next_state;
        losses.push(state.loss / total);
        if moved <= SMALL {
            break;
        }
    }
    Coefficients {
        intercepts: vec![w[columns]],
        weights: w.iter().take(columns).copied().collect(),
        losses,
    }
}

struct Objective<'a> {
    design: &'a Array2<f64>,
    labels: &'a [bool],
    weights: Option<&'a [f64]>,
    l2: f64,
}

/// The objective at one point, with its derivatives.
struct State {
    value: f64,
    loss: f64,
    gradient: Array1<f64>,
    hessian: Array2<f64>,
}

impl Objective<'_> {
    /// The first of the full step, a half, a quarter, … that lowers the objective.
    fn descend(
        &self,
        w: &Array1<f64>,
        step: &Array1<f64>,
        value: f64,
    ) -> Option<(Array1<f64>, State)> {
        let mut share = 1.0;
        for _ in 0..30 {
            let next: Array1<f64> = w.iter().zip(step).map(|(w, s)| w - share * s).collect();
            let state = self.at(&next);
            if state.value <= value {
                return Some((next, state));
            }
            share *= 0.5;
        }
        None
    }

    fn at(&self, w: &Array1<f64>) -> State {
        let size = w.len();
        let empty = || State {
            value: 0.0,
            loss: 0.0,
            gradient: Array1::zeros(size),
            hessian: Array2::zeros((size, size)),
        };
        let block = |rows| self.block(w, rows, empty());
        let mut sum = sum_of_blocks(self.labels.len(), empty(), block, |sum, block| {
            sum.loss += block.loss;
            sum.gradient.zip_mut_with(&block.gradient, |a, b| *a += b);
            sum.hessian.zip_mut_with(&block.hessian, |a, b| *a += b);
        });
        let mut penalty = 0.0;
        for column in 0..size - 1 {
            penalty += w[column] * w[column];
            sum.gradient[column] += self.l2 * w[column];
            sum.hessian[[column, column]] += self.l2;
        }
        sum.value = sum.loss + 0.5 * self.l2 * penalty;
        sum
    }

    /// The sums over one block of rows. Only the lower half of the Hessian is filled.
    fn block(&self, w: &Array1<f64>, rows: Range<usize>, mut sum: State) -> State {
        let last = w.len() - 1;
        for row in rows {
            let x = self.design.row(row);
            let own = self.weights.map_or(1.0, |weights| weights[row]);
            let margin = w[last] + dot(&x, w);
            let p = 1.0 / (1.0 + libm::exp(-margin));
            let label = f64::from(u8::from(self.labels[row]));
            // log(1 + e^m) - y·m, in the form that does not overflow.
            let loss = libm::log1p(libm::exp(-margin.abs())) + margin.max(0.0) - label * margin;
            sum.loss += own * loss;
            let (slope, curve) = (own * (p - label), own * (p * (1.0 - p)).max(1e-12));
            for (g, xi) in sum.gradient.iter_mut().zip(x) {
                *g += slope * xi;
            }
            sum.gradient[last] += slope;
            add_products(&mut sum.hessian, self.design, row, curve);
        }
        sum
    }
}

/// The sum of products in the order of the columns.
fn dot(x: &ArrayView1<'_, f64>, w: &Array1<f64>) -> f64 {
    x.iter().zip(w).fold(0.0, |sum, (x, w)| sum + x * w)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::split::draw;

    fn sample(rows: usize) -> (Array2<f64>, Vec<bool>) {
        let uniform = |row, salt| (draw(salt, row) >> 11) as f64 / (1_u64 << 53) as f64;
        let design = Array2::from_shape_fn((rows, 3), |(row, column)| {
            uniform(row, column as u64) * 2.0 - 1.0
        });
        let labels = (0..rows).map(|row| {
            let margin = -0.5 + 2.0 * design[[row, 0]] - design[[row, 1]];
            uniform(row, 99) < 1.0 / (1.0 + libm::exp(-margin))
        });
        let labels = labels.collect();
        (design, labels)
    }

    #[test]
    fn the_gradient_vanishes_at_the_solution() {
        let (design, labels) = sample(3000);
        let fitted = fit(&design, &labels, None, 1.0, 100);
        let mut w: Array1<f64> = fitted.weights.iter().copied().collect();
        w = w.iter().copied().chain(fitted.intercepts).collect();
        let state = Objective {
            design: &design,
            labels: &labels,
            weights: None,
            l2: 1.0,
        }
        .at(&w);
        assert!(
            state.gradient.iter().all(|g| g.abs() < 1e-7),
            "{}",
            state.gradient
        );
        assert!(
            (fitted.weights[0] - 2.0).abs() < 0.25,
            "{:?}",
            fitted.weights
        );
        assert!(
            (fitted.weights[1] + 1.0).abs() < 0.25,
            "{:?}",
            fitted.weights
        );
        assert!(fitted.losses.is_sorted_by(|a, b| a >= b));
    }

    #[test]
    fn threads_change_no_bit() {
        let (design, labels) = sample(5000);
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            let fitted = pool.install(|| fit(&design, &labels, None, 0.5, 50));
            fitted
                .weights
                .iter()
                .map(|w| w.to_bits())
                .collect::<Vec<_>>()
        };
        assert_eq!(with(1), with(3));
    }

    #[test]
    fn separable_rows_and_constant_columns_have_a_finite_solution() {
        let design = Array2::from_shape_fn((40, 2), |(row, column)| {
            if column == 0 {
                0.0
            } else {
                f64::from(u8::from(row >= 20))
            }
        });
        let labels: Vec<bool> = (0..40).map(|row| row >= 20).collect();
        let fitted = fit(&design, &labels, None, 1.0, 100);
        assert!(fitted.weights.iter().all(|w| w.is_finite()));
        assert!(fitted.weights[0].abs() < 1e-12 && fitted.weights[1] > 1.0);
    }

    #[test]
    fn a_row_of_weight_two_counts_as_two_rows() {
        let (design, labels) = sample(400);
        let weights: Vec<f64> = (0..400).map(|row| [1.0, 2.0, 0.0][row % 3]).collect();
        let twice = (0..400).flat_map(|row| std::iter::repeat_n(row, [1, 2, 0][row % 3]));
        let twice: Vec<usize> = twice.collect();
        let copied = design.select(ndarray::Axis(0), &twice);
        let of_copied: Vec<bool> = twice.iter().map(|&row| labels[row]).collect();
        let weighted = fit(&design, &labels, Some(&weights), 1.0, 100);
        let copied = fit(&copied, &of_copied, None, 1.0, 100);
        // The objective tells coefficients apart to the root of a double's precision.
        for (a, b) in weighted.weights.iter().zip(&copied.weights) {
            assert!((a - b).abs() < 1e-7, "{a} {b}");
        }
        assert!((weighted.intercepts[0] - copied.intercepts[0]).abs() < 1e-7);
    }
}
