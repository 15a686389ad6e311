//! A manifest whose every line was checked.

use yard_contract::{Document, Manifest, ManifestFile};

use crate::error::{Flaw, PackageError};
use crate::id::PackageId;
use crate::limits::Limits;
use crate::path::{MemberPath, Names, PathFlaw};

/// The manifest's name in a package, in a folder and in a registry.
pub const MANIFEST: &str = "manifest.json";

/// The name of the signature, which covers the manifest and every file that it lists, and which the
/// manifest therefore cannot list.
pub const SIGNATURE: &str = "model.sig";

/// Whether a path is one that no listed file may have.
pub(crate) fn reserved(path: &str) -> bool {
    [MANIFEST, SIGNATURE]
        .iter()
        .any(|name| path.eq_ignore_ascii_case(name))
}

/// A manifest with the exact bytes it was read from, and its paths, checked.
#[derive(Debug)]
pub(crate) struct Inventory {
    pub(crate) document: Document<Manifest>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) id: PackageId,
    pub(crate) paths: Vec<MemberPath>,
    pub(crate) signature: Option<Vec<u8>>,
}

impl Inventory {
    pub(crate) fn parse(bytes: Vec<u8>, limits: &Limits) -> Result<Self, PackageError> {
        let document = Document::<Manifest>::parse(&bytes).map_err(PackageError::Manifest)?;
        let manifest = &document.body;
        let id = PackageId::new(&manifest.name, &manifest.package_version)?;
        let paths = check(&manifest.files, limits)?;
        Ok(Self {
            document,
            bytes,
            id,
            paths,
            signature: None,
        })
    }

    pub(crate) fn files(&self) -> impl Iterator<Item = (&MemberPath, &ManifestFile)> {
        self.paths.iter().zip(&self.document.body.files)
    }
}

/// Where a path stands in a sorted list.
pub(crate) fn position(paths: &[MemberPath], path: &str) -> Option<usize> {
    paths
        .binary_search_by(|listed| listed.as_str().cmp(path))
        .ok()
}

/// The manifest's paths: acceptable, in order, never twice, and within the limits.
pub(crate) fn check(
    files: &[ManifestFile],
    limits: &Limits,
) -> Result<Vec<MemberPath>, PackageError> {
    if files.is_empty() {
        return Err(PackageError::Empty);
    }
    let members = files.len() + 1;
    if members > limits.members {
        return Err(PackageError::TooManyMembers {
            found: members,
            limit: limits.members,
        });
    }
    let mut names = Names::default();
    let mut total = 0_u64;
    let mut paths: Vec<MemberPath> = Vec::with_capacity(files.len());
    for file in files {
        let refuse = |flaw| PackageError::member(&file.path, flaw);
        let path = MemberPath::new(&file.path).map_err(|flaw| refuse(Flaw::Path(flaw)))?;
        if reserved(path.as_str()) {
            return Err(refuse(Flaw::Path(PathFlaw::Reserved)));
        }
        names.take(&path)?;
        if let Some(before) = paths.last().filter(|before| **before > path) {
            return Err(refuse(Flaw::OutOfOrder {
                expected: before.to_string(),
            }));
        }
        let limit = limits.member_bytes.min(crate::header::LARGEST);
        if file.size > limit {
            return Err(refuse(Flaw::TooLarge {
                size: file.size,
                limit,
            }));
        }
        total = total.saturating_add(file.size);
        if total > limits.total_bytes {
            return Err(PackageError::TooLarge {
                limit: limits.total_bytes,
            });
        }
        paths.push(path);
    }
    Ok(paths)
}
