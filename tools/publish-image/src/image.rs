//! The image: configurations, manifests and, for several platforms, an index (OCI Image Format
//! Specification 1.1). Pure: from layers and labels to blobs.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};
use yard_contract::Sha256;
use yard_forge::{IMAGE_INDEX, IMAGE_MANIFEST, OciManifest};

use crate::binary::{Binary, Platform};
use crate::layer::Layer;

const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// Nobody, by number: an image without `/etc/passwd` has no names.
const NOBODY: &str = "65534:65534";

/// What an image says of itself. Keys as in the OCI annotations, and `trainyard.*` for lineage.
pub(crate) type Labels = BTreeMap<String, String>;

/// One platform's image.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    pub(crate) platform: Platform,
    pub(crate) binary: Sha256,
    pub(crate) config: Vec<u8>,
    pub(crate) layers: Vec<Layer>,
    pub(crate) manifest: OciManifest,
}

#[derive(Serialize)]
struct Configuration<'a> {
    created: &'a str,
    architecture: &'static str,
    os: &'static str,
    config: Execution<'a>,
    rootfs: RootFs,
    history: Vec<History<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Execution<'a> {
    user: &'static str,
    exposed_ports: Value,
    entrypoint: [&'static str; 5],
    working_dir: &'static str,
    labels: &'a Labels,
    stop_signal: &'static str,
}

#[derive(Serialize)]
struct RootFs {
    r#type: &'static str,
    diff_ids: Vec<String>,
}

#[derive(Serialize)]
struct History<'a> {
    created: &'a str,
    created_by: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Manifest<'a> {
    schema_version: u8,
    media_type: &'static str,
    config: Descriptor,
    layers: Vec<Descriptor>,
    annotations: &'a Labels,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Index<'a> {
    schema_version: u8,
    media_type: &'static str,
    manifests: Vec<Descriptor>,
    annotations: &'a Labels,
}

/// What points to a blob.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Descriptor {
    media_type: String,
    digest: String,
    size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<PlatformName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) annotations: Option<Labels>,
}

#[derive(Clone, Debug, Serialize)]
struct PlatformName {
    architecture: &'static str,
    os: &'static str,
}

impl Descriptor {
    fn of(media_type: &str, bytes: &[u8]) -> Self {
        Self {
            media_type: media_type.to_owned(),
            digest: named(&Sha256::of(bytes)),
            size: bytes.len() as u64,
            platform: None,
            annotations: None,
        }
    }

    /// What points to a manifest.
    pub(crate) fn of_manifest(manifest: &OciManifest) -> Self {
        Self::of(&manifest.media_type, &manifest.bytes)
    }
}

impl Image {
    /// The image of a binary and a package's layer.
    pub(crate) fn new(
        binary: &Binary,
        layers: Vec<Layer>,
        labels: &Labels,
        created: &str,
    ) -> serde_json::Result<Self> {
        let mut labels = labels.clone();
        let own = (
            "trainyard.serve.sha256".to_owned(),
            binary.sha256.to_string(),
        );
        labels.extend([own]);
        let config = serde_json::to_vec(&Configuration {
            created,
            architecture: binary.platform.architecture(),
            os: "linux",
            config: Execution {
                user: NOBODY,
                exposed_ports: json!({"8080/tcp": {}}),
                entrypoint: [
                    "/serve",
                    "--package",
                    "/package",
                    "--listen",
                    "0.0.0.0:8080",
                ],
                working_dir: "/",
                labels: &labels,
                stop_signal: "SIGTERM",
            },
            rootfs: RootFs {
                r#type: "layers",
                diff_ids: layers.iter().map(|layer| named(&layer.unpacked)).collect(),
            },
            history: layers
                .iter()
                .map(|layer| History {
                    created,
                    created_by: format!("publish-image: {}", layer.holds),
                })
                .collect(),
        })?;
        let manifest = serde_json::to_vec(&Manifest {
            schema_version: 2,
            media_type: IMAGE_MANIFEST,
            config: Descriptor::of(CONFIG, &config),
            layers: layers
                .iter()
                .map(|layer| Descriptor::of(LAYER, &layer.bytes))
                .collect(),
            annotations: &labels,
        })?;
        Ok(Self {
            platform: binary.platform,
            binary: binary.sha256,
            config,
            layers,
            manifest: OciManifest::new(IMAGE_MANIFEST, manifest),
        })
    }

    /// Bytes that a registry without any of it has to be sent, the manifest included.
    pub(crate) fn size(&self) -> u64 {
        let layers = self.layers.iter().map(|layer| layer.bytes.len());
        let bytes = layers.sum::<usize>() + self.config.len() + self.manifest.bytes.len();
        bytes as u64
    }
}

/// What the tag stands for: the image itself, or, for several platforms, an index of them.
pub(crate) fn tagged(images: &[Image], labels: &Labels) -> serde_json::Result<OciManifest> {
    if let [image] = images {
        return Ok(image.manifest.clone());
    }
    let manifests = images.iter().map(|image| {
        let mut descriptor = Descriptor::of_manifest(&image.manifest);
        descriptor.platform = Some(PlatformName {
            architecture: image.platform.architecture(),
            os: "linux",
        });
        descriptor
    });
    let index = serde_json::to_vec(&Index {
        schema_version: 2,
        media_type: IMAGE_INDEX,
        manifests: manifests.collect(),
        annotations: labels,
    })?;
    Ok(OciManifest::new(IMAGE_INDEX, index))
}

/// A digest as OCI writes it.
pub(crate) fn named(digest: &Sha256) -> String {
    format!("sha256:{digest}")
}

/// Seconds since 1970 in RFC 3339, in UTC. Days become a date by the proleptic Gregorian calendar,
/// counted in eras of 400 years that begin on the first of March.
pub(crate) fn timestamp(epoch: u64) -> String {
    let (days, second) = (epoch / 86_400, epoch % 86_400);
    let days = days + 719_468; // from the first of March of the year 0
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    let year = year + era * 400 + next;
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        for (epoch, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (1_704_067_199, "2023-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(timestamp(epoch), text);
        }
    }

    #[test]
    fn one_platform_is_an_image_and_two_are_an_index() {
        let image = |machine| {
            let bytes = crate::binary::tests::elf(machine, &[1]);
            let binary = Binary::read(bytes, None).unwrap();
            Image::new(&binary, Vec::new(), &Labels::new(), &timestamp(0)).unwrap()
        };
        let (amd, arm) = (image(0x3e), image(0xb7));
        let one = tagged(std::slice::from_ref(&amd), &Labels::new()).unwrap();
        assert_eq!(one, amd.manifest);
        let two = tagged(&[amd, arm], &Labels::new()).unwrap();
        let index: Value = serde_json::from_slice(&two.bytes).unwrap();
        assert_eq!(index["manifests"][1]["platform"]["architecture"], "arm64");
    }
}
