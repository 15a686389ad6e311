//! GitLab's generic packages as a registry.
//!
//! GitLab adds a second file where one of the same name is there already, so immutability is ours
//! to keep. Of several files of one name the first, which has the lowest number, counts. Whoever
//! uploads looks again afterwards, and withdraws its own file if it was not the first: then
//! everybody who publishes at once sees the same winner.
//!
//! The model registry has such packages too, one for each version of a model. It has no aliases that
//! can be set and takes versions by `SemVer` only, so the record of aliases stays with the generic
//! packages of the same project.

use std::fs::File;
use std::io::Write;

use yard_contract::Sha256;
use yard_forge::{
    FileRecord, ForgeError, GenericPackages, GitLabReleases, Patience, ReleaseLink, Upload,
};
use yard_package::{MANIFEST, PackageId};

use crate::alias::JOURNAL;
use crate::error::RegistryError;
use crate::release::Notes;
use crate::store::Store;

/// Listings to ask for, at most, until two in a row agree.
const SETTLING: u32 = 10;

/// The largest file that GitLab's own site takes. Elsewhere the administrator decides.
const LARGEST: u64 = 5 << 30;

#[derive(Debug)]
pub(crate) struct GitLabStore {
    packages: GenericPackages,
    /// Where the record of aliases is, if not there.
    record: Option<GenericPackages>,
    /// Where releases are shown, and for which tag.
    entries: Option<(GitLabReleases, String)>,
}

impl GitLabStore {
    pub(crate) const fn new(packages: GenericPackages) -> Self {
        Self {
            packages,
            record: None,
            entries: None,
        }
    }

    /// The model registry, and the generic packages beside it.
    pub(crate) const fn of_models(packages: GenericPackages, record: GenericPackages) -> Self {
        Self {
            packages,
            record: Some(record),
            entries: None,
        }
    }

    /// The same, within a pipeline of a tag, for which there will be a release entry.
    pub(crate) fn for_tag(mut self, entries: GitLabReleases, tag: String) -> Self {
        self.entries = Some((entries, tag));
        self
    }

    /// The packages among which a version is.
    fn packages(&self, id: &PackageId) -> Result<&GenericPackages, RegistryError> {
        if let Some(record) = self.record.as_ref().filter(|_| id.version() == JOURNAL) {
            return Ok(record);
        }
        if self.packages.is_models() && semver::Version::parse(id.version()).is_err() {
            return Err(RegistryError::NotSemVer {
                target: "GitLab's model registry".to_owned(),
                version: id.version().to_owned(),
            });
        }
        Ok(&self.packages)
    }

    /// The stored files of one name, first come first.
    fn records(&self, id: &PackageId, file: &str) -> Result<Vec<FileRecord>, RegistryError> {
        let mut records = self.packages(id)?.files(id.name(), id.version())?;
        records.retain(|record| record.file_name == file);
        Ok(records)
    }

    /// The stored files of one name while others may be publishing: a listing of several pages that
    /// somebody changes between two of them can skip a file, so it counts when two in a row agree.
    fn settled_records(
        &self,
        id: &PackageId,
        file: &str,
    ) -> Result<Vec<FileRecord>, RegistryError> {
        let numbers = |records: &[FileRecord]| records.iter().map(|r| r.id).collect::<Vec<_>>();
        let mut records = self.records(id, file)?;
        for _ in 0..SETTLING {
            let again = self.records(id, file)?;
            let agree = numbers(&again) == numbers(&records);
            records = again;
            if agree {
                break;
            }
        }
        Ok(records)
    }

    /// A record's digest: the server's, or, where it has none, that of the bytes it gives.
    fn digest_of(
        &self,
        id: &PackageId,
        file: &str,
        record: &FileRecord,
    ) -> Result<Sha256, RegistryError> {
        if let Some(sha256) = record.file_sha256 {
            return Ok(sha256);
        }
        let (name, version) = (id.name(), id.version());
        let limit = record.size;
        let packages = self.packages(id)?;
        let (_, sha256) = packages.download(name, version, file, &mut std::io::sink(), limit)?;
        Ok(sha256)
    }
}

