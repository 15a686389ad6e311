//! Fetching: the manifest first, then exactly what it lists.

use std::path::Path;

use yard_contract::{Document, Manifest, Sha256};
use yard_forge::Patience;
use yard_package::{MANIFEST, MemberPath, PackageId, Staging};

use crate::alias::{Alias, history};
use crate::error::RegistryError;
use crate::store::{Target, insist};

/// Bytes of a release's manifest.
pub(crate) const MANIFEST_BYTES: u64 = 16 << 20;

/// A release's manifest, and its bytes as the target holds them.
pub(crate) fn manifest(
    target: &Target,
    id: &PackageId,
    patience: &mut Option<Patience<'_>>,
) -> Result<(Document<Manifest>, Vec<u8>), RegistryError> {
    let store = target.store();
    let place = || (target.name().to_owned(), id.to_string());
    let mut bytes = Vec::new();
    let received = insist(patience, || {
        bytes.clear();
        store.get(id, MANIFEST, &mut bytes, MANIFEST_BYTES)
    })?;
    if received.is_none() {
        let (target, release) = place();
        return Err(RegistryError::Absent { target, release });
    }
    let manifest = Document::<Manifest>::parse(&bytes).map_err(|source| {
        let (target, release) = place();
        RegistryError::Manifest {
            target,
            release,
            source,
        }
    })?;
    let found = PackageId::new(&manifest.body.name, &manifest.body.package_version)?;
    if found != *id {
        let ((target, release), found) = (place(), found.to_string());
        return Err(RegistryError::OtherManifest {
            target,
            release,
            found,
        });
    }
    Ok((manifest, bytes))
}

/// Fetches a release into a folder that must not exist yet. The folder appears when every file was
/// verified against the manifest; after an error nothing of it is left.
pub fn fetch(
    target: &Target,
    id: &PackageId,
    destination: &Path,
) -> Result<Document<Manifest>, RegistryError> {
    let store = target.store();
    let mut patience = store.patience();
    let place = || (target.name().to_owned(), id.to_string());
    let (manifest, bytes) = manifest(target, id, &mut patience)?;

    let staging = Staging::begin(destination)?;
    for file in &manifest.body.files {
        // A name from a server: nothing of it reaches the file system unchecked.
        let path = MemberPath::new(&file.path)
            .ok()
            .filter(|path| !path.as_str().contains('/') && path.as_str() != MANIFEST)
            .ok_or_else(|| RegistryError::AssetName(file.path.escape_debug().to_string()))?;
        let at = path.under(Path::new(""));
        let received = insist(&mut patience, || {
            let mut out = staging.replace(&at)?;
            store.get(id, &file.path, &mut out, file.size)
        })?;
        let (target, release) = place();
        let Some((_, found)) = received else {
            return Err(RegistryError::Absent { target, release });
        };
        if found != file.sha256 {
            let (file, expected) = (file.path.clone(), file.sha256);
            return Err(RegistryError::Digest {
                target,
                file,
                expected,
                found,
            });
        }
    }
    let mut out = staging.replace(Path::new(MANIFEST))?;
    std::io::Write::write_all(&mut out, &bytes).map_err(|source| RegistryError::Io {
        action: "write",
        path: destination.join(MANIFEST),
        source,
    })?;
    staging.commit()?;
    Ok(manifest)
}

/// A release's archive, verified against its manifest.
#[derive(Clone, Debug)]
pub struct Archive {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Their digest.
    pub sha256: Sha256,
    /// The digest of the release's manifest.
    pub manifest_sha256: Sha256,
}

/// Fetches a release's archive into memory.
pub fn fetch_archive(target: &Target, id: &PackageId) -> Result<Archive, RegistryError> {
    let store = target.store();
    let mut patience = store.patience();
    let (manifest, listed) = manifest(target, id, &mut patience)?;
    let name = id.archive_name();
    let file = manifest.body.files.iter().find(|file| file.path == name);
    let file = file.ok_or_else(|| RegistryError::NoArchive {
        target: target.name().to_owned(),
        release: id.to_string(),
        file: name.clone(),
    })?;
    let mut bytes = Vec::new();
    let received = insist(&mut patience, || {
        bytes.clear();
        store.get(id, &name, &mut bytes, file.size)
    })?;
    let target = target.name().to_owned();
    match received {
        None => Err(RegistryError::Absent {
            target,
            release: id.to_string(),
        }),
        Some((_, found)) if found != file.sha256 => Err(RegistryError::Digest {
            target,
            file: name,
            expected: file.sha256,
            found,
        }),
        Some((_, sha256)) => Ok(Archive {
            bytes,
            sha256,
            manifest_sha256: Sha256::of(&listed),
        }),
    }
}

/// The release that `NAME@VERSION` or `NAME@ALIAS` means. What is named like a version, beginning
/// with a digit or with `v` and a digit, is one.
pub fn resolve(target: &Target, text: &str) -> Result<PackageId, RegistryError> {
    let (name, selector) = text.split_once('@').unwrap_or((text, ""));
    let bare = selector.strip_prefix('v').unwrap_or(selector);
    if bare.starts_with(|c: char| c.is_ascii_digit()) {
        return Ok(PackageId::new(name, bare)?);
    }
    let alias = Alias::new(selector)?;
    let history = history(target, name, &alias)?;
    let current = history.current().ok_or_else(|| RegistryError::NoAlias {
        target: target.name().to_owned(),
        name: name.escape_debug().to_string(),
        alias: selector.to_owned(),
    })?;
    Ok(PackageId::new(name, &current.package_version)?)
}
