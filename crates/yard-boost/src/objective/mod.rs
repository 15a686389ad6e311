//! Losses: their start, gradients and value.

mod exp;
mod loss;
mod pack;
mod quantile;

use crate::data::Dataset;
use crate::error::BoostError;
use crate::gradient::sum_blocks;
use crate::params::Objective;

pub(crate) use pack::Shares;
pub(crate) use quantile::{Weighted, quantile};

/// The longest Newton step of a margin that is a logarithm, before the learning rate. A step of 5
/// takes log-odds of 1 % to 60 %; unbounded, a pure leaf would jump by one over its probability.
const LOGARITHMIC_STEP: f64 = 5.0;

/// The least prior of a class: one without rows starts here.
const LEAST_PRIOR: f64 = 1e-6;

/// The largest count: beyond it the exponential of its logarithm is no longer computed.
const LARGEST_COUNT: f32 = 1e15;

/// Where boosting starts, and the longest Newton step that a leaf may take.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Start {
    /// One margin an output.
    pub(crate) bases: Vec<f64>,
    pub(crate) step: f64,
}

impl Objective {
    /// Refuses labels that the objective cannot take.
    pub(crate) fn check(self, data: &Dataset<'_>) -> Result<(), BoostError> {
        let takes = |y: f32| match self {
            Self::Logistic => y == 0.0 || y == 1.0,
            Self::Softmax { classes } => y >= 0.0 && y < classes as f32 && y.fract() == 0.0,
            Self::Squared | Self::Absolute | Self::Quantile { .. } | Self::Huber { .. } => {
                y.is_finite()
            }
            Self::Poisson => (0.0..=LARGEST_COUNT).contains(&y),
        };
        match data.labels().iter().position(|&y| !takes(y)) {
            Some(row) => Err(BoostError::Label {
                row,
                label: data.labels()[row],
                expected: match self {
                    Self::Logistic => "0 or 1",
                    Self::Softmax { .. } => "a whole number below the number of classes",
                    Self::Poisson => "between 0 and 1e15",
                    _ => "finite",
                },
            }),
            None => Ok(()),
        }
    }

    /// The constant margins of least loss, for checked labels.
    pub(crate) fn start(self, data: &Dataset<'_>) -> Result<Start, BoostError> {
        let labels = data.labels();
        let [weight, sum] = sum_blocks(data.rows(), |rows| {
            rows.fold([0.0; 2], |[weight, sum], row| {
                let w = f64::from(data.weight(row));
                [weight + w, sum + w * f64::from(labels[row])]
            })
        });
        let mean = sum / weight;
        // No residual of the start is longer, so no leaf's mean or quantile need be.
        let longest = |base: f64| {
            labels.iter().fold(0.0, |step: f64, &y| {
                step.max(libm::fabs(f64::from(y) - base))
            })
        };
        let one = |base, step| Start {
            bases: vec![base],
            step,
        };
        match self {
            Self::Logistic if sum <= 0.0 => Err(BoostError::OneClass { label: 0.0 }),
            Self::Logistic if sum >= weight => Err(BoostError::OneClass { label: 1.0 }),
            Self::Logistic => Ok(one(libm::log(mean / (1.0 - mean)), LOGARITHMIC_STEP)),
            Self::Softmax { classes } => {
                let mut weights = vec![0.0; classes];
                for (row, &label) in labels.iter().enumerate() {
                    weights[class(label)] += f64::from(data.weight(row));
                }
                if let Some(only) = weights.iter().position(|&w| w >= weight) {
                    let label = only as f32;
                    return Err(BoostError::OneClass { label });
                }
                let base = |w: f64| libm::log((w / weight).max(LEAST_PRIOR));
                Ok(Start {
                    bases: weights.into_iter().map(base).collect(),
                    step: LOGARITHMIC_STEP,
                })
            }
            Self::Squared => Ok(one(mean, longest(mean))),
            Self::Absolute | Self::Quantile { .. } | Self::Huber { .. } => {
                let weighted = |row: usize| Weighted {
                    value: f64::from(labels[row]),
                    weight: f64::from(data.weight(row)),
                };
                let mut labels: Vec<Weighted> = (0..data.rows()).map(weighted).collect();
                let base = quantile(&mut labels, self.renewal().unwrap_or(0.5));
                let step = match self {
                    // Steps are no longer than this, so starting at a mean that lies far off would
                    // take many rounds to make good.
                    Self::Huber { delta } => longest(base).min(delta),
                    _ => longest(base),
                };
                Ok(one(base, step))
            }
            Self::Poisson if sum <= 0.0 => Err(BoostError::NoCounts),
            Self::Poisson => Ok(one(libm::log(mean), LOGARITHMIC_STEP)),
        }
    }

