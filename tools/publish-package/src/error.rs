//! What can keep a package from being published.

use std::fmt;
use std::path::PathBuf;

use yard_cli::{Class, Failure};
use yard_contract::{Sha256, Verdict};
use yard_model::FolderError;
use yard_package::{IdFlaw, PackageError};
use yard_registry::{RegistryError, SpecFlaw};
use yard_trust::TrustError;

/// Why nothing, or not everything, was published.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum PublishError {
    #[error(transparent)]
    Cli(#[from] yard_cli::Error),
    #[error(transparent)]
    Id(#[from] IdFlaw),
    #[error(transparent)]
    Target(#[from] SpecFlaw),
    #[error("the target `{0}` is named twice")]
    TargetTwice(String),
    #[error(transparent)]
    Package(#[from] PackageError),
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error("`{}` is no model folder", path.display())]
    Model {
        path: PathBuf,
        source: Box<FolderError>,
    },
    #[error("`{}` is not one of the model's files: `run.json` does not name it as it is", .0.display())]
    Stray(PathBuf),
    #[error("`{}` has no name that a package could use", .0.display())]
    NoName(PathBuf),
    #[error("the gate's verdict is {verdict}, so there is nothing to publish: {summary}")]
    NotPassed { verdict: Verdict, summary: String },
    #[error("the gate judged the model {}, and the model folder holds {}", judged.short(), packed.short())]
    OtherModel { judged: Sha256, packed: Sha256 },
    #[error("{0}")]
    BrokenChain(Box<Break>),
    #[error("`{0}` changed while it was being packed")]
    Changed(String),
    #[error("{place} holds no key to use")]
    Key { place: String, source: TrustError },
    #[error("the signing key in {0} is encrypted, and there is no passphrase for it")]
    Locked(String),
    #[error("there is no passphrase to encrypt the key with")]
    NoPassphrase,
    #[error("`{0}` holds neither a key nor the path of a file with one")]
    KeyVariable(&'static str),
    #[error(transparent)]
    Trust(#[from] TrustError),
    #[error("the tag `{tag}` cannot be published: {why}")]
    Tag { tag: String, why: &'static str },
    #[error("the version {now} cannot follow {before}: {why}")]
    Version {
        before: String,
        now: String,
        why: String,
    },
    #[error("`{}` is no package with a version to compare with", .0.display())]
    NoPrevious(PathBuf),
    #[error("`{0}` names no version of a package")]
    NoVersion(String),
    #[error("the handlers of signals cannot be set")]
    Signals(#[source] std::io::Error),
    #[error("publishing stopped; complete are {}", if done.is_empty() { "no targets".to_owned() } else { done.join(", ") })]
    Stopped {
        done: Vec<String>,
        source: Box<RegistryError>,
    },
}

/// Two files of a package that do not belong together.
#[derive(Clone, Debug)]
pub struct Break {
    /// The artifact that names another digest.
    pub artifact: String,
    /// The kind of file it was made from.
    pub kind: String,
    /// The digest it was made from.
    pub made_from: Sha256,
    /// The file of that kind in the package.
    pub path: String,
    /// Its digest.
    pub packed: Sha256,
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (made_from, packed) = (self.made_from.short(), self.packed.short());
        write!(
            f,
            "`{}` was made from the {} {made_from}, and the package holds `{}`, which is {packed}",
            self.artifact, self.kind, self.path
        )
    }
}

impl Failure for PublishError {
    fn class(&self) -> Class {
        let transient = match self {
            Self::Registry(error) => error.is_transient(),
            Self::Stopped { source, .. } => source.is_transient(),
            _ => false,
        };
        if matches!(self, Self::Package(PackageError::Stopped)) {
            Class::Saved
        } else if transient {
            Class::Transient
        } else {
            Class::Input
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Cli(error) => error.hint(),
            Self::Registry(error) => error.hint(),
            Self::Stopped { source, .. } => source.hint(),
            Self::Model { .. } => Some("pass the folder that `train --model` wrote".to_owned()),
            Self::Stray(_) => {
                Some("include it with --include, or train into a fresh folder".to_owned())
            }
            Self::NotPassed {
                verdict: Verdict::Inconclusive,
                ..
            } => Some(
                "hold out more rows, or let the rule warn instead in the gate's configuration"
                    .to_owned(),
            ),
            Self::NotPassed { .. } => Some("see the gate's report for what is worse".to_owned()),
            Self::OtherModel { .. } | Self::BrokenChain(_) => {
                Some("run the stages from `train` on again, in one pipeline".to_owned())
            }
            Self::Package(PackageError::Stopped) => {
                Some("nothing was published; run the same command again".to_owned())
            }
            Self::Key { .. } | Self::KeyVariable(_) => {
                Some("make one with `publish-package keygen --out FILE`".to_owned())
            }
            Self::Version { .. } => Some(
                "release it as that version, or leave the check out with `--no-version-check`"
                    .to_owned(),
            ),
            Self::Locked(_) | Self::NoPassphrase => Some(format!(
                "put it into the variable `{}`",
                crate::key::PASSPHRASE
            )),
            Self::NoVersion(_) => Some(
                "with --target, it is NAME@VERSION; `fetch-package NAME@ALIAS --public-key` verifies what an alias stands for"
                    .to_owned(),
            ),
            Self::Tag { .. } => Some("a release's tag is `v1.2.0` or `NAME@v1.2.0`".to_owned()),
            _ => None,
        }
    }
}
