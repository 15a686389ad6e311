use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Sha256;
use crate::document::{Artifact, Version};

/// Everything that a package holds. The manifest is the package's last member to be published, so
/// a version is there completely or not at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Manifest {
    /// The package's name.
    pub name: String,
    /// The package's version.
    pub package_version: String,
    /// Every file but the manifest itself, in byte order of their paths.
    pub files: Vec<ManifestFile>,
}

/// One file of a package.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct ManifestFile {
    /// Its path in the package, with `/` between folders.
    pub path: String,
    /// Its length in bytes.
    pub size: u64,
    /// The digest of its bytes.
    pub sha256: Sha256,
}

impl Artifact for Manifest {
    const KIND: &'static str = "manifest";
    const VERSION: Version = Version::new(1, 0);
}
