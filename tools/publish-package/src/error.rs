//! What can keep a package from being published.

use std::path::PathBuf;

use yard_cli::{Class, Failure};
use yard_contract::{Sha256, Verdict};
use yard_model::FolderError;
use yard_package::{IdFlaw, PackageError};
use yard_registry::{RegistryError, SpecFlaw};

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
    #[error(
        "`{}` was made from the {} {}, and the package holds `{}`, which is {}",
        .0.artifact, .0.kind, .0.made_from.short(), .0.path, .0.packed.short()
    )]
    BrokenChain(Box<Break>),
    #[error("`{0}` changed while it was being packed")]
    Changed(String),
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

impl Failure for PublishError {
    fn class(&self) -> Class {
        let transient = match self {
            Self::Registry(error) => error.is_transient(),
            Self::Stopped { source, .. } => source.is_transient(),
            _ => false,
        };
        if transient {
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
            _ => None,
        }
    }
}
