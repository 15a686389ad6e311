//! Logistic regression of several classes with an L2 penalty, by a quasi-Newton method.
//!
//! Minimises `sum_i weight_i·loss(y_i, softmax(x_i·W + b)) + l2/2·|W|²` over the standardised design
//! `x`; the intercepts `b` carry no penalty. The Hessian of `classes × columns` numbers is too large to
//! be formed, but it is nowhere larger than `½·XᵀX` for each class on its own (Böhning, *Multinomial
//! logistic regression algorithm*, 1992). That bound, decomposed once, is where each step starts from,
//! and the last steps' differences correct it (L-BFGS: Nocedal and Wright, *Numerical Optimization*,
//! 2006, algorithm 7.4).

use std::collections::VecDeque;
use std::ops::Range;

use ndarray::{Array1, Array2, ArrayView1};

use crate::linear::Coefficients;
use crate::symmetric::{Factor, products, sum_of_blocks};

/// Steps that are remembered.
const MEMORY: usize = 12;
/// The slope at the solution, per unit of weight.
const FLAT: f64 = 1e-10;
/// How far the objective can be trusted, as a share of it.
const NOISE: f64 = 1e-12;

/// What is to be fitted.
pub(crate) struct Problem<'a> {
    /// Rows × columns.
    pub(crate) design: &'a Array2<f64>,
    /// The place of each row's class; every class occurs with some weight.
    pub(crate) labels: &'a [u32],
    pub(crate) classes: usize,
    pub(crate) weights: Option<&'a [f64]>,
    pub(crate) l2: f64,
}

/// The objective at one point.
struct State {
    value: f64,
    loss: f64,
    /// Class by class, the intercept last.
    gradient: Array1<f64>,
}

impl State {
    /// The largest slope.
    fn steepest(&self) -> f64 {
        self.gradient.iter().fold(0.0, |max, g| max.max(g.abs()))
    }

    /// Whether a step to `next` led down: by enough of what the slope along it promised, or, where
    /// the objective's own rounding hides that, to flatter ground.
    fn descends_to(&self, next: &Self, promised: f64) -> bool {
        let noise = NOISE * self.value.abs();
        next.value <= self.value + 1e-4 * promised
            || (next.value <= self.value + noise && next.steepest() < 0.9 * self.steepest())
    }
}

/// A step that was taken: how far, and how the slope changed.
struct Step {
    far: Array1<f64>,
    turn: Array1<f64>,
    inverse: f64,
}

/// Fits coefficients.
pub(crate) fn fit(problem: &Problem<'_>, max_iterations: u32) -> Coefficients {
    let (classes, size) = (problem.classes, problem.design.ncols() + 1);
    let shares = problem.shares();
    let total: f64 = shares.iter().sum();
    let mut w = Array1::<f64>::zeros(classes * size);
    for (class, share) in shares.iter().enumerate() {
        w[class * size + size - 1] = libm::log(share / total);
    }
    let bound = problem.bound();
    let mut state = problem.at(&w);
    let mut losses = vec![state.loss / total];
    let mut steps: VecDeque<Step> = VecDeque::new();
    for _ in 0..max_iterations {
        let Some(bound) = bound.as_ref().filter(|_| state.steepest() > FLAT * total) else {
            break;
        };
        let direction = direction(&state.gradient, &steps, bound, size);
        let Some((next, next_state)) = problem.descend(&w, &direction, &state) else {
            break;
        };
        let far = &next - &w;
        let turn = &next_state.gradient - &state.gradient;
        let along = dot(&far, &turn);
        if along > 0.0 {
            steps.push_back(Step {
                far,
                turn,
                inverse: 1.0 / along,
            });
            if steps.len() > MEMORY {
                steps.pop_front();
            }
        }
        w = next;
        state = next_state;
        losses.push(state.loss / total);
    }
    let weights = (0..size - 1)
        .flat_map(|column| (0..classes).map(move |class| (column, class)))
        .map(|(column, class)| w[class * size + column]);
    Coefficients {
        weights: weights.collect(),
        intercepts: (0..classes)
            .map(|class| w[class * size + size - 1])
            .collect(),
        losses,
    }
}

