//! GitLab's generic packages as a registry.
//!
//! GitLab adds a second file where one of the same name is there already, so immutability is ours
//! to keep. Of several files of one name the first, which has the lowest number, counts. Whoever
//! uploads looks again afterwards, and withdraws its own file if it was not the first: then
//! everybody who publishes at once sees the same winner.

use std::fs::File;
use std::io::Write;

use yard_contract::Sha256;
use yard_forge::{FileRecord, ForgeError, GenericPackages, Patience, Upload};
use yard_package::PackageId;

use crate::error::RegistryError;
use crate::store::Store;

/// Listings to ask for, at most, until two in a row agree.
const SETTLING: u32 = 10;

#[derive(Debug)]
pub(crate) struct GitLabStore {
    packages: GenericPackages,
}

impl GitLabStore {
    pub(crate) const fn new(packages: GenericPackages) -> Self {
        Self { packages }
    }

    /// The stored files of one name, first come first.
    fn records(&self, id: &PackageId, file: &str) -> Result<Vec<FileRecord>, ForgeError> {
        let mut records = self.packages.files(id.name(), id.version())?;
        records.retain(|record| record.file_name == file);
        Ok(records)
    }

    /// The stored files of one name while others may be publishing: a listing of several pages that
    /// somebody changes between two of them can skip a file, so it counts when two in a row agree.
    fn settled_records(&self, id: &PackageId, file: &str) -> Result<Vec<FileRecord>, ForgeError> {
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
    ) -> Result<Sha256, ForgeError> {
        if let Some(sha256) = record.file_sha256 {
            return Ok(sha256);
        }
        let (name, version) = (id.name(), id.version());
        let limit = record.size;
        let (_, sha256) =
            self.packages
                .download(name, version, file, &mut std::io::sink(), limit)?;
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
        let ours = self
            .packages
            .upload(id.name(), id.version(), file, upload)?;
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
        let beaten = ours.filter(|ours| {
            ours.id != first.id && records.iter().any(|record| record.id == ours.id)
        });
        if let Some(ours) = beaten {
            match self.packages.delete(&ours) {
                // The same bytes twice do no harm, and not everybody may delete.
                Err(_) if counts == upload.sha256 => {}
                // Another run, or a person, has tidied up.
                Err(ForgeError::NotFound { .. }) | Ok(()) => {}
                Err(error) => {
                    let source = Box::new(error);
                    let target = self.packages.client().origin().to_string();
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
        match self
            .packages
            .download(id.name(), id.version(), file, out, limit)
        {
            Ok(received) => Ok(Some(received)),
            Err(ForgeError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn patience(&self) -> Option<Patience<'_>> {
        Some(self.packages.client().patience())
    }
}
