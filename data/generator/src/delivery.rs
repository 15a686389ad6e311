//! Writing files whole or not at all, and the list of their digests.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::error::WorldError;
use crate::sheet::File;

/// Digests by name (`world/…`, `sample/…`), as `sha256sum` lists them from the folder above.
pub type Sums = BTreeMap<String, String>;

/// Lower-case hexadecimal sha256.
pub fn sha256(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        write!(hex, "{byte:02x}").expect("a String takes every write");
    }
    hex
}

/// Writes the files into `folder` and returns the digest of what can be read back.
pub fn write_all(folder: &Path, files: &[File]) -> Result<Vec<(&'static str, String)>, WorldError> {
    fs::create_dir_all(folder).map_err(WorldError::file("create folder", folder))?;
    files
        .iter()
        .map(|file| {
            let path = folder.join(file.name);
            write(&path, &file.bytes)?;
            let bytes = fs::read(&path).map_err(WorldError::file("read back", &path))?;
            Ok((file.name, sha256(&bytes)))
        })
        .collect()
}

/// Writes one file: to a temporary name beside it, to the disk, then renamed into place.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), WorldError> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".part");
    let part = path.with_file_name(name);
    let written = fs::File::create(&part)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&part, path));
    if written.is_err() {
        // The first failure is the one to report; a leftover part is at worst untidy.
        drop(fs::remove_file(&part));
    }
    written.map_err(WorldError::file("write", path))
}

/// The list in the format of `sha256sum`.
pub fn render(sums: &Sums) -> String {
    let mut text = String::new();
    for (name, digest) in sums {
        writeln!(text, "{digest}  {name}").expect("a String takes every write");
    }
    text
}

/// Reads a list in the format of `sha256sum`.
pub fn read(path: &Path) -> Result<Sums, WorldError> {
    let text = fs::read_to_string(path).map_err(WorldError::file("read", path))?;
    let parse = |(index, line): (usize, &str)| match line.split_once("  ") {
        Some((digest, name))
            if digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_hexdigit()) =>
        {
            Ok((name.to_owned(), digest.to_ascii_lowercase()))
        }
        _ => Err(WorldError::Sums {
            path: path.to_path_buf(),
            line: index + 1,
        }),
    };
    text.lines().enumerate().map(parse).collect()
}
