//! What can be wrong with a package, its archive or its folder.

use std::io;
use std::path::{Path, PathBuf};

use yard_contract::{ParseError, Sha256};

use crate::id::IdFlaw;
use crate::path::PathFlaw;

/// Why a package was not written, read or accepted.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// A file or folder of ours could not be read or written.
    #[error("failed to {action} `{}`", .path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the system answered.
        #[source]
        source: io::Error,
    },
    /// The archive could not be read or decompressed.
    #[error("failed to read the archive")]
    Read(#[source] io::Error),
    /// The archive could not be written.
    #[error("failed to write the archive")]
    Write(#[source] io::Error),
    /// One member, named, is not what it should be.
    #[error("member `{member}` {flaw}")]
    Member {
        /// The member's path, with control characters made visible.
        member: String,
        /// What is wrong with it.
        flaw: Flaw,
    },
    /// The bytes do not begin as a gzip file of ours does.
    #[error("the archive is not a gzip file of a package: {0}")]
    NotGzip(&'static str),
    /// The first member is not the manifest.
    #[error("the archive does not begin with `manifest.json` but with `{0}`")]
    NoManifest(String),
    /// The manifest cannot be read.
    #[error("`manifest.json` cannot be used")]
    Manifest(#[source] ParseError),
    /// The name or version cannot be used.
    #[error(transparent)]
    Id(#[from] IdFlaw),
    /// Bytes follow the end of the archive.
    #[error("bytes follow the end of the archive")]
    Trailing,
    /// The archive ends before its end mark.
    #[error("the archive ends in the middle")]
    Truncated,
    /// More members than the limit.
    #[error("the package has {found} members, more than the limit of {limit}")]
    TooManyMembers {
        /// How many it has.
        found: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// More bytes than the limit.
    #[error("the package unpacks to more than the limit of {limit} bytes")]
    TooLarge {
        /// How many bytes are allowed.
        limit: u64,
    },
    /// The archive grows too much when it is decompressed.
    #[error("the archive grows more than {limit} times when decompressed")]
    Bomb {
        /// The allowed ratio.
        limit: u64,
    },
    /// Whoever watched broke it off.
    #[error("it was stopped")]
    Stopped,
    /// A package without a single file.
    #[error("a package needs at least one file beside its manifest")]
    Empty,
    /// The time stamp does not fit into an archive.
    #[error("the time stamp {0} does not fit into an archive")]
    Epoch(u64),
    /// The destination exists.
    #[error("`{}` exists already", .0.display())]
    Exists(PathBuf),
}

/// What is wrong with one member.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// Its path is not acceptable.
    #[error("has an unacceptable path: {0}")]
    Path(PathFlaw),
    /// It is something else than a regular file.
    #[error("is {0}; a package holds regular files only")]
    NotAFile(&'static str),
    /// It is announced by an extension header.
    #[error("is {0}; packages are plain ustar")]
    Extension(&'static str),
    /// Its header's checksum is wrong.
    #[error("has a header with a wrong checksum")]
    Checksum,
    /// Its header holds something that a package's header never holds.
    #[error("has a header that is not in a package's form: {0}")]
    Header(&'static str),
    /// It is there twice.
    #[error("is there twice")]
    Duplicate,
    /// Where upper and lower case, or composed and decomposed letters, are the same, it is another.
    #[error("is the same as `{0}` on file systems that fold letters")]
    Collides(String),
    /// One path uses as a folder what another uses as a file.
    #[error("is a file, and `{0}` needs it to be a folder")]
    FileAndFolder(String),
    /// The folder, which has no manifest, does not hold it.
    #[error("is not in the folder")]
    Absent,
    /// The manifest does not list it.
    #[error("is not in the manifest")]
    Unlisted,
    /// The manifest lists it, and it is not there.
    #[error("is in the manifest but missing")]
    Missing,
    /// It is not where the manifest's order puts it.
    #[error("comes out of order: the manifest has `{expected}` here")]
    OutOfOrder {
        /// The member that belongs here.
        expected: String,
    },
    /// Its size is not the manifest's.
    #[error("has {found} bytes, and the manifest says {expected}")]
    Size {
        /// The manifest's size.
        expected: u64,
        /// The size found.
        found: u64,
    },
    /// Its digest is not the manifest's.
    #[error("has sha256 {found}, and the manifest says {expected}")]
    Digest {
        /// The manifest's digest.
        expected: Sha256,
        /// The digest found.
        found: Sha256,
    },
    /// It is longer than the limit.
    #[error("has {size} bytes, more than the limit of {limit}")]
    TooLarge {
        /// Its size.
        size: u64,
        /// The allowed size.
        limit: u64,
    },
    /// The padding behind it is not empty.
    #[error("hides bytes in the padding behind it")]
    Padding,
    /// The archive ends before it does.
    #[error("is cut off: the archive ends in it")]
    Truncated,
    /// Its source changed while it was being packed.
    #[error("changed while it was being packed")]
    Changed,
}

impl PackageError {
    /// A flaw of one member.
    pub(crate) fn member(member: &str, flaw: Flaw) -> Self {
        // A hostile name must not be able to forge a log line.
        Self::Member {
            member: member.escape_debug().to_string(),
            flaw,
        }
    }

    /// Makes an error of a failed action on one of our own files.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}
