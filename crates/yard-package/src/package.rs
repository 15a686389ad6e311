//! One view of a package, whether it lies in a folder or in an archive.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use yard_contract::{Document, Manifest, ManifestFile, Sha256};

use crate::error::{Flaw, PackageError};
use crate::folder;
use crate::id::PackageId;
use crate::inventory::{self, Inventory, MANIFEST, SIGNATURE};
use crate::limits::Limits;
use crate::path::MemberPath;
use crate::read;

/// An open package. Opening it verifies everything that its manifest names; reading a file gives
/// the bytes whose digest was seen then, or an error.
#[derive(Debug)]
pub struct Package {
    label: Option<Label>,
    paths: Vec<MemberPath>,
    files: Vec<ManifestFile>,
    content: Content,
    signature: Option<Vec<u8>>,
}

#[derive(Debug)]
struct Label {
    id: PackageId,
    document: Document<Manifest>,
    size: u64,
    sha256: Sha256,
}

#[derive(Debug)]
enum Content {
    /// Read, and verified again, when asked for.
    Folder(PathBuf),
    /// In the manifest's order.
    Memory(Vec<Vec<u8>>),
}

impl Package {
    /// Opens whichever is there: an archive, a folder with a manifest, or a folder without one, as
    /// training leaves it. The last has no name, version or manifest, and nothing to be verified
    /// against; its files are those that are there now.
    pub fn open(path: &Path, limits: &Limits) -> Result<Self, PackageError> {
        if !fs::metadata(path)
            .map_err(PackageError::io("open", path))?
            .is_dir()
        {
            let file = File::open(path).map_err(PackageError::io("open", path))?;
            return Self::from_archive(file, limits);
        }
        match fs::symlink_metadata(path.join(MANIFEST)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Self::from_bare_folder(path, limits)
            }
            _ => Self::from_folder(path, limits),
        }
    }

    /// Opens a folder with a `manifest.json`: exactly the manifest's files, byte for byte.
    pub fn from_folder(path: &Path, limits: &Limits) -> Result<Self, PackageError> {
        let bytes = folder::unlisted(path, MANIFEST, limits)?
            .ok_or_else(|| PackageError::member(MANIFEST, Flaw::Absent))?;
        let mut inventory = Inventory::parse(bytes, limits)?;
        folder::verify_dir(path, &inventory.document.body, limits)?;
        inventory.signature = folder::unlisted(path, SIGNATURE, limits)?;
        Ok(Self::listed(inventory, Content::Folder(path.to_owned())))
    }

    fn from_bare_folder(path: &Path, limits: &Limits) -> Result<Self, PackageError> {
        let files = folder::digests(path)?;
        let paths = inventory::check(&files, limits)?;
        Ok(Self {
            label: None,
            paths,
            files,
            content: Content::Folder(path.to_owned()),
            signature: folder::unlisted(path, SIGNATURE, limits)?,
        })
    }

    /// Reads an archive into memory, which needs no place on a disk. What does not fit there is
    /// for [`unpack`](crate::unpack).
    pub fn from_archive(source: impl Read, limits: &Limits) -> Result<Self, PackageError> {
        let mut files = Vec::new();
        let inventory = read::stream(source, limits, &mut |_, _, bytes| {
            // It grows as bytes arrive: a size that is only claimed allocates nothing.
            let mut file = Vec::new();
            bytes.read_to_end(&mut file).map_err(PackageError::Read)?;
            files.push(file);
            Ok(())
        })?;
        Ok(Self::listed(inventory, Content::Memory(files)))
    }

    /// What was verified while it was being unpacked into a folder.
    pub(crate) fn unpacked(inventory: Inventory, folder: &Path) -> Self {
        Self::listed(inventory, Content::Folder(folder.to_owned()))
    }

    fn listed(inventory: Inventory, content: Content) -> Self {
        let Inventory {
            document,
            bytes,
            id,
            paths,
            signature,
        } = inventory;
        let files = document.body.files.clone();
        let label = Some(Label {
            id,
            document,
            size: bytes.len() as u64,
            sha256: Sha256::of(&bytes),
        });
        Self {
            label,
            paths,
            files,
            content,
            signature,
        }
    }

    /// Its name and version, where it has a manifest.
    pub fn id(&self) -> Option<&PackageId> {
        self.label.as_ref().map(|label| &label.id)
    }

    /// Its manifest, with the lineage.
    pub fn manifest(&self) -> Option<&Document<Manifest>> {
        self.label.as_ref().map(|label| &label.document)
    }

    /// The digest of its manifest, and through it of everything in the package.
    pub fn sha256(&self) -> Option<Sha256> {
        self.label.as_ref().map(|label| label.sha256)
    }

    /// Its signature, not yet verified: only whoever has the public key can do that.
    pub fn signature(&self) -> Option<&[u8]> {
        self.signature.as_deref()
    }

    /// Everything that its signature has to cover: its files and, where it has one, its manifest,
    /// in byte order of their paths.
    pub fn signed_files(&self) -> Vec<ManifestFile> {
        let mut files = self.files.clone();
        files.extend(self.label.as_ref().map(|label| ManifestFile {
            path: MANIFEST.to_owned(),
            size: label.size,
            sha256: label.sha256,
        }));
        files.sort();
        files
    }

    /// Its files with their sizes and digests, in byte order of their paths.
    pub fn files(&self) -> &[ManifestFile] {
        &self.files
    }

    /// The entry of one file.
    pub fn file(&self, path: &str) -> Option<&ManifestFile> {
        self.position(path).map(|position| &self.files[position])
    }

    /// A file's bytes.
    pub fn bytes(&self, path: &str) -> Result<Cow<'_, [u8]>, PackageError> {
        let absent = match &self.label {
            Some(_) => Flaw::Unlisted,
            None => Flaw::Absent,
        };
        let position = self
            .position(path)
            .ok_or_else(|| PackageError::member(path, absent))?;
        match &self.content {
            Content::Memory(files) => Ok(Cow::Borrowed(&files[position])),
            Content::Folder(folder) => {
                let mut bytes = Vec::new();
                let file = &self.files[position];
                folder::read_file(folder, &self.paths[position], file, &mut bytes)?;
                Ok(Cow::Owned(bytes))
            }
        }
    }

    fn position(&self, path: &str) -> Option<usize> {
        inventory::position(&self.paths, path)
    }
}
