//! What all targets can do.

use std::fmt::Debug;
use std::fs::File;
use std::io::Write;

use yard_contract::Sha256;
use yard_forge::{Patience, Upload};
use yard_package::PackageId;

use crate::error::RegistryError;
use crate::release::Notes;

/// An opened target.
#[derive(Debug)]
pub struct Target {
    name: String,
    store: Box<dyn Store>,
}

/// Where files lie under a name and a version.
pub(crate) trait Store: Debug {
    /// Keeps other publishers of the same release out while the file is open, where that is
    /// possible.
    fn lock(&self, id: &PackageId) -> Result<Option<File>, RegistryError>;

    /// The digest of the stored file that counts, as the target knows it.
    fn digest(&self, id: &PackageId, file: &str) -> Result<Option<Sha256>, RegistryError>;

    /// Stores a file that was not there a moment ago; answers the digest of the one that counts
    /// now, which somebody else may have stored in between.
    fn put(&self, id: &PackageId, file: &str, upload: &Upload) -> Result<Sha256, RegistryError>;

    /// Copies a stored file to a writer; answers its length and digest. Nothing where there is
    /// none.
    fn get(
        &self,
        id: &PackageId,
        file: &str,
        out: &mut dyn Write,
        limit: u64,
    ) -> Result<Option<(u64, Sha256)>, RegistryError>;

    /// Lets the target's own name for a version, where it has such names, stand for this one.
    fn point(&self, _alias: &str, _id: &PackageId) -> Result<(), RegistryError> {
        Ok(())
    }

    /// The versions of a package that are there. One of them may be without its manifest.
    fn versions(&self, name: &str) -> Result<Vec<String>, RegistryError>;

    /// The longest file that can be stored, where that is known.
    fn largest(&self) -> Option<u64> {
        None
    }

    /// Gives a release its text before anybody sees it, where the target shows one.
    fn describe(&self, _id: &PackageId, _notes: &Notes) -> Result<(), RegistryError> {
        Ok(())
    }

    /// Shows people that a release is complete, where the target has a place for that.
    fn announce(&self, _id: &PackageId, _notes: &Notes) -> Result<(), RegistryError> {
        Ok(())
    }

    /// Patience, where trying again can help.
    fn patience(&self) -> Option<Patience<'_>>;
}

impl Target {
    pub(crate) fn new(name: String, store: impl Store + 'static) -> Self {
        Self {
            name,
            store: Box::new(store),
        }
    }

    /// The target as it was asked for.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn store(&self) -> &dyn Store {
        self.store.as_ref()
    }
}

/// Tries as often as the store has patience for.
pub(crate) fn insist<T>(
    patience: &mut Option<Patience<'_>>,
    mut attempt: impl FnMut() -> Result<T, RegistryError>,
) -> Result<T, RegistryError> {
    let Some(patience) = patience else {
        return attempt();
    };
    patience.insist(|| match attempt() {
        Err(RegistryError::Forge(error)) => Err(error),
        other => Ok(other),
    })?
}
