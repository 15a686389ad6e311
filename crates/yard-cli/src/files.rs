//! Files that appear complete or not at all.
//!
//! A file is written beside its place under a temporary name, synced, renamed over its place, and
//! the folder is synced too, so that after a crash, a full disk or a kill either the old content or
//! the new one is there.
//!
//! Several files of one result are a [`Group`]: all of them are on the disk before the first appears,
//! and a folder is synced once for all its files.

use std::collections::BTreeSet;
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
        self.sync()?;
        self.appear()?;
        sync_folder(folder_of(&self.place))
    }

    /// Brings the content to the disk, under the temporary name.
    fn sync(&mut self) -> io::Result<()> {
        let writer = self
            .writer
            .take()
            .ok_or_else(|| io::Error::other("already in place"))?;
        let file = writer
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        file.sync_all()
    }

    fn appear(&self) -> io::Result<()> {
        fs::rename(&self.temporary, &self.place)
    }
}

/// Files that belong together. None appears before all are on the disk; they appear in the order in
/// which they were added, so what vouches for the others comes last. Dropped without
/// [`Group::commit`], it leaves no trace.
#[derive(Default)]
pub struct Group {
    files: Vec<AtomicFile>,
}

impl Group {
    /// A group without files yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a whole file and answers the digest of its bytes.
    pub fn add(&mut self, place: &Path, bytes: &[u8]) -> Result<Sha256, Error> {
        self.files.push(filled(place, bytes)?);
        Ok(Sha256::of(bytes))
    }

    /// Puts all files in their places.
    pub fn commit(mut self) -> Result<(), Error> {
        let mut folders = BTreeSet::new();
        each(&mut self.files, AtomicFile::sync)?;
        each(&mut self.files, |file| {
            folders.insert(folder_of(&file.place).to_owned());
            file.appear()
        })?;
        for folder in folders {
            sync_folder(&folder).map_err(|source| Error::Write {
                path: folder,
                source,
            })?;
        }
        Ok(())
    }
}

/// Does one step for every file; a failure names the file.
fn each(
    files: &mut [AtomicFile],
    mut step: impl FnMut(&mut AtomicFile) -> io::Result<()>,
) -> Result<(), Error> {
    for file in files {
        step(file).map_err(|source| Error::Write {
            path: file.place.clone(),
            source,
        })?;
    }
    Ok(())
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
    filled(place, bytes)?.commit().map(|(digest, _)| digest)
}

fn filled(place: &Path, bytes: &[u8]) -> Result<AtomicFile, Error> {
    let mut file = AtomicFile::create(place)?;
    file.write_all(bytes).map_err(|source| Error::Write {
        path: place.to_owned(),
        source,
    })?;
    Ok(file)
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
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
    fn a_group_appears_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let count = || fs::read_dir(folder.path()).unwrap().count();
        let mut dropped = Group::new();
        dropped.add(&at("a.json"), b"1").unwrap();
        drop(dropped);
        assert_eq!(count(), 0);

        let mut group = Group::new();
        let digest = group.add(&at("a.json"), b"1").unwrap();
        assert_eq!(digest, Sha256::of(b"1"));
        group.add(&at("charts/b.svg"), b"2").unwrap();
        assert!(!at("a.json").exists() && !at("charts/b.svg").exists());
        group.commit().unwrap();
        assert_eq!(fs::read(at("a.json")).unwrap(), b"1");
        assert_eq!(fs::read(at("charts/b.svg")).unwrap(), b"2");

        // A folder that comes in the way between adding and committing is named.
        let mut blocked = Group::new();
        blocked.add(&at("c.json"), b"3").unwrap();
        fs::create_dir(at("c.json")).unwrap();
        let error = blocked.commit().unwrap_err().to_string();
        assert!(error.contains("c.json"), "{error}");
        assert_eq!(count(), 3);
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
