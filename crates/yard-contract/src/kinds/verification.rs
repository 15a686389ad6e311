use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::{Artifact, Version};
use crate::{Sha256, Verdict};

/// Whether a package is what somebody signed, and whether everything in it belongs together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verification {
    /// `fail` where a link is broken, `warning` where the package is not signed and that was
    /// allowed.
    pub verdict: Verdict,
    /// The package's name and version, where it has a manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// The SHA-256 of the public key's PEM text with which the signature was verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_key: Option<Sha256>,
    /// The digest of the signed tree, however it is packed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tree_sha256: Option<Sha256>,
    /// The chain, link by link, up to the first that is broken.
    pub links: Vec<Link>,
}

/// One link of the chain of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Link {
    /// Which: `files`, `signature`, `model`, `data`, `evaluation`, `gate`, `card`, `provenance`, `bom`.
    pub name: String,
    /// Whether it holds.
    pub state: LinkState,
    /// What was compared, or what is wrong.
    pub message: String,
}

/// Whether a link holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LinkState {
    /// It was checked and holds.
    Holds,
    /// It was checked and does not hold.
    Broken,
    /// The package has nothing to check.
    Absent,
}

impl Artifact for Verification {
    const KIND: &'static str = "verification";
    const VERSION: Version = Version::new(1, 0);
}
