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

impl Artifact for Golden {
    const KIND: &'static str = "golden";
    const VERSION: Version = Version::new(1, 0);
}
