//! What is published under one name and version.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use yard_contract::{Document, Input, Manifest, ManifestFile, Producer};
use yard_forge::Upload;
use yard_package::{MANIFEST, PackageId};

use crate::alias::is_reserved;
use crate::error::RegistryError;

/// One file of a release.
#[derive(Clone, Debug)]
pub struct Asset {
    name: String,
    upload: Upload,
}

impl Asset {
    /// A file under a flat name that every registry takes as it is.
    pub fn new(name: &str, upload: Upload) -> Result<Self, RegistryError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._+-".contains(c);
        let fits = name.starts_with(|c: char| c.is_ascii_alphanumeric())
            && name.len() <= 255
            && name.chars().all(plain)
            && !name.eq_ignore_ascii_case(MANIFEST);
        if !fits {
            return Err(RegistryError::AssetName(name.escape_debug().to_string()));
        }
        Ok(Self {
            name: name.to_owned(),
            upload,
        })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its bytes, size and digest.
    pub const fn upload(&self) -> &Upload {
        &self.upload
    }
}

/// What people read of a release, where the target shows it to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notes {
    /// The heading.
    pub title: String,
    /// The text, as Markdown in which nothing that came from data can act.
    pub text: String,
    /// Files to link to, by what people read and what they are called.
    pub links: Vec<(String, String)>,
}

/// Files under a name and a version, and the manifest that lists them.
#[derive(Clone, Debug)]
pub struct Release {
    id: PackageId,
    assets: Vec<Asset>,
    manifest: Document<Manifest>,
    notes: Option<Notes>,
}

impl Release {
    /// A release of some files, each under its own name.
    pub fn new(
        id: PackageId,
        produced_by: Producer,
        inputs: Vec<Input>,
        mut assets: Vec<Asset>,
    ) -> Result<Self, RegistryError> {
        if is_reserved(id.version()) {
            return Err(RegistryError::Reserved(id.version().to_owned()));
        }
        assets.sort_by(|one, other| one.name.cmp(&other.name));
        if let Some(pair) = assets.windows(2).find(|pair| pair[0].name == pair[1].name) {
            return Err(RegistryError::AssetName(pair[0].name.clone()));
        }
        if assets.is_empty() {
            return Err(RegistryError::Empty);
        }
        let entry = |asset: &Asset| ManifestFile {
            path: asset.name.clone(),
            size: asset.upload.size,
            sha256: asset.upload.sha256,
        };
        let manifest = Manifest {
            name: id.name().to_owned(),
            package_version: id.version().to_owned(),
            files: assets.iter().map(entry).collect(),
        };
        let manifest = Document::new(produced_by, inputs, manifest);
        Ok(Self {
            id,
            assets,
            manifest,
            notes: None,
        })
    }

    /// The same, to be shown to people where the target has a place for that.
    #[must_use]
    pub fn with_notes(mut self, notes: Notes) -> Self {
        self.notes = Some(notes);
        self
    }

    /// The same, counting what is sent of its files.
    #[must_use]
    pub fn watched(mut self, moved: &Arc<AtomicU64>) -> Self {
        for asset in &mut self.assets {
            asset.upload = asset.upload.clone().watched(moved);
        }
        self
    }

    /// What people read of it.
    pub const fn notes(&self) -> Option<&Notes> {
        self.notes.as_ref()
    }

    /// Its name and version.
    pub const fn id(&self) -> &PackageId {
        &self.id
    }

    /// Its files, in the order of their names.
    pub fn assets(&self) -> &[Asset] {
        &self.assets
    }

    /// What lists them.
    pub const fn manifest(&self) -> &Document<Manifest> {
        &self.manifest
    }
}
