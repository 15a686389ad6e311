//! From a package and binaries to everything that is to be published.

use std::collections::BTreeMap;

use yard_contract::{Input, Sha256};
use yard_forge::OciManifest;
use yard_model::{Model, file};
use yard_package::{Limits, MANIFEST, Package, PackageId, SIGNATURE};

use crate::binary::Binary;
use crate::error::ImageError;
use crate::image::{Image, Labels, tagged, timestamp};
use crate::layer::{Layer, LayerFile};
use crate::plan::Plan;

/// An image, or an index of several, and what it is made of.
#[derive(Debug)]
pub(crate) struct Built {
    pub(crate) images: Vec<Image>,
    /// What the tag stands for.
    pub(crate) tagged: OciManifest,
    pub(crate) model_sha256: Sha256,
    pub(crate) manifest_sha256: Sha256,
}

/// An opened package that can be served.
pub(crate) struct Served {
    pub(crate) package: Package,
    pub(crate) id: PackageId,
    manifest: Vec<u8>,
    model: Model,
}

impl Served {
    /// Opens a package, verifies it, and loads its model: what is in the image can be served.
    pub(crate) fn open(plan: &Plan) -> Result<Self, ImageError> {
        let path = || plan.package.clone();
        let package = Package::open(&plan.package, &Limits::default()).map_err(|source| {
            ImageError::Package {
                path: path(),
                source,
            }
        })?;
        let (Some(id), Some(document)) = (package.id().cloned(), package.manifest()) else {
            return Err(ImageError::Bare(path()));
        };
        let manifest = document.to_bytes();
        if Some(Sha256::of(&manifest)) != package.sha256() {
            return Err(ImageError::OtherWriter(path()));
        }
        let model = Model::load(&package, "package").map_err(|source| ImageError::Model {
            path: path(),
            source: Box::new(source),
        })?;
        Ok(Self {
            package,
            id,
            manifest,
            model,
        })
    }

    /// What the image is made from, for the lineage.
    pub(crate) fn inputs(&self, binaries: &[Binary]) -> Vec<Input> {
        let mut inputs = vec![
            Input::new("manifest", MANIFEST, Sha256::of(&self.manifest)),
            Input::new("model", file::MODEL, self.model.sha256),
        ];
        let binary = |binary: &Binary| Input::new("binary", binary.platform.name(), binary.sha256);
        inputs.extend(binaries.iter().map(binary));
        inputs
    }
}

impl Built {
    /// Builds the image of every binary.
    pub(crate) fn of(
        plan: &Plan,
        served: &Served,
        binaries: &[Binary],
    ) -> Result<Self, ImageError> {
        let package = package_layer(served, plan.epoch)?;
        let labels = labels(plan, served);
        let created = timestamp(plan.epoch);
        let mut images = Vec::new();
        for binary in binaries {
            let server = LayerFile {
                path: "serve".to_owned(),
                mode: 0o555,
                bytes: &binary.bytes,
            };
            let server = Layer::of("serve", &[server], plan.epoch).map_err(ImageError::Build)?;
            let layers = vec![server, package.clone()];
            images.push(Image::new(binary, layers, &labels, &created)?);
        }
        Ok(Self {
            tagged: tagged(&images, &labels)?,
            images,
            model_sha256: served.model.sha256,
            manifest_sha256: Sha256::of(&served.manifest),
        })
    }

    /// Every blob, each once, in the order of their digests; manifests are blobs in a layout.
    pub(crate) fn blobs(&self) -> BTreeMap<Sha256, &[u8]> {
        let mut blobs = BTreeMap::new();
        for image in &self.images {
            for layer in &image.layers {
                blobs.insert(layer.sha256, layer.bytes.as_slice());
            }
            blobs.insert(Sha256::of(&image.config), image.config.as_slice());
            blobs.insert(image.manifest.sha256, image.manifest.bytes.as_slice());
        }
        blobs.insert(self.tagged.sha256, self.tagged.bytes.as_slice());
        blobs
    }
}

/// The package, unpacked under `/package`, where `serve` verifies it against its manifest.
fn package_layer(served: &Served, epoch: u64) -> Result<Layer, ImageError> {
    let mut contents = vec![(MANIFEST, served.manifest.clone())];
    for file in served.package.files() {
        let bytes = served.package.bytes(&file.path);
        let bytes = bytes.map_err(ImageError::Member)?;
        contents.push((&file.path, bytes.into_owned()));
    }
    // The manifest does not list its own signature, which is what vouches for all of it.
    if let Some(signature) = served.package.signature() {
        contents.push((SIGNATURE, signature.to_vec()));
    }
    contents.sort();
    let files: Vec<LayerFile<'_>> = contents
        .iter()
        .map(|(path, bytes)| LayerFile {
            path: format!("package/{path}"),
            mode: 0o444,
            bytes,
        })
        .collect();
    Layer::of("the package", &files, epoch).map_err(ImageError::Build)
}

/// What the image says of itself: what it is, and what it was made from.
fn labels(plan: &Plan, served: &Served) -> Labels {
    let digest = Sha256::of(&served.manifest).to_string();
    let mut labels: Vec<(&str, String)> = vec![
        (
            "org.opencontainers.image.title",
            served.id.name().to_owned(),
        ),
        (
            "org.opencontainers.image.version",
            served.id.version().to_owned(),
        ),
        ("trainyard.package.manifest.sha256", digest),
        ("trainyard.model.sha256", served.model.sha256.to_string()),
    ];
    if let Some(commit) = &served.model.run.commit {
        labels.push(("org.opencontainers.image.revision", commit.clone()));
    }
    if let Some(source) = &plan.source {
        labels.push(("org.opencontainers.image.source", source.clone()));
    }
    let owned = labels.into_iter();
    owned.map(|(key, value)| (key.to_owned(), value)).collect()
}
