//! A release as a CNCF `ModelPack` artifact: the manifest and configuration that make one of its
//! files' blobs (`ModelPack` Model Format Specification 1.0).
//!
//! The archive is a layer of weights in `tar+gzip`, so a runtime that mounts the artifact as a
//! volume finds the unpacked package. What lies beside the archive are documents.

use serde::{Deserialize, Serialize};
use yard_contract::Sha256;
use yard_forge::{IMAGE_MANIFEST, OciManifest};
use yard_package::PackageId;

/// The type of the artifact.
const ARTIFACT: &str = "application/vnd.cncf.model.manifest.v1+json";
const CONFIG: &str = "application/vnd.cncf.model.config.v1+json";
const WEIGHTS: &str = "application/vnd.cncf.model.weight.v1.tar+gzip";
const DOCUMENT: &str = "application/vnd.cncf.model.doc.v1.raw";

/// One file's blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layer {
    pub(crate) file: String,
    pub(crate) size: u64,
    pub(crate) sha256: Sha256,
    /// The digest of what the blob unpacks to; that of the blob where it is no archive.
    pub(crate) unpacked: Sha256,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    schema_version: u8,
    #[serde(default)]
    media_type: String,
    #[serde(default)]
    artifact_type: String,
    config: Descriptor,
    #[serde(default)]
    layers: Vec<Descriptor>,
    #[serde(default)]
    annotations: Annotations,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: String,
    digest: String,
    size: u64,
    #[serde(default, skip_serializing_if = "Annotations::is_empty")]
    annotations: Annotations,
}

#[derive(Default, Serialize, Deserialize)]
struct Annotations {
    #[serde(
        rename = "org.cncf.model.filepath",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    file_path: Option<String>,
    #[serde(
        rename = "org.opencontainers.image.title",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    title: Option<String>,
    #[serde(
        rename = "org.opencontainers.image.version",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    version: Option<String>,
}

impl Annotations {
    const fn is_empty(&self) -> bool {
        self.file_path.is_none() && self.title.is_none() && self.version.is_none()
    }
}

#[derive(Serialize)]
struct Configuration<'a> {
    descriptor: Described<'a>,
    modelfs: ModelFs,
    config: Model,
}

#[derive(Serialize)]
struct Described<'a> {
    name: &'a str,
    version: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ModelFs {
    r#type: &'static str,
    diff_ids: Vec<String>,
}

#[derive(Serialize)]
struct Model {
    format: &'static str,
}

/// The configuration's bytes and the manifest of a release whose files are these layers.
pub(crate) fn artifact(id: &PackageId, layers: &[Layer]) -> (Vec<u8>, OciManifest) {
    let config = json(&Configuration {
        descriptor: Described {
            name: id.name(),
            version: id.version(),
        },
        modelfs: ModelFs {
            r#type: "layers",
            diff_ids: layers.iter().map(|layer| named(&layer.unpacked)).collect(),
        },
        config: Model { format: "onnx" },
    });
    let descriptor = |layer: &Layer| Descriptor {
        media_type: if is_archive(&layer.file) {
            WEIGHTS
        } else {
            DOCUMENT
        }
        .to_owned(),
        digest: named(&layer.sha256),
        size: layer.size,
        annotations: Annotations {
            file_path: Some(layer.file.clone()),
            title: Some(layer.file.clone()),
            version: None,
        },
    };
    let manifest = Manifest {
        schema_version: 2,
        media_type: IMAGE_MANIFEST.to_owned(),
        artifact_type: ARTIFACT.to_owned(),
        config: Descriptor {
            media_type: CONFIG.to_owned(),
            digest: named(&Sha256::of(&config)),
            size: config.len() as u64,
            annotations: Annotations::default(),
        },
        layers: layers.iter().map(descriptor).collect(),
        annotations: Annotations {
            file_path: None,
            title: Some(id.name().to_owned()),
            version: Some(id.version().to_owned()),
        },
    };
    (config, OciManifest::new(IMAGE_MANIFEST, json(&manifest)))
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("texts and numbers are JSON")
}

/// The digest of the blob that an artifact of ours has for a file. Nothing where it is no `ModelPack`
/// artifact, or has no such file.
pub(crate) fn file_in(manifest: &OciManifest, file: &str) -> Option<Sha256> {
    let parsed: Manifest = serde_json::from_slice(&manifest.bytes).ok()?;
    if parsed.artifact_type != ARTIFACT {
        return None;
    }
    let is_it = |layer: &&Descriptor| layer.annotations.title.as_deref() == Some(file);
    let layer = parsed.layers.iter().find(is_it)?;
    layer.digest.strip_prefix("sha256:")?.parse().ok()
}

/// Whether a file is an archive, which its layer unpacks.
pub(crate) fn is_archive(file: &str) -> bool {
    file.ends_with(".tar.gz")
}

/// A digest as OCI writes it.
fn named(digest: &Sha256) -> String {
    format!("sha256:{digest}")
}

/// A version as a tag: `+`, which a tag cannot have, becomes `_`, as Helm has it.
pub(crate) fn tag(version: &str) -> String {
    version.replace('+', "_")
}
