//! What can keep a package from being fetched.

use yard_cli::{Class, Failure};
use yard_package::PackageError;
use yard_registry::{RegistryError, SpecFlaw};

/// Why nothing was fetched.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum FetchError {
    #[error(transparent)]
    Cli(#[from] yard_cli::Error),
    #[error(transparent)]
    Target(#[from] SpecFlaw),
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error(transparent)]
    Package(#[from] PackageError),
    #[error("the archive of {0} holds another package")]
    Other(String),
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
            _ => None,
        }
    }
}
