//! Fetching: the manifest first, then exactly what it lists.

use std::io::Read;
use std::path::Path;

use semver::Version;
use yard_contract::{Document, Manifest, Sha256};
use yard_forge::{ForgeError, Patience};
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

/// What was read of a release's archive while it streamed by.
#[derive(Clone, Debug)]
pub struct Seen<T> {
    /// What the reader made of it.
    pub value: T,
    /// The archive's digest.
    pub sha256: Sha256,
    /// The digest of the release's manifest.
    pub manifest_sha256: Sha256,
}

/// Streams a release's archive, verified against its manifest, to a reader. Nothing of it is held in
/// memory or on a disk by this; the reader is called anew for every attempt, and what it makes of an
/// archive counts when all of the archive was verified.
pub fn read_archive<T: Send, E: From<RegistryError> + Send>(
    target: &Target,
    id: &PackageId,
    read: impl Fn(&mut dyn Read) -> Result<T, E> + Sync,
) -> Result<Seen<T>, E> {
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
    let mut value = None;
    let received = insist(&mut patience, || {
        let (reader, mut writer) = std::io::pipe().map_err(|source| RegistryError::Io {
            action: "open a pipe for",
            path: name.clone().into(),
            source,
        })?;
        let received = std::thread::scope(|scope| {
            let read = &read;
            let reading = scope.spawn(move || {
                let mut reader = reader;
                let value = read(&mut reader);
                // What the reader did not want is still to be verified.
                if value.is_ok() {
                    let _ = std::io::copy(&mut reader, &mut std::io::sink());
                }
                value
            });
            let received = store.get(id, &name, &mut writer, file.size);
            drop(writer);
            value = reading.join().ok();
            received
        });
        // Who has seen enough to refuse it has hung up, and what the writer says of that is no news.
        if matches!(value, Some(Err(_))) && received.as_ref().is_err_and(hung_up) {
            return Ok(Some((file.size, file.sha256)));
        }
        received
    })?;
    let target = target.name().to_owned();
    let release = id.to_string();
    let Some((_, found)) = received else {
        return Err(RegistryError::Absent { target, release }.into());
    };
    if found != file.sha256 {
        let (file, expected) = (name, file.sha256);
        return Err(RegistryError::Digest {
            target,
            file,
            expected,
            found,
        }
        .into());
    }
    let value = value.unwrap_or_else(|| Err(RegistryError::Absent { target, release }.into()))?;
    Ok(Seen {
        value,
        sha256: found,
        manifest_sha256: Sha256::of(&listed),
    })
}

/// Whether somebody stopped reading what was written.
fn hung_up(error: &RegistryError) -> bool {
    let (RegistryError::Forge(ForgeError::Write { source, .. }) | RegistryError::Io { source, .. }) =
        error
    else {
        return false;
    };
    source.kind() == std::io::ErrorKind::BrokenPipe
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

/// Fetches a release's archive into memory: for what is known to fit there.
pub fn fetch_archive(target: &Target, id: &PackageId) -> Result<Archive, RegistryError> {
    let seen = read_archive(target, id, |archive| {
        let mut bytes = Vec::new();
        let read = archive.read_to_end(&mut bytes);
        read.map(|_| bytes).map_err(|source| RegistryError::Io {
            action: "read",
            path: id.archive_name().into(),
            source,
        })
    })?;
    Ok(Archive {
        bytes: seen.value,
        sha256: seen.sha256,
        manifest_sha256: seen.manifest_sha256,
    })
}

/// The complete release that comes before a version by `SemVer`, the latest of those; pre-releases
/// promise nothing and do not count. Nothing where there is none, and where the version is not by
/// `SemVer` itself.
pub fn before(target: &Target, id: &PackageId) -> Result<Option<PackageId>, RegistryError> {
    let Ok(version) = Version::parse(id.version()) else {
        return Ok(None);
    };
    let store = target.store();
    let mut patience = store.patience();
    let listed = insist(&mut patience, || store.versions(id.name()))?;
    let parsed = listed.iter().filter_map(|text| Version::parse(text).ok());
    let mut earlier: Vec<Version> = parsed
        .filter(|found| found.pre.is_empty() && found.cmp_precedence(&version).is_lt())
        .collect();
    earlier.sort();
    earlier.dedup();
    while let Some(found) = earlier.pop() {
        let found = PackageId::new(id.name(), &found.to_string())?;
        match manifest(target, &found, &mut patience) {
            Ok(_) => return Ok(Some(found)),
            // Without its manifest it was never released.
            Err(RegistryError::Absent { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// The release that `NAME@VERSION`, `NAME@TAG` or `NAME@ALIAS` means. What is named like a version, beginning
/// with a digit or with `v` and a digit, is one.
pub fn resolve(target: &Target, text: &str) -> Result<PackageId, RegistryError> {
    let (name, selector) = text.split_once('@').unwrap_or((text, ""));
    // What a job hands over may be the whole tag of a release, which names the package itself.
    let own = selector.strip_prefix(name);
    let selector = own
        .and_then(|rest| rest.strip_prefix('@'))
        .unwrap_or(selector);
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
