//! Bytes that can be read again: where they are, how many there are, and their digest.

use std::fmt;
use std::fs::File;
use std::io::{self, Cursor, Read, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use yard_contract::{Digester, Sha256};

use crate::error::{Flaw, PackageError};

/// Bytes moved between two looks at whether to go on.
const STEP: usize = 64 << 10;

/// Asked after every step with the number of bytes that it moved; may break off.
pub type Watch<'w> = dyn FnMut(u64) -> ControlFlow<()> + 'w;

/// What is packed, signed and uploaded: bytes of known length and digest that can be opened as
/// often as it takes. A file is never held in memory.
#[derive(Clone)]
pub struct Source {
    place: Place,
    size: u64,
    sha256: Sha256,
}

#[derive(Clone)]
enum Place {
    File(PathBuf),
    Memory(Arc<[u8]>),
}

impl Source {
    /// Bytes at hand.
    pub fn bytes(bytes: impl Into<Arc<[u8]>>) -> Self {
        let bytes = bytes.into();
        Self {
            size: bytes.len() as u64,
            sha256: Sha256::of(&bytes),
            place: Place::Memory(bytes),
        }
    }

    /// A regular file, which is read once now for its length and digest. A link is refused.
    pub fn file(path: &Path) -> Result<Self, PackageError> {
        Self::file_watched(path, &mut |_| ControlFlow::Continue(()))
    }

    /// [`Self::file`], watched: files may be long.
    pub fn file_watched(path: &Path, watch: &mut Watch<'_>) -> Result<Self, PackageError> {
        let metadata = std::fs::symlink_metadata(path).map_err(PackageError::io("read", path))?;
        if !metadata.is_file() {
            let what = crate::folder::what(metadata.file_type());
            let shown = path.display().to_string();
            return Err(PackageError::member(&shown, Flaw::NotAFile(what)));
        }
        let mut file = File::open(path).map_err(PackageError::io("open", path))?;
        let mut digester = Digester::new();
        let size = pump(&mut file, path, &mut digester, watch)?;
        Ok(Self {
            place: Place::File(path.to_owned()),
            size,
            sha256: digester.finish(),
        })
    }

    /// Length in bytes.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Digest of the bytes.
    pub const fn sha256(&self) -> Sha256 {
        self.sha256
    }

    /// The file that holds them, where one does.
    pub fn path(&self) -> Option<&Path> {
        match &self.place {
            Place::File(path) => Some(path),
            Place::Memory(_) => None,
        }
    }

    /// The bytes, from their beginning. Whether a file still is what it was is for its reader to
    /// find out; [`Self::copy`] does.
    pub fn open(&self) -> Result<Box<dyn Read + Send>, PackageError> {
        Ok(match &self.place {
            Place::Memory(bytes) => Box::new(Cursor::new(Arc::clone(bytes))),
            Place::File(path) => {
                Box::new(File::open(path).map_err(PackageError::io("open", path))?)
            }
        })
    }

    /// Copies the bytes. A file that is no longer what it was is an error that carries `name`, and
    /// what was written is then of no use.
    pub fn copy(
        &self,
        name: &str,
        out: &mut impl Write,
        watch: &mut Watch<'_>,
    ) -> Result<(), PackageError> {
        let path = match &self.place {
            Place::Memory(bytes) => return out.write_all(bytes).map_err(PackageError::Write),
            Place::File(path) => path,
        };
        let mut tee = Tee {
            out,
            digester: Digester::new(),
        };
        // One byte more than there was, so that a file that grew is noticed and not cut.
        let mut file = self.open()?.take(self.size.saturating_add(1));
        let size = pump(&mut file, path, &mut tee, watch)?;
        if (size, tee.digester.finish()) == (self.size, self.sha256) {
            Ok(())
        } else {
            Err(PackageError::member(name, Flaw::Changed))
        }
    }

    /// All bytes, for what is known to be small.
    pub fn to_vec(&self) -> Result<Vec<u8>, PackageError> {
        let mut bytes = Vec::new();
        let name = self.path().unwrap_or(Path::new("")).display().to_string();
        self.copy(&name, &mut bytes, &mut |_| ControlFlow::Continue(()))?;
        Ok(bytes)
    }
}

/// Copies to the end in steps; answers how many bytes there were.
fn pump(
    source: &mut impl Read,
    path: &Path,
    out: &mut impl Write,
    watch: &mut Watch<'_>,
) -> Result<u64, PackageError> {
    let mut buffer = vec![0; STEP];
    let mut size = 0;
    loop {
        let length = match source.read(&mut buffer) {
            Ok(0) => return Ok(size),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(PackageError::io("read", path)(error)),
        };
        out.write_all(&buffer[..length])
            .map_err(PackageError::Write)?;
        size += length as u64;
        if watch(length as u64).is_break() {
            return Err(PackageError::Stopped);
        }
    }
}

struct Tee<'w, W> {
    out: &'w mut W,
    digester: Digester,
}

impl<W: Write> Write for Tee<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.out.write(bytes)?;
        self.digester.update(&bytes[..length]);
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("path", &self.path())
            .field("size", &self.size)
            .field("sha256", &self.sha256)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_and_the_same_bytes_at_hand_are_the_same_source() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        File::create(&path).unwrap().write_all(b"one").unwrap();
        let (file, memory) = (Source::file(&path).unwrap(), Source::bytes(*b"one"));
        assert_eq!(
            (file.size(), file.sha256()),
            (memory.size(), memory.sha256())
        );
        for source in [&file, &memory, &file] {
            assert_eq!(source.to_vec().unwrap(), b"one");
        }
        File::create(&path).unwrap().write_all(b"two").unwrap();
        let error = file.to_vec().unwrap_err().to_string();
        assert!(
            error.contains("changed while it was being packed"),
            "{error}"
        );
    }

    #[test]
    fn whoever_watches_may_stop() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        File::create(&path)
            .unwrap()
            .write_all(&vec![7; 3 * STEP])
            .unwrap();
        let mut seen = 0;
        let stopped = Source::file_watched(&path, &mut |step| {
            seen += step;
            if seen > STEP as u64 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        assert!(matches!(stopped, Err(PackageError::Stopped)));
        assert_eq!(seen, 2 * STEP as u64);
    }
}