impl Store for GitLabStore {
    fn lock(&self, _: &PackageId) -> Result<Option<File>, RegistryError> {
        // The server knows no locks.
        Ok(None)
    }

    fn digest(&self, id: &PackageId, file: &str) -> Result<Option<Sha256>, RegistryError> {
        match self.records(id, file)?.first() {
            Some(first) => Ok(Some(self.digest_of(id, file, first)?)),
            None => Ok(None),
        }
    }

    fn put(&self, id: &PackageId, file: &str, upload: &Upload) -> Result<Sha256, RegistryError> {
        let packages = self.packages(id)?;
        let is_last = file == MANIFEST || id.version() == JOURNAL;
        let ours = match packages.upload(id.name(), id.version(), file, upload, is_last) {
            // Where files of one name are forbidden, somebody else has just been first.
            Err(error) if is_duplicate(&error) => match self.records(id, file)?.first() {
                Some(first) => return self.digest_of(id, file, first),
                None => return Err(error.into()),
            },
            other => other?,
        };
        let records = self.settled_records(id, file)?;
        let Some(first) = records.first() else {
            // The listing may lag behind; whoever tries again looks again.
            return Err(RegistryError::Forge(ForgeError::Transient {
                request: format!("the upload of `{file}`"),
                reason: "the server does not list the file yet".to_owned(),
                retry_after: None,
                source: None,
            }));
        };
        let counts = self.digest_of(id, file, first)?;
        // Servers that do not say which record is ours leave it to be told by its digest; who else has
        // the same is beaten too.
        let is_ours = |record: &&FileRecord| match &ours {
            Some(ours) => ours.id == record.id,
            None => record.file_sha256 == Some(upload.sha256),
        };
        for ours in records.iter().skip(1).filter(is_ours) {
            match packages.delete(ours) {
                // The same bytes twice do no harm, and not everybody may delete.
                Err(_) if counts == upload.sha256 => {}
                // Another run, or a person, has tidied up.
                Err(ForgeError::NotFound { .. }) | Ok(()) => {}
                Err(error) => {
                    let source = Box::new(error);
                    let target = packages.client().origin().to_string();
                    return Err(RegistryError::NotWithdrawn {
                        target,
                        file: file.to_owned(),
                        source,
                    });
                }
            }
        }
        Ok(counts)
    }

    fn get(
        &self,
        id: &PackageId,
        file: &str,
        out: &mut dyn Write,
        limit: u64,
    ) -> Result<Option<(u64, Sha256)>, RegistryError> {
        let packages = self.packages(id)?;
        match packages.download(id.name(), id.version(), file, out, limit) {
            Ok(received) => Ok(Some(received)),
            Err(ForgeError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn versions(&self, name: &str) -> Result<Vec<String>, RegistryError> {
        Ok(self.packages.versions(name)?)
    }

    fn largest(&self) -> Option<u64> {
        let is_theirs = self.packages.client().origin().is_host("gitlab.com");
        is_theirs.then_some(LARGEST)
    }

    fn announce(&self, id: &PackageId, notes: &Notes) -> Result<(), RegistryError> {
        let Some((entries, tag)) = &self.entries else {
            return Ok(());
        };
        let mut links = Vec::new();
        for (label, file) in &notes.links {
            let url = self.packages.link(id.name(), id.version(), file)?;
            // Names are unique in an entry, and a tag may release several packages.
            links.extend(url.map(|url| {
                ReleaseLink {
                    name: format!("{id}: {label}"),
                    url: url.to_string(),
                    link_type: if *file == id.archive_name() {
                        "package"
                    } else {
                        "other"
                    }
                    .to_owned(),
                }
            }));
        }
        entries.announce(tag, &notes.title, &notes.text, &links)?;
        Ok(())
    }

    fn patience(&self) -> Option<Patience<'_>> {
        Some(self.packages.client().patience())
    }
}

/// Whether the server keeps a second file of one name out.
fn is_duplicate(error: &ForgeError) -> bool {
    let ForgeError::Refused {
        status: 400 | 409,
        message,
        ..
    } = error
    else {
        return false;
    };
    message.to_ascii_lowercase().contains("duplicate")
}
