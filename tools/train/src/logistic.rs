//! Logistic regression with an L2 penalty, by Newton's method.
//!
//! Minimises `sum_i loss(y_i, x_i·w + b) + l2/2·|w|²` over the standardised design `x`; the
//! intercept `b` carries no penalty. The penalty makes the Hessian positive definite, so that each
//! step is one Cholesky solve; a step that does not lower the objective is halved.
//!
//! All sums run over blocks of a fixed size that are added in the order of the rows, so that the
//! number of threads changes nothing. Matrix products are written out here, because a library that
//! picks its kernel by processor adds in another order on another machine.

use ndarray::{Array1, Array2, ArrayView1};
use rayon::prelude::*;

/// Rows of a block. The blocks' sums are added in order.
const BLOCK: usize = 512;
/// A step is small where no coefficient moves by more than this.
const SMALL: f64 = 1e-10;

/// What was fitted: one coefficient a column of the design, and the intercept.
pub(crate) struct Coefficients {
    pub(crate) weights: Vec<f64>,
    pub(crate) intercept: f64,
    /// Mean log-loss before each step and after the last.
    pub(crate) losses: Vec<f64>,
}

/// Fits coefficients. `design` is rows × columns, `labels` one entry a row; both classes occur.
pub(crate) fn fit(
    design: &Array2<f64>,
    labels: &[bool],
    l2: f64,
    max_iterations: u32,
) -> Coefficients {
    let columns = design.ncols();
    let positives = labels.iter().filter(|label| **label).count() as f64;
    let rows = labels.len() as f64;
    // The last entry is the intercept; it starts at the prior log-odds.
    let mut w = Array1::<f64>::zeros(columns + 1);
    w[columns] = libm::log(positives / (rows - positives));
    let mut objective = Objective { design, labels, l2 };
    let mut state = objective.at(&w);
    let mut losses = vec![state.loss / rows];
    for _ in 0..max_iterations {
        let Some(step) = solve(state.hessian.clone(), &state.gradient) else {
            break;
        };
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
        losses.push(state.loss / rows);
        if moved <= SMALL {
            break;
        }
    }
    Coefficients {
        intercept: w[columns],
        weights: w.iter().take(columns).copied().collect(),
        losses,
    }
}

struct Objective<'a> {
    design: &'a Array2<f64>,
    labels: &'a [bool],
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
        &mut self,
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
        let starts: Vec<usize> = (0..self.labels.len()).step_by(BLOCK).collect();
        let blocks: Vec<State> = starts
            .par_iter()
            .map(|&start| self.block(w, start))
            .collect();
        let mut sum = State {
            value: 0.0,
            loss: 0.0,
            gradient: Array1::zeros(size),
            hessian: Array2::zeros((size, size)),
        };
        for block in blocks {
            sum.loss += block.loss;
            sum.gradient.zip_mut_with(&block.gradient, |a, b| *a += b);
            sum.hessian.zip_mut_with(&block.hessian, |a, b| *a += b);
        }
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
    fn block(&self, w: &Array1<f64>, start: usize) -> State {
        let size = w.len();
        let mut loss = 0.0;
        let mut gradient = Array1::zeros(size);
        let mut hessian = Array2::zeros((size, size));
        let end = (start + BLOCK).min(self.labels.len());
        for row in start..end {
            let x = self.design.row(row);
            let margin = w[size - 1] + dot(&x, w);
            let p = 1.0 / (1.0 + libm::exp(-margin));
            let label = f64::from(u8::from(self.labels[row]));
            // log(1 + e^m) - y·m, in the form that does not overflow.
            loss += libm::log1p(libm::exp(-margin.abs())) + margin.max(0.0) - label * margin;
            let (slope, weight) = (p - label, (p * (1.0 - p)).max(1e-12));
            for i in 0..size {
                let xi = if i + 1 == size { 1.0 } else { x[i] };
                gradient[i] += slope * xi;
                // Indicator columns are mostly zero.
                let scaled = weight * xi;
                if scaled.abs() > 0.0 {
                    for (h, xj) in hessian.row_mut(i).iter_mut().zip(x.iter().take(i)) {
                        *h += scaled * xj;
                    }
                    hessian[[i, i]] += scaled * xi;
                }
            }
        }
        State {
            value: 0.0,
            loss,
            gradient,
            hessian,
        }
    }
}

/// The sum of products in the order of the columns.
fn dot(x: &ArrayView1<'_, f64>, w: &Array1<f64>) -> f64 {
    x.iter().zip(w).fold(0.0, |sum, (x, w)| sum + x * w)
}

/// Solves `a·x = b` for a positive definite `a` of which the lower half is given, by Cholesky's
/// decomposition; `None` where `a` is not positive definite.
fn solve(mut a: Array2<f64>, b: &Array1<f64>) -> Option<Array1<f64>> {
    let size = b.len();
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
    Some(x)
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
        let fitted = fit(&design, &labels, 1.0, 100);
        let mut w: Array1<f64> = fitted.weights.iter().copied().collect();
        w = w.iter().copied().chain([fitted.intercept]).collect();
        let state = Objective {
            design: &design,
            labels: &labels,
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
            let fitted = pool.install(|| fit(&design, &labels, 0.5, 50));
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
        let fitted = fit(&design, &labels, 1.0, 100);
        assert!(fitted.weights.iter().all(|w| w.is_finite()));
        assert!(fitted.weights[0].abs() < 1e-12 && fitted.weights[1] > 1.0);
    }
}