/// Where to go: downhill, by what the bound and the last steps know of the curvature.
fn direction(
    gradient: &Array1<f64>,
    steps: &VecDeque<Step>,
    bound: &Factor,
    size: usize,
) -> Array1<f64> {
    let mut q = gradient.clone();
    let mut shares = Vec::with_capacity(steps.len());
    for step in steps.iter().rev() {
        let share = step.inverse * dot(&step.far, &q);
        q.scaled_add(-share, &step.turn);
        shares.push(share);
    }
    for mut class in q.exact_chunks_mut(size) {
        let solved = bound.solve(&class.to_owned());
        class.assign(&solved);
    }
    for (step, share) in steps.iter().zip(shares.into_iter().rev()) {
        let back = step.inverse * dot(&step.turn, &q);
        q.scaled_add(share - back, &step.far);
    }
    -q
}

impl Problem<'_> {
    fn weight(&self, row: usize) -> f64 {
        self.weights.map_or(1.0, |weights| weights[row])
    }

    /// The weight of each class.
    fn shares(&self) -> Vec<f64> {
        let mut shares = vec![0.0; self.classes];
        for (row, &label) in self.labels.iter().enumerate() {
            shares[label as usize] += self.weight(row);
        }
        shares
    }

    /// What no class's part of the Hessian exceeds; `None` where the design holds no numbers.
    fn bound(&self) -> Option<Factor> {
        let raw = products(self.design, self.weights);
        let largest = raw.diag().iter().copied().fold(1.0, f64::max);
        Factor::helped(largest, |extra| {
            let mut matrix = raw.mapv(|product| 0.5 * product);
            matrix
                .diag_mut()
                .iter_mut()
                .for_each(|d| *d += self.l2 + extra);
            matrix
        })
    }

    /// The first of the full step, a half, a quarter, … that lowers the objective enough.
    fn descend(
        &self,
        w: &Array1<f64>,
        direction: &Array1<f64>,
        state: &State,
    ) -> Option<(Array1<f64>, State)> {
        let slope = dot(&state.gradient, direction);
        let mut share = 1.0;
        for _ in 0..40 {
            let mut next = w.clone();
            next.scaled_add(share, direction);
            let found = self.at(&next);
            if state.descends_to(&found, share * slope) {
                return Some((next, found));
            }
            share *= 0.5;
        }
        None
    }

    fn at(&self, w: &Array1<f64>) -> State {
        let size = self.design.ncols() + 1;
        let empty = || (0.0, Array1::<f64>::zeros(w.len()));
        let block = |rows| self.block(w, rows, empty());
        let (loss, mut gradient) = sum_of_blocks(self.labels.len(), empty(), block, |sum, more| {
            sum.0 += more.0;
            sum.1.zip_mut_with(&more.1, |a, b| *a += b);
        });
        let mut penalty = 0.0;
        for (at, (g, w)) in gradient.iter_mut().zip(w).enumerate() {
            if at % size + 1 < size {
                penalty += w * w;
                *g += self.l2 * w;
            }
        }
        State {
            value: loss + 0.5 * self.l2 * penalty,
            loss,
            gradient,
        }
    }

    /// The loss and its slopes over one block of rows.
    fn block(
        &self,
        w: &Array1<f64>,
        rows: Range<usize>,
        (mut loss, mut gradient): (f64, Array1<f64>),
    ) -> (f64, Array1<f64>) {
        let size = self.design.ncols() + 1;
        let mut margins = vec![0.0; self.classes];
        for row in rows {
            let (x, own) = (self.design.row(row), self.weight(row));
            for (margin, w) in margins.iter_mut().zip(w.exact_chunks(size)) {
                *margin = w[size - 1] + dot_view(&x, &w);
            }
            // Shares of e^m, in the form that does not overflow.
            let largest = margins.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let label = self.labels[row] as usize;
            let of_label = margins[label] - largest;
            let mut sum = 0.0;
            for margin in &mut margins {
                *margin = libm::exp(*margin - largest);
                sum += *margin;
            }
            loss += own * (libm::log(sum) - of_label);
            for (class, mut g) in gradient.exact_chunks_mut(size).into_iter().enumerate() {
                let share = margins[class] / sum;
                let slope = own * if class == label { share - 1.0 } else { share };
                for (g, x) in g.iter_mut().zip(x) {
                    *g += slope * x;
                }
                g[size - 1] += slope;
            }
        }
        (loss, gradient)
    }
}

