use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::DeliveryAction;
use crate::document::{Artifact, Version};
use crate::{Sha256, Verdict};

/// Which image was published where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ImageReceipt {
    /// `pass`, or `fail` where the tag stands for another image.
    pub verdict: Verdict,
    /// The package's name.
    pub name: String,
    /// The package's version.
    pub package_version: String,
    /// The digest of the package's manifest.
    pub package_manifest_sha256: Sha256,
    /// The digest of the ONNX file that the image serves.
    pub model_sha256: Sha256,
    /// The digest of what the tag stands for: the image, or the index of several.
    pub image_sha256: Sha256,
    /// One entry a platform.
    pub platforms: Vec<ImagePlatform>,
    /// One entry a target.
    pub deliveries: Vec<ImageDelivery>,
}

/// The image of one platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ImagePlatform {
    /// `linux/amd64` or `linux/arm64`.
    pub platform: String,
    /// The digest of the image's manifest.
    pub image_sha256: Sha256,
    /// The digest of the server's binary.
    pub binary_sha256: Sha256,
    /// Bytes to send to a registry that has none of it.
    pub size: u64,
}

/// The image at one target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ImageDelivery {
    /// The target, as it was asked for.
    pub target: String,
    /// The image's name and tag there.
    pub reference: String,
    /// The digest that the tag stands for there, read back.
    pub sha256: Sha256,
    /// What was done.
    pub action: DeliveryAction,
    /// Bytes of blobs that were not there.
    pub uploaded_bytes: u64,
}

impl Artifact for ImageReceipt {
    const KIND: &'static str = "image-receipt";
    const VERSION: Version = Version::new(1, 0);
}
