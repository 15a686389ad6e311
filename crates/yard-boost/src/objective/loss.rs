//! The value of a loss.

use std::ops::Range;

use super::exp::{exp_f64, log_1p};
use super::{class, sum_lanes};
use crate::data::Dataset;
use crate::gradient::{STEP, sum_blocks};
use crate::params::Objective;

impl Objective {
    /// Weighted mean loss of the margins, one slice an output.
    pub(crate) fn loss(self, data: &Dataset<'_>, margins: &[Vec<f32>]) -> f64 {
        let [weight, sum] = sum_blocks(data.rows(), |rows| {
            let mut sums = [0.0; 2];
            let mut losses = [0.0; STEP];
            for from in rows.clone().step_by(STEP) {
                let step = from..(from + STEP).min(rows.end);
                let losses = &mut losses[..step.len()];
                self.losses(data.labels(), margins, step.clone(), losses);
                let weight = match data.weights() {
                    Some(weights) => weigh(losses, &weights[step]),
                    None => step.len() as f64,
                };
                sums = [sums[0] + weight, sums[1] + sum_lanes(losses, |loss| loss)];
            }
            sums
        });
        sum / weight
    }

    /// The losses of some rows.
    fn losses(self, labels: &[f32], margins: &[Vec<f32>], rows: Range<usize>, losses: &mut [f64]) {
        let labels = &labels[rows.clone()];
        if let Self::Softmax { .. } = self {
            return log_losses(labels, margins, rows, losses);
        }
        let inputs = margins[0][rows].iter().zip(labels);
        let rows = losses.iter_mut().zip(inputs);
        macro_rules! each {
            ($loss:expr) => {
                for (loss, (&margin, &label)) in rows {
                    *loss = $loss(f64::from(margin), f64::from(label));
                }
            };
        }
        match self {
            Self::Logistic | Self::Softmax { .. } => each!(|margin: f64, label: f64| {
                let wrong = (1.0 - 2.0 * label) * margin; // log(1 + e^wrong)
                wrong.max(0.0) + log_1p(exp_f64(-wrong.abs()))
            }),
            Self::Squared => each!(|margin, label| (margin - label) * (margin - label)),
            Self::Absolute => each!(|margin: f64, label: f64| (margin - label).abs()),
            Self::Quantile { level } => each!(|margin: f64, label: f64| {
                let over = margin - label;
                (over * (1.0 - level)).max(-over * level)
            }),
            Self::Huber { delta } => each!(|margin: f64, label: f64| {
                let far = (margin - label).abs();
                if far <= delta {
                    far * far / 2.0
                } else {
                    delta * (far - delta / 2.0)
                }
            }),
            Self::Poisson => each!(|margin: f64, label: f64| exp_f64(margin) - label * margin),
        }
    }
}

/// Minus the logarithms of the softmax of the rows' classes.
fn log_losses(labels: &[f32], margins: &[Vec<f32>], rows: Range<usize>, losses: &mut [f64]) {
    let mut highest = [f32::NEG_INFINITY; STEP];
    for margins in margins {
        for (highest, &margin) in highest.iter_mut().zip(&margins[rows.clone()]) {
            *highest = highest.max(margin);
        }
    }
    losses.fill(0.0);
    for margins in margins {
        let inputs = margins[rows.clone()].iter().zip(&highest);
        for (total, (&margin, &highest)) in losses.iter_mut().zip(inputs) {
            *total += exp_f64(f64::from(margin) - f64::from(highest));
        }
    }
    for ((loss, row), (&label, &highest)) in
        losses.iter_mut().zip(rows).zip(labels.iter().zip(&highest))
    {
        let own = margins[class(label)][row];
        *loss = libm::log(*loss) - (f64::from(own) - f64::from(highest));
    }
}

/// Multiplies losses by their weights and returns the sum of those.
fn weigh(losses: &mut [f64], weights: &[f32]) -> f64 {
    let mut doubles = [0.0; STEP];
    let doubles = &mut doubles[..weights.len()];
    for ((double, loss), &weight) in doubles.iter_mut().zip(losses).zip(weights) {
        *double = f64::from(weight);
        *loss *= *double;
    }
    sum_lanes(doubles, |weight| weight)
}
