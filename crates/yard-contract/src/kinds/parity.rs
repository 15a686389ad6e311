use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::{Artifact, Version};
use crate::{Finite, Sha256, Verdict};

/// Whether the graphs that are shipped answer what was fitted, row by row on the rows held out.
///
/// Beside the table and the configuration, its input is the graph of single precision, as `float32-model`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Parity {
    /// The gravest of the comparisons'.
    pub verdict: Verdict,
    /// Rows held out. Every comparison is of all of them.
    pub rows: u64,
    /// The digest of those rows' bytes, as in the split that `train` writes.
    pub rows_sha256: Sha256,
    /// Each graph against what it was made of.
    pub comparisons: Vec<GraphParity>,
}

/// A graph against what it was made of: their answers to the same rows.
///
/// An answer is what the signature says: the probability of the positive class, one a class, or the
/// number. Differences of two numbers are in units of `max(floor, |number|)` of the one that is held
/// against.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GraphParity {
    /// What the graph computes with.
    pub graph: Precision,
    /// What it is held against.
    pub against: Precision,
    /// Whether it keeps the limits.
    pub verdict: Verdict,
    /// Why it does not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// The digest of the graph.
    pub model_sha256: Sha256,
    /// Its size.
    pub bytes: u64,
    /// The least unit of a difference: 1 of probabilities; of a number the standard deviation of the
    /// numbers that are held against, where that is below 1, and of weighted sums in any case.
    pub floor: Finite,
    /// How far a number may lie away; absent where only metrics and labels are judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<Finite>,
    /// How many rows lie further away than that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows_beyond: Option<u64>,
    /// The row that lies furthest away, of equal ones the first.
    pub largest: RowDifference,
    /// The mean difference, over all numbers of all rows.
    pub mean: Finite,
    /// How many rows get another label; absent where the answer is a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<LabelChanges>,
    /// What the answers are worth, and what they were.
    pub metrics: Vec<MetricChange>,
}

/// What a model computes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// The fitted parts themselves, their sums in double precision.
    Native,
    /// A graph of single precision.
    Float32,
    /// A graph whose weights and leaves have eight bits and a scale.
    Int8,
}

/// One number of one row, as two models answer it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RowDifference {
    /// The row's place among those held out, counted from 1, as they stand in the file that `train`
    /// writes them to.
    pub row: u64,
    /// The class whose probability it is, of several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// What the one that is held against answers.
    pub expected: Finite,
    /// What the graph answers.
    pub found: Finite,
    /// How far they lie apart, in units.
    pub difference: Finite,
}

/// Rows that get another label: by the threshold of two classes, the largest probability of several.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LabelChanges {
    /// How many there are.
    pub changed: u64,
    /// How many of them although the number lies further from the threshold, or the two largest from
    /// each other, than what the tolerance can bridge; absent without a tolerance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_outside_band: Option<u64>,
    /// The share of rows that may change; absent where none was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Finite>,
}

/// A metric on the rows held out, of two models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MetricChange {
    /// Its name: `auc`, `log_loss`, `brier`, `rmse`, `mae` or `pinball_loss`.
    pub metric: String,
    /// That of the model that is held against.
    pub expected: Finite,
    /// That of the graph.
    pub found: Finite,
    /// How much worse the graph is, below 0 where it is better: of the AUC the difference, of errors
    /// and losses the share of what is held against.
    pub loss: Finite,
    /// How much worse it may be.
    pub limit: Finite,
}

impl Artifact for Parity {
    const KIND: &'static str = "parity";
    const VERSION: Version = Version::new(1, 0);
}