    /// The quantile of a leaf's residuals that is its value, where the sums of gradients do not tell:
    /// gradients of the absolute loss say how many rows lie above, not how far.
    pub(crate) fn renewal(self) -> Option<f64> {
        match self {
            Self::Absolute => Some(0.5),
            Self::Quantile { level } => Some(level),
            _ => None,
        }
    }
}

/// The sum of what `of` makes of values, in eight interleaved parts, which are then added up in order:
/// eight additions at a time need not wait for one another.
fn sum_lanes(values: &[f64], of: impl Fn(f64) -> f64) -> f64 {
    let (chunks, rest) = values.as_chunks::<8>();
    let mut lanes = [0.0; 8];
    for chunk in chunks {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            *lane += of(value);
        }
    }
    let rest = rest.iter().map(|&value| of(value));
    lanes.into_iter().chain(rest).sum()
}

/// The class of a checked label.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a checked label is a small whole number"
)]
pub(crate) fn class(label: f32) -> usize {
    label as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Features;

    #[test]
    fn gradients_are_the_slopes_of_the_loss() {
        let rows = [0.0f32; 1];
        let columns = [&rows[..]];
        let features = Features::new(&columns).unwrap();
        let objectives = [
            Objective::Logistic,
            Objective::Squared,
            Objective::Absolute,
            Objective::Quantile { level: 0.8 },
            Objective::Huber { delta: 1.0 },
            Objective::Poisson,
        ];
        for objective in objectives {
            for (margin, label) in [(0.3f32, 1.0f32), (-2.0, 1.0), (1.5, 0.0), (-0.25, 0.0)] {
                let labels = [label];
                let data = Dataset::new(features, &labels).unwrap();
                let (low, high) = (margin - 0.015_625, margin + 0.015_625);
                let loss = |margin| objective.loss(&data, &[vec![margin]]);
                let slope = (loss(high) - loss(low)) / 0.031_25;
                let mut packed = [0];
                let packing = objective.pack(&data, 0, &[margin], &Shares::default(), &mut packed);
                let gradient = packing.gradient(packed[0]) as f64 / packing.gradient_scale();
                // The squared loss is taken by its half, as everywhere.
                let factor = if objective == Objective::Squared {
                    2.0
                } else {
                    1.0
                };
                assert!(
                    (factor * gradient - slope).abs() < 1e-3,
                    "{objective:?} {gradient} {slope}"
                );
            }
        }
    }

    #[test]
    fn gradients_of_the_softmax_are_the_slopes_of_its_loss() {
        let rows = [0.0f32; 1];
        let columns = [&rows[..]];
        let features = Features::new(&columns).unwrap();
        let objective = Objective::Softmax { classes: 3 };
        let data = Dataset::new(features, &[2.0]).unwrap();
        let margins = [vec![0.5f32], vec![-1.0], vec![0.25]];
        let mut shares = Shares::default();
        shares.update(&margins);
        for output in 0..3 {
            let loss = |by: f32| {
                let mut margins = margins.clone();
                margins[output][0] += by;
                objective.loss(&data, &margins)
            };
            let slope = (loss(0.015_625) - loss(-0.015_625)) / 0.031_25;
            let mut packed = [0];
            let packing = objective.pack(&data, output, &margins[output], &shares, &mut packed);
            let gradient = packing.gradient(packed[0]) as f64 / packing.gradient_scale();
            assert!((gradient - slope).abs() < 1e-4, "{gradient} {slope}");
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
