//! What can keep an alias from being moved.

use std::path::PathBuf;

use yard_cli::{Class, Failure};
use yard_contract::{Sha256, Verdict};
use yard_package::{IdFlaw, PackageError};
use yard_registry::{RegistryError, SpecFlaw};

/// Why the alias stands for what it stood for.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum PromoteError {
    #[error(transparent)]
    Cli(#[from] yard_cli::Error),
    #[error(transparent)]
    Id(#[from] IdFlaw),
    #[error(transparent)]
    Target(#[from] SpecFlaw),
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error(transparent)]
    Package(#[from] PackageError),
    #[error("a version to promote and `--rollback` are two different moves")]
    Both,
    #[error("`{tag}` is a tag of another package than `{name}`")]
    OtherTag { tag: String, name: String },
    #[error("{0} holds no model")]
    NoModel(String),
    #[error("the smoke test in `{}` did not pass: its verdict is {verdict}", path.display())]
    SmokeFailed { path: PathBuf, verdict: Verdict },
    #[error("`{}` does not say which model was tried", .0.display())]
    SmokeOfNothing(PathBuf),
    #[error(
        "`{}` is of the model {}, and the release holds {}",
        path.display(), served.short(), released.short()
    )]
    SmokeOfOther {
        path: PathBuf,
        served: Sha256,
        released: Sha256,
    },
    #[error("there is no version before to go back to")]
    NothingBefore,
    #[error("{release} is not what it was when it was promoted: its model is {}, and was {}", found.short(), promoted.short())]
    Exchanged {
        release: String,
        found: Sha256,
        promoted: Sha256,
    },
}

impl Failure for PromoteError {
    fn class(&self) -> Class {
        match self {
            Self::Registry(error) if error.is_transient() => Class::Transient,
            Self::Registry(RegistryError::Overtaken { .. }) => Class::Transient,
            _ => Class::Input,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Cli(error) => error.hint(),
            Self::Registry(error) => error.hint(),
            Self::SmokeFailed { .. } | Self::SmokeOfNothing(_) | Self::SmokeOfOther { .. } => {
                Some("serve this version, and run `smoke-test` with its package".to_owned())
            }
            Self::NothingBefore => Some("promote a version by its number".to_owned()),
            _ => None,
        }
    }
}