/// The sum of products in the order of the columns.
fn dot(a: &Array1<f64>, b: &Array1<f64>) -> f64 {
    dot_view(&a.view(), &b.view())
}

fn dot_view(a: &ArrayView1<'_, f64>, b: &ArrayView1<'_, f64>) -> f64 {
    a.iter().zip(b).fold(0.0, |sum, (a, b)| sum + a * b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logistic;
    use crate::split::draw;

    fn uniform(row: usize, salt: u64) -> f64 {
        (draw(salt, row) >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    }

    fn sample(rows: usize) -> (Array2<f64>, Vec<u32>) {
        let design = Array2::from_shape_fn((rows, 3), |(row, column)| uniform(row, column as u64));
        let labels = (0..rows).map(|row| {
            let score = 6.0 * design[[row, 0]] - 4.0 * design[[row, 1]] + 3.0 * uniform(row, 9);
            u32::from(score > 0.5) + u32::from(score > -1.0)
        });
        let labels = labels.collect();
        (design, labels)
    }

    #[test]
    fn the_gradient_vanishes_at_the_solution_and_no_thread_changes_a_bit() {
        let (design, labels) = sample(2000);
        let problem = Problem {
            design: &design,
            labels: &labels,
            classes: 3,
            weights: None,
            l2: 1.0,
        };
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| fit(&problem, 200))
        };
        let fitted = with(1);
        assert_eq!(fitted.weights, with(3).weights);
        let w = (0..3).flat_map(|class| {
            let columns = (0..3).map(move |column| column * 3 + class);
            let own = columns.map(|at| fitted.weights[at]);
            own.chain([fitted.intercepts[class]]).collect::<Vec<f64>>()
        });
        let state = problem.at(&w.collect());
        assert!(
            state.gradient.iter().all(|g| g.abs() < 1e-6),
            "{}",
            state.gradient
        );
        assert!(fitted.losses.last() < fitted.losses.first());
        assert!(fitted.losses.len() < 100, "{} steps", fitted.losses.len());
    }

    /// Of two classes with opposite coefficients, half the difference is penalised twice: the model of
    /// one margin with half the penalty.
    #[test]
    fn two_classes_are_the_binary_model_with_half_the_penalty() {
        let (design, labels) = sample(800);
        let labels: Vec<u32> = labels
            .into_iter()
            .map(|label| u32::from(label > 1))
            .collect();
        let weights: Vec<f64> = (0..800).map(|row| [1.0, 0.5, 2.0, 0.0][row % 4]).collect();
        let problem = Problem {
            design: &design,
            labels: &labels,
            classes: 2,
            weights: Some(&weights),
            l2: 1.0,
        };
        let several = fit(&problem, 300);
        let positive: Vec<bool> = labels.iter().map(|label| *label == 1).collect();
        let binary = logistic::fit(&design, &positive, Some(&weights), 0.5, 100);
        for (column, w) in binary.weights.iter().enumerate() {
            let difference = several.weights[2 * column + 1] - several.weights[2 * column];
            assert!((difference - w).abs() < 1e-6, "{difference} {w}");
        }
        let difference = several.intercepts[1] - several.intercepts[0];
        assert!((difference - binary.intercepts[0]).abs() < 1e-6);
    }

    #[test]
    fn separable_rows_and_constant_columns_have_a_finite_solution() {
        let design = Array2::from_shape_fn((60, 2), |(row, column)| match column {
            0 => 0.0,
            _ => (row / 20) as f64,
        });
        let labels: Vec<u32> = (0..3).flat_map(|class| [class; 20]).collect();
        let problem = Problem {
            design: &design,
            labels: &labels,
            classes: 3,
            weights: None,
            l2: 1.0,
        };
        let fitted = fit(&problem, 200);
        assert!(
            fitted
                .weights
                .iter()
                .chain(&fitted.intercepts)
                .all(|w| w.is_finite())
        );
        assert!(fitted.weights[..3].iter().all(|w| w.abs() < 1e-12));
    }
}
