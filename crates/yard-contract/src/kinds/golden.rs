use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::{Artifact, Version};
use crate::{Finite, Scalar};

/// Rows with their answers: what a deployed model must reproduce.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Golden {
    /// How far a number of an answer may lie from the recorded one `x`, in units of `max(1, |x|)`.
    pub tolerance: Finite,
    /// The rows.
    pub rows: Vec<GoldenRow>,
}

/// One row and its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GoldenRow {
    /// The features by name, as a caller of `/predict` would send them.
    pub features: BTreeMap<String, Scalar>,
    /// The answer: the probability of the positive class, of each class in the signature's order, or
    /// the predicted number.
    pub answer: Vec<Finite>,
}

impl GoldenRow {
    /// The largest difference from an answer of the same length, in units of `max(1, |x|)` of the
    /// recorded number `x`; `None` where the lengths differ.
    pub fn difference(&self, found: &[f32]) -> Option<f64> {
        let one = |(recorded, found): (&Finite, &f32)| {
            let recorded = recorded.get();
            let difference = (f64::from(*found) - recorded).abs() / recorded.abs().max(1.0);
            // What is no number is as wrong as can be; a maximum would pass over it.
            if difference.is_nan() {
                f64::INFINITY
            } else {
                difference
            }
        };
        (found.len() == self.answer.len())
            .then(|| self.answer.iter().zip(found).map(one).fold(0.0, f64::max))
    }
}

impl Artifact for Golden {
    const KIND: &'static str = "golden";
    const VERSION: Version = Version::new(1, 0);
}
