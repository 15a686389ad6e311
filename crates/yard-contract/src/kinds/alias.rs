use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Sha256;
use crate::document::{Artifact, Version};

/// One move of an alias, such as `champion`. A registry holds the moves of an alias under their
/// numbers and never changes one: the last of them says what the alias stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AliasMove {
    /// The package's name.
    pub name: String,
    /// The alias.
    pub alias: String,
    /// Its number, from 1.
    pub number: u64,
    /// What was done.
    pub action: AliasAction,
    /// The version that the alias stands for from now on.
    pub package_version: String,
    /// The version that it stood for before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// The digest of the release's manifest.
    pub manifest_sha256: Sha256,
    /// The digest of the release's ONNX file.
    pub model_sha256: Sha256,
    /// The digest of the smoke report that this version passed when it was promoted.
    pub smoke_sha256: Sha256,
}

/// How an alias was moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AliasAction {
    /// To a version, on the evidence of its smoke report.
    Promoted,
    /// Back to the version before.
    RolledBack,
}

impl Artifact for AliasMove {
    const KIND: &'static str = "alias-move";
    const VERSION: Version = Version::new(1, 0);
}
