use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::{Artifact, Version};
use crate::{Finite, Sha256, Verdict};

/// Whether a model may replace the champion, rule by rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Gate {
    /// The gravest verdict of all rules.
    pub verdict: Verdict,
    /// The verdict in one sentence.
    pub summary: String,
    /// The digest of the ONNX file that was judged.
    pub model_sha256: Sha256,
    /// What the model was compared with.
    pub champion: Champion,
    /// Every rule with what it asked for and what it met.
    pub rules: Vec<RuleResult>,
}

/// What a model was compared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Champion {
    /// The digest of the champion's ONNX file; absent for a first model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Sha256>,
    /// Why there is nothing to compare with; absent where there is a champion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_model: Option<String>,
}

/// One rule's outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RuleResult {
    /// The rule, as the configuration spells it: `floor.auc`, `champion.auc`, `slice.auc region=N`.
    pub id: String,
    /// Its verdict.
    pub verdict: Verdict,
    /// What was met.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<Finite>,
    /// The end of the interval that was judged, where the rule judges one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound: Option<Finite>,
    /// What was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Finite>,
    /// One-sided p-value of "worse than asked for", where the rule tests one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p_value: Option<Finite>,
    /// How many more rows would settle an inconclusive rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needed: Option<MoreRows>,
    /// The outcome in words.
    pub message: String,
}

/// Rows to add before a rule can be expected to be settled (with a power of 80 %, if what was met stays
/// what it is).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MoreRows {
    /// Rows, beside those there are.
    pub rows: u64,
    /// Positives among them, at the share there is now.
    pub positives: u64,
}

impl Artifact for Gate {
    const KIND: &'static str = "gate";
    const VERSION: Version = Version::new(1, 1);
}
