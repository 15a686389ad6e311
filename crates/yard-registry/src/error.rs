//! What can go wrong with a registry.

use std::io;
use std::path::PathBuf;

use yard_contract::{ParseError, Sha256};
use yard_forge::ForgeError;
use yard_package::{IdFlaw, PackageError};

use crate::spec::SpecFlaw;

/// Why something was not published or fetched.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The forge's answer, or the lack of one.
    #[error(transparent)]
    Forge(#[from] ForgeError),
    /// A target that cannot be understood or opened.
    #[error(transparent)]
    Spec(#[from] SpecFlaw),
    /// A name or version that cannot be used.
    #[error(transparent)]
    Id(#[from] IdFlaw),
    /// A file that could not be put in its place.
    #[error(transparent)]
    Put(#[from] yard_cli::Error),
    /// A folder that could not be filled.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// A file or folder of a folder registry.
    #[error("failed to {action} `{}`", .path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which.
        path: PathBuf,
        /// What the system answered.
        #[source]
        source: io::Error,
    },
    /// A file name that cannot lie in every registry.
    #[error(
        "`{0}` cannot be a released file's name: use letters, digits, `.`, `_`, `+`, `-`, once"
    )]
    AssetName(String),
    /// An archive that cannot be unpacked.
    #[error("`{file}` is not a gzip archive")]
    Archive {
        /// Which.
        file: String,
        /// What is wrong with it.
        #[source]
        source: io::Error,
    },
    /// A name that no alias can have.
    #[error(
        "`{0}` cannot be an alias: use up to 50 lower-case letters, digits and `-`, beginning with a letter"
    )]
    AliasName(String),
    /// A record of moves that is not one.
    #[error("`{file}` in {target} is not a move of this alias")]
    Record {
        /// The target.
        target: String,
        /// The file.
        file: String,
    },
    /// Somebody else moved the alias at the same time.
    #[error("somebody else has just moved `{alias}` in {target}")]
    Overtaken {
        /// The target.
        target: String,
        /// The alias.
        alias: String,
    },
    /// The alias stands for nothing.
    #[error("{target} has no `{alias}` of {name}")]
    NoAlias {
        /// The target.
        target: String,
        /// The package's name.
        name: String,
        /// The alias.
        alias: String,
    },
    /// The release holds no archive, so there is nothing to unpack.
    #[error("{release} in {target} holds no `{file}`")]
    NoArchive {
        /// The target.
        target: String,
        /// Name and version.
        release: String,
        /// The archive's name.
        file: String,
    },
    /// A version under which the record of aliases is kept.
    #[error("`{0}` cannot be a version: the record of aliases is kept under this name")]
    Reserved(String),
    /// A version that the target cannot have.
    #[error("{target} takes versions by SemVer only, as `1.2.0`, and `{version}` is none")]
    NotSemVer {
        /// The target.
        target: String,
        /// The version.
        version: String,
    },
    /// A file that the target cannot hold.
    #[error("`{file}` has {size} bytes, and {target} takes files of up to {limit}")]
    TooLong {
        /// The target.
        target: String,
        /// The file.
        file: String,
        /// Its length.
        size: u64,
        /// The longest that can be.
        limit: u64,
    },
    /// Somebody else is publishing to the same place, and has been for long.
    #[error("somebody else has held `{}` for {seconds} s", .path.display())]
    Locked {
        /// The lock.
        path: PathBuf,
        /// How long it was waited for.
        seconds: u64,
    },
    /// The release is complete, and people cannot see it yet where they look.
    #[error("{release} is complete in {target}, and its release entry is not")]
    Unannounced {
        /// The target.
        target: String,
        /// Name and version.
        release: String,
        /// Why not.
        #[source]
        source: Box<Self>,
    },
    /// A release without files.
    #[error("a release needs at least one file")]
    Empty,
    /// The release is not there, or was never completed.
    #[error("{target} has no complete release {release}")]
    Absent {
        /// The target.
        target: String,
        /// Name and version.
        release: String,
    },
    /// The target's manifest cannot be used.
    #[error("the manifest of {release} in {target} cannot be used")]
    Manifest {
        /// The target.
        target: String,
        /// Name and version.
        release: String,
        /// What is wrong with it.
        #[source]
        source: ParseError,
    },
    /// The target's manifest is of something else.
    #[error("the manifest of {release} in {target} is of {found}")]
    OtherManifest {
        /// The target.
        target: String,
        /// Name and version.
        release: String,
        /// Name and version that the manifest gives.
        found: String,
    },
    /// What was read is not what the manifest lists.
    #[error("`{file}` in {target} has sha256 {found}, not {expected}")]
    Digest {
        /// The target.
        target: String,
        /// The file.
        file: String,
        /// The digest it should have.
        expected: Sha256,
        /// The digest it has.
        found: Sha256,
    },
    /// Publishing stopped on the way. What is there stays, and is invisible without the manifest.
    #[error("publishing to {target} stopped: {} there, {} missing", listed(.there), listed(.missing))]
    Incomplete {
        /// The target.
        target: String,
        /// Files that are there.
        there: Vec<String>,
        /// Files that are not.
        missing: Vec<String>,
        /// Why it stopped.
        #[source]
        source: Box<Self>,
    },
    /// Somebody else published other bytes at the same time, first, and ours cannot be withdrawn.
    #[error("another publisher was first with `{file}` in {target}, and ours cannot be withdrawn")]
    NotWithdrawn {
        /// The target.
        target: String,
        /// The file.
        file: String,
        /// Why not.
        #[source]
        source: Box<ForgeError>,
    },
}

impl RegistryError {
    /// Whether a later run may succeed without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Forge(error) => error.is_transient(),
            Self::Incomplete { source, .. } | Self::Unannounced { source, .. } => {
                source.is_transient()
            }
            Self::Locked { .. } => true,
            _ => false,
        }
    }

    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Forge(error) => error.hint(),
            Self::Put(error) => yard_cli::Failure::hint(error),
            Self::Incomplete { source, .. } => {
                let resume = "run the same command again: what is there is kept".to_owned();
                Some(match source.hint() {
                    Some(hint) => format!("{hint}; then {resume}"),
                    None => resume,
                })
            }
            Self::Unannounced { source, .. } => {
                let resume = "run the same command again: what is there is kept".to_owned();
                Some(match source.hint() {
                    Some(hint) => {
                        format!("{hint}; then {resume}, or leave it out with `--no-release`")
                    }
                    None => resume,
                })
            }
            Self::TooLong { .. } => Some(
                "leave the file out, or publish to a target that can hold it, as an OCI registry"
                    .to_owned(),
            ),
            Self::Locked { .. } => Some(
                "run it again when the other publisher has ended; the lock goes with its process"
                    .to_owned(),
            ),
            Self::Reserved(_) | Self::NotSemVer { .. } => {
                Some("choose a version such as `1.2.0`".to_owned())
            }
            Self::NotWithdrawn { file, .. } => Some(format!(
                "delete the newest `{file}` of this version by hand"
            )),
            Self::Absent { .. } => Some("check the name and the version".to_owned()),
            Self::Overtaken { .. } => {
                Some("look who is it now, and run it again if need be".to_owned())
            }
            Self::NoAlias { .. } => Some("`promote-model NAME@VERSION` makes one".to_owned()),
            _ => None,
        }
    }
}

fn listed(files: &[String]) -> String {
    if files.is_empty() {
        "nothing".to_owned()
    } else {
        files.join(", ")
    }
}
