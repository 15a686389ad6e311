//! An OCI registry as a registry of ours: a release is a `ModelPack` artifact at
//! `REPOSITORY/NAME:VERSION`.
//!
//! Blobs lie under their digests and are invisible until a manifest names them, so the tag is the
//! commit marker by itself: a release is there with all of its files or not at all. A tag can be
//! moved by anybody who may push; the protocol has no "only if it is absent". So we look right
//! before and right after, and whoever finds another release under the tag then reports it. (A
//! registry that is told to keep tags immutable refuses the second of two publishers by itself.)

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flate2::read::GzDecoder;
use yard_contract::{Digester, Sha256};
use yard_forge::{ForgeError, OciManifest, OciRepository, Patience, Upload};
use yard_package::{MANIFEST, PackageId};

use crate::alias::JOURNAL;
use crate::error::RegistryError;
use crate::modelpack::{self, Layer, tag};
use crate::store::Store;

#[derive(Debug)]
pub(crate) struct OciStore {
    /// The repository below which every package has its own.
    root: OciRepository,
    /// Those of packages, kept with the tokens that were got for them.
    opened: Mutex<BTreeMap<String, Arc<OciRepository>>>,
    /// Blobs that this run has sent, by version and file, until a manifest names them.
    sent: Mutex<BTreeMap<(String, String), Layer>>,
}

impl OciStore {
    pub(crate) const fn new(root: OciRepository) -> Self {
        Self {
            root,
            opened: Mutex::new(BTreeMap::new()),
            sent: Mutex::new(BTreeMap::new()),
        }
    }

    fn repository(&self, id: &PackageId) -> Result<Arc<OciRepository>, RegistryError> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(repository) = opened.get(id.name()) {
            return Ok(Arc::clone(repository));
        }
        let repository = Arc::new(self.root.below(id.name())?);
        opened.insert(id.name().to_owned(), Arc::clone(&repository));
        Ok(repository)
    }

    fn sent(&self) -> MutexGuard<'_, BTreeMap<(String, String), Layer>> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stores a file of its own under a tag of its own: one move of an alias. Whoever calls has just
    /// looked that there is none; nothing keeps somebody else from storing theirs in between.
    fn put_alone(
        &self,
        id: &PackageId,
        file: &str,
        upload: &Upload,
    ) -> Result<Sha256, RegistryError> {
        let repository = self.repository(id)?;
        let tag = place(id, file);
        let (config, artifact) = modelpack::artifact(id, &[layer(file, upload)?]);
        repository.push_blob(upload)?;
        repository.push_blob(&Upload::bytes(&config))?;
        repository.put_manifest(Some(&tag), &artifact)?;
        Ok(repository
            .manifest(&tag)?
            .map_or(upload.sha256, |found| held(&found, file)))
    }

    /// Sends the release's own manifest, then the artifact's, which makes everything visible.
    fn commit(&self, id: &PackageId, upload: &Upload) -> Result<Sha256, RegistryError> {
        let repository = self.repository(id)?;
        let mut layers: Vec<Layer> = self
            .sent()
            .iter()
            .filter(|((version, _), _)| version == id.version())
            .map(|(_, layer)| layer.clone())
            .collect();
        // What runs comes before what is read.
        layers.sort_by_key(|layer| !modelpack::is_archive(&layer.file));
        layers.push(layer(MANIFEST, upload)?);
        let (config, artifact) = modelpack::artifact(id, &layers);
        repository.push_blob(upload)?;
        repository.push_blob(&Upload::bytes(&config))?;
        repository.put_manifest(Some(&tag(id.version())), &artifact)?;
        // Somebody else may have moved the tag since: what it names now is what counts.
        match repository.manifest(&tag(id.version()))? {
            Some(found) => Ok(held(&found, MANIFEST)),
            None => Err(RegistryError::Forge(ForgeError::Transient {
                request: format!("the tag `{}`", tag(id.version())),
                reason: "the registry does not have it yet".to_owned(),
                retry_after: None,
                source: None,
            })),
        }
    }
}

