//! A folder that appears at its place complete or not at all.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::PackageError;

/// A fresh folder beside its destination. [`Self::commit`] makes it durable and renames it;
/// dropped without that, it removes itself.
#[derive(Debug)]
pub struct Staging {
    folder: PathBuf,
    destination: PathBuf,
    /// Folders above it that were not there before, the deepest first.
    made: Vec<PathBuf>,
    committed: bool,
}

impl Staging {
    /// Begins a folder that will be `destination`, which must not exist.
    pub fn begin(destination: &Path) -> Result<Self, PackageError> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        if fs::symlink_metadata(destination).is_ok() {
            return Err(PackageError::Exists(destination.to_owned()));
        }
        let parent = parent(destination);
        let absent = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
        let made = parent.ancestors().take_while(absent);
        let made: Vec<PathBuf> = made.map(Path::to_owned).collect();
        fs::create_dir_all(parent).map_err(PackageError::io("create", parent))?;
        let name = destination
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        let process = std::process::id();
        loop {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let folder = parent.join(format!(".{name}.{process}.{count}.tmp"));
            match fs::create_dir(&folder) {
                Ok(()) => {
                    let destination = destination.to_owned();
                    return Ok(Self {
                        folder,
                        destination,
                        made,
                        committed: false,
                    });
                }
                // A namesake that an earlier process with our number left behind.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(PackageError::io("create", &folder)(error)),
            }
        }
    }

    /// The folder to fill.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Creates a file in the folder, and the folders above it. An existing file is an error.
    pub fn create(&self, relative: &Path) -> Result<File, PackageError> {
        let path = self.folder.join(relative);
        let above = parent(&path);
        fs::create_dir_all(above).map_err(PackageError::io("create", above))?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        options
            .open(&path)
            .map_err(PackageError::io("create", &path))
    }

    /// Creates a file in the folder anew, or empties it: for what is tried again after a failure.
    pub fn replace(&self, relative: &Path) -> Result<File, PackageError> {
        let path = self.folder.join(relative);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(PackageError::io("remove", &path)(error))
            }
            _ => self.create(relative),
        }
    }

    /// Flushes every file and folder to the disk, puts the folder in its place and flushes that.
    pub fn commit(mut self) -> Result<(), PackageError> {
        sync_tree(&self.folder)?;
        if fs::symlink_metadata(&self.destination).is_ok() {
            return Err(PackageError::Exists(self.destination.clone()));
        }
        fs::rename(&self.folder, &self.destination)
            .map_err(PackageError::io("create", &self.destination))?;
        self.committed = true;
        sync(parent(&self.destination))
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if !self.committed {
            // Nothing can be done about a failure here, and what matters is not at its place.
            drop(fs::remove_dir_all(&self.folder));
            // One that somebody else uses by now is not empty, and stays with those above it.
            for folder in &self.made {
                if fs::remove_dir(folder).is_err() {
                    break;
                }
            }
        }
    }
}

fn sync_tree(folder: &Path) -> Result<(), PackageError> {
    for entry in fs::read_dir(folder).map_err(PackageError::io("list", folder))? {
        let entry = entry.map_err(PackageError::io("list", folder))?;
        let kind = entry
            .file_type()
            .map_err(PackageError::io("read", &entry.path()))?;
        if kind.is_dir() {
            sync_tree(&entry.path())?;
        } else {
            sync(&entry.path())?;
        }
    }
    sync(folder)
}

fn sync(path: &Path) -> Result<(), PackageError> {
    File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(PackageError::io("flush", path))
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}
