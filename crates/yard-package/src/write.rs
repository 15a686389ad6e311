//! Writing an archive: same members, same label, same bytes.

use std::fs::File;
use std::io::{self, Read as _, Write};
use std::path::PathBuf;

use flate2::{Compression, GzBuilder};
use yard_contract::{Digester, Document, Input, Manifest, ManifestFile, Producer, Sha256};

use crate::error::{Flaw, PackageError};
use crate::header::{BLOCK, Header, LARGEST};
use crate::id::PackageId;
use crate::inventory::{self, MANIFEST};
use crate::limits::Limits;
use crate::path::{MemberPath, PathFlaw};

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

/// Where a member's bytes come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// A regular file. It is read twice and must not change in between.
    File(PathBuf),
    /// Bytes at hand.
    Bytes(Vec<u8>),
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
        if path == MANIFEST {
            return Err(refuse(PathFlaw::Reserved));
        }
        Ok(Self {
            path: MemberPath::new(path).map_err(refuse)?,
            source,
        })
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

/// Writes an archive of some files.
///
/// Every source is read twice: once for the manifest, which comes first so that a reader can check
/// each member as it streams by, and once for the archive. A source that is not a regular file, or
/// that changed in between, is an error.
pub fn pack(
    label: &Label,
    mut members: Vec<Member>,
    out: impl Write,
) -> Result<Packed, PackageError> {
    if label.epoch > LARGEST {
        return Err(PackageError::Epoch(label.epoch));
    }
    members.sort_by(|one, other| one.path.cmp(&other.path));
    let files = members.iter().map(listed).collect::<Result<Vec<_>, _>>()?;
    // Whoever packs has the files already: only what no reader could accept is refused here.
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

    let metered = Metered {
        out,
        size: 0,
        digester: Digester::new(),
    };
    let mut archive = GzBuilder::new()
        .mtime(0)
        .operating_system(255)
        .write(metered, LEVEL);
    let bytes = manifest.to_bytes();
    let first = MemberPath::new(MANIFEST)
        .map_err(|flaw| PackageError::member(MANIFEST, Flaw::Path(flaw)))?;
    let size = bytes.len() as u64;
    begin(&mut archive, &first, size, label.epoch)?;
    archive.write_all(&bytes).map_err(PackageError::Write)?;
    end(&mut archive, size)?;
    for (member, file) in members.iter().zip(&manifest.body.files) {
        begin(&mut archive, &member.path, file.size, label.epoch)?;
        let found = copy(member, &mut archive)?;
        if found != (file.size, file.sha256) {
            return Err(PackageError::member(&file.path, Flaw::Changed));
        }
        end(&mut archive, file.size)?;
    }
    archive
        .write_all(&[0; 2 * BLOCK])
        .map_err(PackageError::Write)?;
    let mut metered = archive.finish().map_err(PackageError::Write)?;
    metered.out.flush().map_err(PackageError::Write)?;
    Ok(Packed {
        manifest,
        size: metered.size,
        sha256: metered.digester.finish(),
    })
}

/// The manifest's line for a member.
pub(crate) fn listed(member: &Member) -> Result<ManifestFile, PackageError> {
    let (size, sha256) = copy(member, &mut io::sink())?;
    Ok(ManifestFile {
        path: member.path.to_string(),
        size,
        sha256,
    })
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

/// Copies a member's bytes; gives how many there were and their digest.
fn copy(member: &Member, out: &mut impl Write) -> Result<(u64, Sha256), PackageError> {
    let path = match &member.source {
        Source::Bytes(bytes) => {
            out.write_all(bytes).map_err(PackageError::Write)?;
            return Ok((bytes.len() as u64, Sha256::of(bytes)));
        }
        Source::File(path) => path,
    };
    let metadata = std::fs::symlink_metadata(path).map_err(PackageError::io("read", path))?;
    if !metadata.is_file() {
        let what = crate::folder::what(metadata.file_type());
        return Err(PackageError::member(
            member.path.as_str(),
            Flaw::NotAFile(what),
        ));
    }
    let mut file = File::open(path).map_err(PackageError::io("open", path))?;
    let mut digester = Digester::new();
    let mut buffer = vec![0; 64 << 10];
    let mut size = 0;
    loop {
        let length = match file.read(&mut buffer) {
            Ok(0) => return Ok((size, digester.finish())),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(PackageError::io("read", path)(error)),
        };
        digester.update(&buffer[..length]);
        out.write_all(&buffer[..length])
            .map_err(PackageError::Write)?;
        size += length as u64;
    }
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
