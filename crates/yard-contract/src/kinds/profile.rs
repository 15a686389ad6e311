use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Finite;
use crate::document::{Artifact, Version};

/// How the training data was distributed: what drift is measured against.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Profile {
    /// Rows the profile was made from.
    pub rows: u64,
    /// How the target was distributed: its classes as categories, or its numbers in bins.
    pub target: FeatureProfile,
    /// One entry a feature, in the signature's order.
    pub features: Vec<FeatureProfile>,
    /// How the model's answers on the training rows were distributed: the positive class's
    /// probability as `score`, each class's probability under the class's name in the signature's
    /// order, or the predicted number as `score`.
    pub scores: Vec<FeatureProfile>,
}

/// One column's distribution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FeatureProfile {
    /// The column.
    pub name: String,
    /// The share of missing cells.
    pub missing_share: Finite,
    /// Mean of a numeric column's present cells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean: Option<Finite>,
    /// Standard deviation of a numeric column's present cells (divisor n - 1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sd: Option<Finite>,
    /// Edges of the bins of a numeric column: at most 21, strictly increasing, the first the
    /// minimum and the last the maximum. A bin holds its right edge, the first bin its left too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edges: Vec<Finite>,
    /// Rows per bin, one fewer than edges.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub counts: Vec<u64>,
    /// Rows per category of a categorical column, most frequent first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<CategoryShare>,
}

/// How often a category occurs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CategoryShare {
    /// The category.
    pub value: String,
    /// Its rows.
    pub count: u64,
}

impl Artifact for Profile {
    const KIND: &'static str = "profile";
    const VERSION: Version = Version::new(1, 0);
}
