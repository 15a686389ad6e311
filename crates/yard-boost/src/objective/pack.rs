//! Gradients and hessians of a round, packed.

use std::ops::Range;

use rayon::prelude::*;

use super::exp::exp;
use super::sum_lanes;
use crate::data::Dataset;
use crate::gradient::{BLOCK_ROWS, Packed, Packing, STEP, sum_blocks};
use crate::params::Objective;

/// What the softmax of every row needs from all margins: fixed at the start of a round, so that the
/// trees of a round do not see one another.
#[derive(Debug, Default)]
pub(crate) struct Shares {
    highest: Vec<f32>,
    /// One over the sum of `e^(margin - highest)`.
    scale: Vec<f32>,
}

impl Shares {
    /// From the margins of all outputs.
    pub(crate) fn update(&mut self, margins: &[Vec<f32>]) {
        let rows = margins[0].len();
        self.highest.resize(rows, 0.0);
        self.scale.resize(rows, 0.0);
        let highest = self.highest.par_chunks_mut(BLOCK_ROWS);
        let scale = self.scale.par_chunks_mut(BLOCK_ROWS);
        highest
            .zip(scale)
            .enumerate()
            .for_each(|(block, (highest, scale))| {
                let rows = block * BLOCK_ROWS..block * BLOCK_ROWS + highest.len();
                highest.copy_from_slice(&margins[0][rows.clone()]);
                for margins in &margins[1..] {
                    for (highest, &margin) in highest.iter_mut().zip(&margins[rows.clone()]) {
                        *highest = highest.max(margin);
                    }
                }
                scale.fill(0.0);
                for margins in margins {
                    let inputs = margins[rows.clone()].iter().zip(&*highest);
                    for (scale, (&margin, &highest)) in scale.iter_mut().zip(inputs) {
                        *scale += exp(margin - highest);
                    }
                }
                for scale in scale {
                    *scale = 1.0 / *scale;
                }
            });
    }
}

impl Objective {
    /// Gradients and hessians of all rows for one output, packed into `packed`. `margins` are that
    /// output's; `shares` are used by the softmax alone.
    pub(crate) fn pack(
        self,
        data: &Dataset<'_>,
        output: usize,
        margins: &[f32],
        shares: &Shares,
        packed: &mut [Packed],
    ) -> Packing {
        let labels = data.labels();
        let unit = data.weights().is_none().then(|| data.rows());
        macro_rules! rows {
            ($unit:expr, $pair:expr) => {
                pack_with(packed, $unit, |rows, gradients, hessians| {
                    let inputs = margins[rows.clone()].iter().zip(&labels[rows.clone()]);
                    for ((g, h), (&margin, &label)) in
                        gradients.iter_mut().zip(&mut *hessians).zip(inputs)
                    {
                        [*g, *h] = $pair(margin, label);
                    }
                    weigh(data, rows, gradients, hessians);
                })
            };
        }
        let over = |margin: f32, label: f32| f64::from(margin) - f64::from(label);
        match self {
            Self::Logistic => rows!(None, logistic),
            Self::Softmax { classes } => {
                let factor = classes as f32 / (classes as f32 - 1.0);
                let class = output as f32;
                pack_with(packed, None, |rows, gradients, hessians| {
                    let inputs = margins[rows.clone()].iter().zip(&labels[rows.clone()]);
                    let shares =
                        (shares.highest[rows.clone()].iter()).zip(&shares.scale[rows.clone()]);
                    for ((g, h), ((&margin, &label), (&highest, &scale))) in gradients
                        .iter_mut()
                        .zip(&mut *hessians)
                        .zip(inputs.zip(shares))
                    {
                        let p = exp(margin - highest) * scale;
                        let own = if label == class { 1.0 } else { 0.0 };
                        *g = f64::from(p - own);
                        *h = f64::from(factor * p * (1.0 - p));
                    }
                    weigh(data, rows, gradients, hessians);
                })
            }
            Self::Squared => rows!(unit, |margin, label| [over(margin, label), 1.0]),
            Self::Huber { delta } => rows!(unit, |margin, label| {
                [over(margin, label).clamp(-delta, delta), 1.0]
            }),
            Self::Absolute => rows!(unit, |margin: f32, label: f32| {
                let above = f64::from(u8::from(margin > label));
                let below = f64::from(u8::from(margin < label));
                [above - below, 1.0]
            }),
            Self::Quantile { level } => rows!(unit, |margin: f32, label: f32| {
                [f64::from(u8::from(margin >= label)) - level, 1.0]
            }),
            Self::Poisson => rows!(None, |margin: f32, label: f32| {
                let mean = f64::from(exp(margin));
                [mean - f64::from(label), mean * POISSON_CAUTION]
            }),
        }
    }
}

