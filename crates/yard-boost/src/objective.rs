//! Losses: their start, gradients and value.

use std::ops::Range;

use crate::data::Dataset;
use crate::error::BoostError;
use crate::gradient::{BLOCK_ROWS, Packed, Packing, sum_blocks};
use crate::params::Objective;

use rayon::prelude::*;

/// The longest Newton step of the logistic loss, in log-odds, before the learning rate. A step of 5
/// takes 1 % to 60 %; unbounded, a pure leaf would jump by one over its probability.
const LOGISTIC_STEP: f64 = 5.0;

/// Where boosting starts, and the longest Newton step that a leaf may take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Start {
    pub(crate) base: f64,
    pub(crate) step: f64,
}

impl Objective {
    /// Refuses labels that the objective cannot take.
    pub(crate) fn check(self, data: &Dataset<'_>) -> Result<(), BoostError> {
        let (takes, expected): (fn(f32) -> bool, _) = match self {
            Self::Logistic => (|y| y == 0.0 || y == 1.0, "0 or 1"),
            Self::Squared => (f32::is_finite, "finite"),
        };
        match data.labels().iter().position(|&y| !takes(y)) {
            Some(row) => Err(BoostError::Label {
                row,
                label: data.labels()[row],
                expected,
            }),
            None => Ok(()),
        }
    }

    /// The constant margin of least loss, for checked labels.
    pub(crate) fn start(self, data: &Dataset<'_>) -> Result<Start, BoostError> {
        let [weight, sum] = sum_blocks(data.rows(), |rows| {
            rows.fold([0.0; 2], |[weight, sum], row| {
                let w = f64::from(data.weight(row));
                [weight + w, sum + w * f64::from(data.labels()[row])]
            })
        });
        let mean = sum / weight;
        match self {
            Self::Logistic if sum <= 0.0 => Err(BoostError::OneClass { label: 0.0 }),
            Self::Logistic if sum >= weight => Err(BoostError::OneClass { label: 1.0 }),
            Self::Logistic => Ok(Start {
                base: libm::log(mean / (1.0 - mean)),
                step: LOGISTIC_STEP,
            }),
            Self::Squared => {
                // No residual of the start is longer, so no leaf's mean need be.
                let step = data.labels().iter().fold(0.0, |step: f64, &y| {
                    step.max(libm::fabs(f64::from(y) - mean))
                });
                Ok(Start { base: mean, step })
            }
        }
    }

    /// Gradients and hessians of all rows, packed into `packed`.
    pub(crate) fn pack(
        self,
        data: &Dataset<'_>,
        margins: &[f32],
        packed: &mut [Packed],
    ) -> Packing {
        let labels = data.labels();
        match (self, data.weights()) {
            (Self::Logistic, weights) => pack_with(packed, None, |rows, gradients, hessians| {
                let inputs = margins[rows.clone()].iter().zip(&labels[rows.clone()]);
                for ((g, h), (&margin, &label)) in
                    gradients.iter_mut().zip(&mut *hessians).zip(inputs)
                {
                    [*g, *h] = logistic(margin, label);
                }
                if let Some(weights) = weights {
                    for ((g, h), &weight) in gradients.iter_mut().zip(hessians).zip(&weights[rows])
                    {
                        *g *= f64::from(weight);
                        *h *= f64::from(weight);
                    }
                }
            }),
            (Self::Squared, weights) => {
                let unit_hessian_rows = weights.is_none().then(|| data.rows());
                pack_with(packed, unit_hessian_rows, |rows, gradients, hessians| {
                    let inputs = margins[rows.clone()].iter().zip(&labels[rows.clone()]);
                    for (g, (&margin, &label)) in gradients.iter_mut().zip(inputs) {
                        *g = f64::from(margin) - f64::from(label);
                    }
                    hessians.fill(1.0);
                    if let Some(weights) = weights {
                        for ((g, h), &weight) in
                            gradients.iter_mut().zip(hessians).zip(&weights[rows])
                        {
                            *g *= f64::from(weight);
                            *h = f64::from(weight);
                        }
                    }
                })
            }
        }
    }

