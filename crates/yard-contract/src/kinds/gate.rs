use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::{Artifact, Version};
use crate::kinds::Estimate;
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
    /// The last release, where the policy compares with it too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<Release>,
    /// Which look at these rows this was, where a ledger counts them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look: Option<LookTaken>,
    /// What was lost from merge to merge since the last release, a chain a metric.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chains: Vec<Chain>,
    /// How much of a difference is the training seed, where retrains were given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed_noise: Option<SeedNoise>,
    /// Every rule with what it asked for and what it met.
    pub rules: Vec<RuleResult>,
    /// The rules of which a person decided that they do not block; their verdict is `warning`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<Override>,
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

/// A person's decision that a rule's outcome does not block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Override {
    /// The rule, by its `id`.
    pub rule: String,
    /// What the rule said.
    pub verdict: Verdict,
    /// Why it does not block.
    pub reason: String,
    /// Who decided.
    pub author: String,
    /// The last day on which it counts, `YYYY-MM-DD`; absent where it counts for this model only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
}

/// The last release, beside the champion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Release {
    /// The digest of its ONNX file; absent where nothing has been released.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Sha256>,
    /// Why there is no release to compare with; absent where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_release: Option<String>,
}

/// Which look at a frozen holdout a judgement was, and what it could decide with.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LookTaken {
    /// The digest of the rows.
    pub holdout_sha256: Sha256,
    /// Which look it was, from 1.
    pub number: u64,
    /// How many are planned; absent where the level is spent without end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned: Option<u64>,
    /// What this look took of the level that all looks share; 0 when nothing was left.
    pub level: Finite,
    /// What is left for later looks.
    pub left: Finite,
    /// The confidence level of this look's intervals.
    pub confidence: Finite,
}

/// The models that were merged since the last release, each with what it gained or lost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Chain {
    /// The metric.
    pub metric: String,
    /// The steps, the oldest first; the last one is the model judged here.
    pub links: Vec<ChainLink>,
    /// All steps together, with their interval.
    pub total: Estimate,
    /// How much may be lost since the last release; a positive number in the metric's unit.
    pub margin: Finite,
}

/// One model that replaced another.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChainLink {
    /// The digest of the model that came.
    pub candidate_sha256: Sha256,
    /// The digest of the model that went.
    pub champion_sha256: Sha256,
    /// Candidate minus champion.
    pub difference: Finite,
    /// Its standard error.
    pub standard_error: Finite,
}

/// How far metrics of retrains that differ in their seed alone lie apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SeedNoise {
    /// How many retrains there are.
    pub retrains: u64,
    /// The standard deviation of each metric that a margin names, with its interval.
    pub deviations: BTreeMap<String, Estimate>,
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
