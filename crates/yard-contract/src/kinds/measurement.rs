use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Finite;
use crate::document::{Artifact, Version};

/// Whatever a clock or the machine determined. Files of this kind differ from run to run and so
/// never enter a package or the inputs of another artifact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Measurement {
    /// The tool or stage that was measured.
    pub of: String,
    /// Durations of phases, in seconds.
    pub seconds: BTreeMap<String, Finite>,
    /// Latencies, in milliseconds.
    pub milliseconds: BTreeMap<String, Finite>,
    /// Sizes and memory, in bytes.
    pub bytes: BTreeMap<String, u64>,
}

impl Artifact for Measurement {
    const KIND: &'static str = "measurement";
    const VERSION: Version = Version::new(1, 0);
}
