//! What classifiers and regressors do to their scores at the end.

use super::arithmetic::sigmoid;
use crate::ModelError;
use crate::graph::NodeView;

/// The `post_transform` attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Post {
    None,
    Logistic,
    Softmax,
    /// A softmax that leaves zeros out.
    SoftmaxZero,
}

impl Post {
    pub(in super::super) fn read(node: &NodeView<'_>) -> Result<Self, ModelError> {
        match node.string("post_transform")?.unwrap_or("NONE") {
            "NONE" => Ok(Self::None),
            "LOGISTIC" => Ok(Self::Logistic),
            "SOFTMAX" => Ok(Self::Softmax),
            "SOFTMAX_ZERO" => Ok(Self::SoftmaxZero),
            other => Err(node.fail(format!("post transform `{other}` is not supported"))),
        }
    }

    /// Transforms the scores of one row.
    pub(in super::super) fn apply(self, scores: &mut [f32]) {
        match self {
            Self::None => {}
            Self::Logistic => scores.iter_mut().for_each(|score| *score = sigmoid(*score)),
            Self::Softmax => softmax(scores),
            Self::SoftmaxZero => softmax_zero(scores),
        }
    }

    /// Transforms the scores of all rows, given as one list a column.
    pub(in super::super) fn apply_columns(self, scores: &mut [Vec<f32>], rows: usize) {
        if self == Self::None {
            return;
        }
        let mut values = vec![0.0; scores.len()];
        for row in 0..rows {
            for (value, scores) in values.iter_mut().zip(scores.iter()) {
                *value = scores[row];
            }
            self.apply(&mut values);
            for (&value, scores) in values.iter().zip(scores.iter_mut()) {
                scores[row] = value;
            }
        }
    }
}

/// `e^(x - max) / sum`, summed in double precision.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the result is a float by definition"
)]
pub(super) fn softmax(scores: &mut [f32]) {
    let max = f64::from(scores.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    let sum: f64 = scores
        .iter()
        .map(|&score| libm::exp(f64::from(score) - max))
        .sum();
    for score in scores {
        *score = (libm::exp(f64::from(*score) - max) / sum) as f32;
    }
}

/// Softmax over the scores that are not zero.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the result is a float by definition"
)]
fn softmax_zero(scores: &mut [f32]) {
    let max = f64::from(scores.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    let zero = |score: f32| score.abs() <= 1e-7;
    let sum: f64 = scores
        .iter()
        .filter(|score| !zero(**score))
        .map(|&score| libm::exp(f64::from(score) - max))
        .sum();
    for score in scores {
        *score = if zero(*score) {
            0.0
        } else {
            (libm::exp(f64::from(*score) - max) / sum) as f32
        };
    }
}
