//! Where the bytes of what is unfinished are kept.

mod place;
mod remote;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use yard_cli::{Io, files};
use yard_forge::{ForgeError, Variables};

pub(crate) use place::Place;
use remote::Remote;

/// A place for named bytes. What is read from it is a hint: whoever uses it checks it.
pub(crate) enum Store {
    /// For as long as the process lives.
    Memory(RefCell<BTreeMap<String, Vec<u8>>>),
    /// Files of a folder, each there whole or not at all.
    Folder(PathBuf),
    /// A server.
    Remote(Box<Remote>, Place),
}

/// Why bytes could not be kept, or found again.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file.
    #[error(transparent)]
    File(#[from] yard_cli::Error),
    /// A server.
    #[error("cannot keep checkpoints in `{place}`")]
    Server {
        /// Which.
        place: String,
        /// Why not.
        source: ForgeError,
    },
}

impl StoreError {
    /// Whether it may go better later, with nobody changing anything.
    pub(crate) const fn is_transient(&self) -> bool {
        matches!(self, Self::Server { source, .. } if source.is_transient())
    }
}

impl Store {
    pub(crate) fn memory() -> Self {
        Self::Memory(RefCell::default())
    }

    pub(crate) fn open(place: &Place, io: &Io) -> Result<Self, StoreError> {
        let variables = || -> Variables { io.environment().into_iter().collect() };
        let remote = match place {
            Place::Folder(folder) => return Ok(Self::Folder(folder.clone())),
            Place::GitLab => Remote::gitlab(&variables()),
            Place::Bucket(bucket) => Remote::bucket(bucket, &variables()),
        };
        let remote = remote.map_err(|source| at(place, source))?;
        Ok(Self::Remote(Box::new(remote), place.clone()))
    }

    pub(crate) fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        match self {
            Self::Memory(kept) => Ok(kept.borrow().get(name).cloned()),
            Self::Folder(folder) => Ok(fs::read(folder.join(name)).ok()),
            Self::Remote(remote, place) => remote.read(name).map_err(|source| at(place, source)),
        }
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        match self {
            Self::Memory(kept) => {
                kept.borrow_mut().insert(name.to_owned(), bytes.to_vec());
            }
            Self::Folder(folder) => {
                files::write(&folder.join(name), bytes)?;
            }
            Self::Remote(remote, place) => {
                let written = remote.write(name, bytes);
                written.map_err(|source| at(place, source))?;
            }
        }
        Ok(())
    }

    /// Forgets everything whose name holds `part`, also what a killed process was about to put in
    /// place. What cannot be removed harms nobody.
    pub(crate) fn remove(&self, part: &str) {
        match self {
            Self::Memory(kept) => kept.borrow_mut().retain(|name, _| !name.contains(part)),
            Self::Folder(folder) => {
                let entries = fs::read_dir(folder);
                for entry in entries.into_iter().flatten().flatten() {
                    if entry.file_name().to_string_lossy().contains(part) {
                        let _ = fs::remove_file(entry.path());
                    }
                }
            }
            Self::Remote(remote, _) => remote.remove(part),
        }
    }

    /// A name as people are told it.
    pub(crate) fn place(&self, name: &str) -> String {
        match self {
            Self::Memory(_) => name.to_owned(),
            Self::Folder(folder) => folder.join(name).display().to_string(),
            Self::Remote(_, place) => format!("{name} in {place}"),
        }
    }

    /// All of it, as people are told it.
    pub(crate) fn whole(&self) -> String {
        match self {
            Self::Memory(_) => "memory".to_owned(),
            Self::Folder(folder) => folder.display().to_string(),
            Self::Remote(_, place) => place.to_string(),
        }
    }
}

fn at(place: &Place, source: ForgeError) -> StoreError {
    StoreError::Server {
        place: place.to_string(),
        source,
    }
}