/// How much a Poisson hessian is enlarged, `e^0.7` as elsewhere: the loss curves more and more the
/// further a step goes up, so that the hessian where it starts promises too much.
const POISSON_CAUTION: f64 = 2.013_752_707_470_476_6;

/// Multiplies the pairs of rows by their weights, if they have any.
fn weigh(data: &Dataset<'_>, rows: Range<usize>, gradients: &mut [f64], hessians: &mut [f64]) {
    if let Some(weights) = data.weights() {
        for ((g, h), &weight) in gradients.iter_mut().zip(hessians).zip(&weights[rows]) {
            *g *= f64::from(weight);
            *h *= f64::from(weight);
        }
    }
}

/// Packs what `fill` computes: it is given rows and writes their gradients and hessians. It is asked
/// twice for every row, the first time to find the scales.
fn pack_with(
    packed: &mut [Packed],
    unit_hessian_rows: Option<usize>,
    fill: impl Fn(Range<usize>, &mut [f64], &mut [f64]) + Sync,
) -> Packing {
    let sums = sum_blocks(packed.len(), |rows| {
        let mut sums = [0.0; 2];
        by_steps(rows, &fill, |_, gradients, hessians| {
            sums = [
                sums[0] + sum_lanes(gradients, f64::abs),
                sums[1] + sum_lanes(hessians, |h| h),
            ];
        });
        sums
    });
    let [gradients, hessians] = sums;
    let packing = match unit_hessian_rows {
        Some(rows) => Packing::with_unit_hessians(gradients, rows),
        None => Packing::new(gradients, hessians),
    };
    packed
        .par_chunks_mut(BLOCK_ROWS)
        .enumerate()
        .for_each(|(block, packed)| {
            let first = block * BLOCK_ROWS;
            by_steps(
                first..first + packed.len(),
                &fill,
                |rows, gradients, hessians| {
                    let packed = &mut packed[rows.start - first..rows.end - first];
                    for (packed, (&gradient, &hessian)) in
                        packed.iter_mut().zip(gradients.iter().zip(hessians))
                    {
                        *packed = packing.pack(gradient, hessian);
                    }
                },
            );
        });
    packing
}

/// Computes the pairs of `rows` step by step and hands each step to `take`, in order.
fn by_steps(
    rows: Range<usize>,
    fill: &impl Fn(Range<usize>, &mut [f64], &mut [f64]),
    mut take: impl FnMut(Range<usize>, &[f64], &[f64]),
) {
    let (mut gradients, mut hessians) = ([0.0; STEP], [0.0; STEP]);
    for from in rows.clone().step_by(STEP) {
        let step = from..(from + STEP).min(rows.end);
        let (gradients, hessians) = (&mut gradients[..step.len()], &mut hessians[..step.len()]);
        fill(step.clone(), gradients, hessians);
        take(step, gradients, hessians);
    }
}

/// Gradient `p - y` and hessian `p (1 - p)` of the log loss, for a label of 0 or 1. Both come from the
/// exponential of the side that is wrong, so neither cancels when `p` is near the label.
#[inline]
fn logistic(margin: f32, label: f32) -> [f64; 2] {
    let sign = 1.0 - 2.0 * label;
    let exponential = exp(-sign * margin);
    let wrong = 1.0 / (1.0 + exponential);
    [
        f64::from(sign * wrong),
        f64::from(exponential * wrong * wrong),
    ]
}