    /// Weighted mean loss of the margins.
    pub(crate) fn loss(self, data: &Dataset<'_>, margins: &[f32]) -> f64 {
        let [weight, sum] = sum_blocks(data.rows(), |rows| {
            rows.fold([0.0; 2], |[weight, sum], row| {
                let w = f64::from(data.weight(row));
                let (margin, label) = (f64::from(margins[row]), f64::from(data.labels()[row]));
                let loss = match self {
                    Self::Logistic => {
                        let wrong = (1.0 - 2.0 * label) * margin; // log(1 + e^wrong)
                        wrong.max(0.0) + libm::log1p(libm::exp(-libm::fabs(wrong)))
                    }
                    Self::Squared => (margin - label) * (margin - label),
                };
                [weight + w, sum + w * loss]
            })
        });
        sum / weight
    }
}

/// Packs what `fill` computes: it is given rows and writes their gradients and hessians.
fn pack_with(
    packed: &mut [Packed],
    unit_hessian_rows: Option<usize>,
    fill: impl Fn(Range<usize>, &mut [f64], &mut [f64]) + Sync,
) -> Packing {
    let [gradients, hessians] = sum_blocks(packed.len(), |rows| {
        let mut sums = [0.0; 2];
        by_steps(rows, &fill, |_, gradients, hessians| {
            for (gradient, hessian) in gradients.iter().zip(hessians) {
                sums = [sums[0] + gradient.abs(), sums[1] + hessian];
            }
        });
        sums
    });
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

/// Rows whose pairs are computed together. They fit on the stack; and a loop that only computes, over
/// slices of known length, runs in vector registers, where one that also sums in order does not.
const STEP: usize = 256;

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

/// `e^x` within 2e-7 of its value, for `x` held to -43..43, from additions and multiplications alone:
/// the same bits on every machine, and in vector registers, which `libm::expf` is not.
#[inline]
fn exp(x: f32) -> f32 {
    const SHIFTER: f32 = 12_582_912.0; // 1.5 * 2^23: adding it rounds to an integer
    const LN2_HIGH: f32 = 0.693_359_4; // 355 / 512: products with small integers are exact
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let x = x.clamp(-43.0, 43.0);
    let shifted = x * std::f32::consts::LOG2_E + SHIFTER;
    let power = shifted - SHIFTER;
    let r = (x - power * LN2_HIGH) - power * LN2_LOW; // |r| <= ln 2 / 2
    let series = 1.0 / 120.0 + r * (1.0 / 720.0 + r * (1.0 / 5040.0));
    let series = 0.5 + r * (1.0 / 6.0 + r * (1.0 / 24.0 + r * series));
    let series = 1.0 + r * (1.0 + r * series);
    let exponent = shifted
        .to_bits()
        .wrapping_sub(SHIFTER.to_bits())
        .wrapping_add(127)
        << 23;
    series * f32::from_bits(exponent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Features;

    #[test]
    fn exp_agrees_with_libm() {
        for i in -30_000..=30_000i16 {
            let x = f32::from(i) * 1.4e-3;
            let expected = libm::exp(f64::from(x));
            assert!((f64::from(exp(x)) / expected - 1.0).abs() < 2e-7, "{x}");
        }
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(1e30).is_finite() && exp(-1e30) > 0.0);
    }

    #[test]
    fn gradients_are_the_slopes_of_the_loss() {
        let rows = [0.0f32; 1];
        let columns = [&rows[..]];
        let features = Features::new(&columns).unwrap();
        for objective in [Objective::Logistic, Objective::Squared] {
            for (margin, label) in [(0.3f32, 1.0f32), (-2.0, 1.0), (1.5, 0.0), (-0.25, 0.0)] {
                let labels = [label];
                let data = Dataset::new(features, &labels).unwrap();
                let (low, high) = (margin - 0.0625, margin + 0.0625);
                let slope =
                    (objective.loss(&data, &[high]) - objective.loss(&data, &[low])) / 0.125;
                let mut packed = [0];
                let packing = objective.pack(&data, &[margin], &mut packed);
                let gradient = packing.gradient(packed[0]) as f64 / packing.gradient_scale();
                // The squared loss is taken by its half, as everywhere.
                let factor = if objective == Objective::Squared {
                    2.0
                } else {
                    1.0
                };
                assert!(
                    (factor * gradient - slope).abs() < 1e-3,
                    "{gradient} {slope}"
                );
            }
        }
    }

    #[test]
    fn one_class_is_refused() {
        let rows = [0.0f32; 3];
        let columns = [&rows[..]];
        let data = Dataset::new(Features::new(&columns).unwrap(), &[1.0; 3]).unwrap();
        assert_eq!(
            Objective::Logistic.start(&data),
            Err(BoostError::OneClass { label: 1.0 })
        );
    }
}
