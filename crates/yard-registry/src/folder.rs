//! A folder as a registry: `ROOT/NAME/VERSION/FILE`.
//!
//! Files appear by rename after their bytes are on the disk, so a crash at any moment leaves a
//! release complete, or without its manifest and therefore invisible. Publishers of one release
//! take a kernel lock, which vanishes with its holder.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use yard_cli::files::AtomicFile;
use yard_contract::{Digester, Sha256};
use yard_forge::{Patience, Upload};
use yard_package::PackageId;

use crate::error::RegistryError;
use crate::store::Store;

/// Between two looks whether a lock is free.
const LOOK: Duration = Duration::from_millis(50);

#[derive(Debug)]
pub(crate) struct FolderStore {
    root: PathBuf,
    /// How long another publisher is waited for.
    patience: Duration,
}

impl FolderStore {
    /// A registry in a folder. Another publisher is waited for as long as any server would be.
    pub(crate) const fn new(root: PathBuf, patience: Duration) -> Self {
        Self { root, patience }
    }

    fn path(&self, id: &PackageId, file: &str) -> PathBuf {
        self.root.join(id.name()).join(id.version()).join(file)
    }

    /// A stored file, if it is there; a link or a folder in its place is an error.
    fn open(&self, id: &PackageId, file: &str) -> Result<Option<(File, PathBuf)>, RegistryError> {
        let path = self.path(id, file);
        let metadata = match fs::symlink_metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed("read", &path)(error)),
        };
        if !metadata.is_file() {
            let error = io::Error::other("it is not a regular file");
            return Err(failed("read", &path)(error));
        }
        let file = File::open(&path).map_err(failed("open", &path))?;
        Ok(Some((file, path)))
    }
}

impl Store for FolderStore {
    fn lock(&self, id: &PackageId) -> Result<Option<File>, RegistryError> {
        let folder = self.root.join(id.name());
        fs::create_dir_all(&folder).map_err(failed("create", &folder))?;
        sync_up(&folder)?;
        let path = folder.join(format!(".{}.lock", id.version()));
        let mut options = OpenOptions::new();
        options.create(true).write(true).truncate(false);
        let file = options.open(&path).map_err(failed("open", &path))?;
        // The kernel releases it when the file is closed, however the process ends.
        let mut waited = Duration::ZERO;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Some(file)),
                Err(TryLockError::Error(error)) => return Err(failed("lock", &path)(error)),
                Err(TryLockError::WouldBlock) if waited >= self.patience => {
                    let seconds = waited.as_secs();
                    return Err(RegistryError::Locked { path, seconds });
                }
                Err(TryLockError::WouldBlock) => {
                    std::thread::sleep(LOOK);
                    waited += LOOK;
                }
            }
        }
    }

    fn digest(&self, id: &PackageId, file: &str) -> Result<Option<Sha256>, RegistryError> {
        let Some((mut stored, path)) = self.open(id, file)? else {
            return Ok(None);
        };
        let mut digester = Digester::new();
        io::copy(&mut stored, &mut digester).map_err(failed("read", &path))?;
        Ok(Some(digester.finish()))
    }

    fn put(&self, id: &PackageId, file: &str, upload: &Upload) -> Result<Sha256, RegistryError> {
        let path = self.path(id, file);
        let mut stored = AtomicFile::create(&path)?;
        if let Some(folder) = path.parent() {
            sync_up(folder)?;
        }
        io::copy(&mut upload.stream()?, &mut stored).map_err(failed("write", &path))?;
        // A source that changed under us would otherwise be in its place before it is noticed.
        let (written, _) = stored.commit()?;
        if written != upload.sha256 {
            fs::remove_file(&path).map_err(failed("remove", &path))?;
            let error = io::Error::other("its source changed while it was being copied");
            return Err(failed("write", &path)(error));
        }
        Ok(written)
    }

    fn get(
        &self,
        id: &PackageId,
        file: &str,
        out: &mut dyn Write,
        limit: u64,
    ) -> Result<Option<(u64, Sha256)>, RegistryError> {
        let Some((stored, path)) = self.open(id, file)? else {
            return Ok(None);
        };
        let mut stored = stored.take(limit.saturating_add(1));
        let mut tee = Tee {
            out,
            digester: Digester::new(),
        };
        let size = io::copy(&mut stored, &mut tee).map_err(failed("copy", &path))?;
        if size > limit {
            let error = io::Error::other(format!("it has more than {limit} bytes"));
            return Err(failed("read", &path)(error));
        }
        Ok(Some((size, tee.digester.finish())))
    }

    fn versions(&self, name: &str) -> Result<Vec<String>, RegistryError> {
        let folder = self.root.join(name);
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed("list", &folder)(error)),
        };
        let mut versions = Vec::new();
        for entry in entries {
            let name = entry.map_err(failed("list", &folder))?.file_name();
            versions.extend(name.to_str().map(str::to_owned));
        }
        versions.sort();
        Ok(versions)
    }

    fn patience(&self) -> Option<Patience<'_>> {
        None
    }
}

struct Tee<'w> {
    out: &'w mut dyn Write,
    digester: Digester,
}

impl Write for Tee<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.out.write(bytes)?;
        self.digester.update(&bytes[..length]);
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Flushes a folder that may be new, and the two above it that name it.
fn sync_up(folder: &Path) -> Result<(), RegistryError> {
    for folder in folder
        .ancestors()
        .take(3)
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        match synced {
            // Who may not open a folder above ours did not create it either.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
            other => other.map_err(failed("flush", folder))?,
        }
    }
    Ok(())
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> RegistryError {
    let path = path.to_owned();
    move |source| RegistryError::Io {
        action,
        path,
        source,
    }
}
