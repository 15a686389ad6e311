//! Fetching: the manifest first, then exactly what it lists.

use std::path::Path;

use yard_contract::{Document, Manifest};
use yard_package::{MANIFEST, MemberPath, PackageId, Staging};

use crate::error::RegistryError;
use crate::store::{Target, insist};

/// Bytes of a release's manifest.
pub(crate) const MANIFEST_BYTES: u64 = 16 << 20;

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
    let mut bytes = Vec::new();
    let received = insist(&mut patience, || {
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
