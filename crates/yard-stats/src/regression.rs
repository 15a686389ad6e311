//! A predicted number a row against a measured one.

use crate::binary::{all_finite, all_usable, same_length};
use crate::{InputError, Metric, Undefined, sum::Sum};

/// Targets, predictions and optional weights of the same rows, checked: at least one row, equal lengths,
/// all numbers finite, weights not negative and not all zero. A row of weight 2 counts as two rows.
#[derive(Clone, Copy, Debug)]
pub struct Regressed<'a> {
    targets: &'a [f64],
    predictions: &'a [f64],
    weights: Option<&'a [f64]>,
}

impl<'a> Regressed<'a> {
    /// Checks the columns once, O(n); fails with the first offending column and row.
    pub fn new(
        targets: &'a [f64],
        predictions: &'a [f64],
        weights: Option<&'a [f64]>,
    ) -> Result<Self, InputError> {
        if targets.is_empty() {
            return Err(InputError::Empty);
        }
        same_length("prediction", targets.len(), predictions.len())?;
        all_finite("target", targets)?;
        all_finite("prediction", predictions)?;
        if let Some(weights) = weights {
            same_length("weight", targets.len(), weights.len())?;
            all_usable("weight", weights)?;
        }
        Ok(Self {
            targets,
            predictions,
            weights,
        })
    }

    /// Mean absolute error, in units of the target. O(n), as all below unless they say otherwise.
    pub fn mean_absolute_error(&self) -> f64 {
        self.mean(|target, prediction| (target - prediction).abs())
    }

    /// Mean squared error, in squared units of the target. O(n).
    pub fn mean_squared_error(&self) -> f64 {
        self.mean(|target, prediction| (target - prediction) * (target - prediction))
    }

    /// Root of the mean squared error, in units of the target. O(n).
    pub fn root_mean_squared_error(&self) -> f64 {
        self.mean_squared_error().sqrt()
    }

    /// Mean of |error| / |target| as a ratio (0.1 is 10 %). Targets nearer to 0 than 2⁻⁵² count as that,
    /// as in scikit-learn: with zeros among the targets the number is astronomical and means nothing. O(n).
    pub fn mean_absolute_percentage_error(&self) -> f64 {
        self.mean(|target, prediction| (target - prediction).abs() / target.abs().max(f64::EPSILON))
    }

    /// Mean pinball loss of a predicted `quantile` (in [0, 1]): an error below the target costs the
    /// quantile, above it one minus the quantile, per unit. At ½ it is half the mean absolute error. O(n).
    pub fn pinball_loss(&self, quantile: f64) -> f64 {
        self.mean(|target, prediction| {
            let gap = target - prediction;
            if gap >= 0.0 {
                quantile * gap
            } else {
                (quantile - 1.0) * gap
            }
        })
    }

    /// Share of the targets' variance that is explained: 1 − Σ(y − ŷ)² / Σ(y − ȳ)². At most 1; 0 is the
    /// mean's own score. O(n).
    ///
    /// Undefined where all targets are equal (where scikit-learn answers 0 or 1).
    pub fn r_squared(&self) -> Metric {
        let mean = self.mean(|target, _| target);
        let around = self.mean(|target, _| (target - mean) * (target - mean));
        explained(self.mean_squared_error(), around)
    }

    /// The same with a constant error forgiven: 1 − Var(y − ŷ) / Var(y). O(n).
    pub fn explained_variance(&self) -> Metric {
        let mean = self.mean(|target, _| target);
        let bias = self.mean(|target, prediction| target - prediction);
        let around = self.mean(|target, _| (target - mean) * (target - mean));
        let left = self.mean(|target, prediction| {
            let gap = target - prediction - bias;
            gap * gap
        });
        explained(left, around)
    }

    /// Median of |error|, in units of the target. With weights, the value at which half of the weight is
    /// reached, halfway to the next where it is reached exactly. O(n log n), 16 bytes a row.
    pub fn median_absolute_error(&self) -> f64 {
        let mut errors: Vec<(f64, f64)> = self
            .rows()
            .filter(|row| row.2 > 0.0)
            .map(|(target, prediction, weight)| ((target - prediction).abs(), weight))
            .collect();
        errors.sort_by(|a, b| a.0.total_cmp(&b.0));
        let total = errors.iter().map(|error| error.1).collect::<Sum>().value();
        let mut reached = Sum::default();
        for (index, &(error, weight)) in errors.iter().enumerate() {
            reached.add(weight);
            let doubled = 2.0 * reached.value();
            if doubled >= total {
                let next = errors.get(index + 1).map_or(error, |next| next.0);
                return if doubled > total {
                    error
                } else {
                    0.5 * (error + next)
                };
            }
        }
        f64::NAN // there is a row with weight
    }

    fn rows(&self) -> impl Iterator<Item = (f64, f64, f64)> {
        let weights = self.weights;
        let pairs = self.targets.iter().zip(self.predictions).enumerate();
        pairs.map(move |(row, (&target, &prediction))| {
            (
                target,
                prediction,
                weights.map_or(1.0, |weights| weights[row]),
            )
        })
    }

    fn mean(&self, of: impl Fn(f64, f64) -> f64) -> f64 {
        let (mut sum, mut total) = (Sum::default(), Sum::default());
        for (target, prediction, weight) in self.rows() {
            sum.add(weight * of(target, prediction));
            total.add(weight);
        }
        sum.value() / total.value()
    }
}

fn explained(left: f64, of: f64) -> Metric {
    if of > 0.0 {
        Ok(1.0 - left / of)
    } else {
        Err(Undefined::ConstantTarget)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_by_hand() {
        let of = Regressed::new(&[1.0, 2.0, 4.0, 5.0], &[1.0, 3.0, 2.0, 5.0], None).unwrap();
        assert_eq!(of.mean_absolute_error(), 0.75);
        assert_eq!(of.mean_squared_error(), 1.25);
        assert_eq!(of.mean_absolute_percentage_error(), 0.25);
        assert_eq!(of.median_absolute_error(), 0.5);
        assert_eq!(of.pinball_loss(0.5), 0.375);
        assert!((of.pinball_loss(0.9) - 0.475).abs() < 1e-15);
        assert_eq!(of.r_squared(), Ok(0.5));
        assert!((of.explained_variance().unwrap() - 0.525).abs() < 1e-15);
    }

    #[test]
    fn equal_targets_leave_nothing_to_explain() {
        let of = Regressed::new(&[2.0, 2.0], &[1.0, 2.0], Some(&[1.0, 3.0])).unwrap();
        assert_eq!(of.r_squared(), Err(Undefined::ConstantTarget));
        assert_eq!(of.median_absolute_error(), 0.0);
        assert!(Regressed::new(&[1.0], &[f64::NAN], None).is_err());
    }
}
