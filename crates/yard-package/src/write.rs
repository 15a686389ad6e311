//! Writing an archive: same members, same label, same bytes.

use std::io::{self, Write};
use std::ops::ControlFlow;

use flate2::{Compression, GzBuilder};
use yard_contract::{Digester, Document, Input, Manifest, ManifestFile, Producer, Sha256};

use crate::error::{Flaw, PackageError};
use crate::header::{BLOCK, Header, LARGEST};
use crate::id::PackageId;
use crate::inventory::{self, MANIFEST, SIGNATURE, reserved};
use crate::limits::Limits;
use crate::path::{MemberPath, PathFlaw};
use crate::source::{Source, Watch};

/// zlib's own default: the next levels cost twice the time for a percent of size.
const LEVEL: Compression = Compression::new(6);

/// What a package is called and who made it from what.
#[derive(Clone, Debug)]
pub struct Label {
    /// Its name and version.
    pub id: PackageId,
    /// Who packs it.
    pub produced_by: Producer,
    /// What it is made from; becomes the manifest's lineage.
    pub inputs: Vec<Input>,
    /// Seconds since 1970 that every member carries: 0, or the caller's `SOURCE_DATE_EPOCH`.
    pub epoch: u64,
}

impl Label {
    /// A label without inputs, at the epoch.
    pub fn new(id: PackageId, produced_by: Producer) -> Self {
        Self {
            id,
            produced_by,
            inputs: Vec::new(),
            epoch: 0,
        }
    }
}

/// One file to pack.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its path in the package.
    pub path: MemberPath,
    /// Its bytes.
    pub source: Source,
}

impl Member {
    /// A member at a path, which is checked.
    pub fn new(path: &str, source: Source) -> Result<Self, PackageError> {
        let refuse = |flaw| PackageError::member(path, Flaw::Path(flaw));
        if reserved(path) {
            return Err(refuse(PathFlaw::Reserved));
        }
        Ok(Self {
            path: MemberPath::new(path).map_err(refuse)?,
            source,
        })
    }

    /// The manifest's line for it.
    pub(crate) fn listed(&self) -> ManifestFile {
        ManifestFile {
            path: self.path.to_string(),
            size: self.source.size(),
            sha256: self.source.sha256(),
        }
    }
}

/// What was packed.
#[derive(Clone, Debug)]
pub struct Packed {
    /// The manifest within the archive.
    pub manifest: Document<Manifest>,
    /// The archive's length in bytes.
    pub size: u64,
    /// The archive's digest.
    pub sha256: Sha256,
}

/// A package that is about to be written: its files are known, and so is its manifest.
#[derive(Debug)]
pub struct Draft {
    members: Vec<Member>,
    manifest: Document<Manifest>,
    signature: Option<Vec<u8>>,
    epoch: u64,
}

impl Draft {
    /// Brings files under a label. What no reader could accept is refused here.
    pub fn new(label: &Label, mut members: Vec<Member>) -> Result<Self, PackageError> {
        if label.epoch > LARGEST {
            return Err(PackageError::Epoch(label.epoch));
        }
        members.sort_by(|one, other| one.path.cmp(&other.path));
        let files: Vec<ManifestFile> = members.iter().map(Member::listed).collect();
        // Whoever packs has the files already: how large they are is his own business.
        let unlimited = Limits {
            member_bytes: u64::MAX,
            total_bytes: u64::MAX,
            ..Limits::default()
        };
        inventory::check(&files, &unlimited)?;
        let manifest = Document::new(
            label.produced_by.clone(),
            label.inputs.clone(),
            Manifest {
                name: label.id.name().to_owned(),
                package_version: label.id.version().to_owned(),
                files,
            },
        );
        Ok(Self {
            members,
            manifest,
            signature: None,
            epoch: label.epoch,
        })
    }

    /// The manifest that the archive will begin with.
    pub const fn manifest(&self) -> &Document<Manifest> {
        &self.manifest
    }

    /// Everything that a signature has to cover: the files and the manifest, in byte order of their
    /// paths.
    pub fn signed_files(&self) -> Vec<ManifestFile> {
        let bytes = self.manifest.to_bytes();
        let mut files = self.manifest.body.files.clone();
        files.push(ManifestFile {
            path: MANIFEST.to_owned(),
            size: bytes.len() as u64,
            sha256: Sha256::of(&bytes),
        });
        files.sort();
        files
    }

    /// Bytes of all files together: what [`Self::write`] will report to its watch.
    pub fn size(&self) -> u64 {
        self.members.iter().map(|member| member.source.size()).sum()
    }

    /// Puts a signature behind the files. It is the one member that the manifest does not list,
    /// because it covers the manifest.
    pub fn sign(&mut self, signature: Vec<u8>) {
        self.signature = Some(signature);
    }

    /// Writes the archive. A source that is no longer what it was is an error.
    pub fn write(&self, out: impl Write, watch: &mut Watch<'_>) -> Result<Packed, PackageError> {
        let metered = Metered {
            out,
            size: 0,
            digester: Digester::new(),
        };
        let mut archive = GzBuilder::new().write(metered, LEVEL);
        self.whole(MANIFEST, &self.manifest.to_bytes(), &mut archive)?;
        for member in &self.members {
            let size = member.source.size();
            begin(&mut archive, &member.path, size, self.epoch)?;
            member
                .source
                .copy(member.path.as_str(), &mut archive, watch)?;
            end(&mut archive, size)?;
        }
        if let Some(signature) = &self.signature {
            self.whole(SIGNATURE, signature, &mut archive)?;
        }
        archive
            .write_all(&[0; 2 * BLOCK])
            .map_err(PackageError::Write)?;
        let mut metered = archive.finish().map_err(PackageError::Write)?;
        metered.out.flush().map_err(PackageError::Write)?;
        Ok(Packed {
            manifest: self.manifest.clone(),
            size: metered.size,
            sha256: metered.digester.finish(),
        })
    }

    fn whole(&self, name: &str, bytes: &[u8], out: &mut impl Write) -> Result<(), PackageError> {
        let path =
            MemberPath::new(name).map_err(|flaw| PackageError::member(name, Flaw::Path(flaw)))?;
        let size = bytes.len() as u64;
        begin(out, &path, size, self.epoch)?;
        out.write_all(bytes).map_err(PackageError::Write)?;
        end(out, size)
    }
}

/// Writes an archive of some files, unsigned.
pub fn pack(label: &Label, members: Vec<Member>, out: impl Write) -> Result<Packed, PackageError> {
    Draft::new(label, members)?.write(out, &mut |_| ControlFlow::Continue(()))
}

fn begin(
    archive: &mut impl Write,
    path: &MemberPath,
    size: u64,
    mtime: u64,
) -> Result<(), PackageError> {
    let header = Header {
        path: path.clone(),
        size,
        mtime,
    };
    archive
        .write_all(&header.encode())
        .map_err(PackageError::Write)
}

fn end(archive: &mut impl Write, size: u64) -> Result<(), PackageError> {
    archive
        .write_all(&[0; BLOCK][..padding(size)])
        .map_err(PackageError::Write)
}

/// Zero bytes after a member, to the next block.
pub(crate) fn padding(size: u64) -> usize {
    // Below 512, so it fits any integer.
    usize::try_from(size.next_multiple_of(BLOCK as u64) - size).unwrap_or(0)
}

/// Counts and digests what is written through it.
struct Metered<W> {
    out: W,
    size: u64,
    digester: Digester,
}

impl<W: Write> Write for Metered<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.out.write(bytes)?;
        self.digester.update(&bytes[..length]);
        self.size += length as u64;
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
