//! A file read once, in pieces, and digested on the way.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use yard_contract::{Digester, Input};

use crate::error::Error;
use crate::io::recorded_path;

/// A file that is too long to hold: whoever reads it digests it too, so that it is read once.
pub struct FileStream {
    path: PathBuf,
    file: File,
    length: u64,
    passed: u64,
    digester: Digester,
}

impl FileStream {
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let fail = |source| Error::Read {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(fail)?;
        let length = file.metadata().map_err(fail)?.len();
        Ok(Self {
            path: path.to_owned(),
            file,
            length,
            passed: 0,
            digester: Digester::new(),
        })
    }

    /// The file's length when it was opened, in bytes.
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// The bytes read up to now.
    pub const fn passed(&self) -> u64 {
        self.passed
    }

    /// Reads what is left and answers the entry for the file in the lineage of what is made from
    /// it.
    pub fn finish(mut self, kind: &str) -> Result<Input, Error> {
        io::copy(&mut self, &mut io::sink()).map_err(|source| Error::Read {
            path: self.path.clone(),
            source,
        })?;
        Ok(Input::new(
            kind,
            &recorded_path(&self.path),
            self.digester.finish(),
        ))
    }
}

impl Read for FileStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.digester.update(&buffer[..count]);
        self.passed += count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use yard_contract::Sha256;

    #[test]
    fn the_digest_is_of_the_whole_file_however_much_was_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        crate::files::write(&path, b"a,b\n1,2\n").unwrap();
        let mut stream = FileStream::open(&path).unwrap();
        let mut start = [0; 3];
        stream.read_exact(&mut start).unwrap();
        assert_eq!((stream.passed(), stream.length()), (3, 8));
        let input = stream.finish("table").unwrap();
        assert_eq!(
            input,
            Input::new("table", "a.csv", Sha256::of(b"a,b\n1,2\n"))
        );
    }
}
