//! Files that appear complete or not at all.
//!
//! A file is written beside its place under a temporary name, synced, renamed over its place, and
//! the folder is synced too, so that after a crash, a full disk or a kill either the old content or
//! the new one is there.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use yard_contract::{Digester, Sha256};

use crate::error::Error;

/// A file under construction. Dropped without [`AtomicFile::commit`], it leaves no trace.
pub struct AtomicFile {
    place: PathBuf,
    temporary: PathBuf,
    digester: Digester,
    size: u64,
    writer: Option<BufWriter<File>>,
}

impl AtomicFile {
    /// Starts a file; its folder is created where it is missing.
    pub fn create(place: &Path) -> Result<Self, Error> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let fail = |source| Error::Write {
            path: place.to_owned(),
            source,
        };
        let folder = folder_of(place);
        fs::create_dir_all(folder).map_err(fail)?;
        let name = place
            .file_name()
            .ok_or_else(|| fail(io::Error::other("the path names no file")))?
            .to_string_lossy()
            .into_owned();
        if place.is_dir() {
            return Err(fail(io::Error::from(io::ErrorKind::IsADirectory)));
        }
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let temporary = folder.join(format!(".{name}.{}-{count}.tmp", std::process::id()));
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&temporary)
            .map_err(fail)?;
        Ok(Self {
            place: place.to_owned(),
            temporary,
            digester: Digester::new(),
            size: 0,
            writer: Some(BufWriter::with_capacity(1 << 17, file)),
        })
    }

    /// Puts the file in its place and answers the digest and length of its bytes.
    pub fn commit(mut self) -> Result<(Sha256, u64), Error> {
        let result = self.settle();
        let path = self.place.clone();
        result.map_err(|source| Error::Write { path, source })?;
        Ok((std::mem::take(&mut self.digester).finish(), self.size))
    }

    fn settle(&mut self) -> io::Result<()> {
        let writer = self
            .writer
            .take()
            .ok_or_else(|| io::Error::other("already in place"))?;
        let file = writer
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        drop(file);
        fs::rename(&self.temporary, &self.place)?;
        File::open(folder_of(&self.place))?.sync_all()
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let writer = self
            .writer
            .as_mut()
            .ok_or_else(|| io::Error::other("already in place"))?;
        writer.write_all(bytes)?;
        self.digester.update(bytes);
        self.size += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        // After a commit the temporary name is gone, and this changes nothing.
        let _ = fs::remove_file(&self.temporary);
    }
}

/// Writes a whole file at once.
pub fn write(place: &Path, bytes: &[u8]) -> Result<Sha256, Error> {
    let mut file = AtomicFile::create(place)?;
    file.write_all(bytes).map_err(|source| Error::Write {
        path: place.to_owned(),
        source,
    })?;
    file.commit().map(|(digest, _)| digest)
}

fn folder_of(place: &Path) -> &Path {
    match place.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_there_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("new/folder/a.json");
        let digest = write(&place, b"{}\n").unwrap();
        assert_eq!(digest, Sha256::of(b"{}\n"));
        let mut unfinished = AtomicFile::create(&place).unwrap();
        unfinished.write_all(b"{").unwrap();
        drop(unfinished);
        assert_eq!(fs::read(&place).unwrap(), b"{}\n");
        assert_eq!(fs::read_dir(place.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_in_the_way_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = write(folder.path(), b"").unwrap_err().to_string();
        assert!(
            error.contains(&folder.path().display().to_string()),
            "{error}"
        );
    }
}
