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
    /// What was answered, in sum.
    pub scores: ScoreSummary,
    /// Cells with a category that training never saw.
    pub unseen_categories: u64,
}

/// The answers of a whole table, by the kind of question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "task", rename_all = "kebab-case")]
pub enum ScoreSummary {
    /// One of two classes.
    Binary {
        /// The mean of the positive class's probability.
        mean_probability: Finite,
        /// Rows at or above the threshold.
        positives: u64,
    },
    /// One of several classes.
    Multiclass {
        /// Rows by the class answered, in the signature's order.
        classes: Vec<ClassCount>,
    },
    /// A number.
    Regression {
        /// The mean of the predicted numbers.
        mean: Finite,
        /// The smallest.
        min: Finite,
        /// The largest.
        max: Finite,
    },
}

/// How often a class was answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClassCount {
    /// The class.
    pub class: String,
    /// Its rows.
    pub rows: u64,
    /// The mean of its probability over all rows.
    pub mean_probability: Finite,
}

impl Artifact for BatchReport {
    const KIND: &'static str = "batch-report";
    const VERSION: Version = Version::new(1, 0);
}
