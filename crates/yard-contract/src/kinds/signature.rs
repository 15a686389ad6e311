use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Finite;
use crate::document::{Artifact, Version};

/// What a model takes and what it answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Signature {
    /// What kind of question the model answers.
    pub task: Task,
    /// The column that the model predicts.
    pub target: Target,
    /// The graph's inputs, in the graph's order.
    pub features: Vec<Feature>,
    /// The name of the graph's output that holds one probability a class, in the order of
    /// `target.classes`.
    pub probabilities: String,
    /// The name of the graph's output that holds the raw score, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<String>,
    /// The probability from which on a row counts as the positive class.
    pub threshold: Finite,
    /// The texts that mean a missing cell in a table; the empty text always does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
}

/// What kind of question a model answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// One of two classes.
    Binary,
}

/// The column that a model predicts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Target {
    /// Its name in the training table.
    pub column: String,
    /// Its two values, as the table writes them.
    pub classes: Classes,
}

/// The two values of a binary target. Which of them is positive is configured, never guessed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Classes {
    /// The value that the first probability belongs to.
    pub negative: String,
    /// The value that the second probability belongs to.
    pub positive: String,
}

/// One input of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Feature {
    /// The column's name, and the graph's input.
    pub name: String,
    /// Number or category.
    pub r#type: FeatureType,
    /// Whether the cell was ever missing in training. A missing cell is accepted either way; where
    /// training saw none, `serve` counts it.
    pub nullable: bool,
    /// The smallest number seen in training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Finite>,
    /// The largest number seen in training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Finite>,
    /// The categories seen in training, in byte order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
}

/// What a feature's cells are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FeatureType {
    /// A number; in the graph `float[N,1]`, missing is `NaN`.
    Number,
    /// A text; in the graph `string[N,1]`, missing is the empty text.
    Category,
}

impl Artifact for Signature {
    const KIND: &'static str = "signature";
    const VERSION: Version = Version::new(1, 0);
}
