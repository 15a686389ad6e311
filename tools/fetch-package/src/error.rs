//! What can keep a package from being fetched.

use std::path::PathBuf;

use yard_cli::{Class, Failure};
use yard_package::{IdFlaw, PackageError};
use yard_registry::{RegistryError, SpecFlaw};
use yard_trust::TrustError;

/// Why nothing was fetched.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum FetchError {
    #[error(transparent)]
    Cli(#[from] yard_cli::Error),
    #[error(transparent)]
    Target(#[from] SpecFlaw),
    #[error(transparent)]
    Id(#[from] IdFlaw),
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error(transparent)]
    Package(#[from] PackageError),
    #[error("the archive of {0} holds another package")]
    Other(String),
    #[error("{release} is not what `{alias}` was moved to: its {what}")]
    Moved {
        release: String,
        alias: String,
        /// What of it is which, and should be which.
        what: String,
    },
    #[error("`{}` holds no key to use", path.display())]
    Key { path: PathBuf, source: TrustError },
    #[error("{0} is not signed")]
    Unsigned(String),
    #[error("the signature of {release} does not hold")]
    Signature { release: String, source: TrustError },
    #[error("failed to {action} `{}`", path.display())]
    Io {
        action: &'static str,
        path: PathBuf,
        source: std::io::Error,
    },
}

impl Failure for FetchError {
    fn class(&self) -> Class {
        match self {
            Self::Registry(error) if error.is_transient() => Class::Transient,
            _ => Class::Input,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Cli(error) => error.hint(),
            Self::Registry(error) => error.hint(),
            Self::Moved { .. } => Some(
                "somebody changed the release after it was promoted: find out who, and promote again what was tested"
                    .to_owned(),
            ),
            Self::Unsigned(_) => Some(
                "publish it with `--signing-key`, or fetch it without `--public-key`".to_owned(),
            ),
            _ => None,
        }
    }
}
