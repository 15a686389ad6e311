//! Packages that lie in a folder.

use std::fs::{self, File, FileType};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use yard_contract::{Digester, Manifest, ManifestFile};

use crate::error::{Flaw, PackageError};
use crate::inventory::{self, MANIFEST, SIGNATURE};
use crate::limits::{Limits, MANIFEST_BYTES};
use crate::path::{MemberPath, PathFlaw};
use crate::source::Source;
use crate::write::Member;

/// Every file below a folder with its path in a package, in the order of those paths. Anything but
/// regular files and folders is an error.
pub fn files_in(folder: &Path) -> Result<Vec<(MemberPath, PathBuf)>, PackageError> {
    let mut files = Vec::new();
    walk(folder, "", &mut files)?;
    files.sort();
    Ok(files)
}

fn walk(
    folder: &Path,
    prefix: &str,
    files: &mut Vec<(MemberPath, PathBuf)>,
) -> Result<(), PackageError> {
    for entry in fs::read_dir(folder).map_err(PackageError::io("list", folder))? {
        let entry = entry.map_err(PackageError::io("list", folder))?;
        let name = entry.file_name();
        let shown = format!("{prefix}{}", name.to_string_lossy());
        let refuse = |flaw| PackageError::member(&shown, flaw);
        if name.to_str().is_none() {
            return Err(refuse(Flaw::Path(PathFlaw::Utf8)));
        }
        let path = MemberPath::new(&shown).map_err(|flaw| refuse(Flaw::Path(flaw)))?;
        let kind = entry
            .file_type()
            .map_err(PackageError::io("read", &entry.path()))?;
        if kind.is_dir() {
            walk(&entry.path(), &format!("{shown}/"), files)?;
        } else if kind.is_file() {
            files.push((path, entry.path()));
        } else {
            return Err(refuse(Flaw::NotAFile(what(kind))));
        }
    }
    Ok(())
}

/// The words for what is not a regular file.
pub(crate) fn what(kind: FileType) -> &'static str {
    if kind.is_symlink() {
        "a symbolic link"
    } else if kind.is_dir() {
        "a folder"
    } else {
        "a device, pipe or socket"
    }
}

/// Checks that a folder holds exactly the manifest's files, byte for byte, and beside them nothing
/// but the manifest and a signature.
pub fn verify_dir(folder: &Path, manifest: &Manifest, limits: &Limits) -> Result<(), PackageError> {
    let listed = inventory::check(&manifest.files, limits)?;
    let mut found = files_in(folder)?;
    found.retain(|(path, _)| ![MANIFEST, SIGNATURE].contains(&path.as_str()));
    if let Some((stray, _)) = found
        .iter()
        .find(|(path, _)| listed.binary_search(path).is_err())
    {
        return Err(PackageError::member(stray.as_str(), Flaw::Unlisted));
    }
    for (path, file) in listed.iter().zip(&manifest.files) {
        if found
            .binary_search_by(|(there, _)| there.cmp(path))
            .is_err()
        {
            return Err(PackageError::member(path.as_str(), Flaw::Missing));
        }
        read_file(folder, path, file, &mut io::sink())?;
    }
    Ok(())
}

/// The entries that a manifest would have for the files of a folder, but for its signature.
pub(crate) fn digests(folder: &Path) -> Result<Vec<ManifestFile>, PackageError> {
    let found = files_in(folder)?.into_iter();
    found
        .filter(|(path, _)| path.as_str() != SIGNATURE)
        .map(|(path, file)| {
            let source = Source::file(&file)?;
            Ok(Member { path, source }.listed())
        })
        .collect()
}

/// A small file at the top of a folder, which its manifest does not list; nothing where there is
/// none.
pub(crate) fn unlisted(
    folder: &Path,
    name: &str,
    limits: &Limits,
) -> Result<Option<Vec<u8>>, PackageError> {
    let at = folder.join(name);
    let metadata = match fs::symlink_metadata(&at) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(PackageError::io("read", &at))?,
    };
    let refuse = |flaw| Err(PackageError::member(name, flaw));
    if !metadata.is_file() {
        return refuse(Flaw::NotAFile(what(metadata.file_type())));
    }
    let limit = MANIFEST_BYTES.min(limits.member_bytes);
    let mut bytes = Vec::new();
    let opened = File::open(&at).map_err(PackageError::io("open", &at))?;
    opened
        .take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(PackageError::io("read", &at))?;
    let size = bytes.len() as u64;
    if size > limit {
        return refuse(Flaw::TooLarge { size, limit });
    }
    Ok(Some(bytes))
}

/// Copies one listed file out of a folder, comparing size and digest.
pub(crate) fn read_file(
    folder: &Path,
    path: &MemberPath,
    file: &ManifestFile,
    out: &mut impl io::Write,
) -> Result<(), PackageError> {
    let refuse = |flaw| PackageError::member(path.as_str(), flaw);
    let at = path.under(folder);
    let metadata = fs::symlink_metadata(&at).map_err(PackageError::io("read", &at))?;
    if !metadata.is_file() {
        return Err(refuse(Flaw::NotAFile(what(metadata.file_type()))));
    }
    let wrong_size = |found| {
        refuse(Flaw::Size {
            expected: file.size,
            found,
        })
    };
    if metadata.len() != file.size {
        return Err(wrong_size(metadata.len()));
    }
    let opened = File::open(&at).map_err(PackageError::io("open", &at))?;
    // One byte more than expected, so that a file that grew is noticed and not cut.
    let mut source = opened.take(file.size.saturating_add(1));
    let mut digester = Digester::new();
    let mut size = 0;
    let mut buffer = vec![0; 64 << 10];
    loop {
        let length = source
            .read(&mut buffer)
            .map_err(PackageError::io("read", &at))?;
        if length == 0 {
            break;
        }
        size += length as u64;
        digester.update(&buffer[..length]);
        out.write_all(&buffer[..length])
            .map_err(PackageError::Read)?;
    }
    if size != file.size {
        return Err(wrong_size(size));
    }
    let found = digester.finish();
    if found != file.sha256 {
        return Err(refuse(Flaw::Digest {
            expected: file.sha256,
            found,
        }));
    }
    Ok(())
}
