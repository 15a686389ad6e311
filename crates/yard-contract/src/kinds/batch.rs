use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::{Artifact, Version};
use crate::{Finite, Sha256};

/// A table that was scored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BatchReport {
    /// The digest of the ONNX file that scored it.
    pub model_sha256: Sha256,
    /// Rows scored.
    pub rows: u64,
    /// The digest of the scored table.
    pub output_sha256: Sha256,
    /// The mean of the positive class's probability.
    pub mean_probability: Finite,
    /// Rows at or above the threshold.
    pub positives: u64,
    /// Cells with a category that training never saw.
    pub unseen_categories: u64,
}

impl Artifact for BatchReport {
    const KIND: &'static str = "batch-report";
    const VERSION: Version = Version::new(1, 0);
}
