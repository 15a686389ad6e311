use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::{Artifact, Version};
use crate::{Sha256, Verdict};

/// Whether what is deployed answers as what was gated. The latencies are in a measurement beside
/// it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SmokeReport {
    /// The gravest verdict of all checks.
    pub verdict: Verdict,
    /// The digest of the ONNX file that the server says it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_sha256: Option<Sha256>,
    /// Golden rows asked.
    pub golden_rows: u64,
    /// Every check.
    pub checks: Vec<Check>,
}

/// One check of a deployed model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// The check's name.
    pub id: String,
    /// Its verdict.
    pub verdict: Verdict,
    /// The outcome in words.
    pub message: String,
}

impl Artifact for SmokeReport {
    const KIND: &'static str = "smoke-report";
    const VERSION: Version = Version::new(1, 0);
}
