use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::{Artifact, Version};
use crate::{Finite, Sha256, Verdict};

/// Whether fresh rows are still distributed as the rows a model was trained on, and whether the
/// model still does on them what its evaluation promised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DriftReport {
    /// The gravest verdict of all checks; never better than `inconclusive` on too few rows.
    pub verdict: Verdict,
    /// The verdict in one sentence.
    pub summary: String,
    /// The digest of the ONNX file that scored the rows.
    pub model_sha256: Sha256,
    /// Fresh rows.
    pub rows: u64,
    /// Fresh rows whose outcome is known.
    pub labelled_rows: u64,
    /// Rows of the training profile.
    pub reference_rows: u64,
    /// The chance that any check alarms although nothing changed, all checks together.
    pub level: Finite,
    /// Every check.
    pub checks: Vec<DriftCheck>,
    /// How the columns that stand out, and the scores, were and are distributed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub distributions: Vec<Distribution>,
}

/// One comparison of then and now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DriftCheck {
    /// What is compared.
    pub about: DriftSubject,
    /// The column, the score, or the metric.
    pub name: String,
    /// How it is compared.
    pub measure: DriftMeasure,
    /// Its verdict.
    pub verdict: Verdict,
    /// What was measured, in the measure's unit; absent where nothing could be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Finite>,
    /// For distances known only at the profile's bins: what the distance between the samples
    /// themselves is at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Finite>,
    /// What it was when the model was trained or evaluated, where that is one number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Finite>,
    /// What it is now, where that is one number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<Finite>,
    /// From where on it is a warning, if it is also shown to be no accident.
    pub warning: Finite,
    /// From where on it fails, if it is also shown to be no accident.
    pub fail: Finite,
    /// The p-value of "nothing changed".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p_value: Option<Finite>,
    /// The same, adjusted for all checks of the report (Holm's method).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adjusted: Option<Finite>,
    /// The outcome in words.
    pub message: String,
}

/// What a check compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DriftSubject {
    /// A column that the model reads.
    Feature,
    /// What the model answers.
    Score,
    /// The column that the model predicts.
    Target,
    /// How good the answers are.
    Accuracy,
}

/// How then and now are compared.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum DriftMeasure {
    /// Population stability index over the profile's bins or categories, tested by chi-square.
    Psi,
    /// Kolmogorov-Smirnov distance at the edges of the profile's bins.
    Ks,
    /// Change of the share of missing cells.
    Missing,
    /// Share of rows with a category that training never saw.
    NewCategories,
    /// How much the metric fell (area under the curve).
    Drop,
    /// By which share of itself the metric rose (a loss or an error).
    Rise,
}

/// Shares of rows then and now over the same bins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Distribution {
    /// What is distributed.
    pub about: DriftSubject,
    /// The column or score.
    pub name: String,
    /// The bins, in order of value; categories by how frequent they were.
    pub bins: Vec<DistributionBin>,
}

/// One bin of a distribution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DistributionBin {
    /// The category, or the range of numbers.
    pub label: String,
    /// Its share of the present cells then.
    pub before: Finite,
    /// Its share of the present cells now.
    pub now: Finite,
}

impl Artifact for DriftReport {
    const KIND: &'static str = "drift-report";
    const VERSION: Version = Version::new(1, 0);
}

impl DriftSubject {
    /// The subject's name, as artifacts write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Feature => "feature",
            Self::Score => "score",
            Self::Target => "target",
            Self::Accuracy => "accuracy",
        }
    }
}

impl DriftMeasure {
    /// The measure's name, as artifacts write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Psi => "psi",
            Self::Ks => "ks",
            Self::Missing => "missing",
            Self::NewCategories => "new-categories",
            Self::Drop => "drop",
            Self::Rise => "rise",
        }
    }
}
