//! Where an image goes, and getting it there: look, send what is missing, the tag last, look again.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use yard_contract::{DeliveryAction, ImageDelivery, Sha256};
use yard_forge::{ForgeError, OciRepository, Upload, Variables};
use yard_registry::{Connection, OciAddress, RegistryError, SpecFlaw};

use crate::build::Built;
use crate::error::ImageError;
use crate::layout;

/// A destination as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spec {
    text: String,
    place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Registry(OciAddress),
    Layout(PathBuf),
    Archive(PathBuf),
}

/// An opened destination.
#[derive(Debug)]
pub(crate) struct Destination {
    spec: Spec,
    repository: Option<OciRepository>,
}

impl FromStr for Spec {
    type Err = ImageError;

    fn from_str(text: &str) -> Result<Self, ImageError> {
        let place = match text.split_once(':') {
            Some(("oci-layout", folder)) if !folder.is_empty() => Place::Layout(folder.into()),
            Some(("oci-archive", file)) if !file.is_empty() => Place::Archive(file.into()),
            _ => Place::Registry(text.parse().map_err(|flaw| match flaw {
                SpecFlaw::Unknown(shown) => ImageError::Target(shown),
                SpecFlaw::NoJob
                | SpecFlaw::NoWorkflow
                | SpecFlaw::NoTracking
                | SpecFlaw::NoModelsToken => ImageError::Target(text.escape_debug().to_string()),
            })?),
        };
        Ok(Self {
            text: text.to_owned(),
            place,
        })
    }
}

impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Spec {
    pub(crate) fn open(
        self,
        variables: &Variables,
        connection: &Connection,
    ) -> Result<Destination, ImageError> {
        let repository = match &self.place {
            Place::Registry(address) => Some(address.open(variables, connection)?),
            Place::Layout(_) | Place::Archive(_) => None,
        };
        Ok(Destination {
            spec: self,
            repository,
        })
    }
}

impl Destination {
    /// What is there, compared with what is to be there.
    pub(crate) fn look(&self, tag: &str, built: &Built) -> Result<ImageDelivery, ImageError> {
        let there = match (&self.spec.place, &self.repository) {
            (Place::Layout(folder), _) => layout::tagged(folder, tag)?,
            (_, Some(repository)) => named(repository, tag)?,
            // An archive is written anew: it is a file of this run, not a place of releases.
            _ => None,
        };
        let action = match there {
            None => DeliveryAction::Planned,
            Some(there) if there == built.tagged.sha256 => DeliveryAction::AlreadyThere,
            Some(_) => DeliveryAction::Conflict,
        };
        let sha256 = there.unwrap_or(built.tagged.sha256);
        Ok(self.delivery(tag, sha256, action, 0))
    }

    /// Sends what is missing, and the tag last.
    pub(crate) fn publish(
        &self,
        tag: &str,
        built: &Built,
        epoch: u64,
    ) -> Result<ImageDelivery, ImageError> {
        let own = built.tagged.sha256;
        let (bytes, counts) = match (&self.spec.place, &self.repository) {
            (Place::Layout(folder), _) => (layout::add(folder, tag, built)?, own),
            (Place::Archive(file), _) => (layout::write_archive(file, tag, built, epoch)?, own),
            (_, Some(repository)) => push(repository, tag, built)?,
            (Place::Registry(_), None) => (0, own),
        };
        let action = if counts == own {
            DeliveryAction::Uploaded
        } else {
            DeliveryAction::Conflict
        };
        Ok(self.delivery(tag, counts, action, bytes))
    }

    fn delivery(
        &self,
        tag: &str,
        sha256: Sha256,
        action: DeliveryAction,
        uploaded_bytes: u64,
    ) -> ImageDelivery {
        let reference = match &self.spec.place {
            Place::Registry(address) => format!("{}:{tag}", address.image()),
            Place::Layout(path) | Place::Archive(path) => format!("{}:{tag}", path.display()),
        };
        ImageDelivery {
            target: self.spec.text.clone(),
            reference,
            sha256,
            action,
            uploaded_bytes,
        }
    }
}

/// What a tag stands for at a registry.
fn named(repository: &OciRepository, tag: &str) -> Result<Option<Sha256>, RegistryError> {
    let mut patience = repository.client().patience();
    let manifest = patience.insist(|| repository.manifest(tag))?;
    Ok(manifest.map(|manifest| manifest.sha256))
}

/// Sends the blobs that are missing, then the manifests, then the tag. Answers the bytes of the blobs
/// that were sent, and the digest that the tag has now: somebody else may have been faster.
fn push(
    repository: &OciRepository,
    tag: &str,
    built: &Built,
) -> Result<(u64, Sha256), RegistryError> {
    let mut patience = repository.client().patience();
    let mut sent = 0;
    for image in &built.images {
        let layers = image.layers.iter().map(|layer| layer.bytes.as_slice());
        for bytes in layers.chain([image.config.as_slice()]) {
            let upload = Upload::bytes(bytes);
            if patience.insist(|| repository.push_blob(&upload))? {
                sent += upload.size;
            }
        }
        if image.manifest != built.tagged {
            patience.insist(|| repository.put_manifest(None, &image.manifest))?;
        }
    }
    // Looked at again right before, and again after: a tag cannot be held.
    let counts = patience.insist(|| {
        if let Some(there) = repository.manifest(tag)? {
            return Ok(there.sha256);
        }
        repository.put_manifest(Some(tag), &built.tagged)?;
        let there = repository.manifest(tag)?;
        there
            .map(|there| there.sha256)
            .ok_or_else(|| ForgeError::Transient {
                request: format!("the tag `{tag}`"),
                reason: "the registry does not have it yet".to_owned(),
                retry_after: None,
                source: None,
            })
    })?;
    Ok((sent, counts))
}