impl Store for OciStore {
    fn lock(&self, _: &PackageId) -> Result<Option<File>, RegistryError> {
        // The protocol knows no locks.
        Ok(None)
    }

    fn digest(&self, id: &PackageId, file: &str) -> Result<Option<Sha256>, RegistryError> {
        let found = self.repository(id)?.manifest(&place(id, file))?;
        Ok(found.map(|manifest| held(&manifest, file)))
    }

    fn put(&self, id: &PackageId, file: &str, upload: &Upload) -> Result<Sha256, RegistryError> {
        if id.version() == JOURNAL {
            return self.put_alone(id, file, upload);
        }
        if file == MANIFEST {
            return self.commit(id, upload);
        }
        self.repository(id)?.push_blob(upload)?;
        let key = (id.version().to_owned(), file.to_owned());
        self.sent().insert(key, layer(file, upload)?);
        Ok(upload.sha256)
    }

    fn get(
        &self,
        id: &PackageId,
        file: &str,
        out: &mut dyn Write,
        limit: u64,
    ) -> Result<Option<(u64, Sha256)>, RegistryError> {
        let repository = self.repository(id)?;
        let key = (id.version().to_owned(), file.to_owned());
        let sent = self.sent().get(&key).map(|layer| layer.sha256);
        let digest = match sent {
            Some(digest) => Some(digest),
            None => repository
                .manifest(&place(id, file))?
                .and_then(|manifest| modelpack::file_in(&manifest, file)),
        };
        match digest {
            Some(digest) => Ok(repository.blob(&digest, out, limit)?),
            None => Ok(None),
        }
    }

    fn point(&self, alias: &str, id: &PackageId) -> Result<(), RegistryError> {
        let repository = self.repository(id)?;
        let Some(release) = repository.manifest(&tag(id.version()))? else {
            return Err(RegistryError::Absent {
                target: self.root.name().to_owned(),
                release: id.to_string(),
            });
        };
        let there = repository.manifest(alias)?;
        if there.is_none_or(|there| there.sha256 != release.sha256) {
            repository.put_manifest(Some(alias), &release)?;
        }
        Ok(())
    }

    fn versions(&self, name: &str) -> Result<Vec<String>, RegistryError> {
        let tags = self.root.below(name)?.tags()?;
        // A tag has no `+`, and a version of ours no `_` by SemVer.
        let versions = tags.into_iter().map(|tag| tag.replace('_', "+"));
        Ok(versions.collect())
    }

    fn patience(&self) -> Option<Patience<'_>> {
        Some(self.root.client().patience())
    }
}

/// The tag under which a file is found: that of the release, or, for moves of aliases, its own.
fn place(id: &PackageId, file: &str) -> String {
    if id.version() == JOURNAL {
        let stem = file.strip_suffix(".json").unwrap_or(file);
        format!("{JOURNAL}.{stem}")
    } else {
        tag(id.version())
    }
}

/// The digest under which an artifact has a file. A tag without it holds something else, which
/// must never look like nothing: then it is the digest of that.
fn held(manifest: &OciManifest, file: &str) -> Sha256 {
    modelpack::file_in(manifest, file).unwrap_or(manifest.sha256)
}

/// A file as a layer: an archive's layer is known by what it unpacks to as well.
fn layer(file: &str, upload: &Upload) -> Result<Layer, RegistryError> {
    let unpacked = if modelpack::is_archive(file) {
        let mut digester = Digester::new();
        let mut archive = GzDecoder::new(upload.open()?);
        io::copy(&mut archive, &mut digester).map_err(|source| RegistryError::Archive {
            file: file.to_owned(),
            source,
        })?;
        digester.finish()
    } else {
        upload.sha256
    };
    Ok(Layer {
        file: file.to_owned(),
        size: upload.size,
        sha256: upload.sha256,
        unpacked,
    })
}
