use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::{Artifact, Version};
use crate::{Sha256, Verdict};

/// What was published where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PublishReceipt {
    /// `pass`, or `fail` where a target holds other bytes under the same version.
    pub verdict: Verdict,
    /// The package's name.
    pub name: String,
    /// The package's version.
    pub package_version: String,
    /// The digest of the archive.
    pub archive_sha256: Sha256,
    /// The archive's length in bytes.
    pub archive_size: u64,
    /// The SHA-256 of the public key's PEM text; absent where the package is not signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_by: Option<Sha256>,
    /// One entry a file and target.
    pub deliveries: Vec<Delivery>,
}

/// One file at one target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Delivery {
    /// The target, as it was asked for.
    pub target: String,
    /// The file's name there.
    pub file: String,
    /// The digest of the bytes that the target holds, read back.
    pub sha256: Sha256,
    /// What was done.
    pub action: DeliveryAction,
}

/// What publishing did with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DeliveryAction {
    /// It was not there, and is now.
    Uploaded,
    /// The same bytes were there already.
    AlreadyThere,
    /// Other bytes are there; they were left as they are.
    Conflict,
    /// Nothing was done: a dry run.
    Planned,
}

impl Artifact for PublishReceipt {
    const KIND: &'static str = "publish-receipt";
    const VERSION: Version = Version::new(1, 0);
}
