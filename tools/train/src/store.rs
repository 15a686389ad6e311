//! Where the bytes of what is unfinished are kept.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use yard_cli::files;

/// A place for named bytes. What is read from it is a hint: whoever uses it checks it.
pub(crate) enum Store {
    /// For as long as the process lives.
    Memory(RefCell<BTreeMap<String, Vec<u8>>>),
    /// Files of a folder, each there whole or not at all.
    Folder(PathBuf),
}

impl Store {
    pub(crate) fn memory() -> Self {
        Self::Memory(RefCell::default())
    }

    pub(crate) fn read(&self, name: &str) -> Option<Vec<u8>> {
        match self {
            Self::Memory(kept) => kept.borrow().get(name).cloned(),
            Self::Folder(folder) => fs::read(folder.join(name)).ok(),
        }
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), yard_cli::Error> {
        match self {
            Self::Memory(kept) => {
                kept.borrow_mut().insert(name.to_owned(), bytes.to_vec());
            }
            Self::Folder(folder) => {
                files::write(&folder.join(name), bytes)?;
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
        }
    }

    /// A name as people are told it.
    pub(crate) fn place(&self, name: &str) -> String {
        match self {
            Self::Memory(_) => name.to_owned(),
            Self::Folder(folder) => folder.join(name).display().to_string(),
        }
    }

    /// All of it, as people are told it.
    pub(crate) fn whole(&self) -> String {
        match self {
            Self::Memory(_) => "memory".to_owned(),
            Self::Folder(folder) => folder.display().to_string(),
        }
    }
}
