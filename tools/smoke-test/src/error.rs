//! What can keep a deployed model from being judged.

use std::path::PathBuf;

use yard_cli::{Class, Failure};
use yard_forge::ForgeError;
use yard_model::FolderError;
use yard_package::PackageError;

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum SmokeError {
    #[error(transparent)]
    Cli(#[from] yard_cli::Error),
    #[error("`{}` cannot be used", path.display())]
    Package { path: PathBuf, source: PackageError },
    #[error("`{}` cannot be used", path.display())]
    Model { path: PathBuf, source: FolderError },
    #[error("the package has no golden rows to ask for")]
    NoGolden,
    #[error("`{key}` is {found}, but must be {expected}")]
    OutOfRange {
        key: &'static str,
        found: String,
        expected: &'static str,
    },
    #[error("the URL or the connection's settings cannot be used")]
    Client(#[source] ForgeError),
    #[error("nothing answers at `{url}` after {seconds} s")]
    Unreachable {
        url: String,
        seconds: u64,
        source: ForgeError,
    },
    #[error("nothing to do: `--url` and `--package` are missing")]
    NoUrl,
}

impl Failure for SmokeError {
    fn class(&self) -> Class {
        match self {
            Self::Unreachable { .. } => Class::Transient,
            _ => Class::Input,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Cli(error) => error.hint(),
            Self::Package { source: PackageError::Io { .. }, .. } => {
                Some("check the path; relative paths start at the working folder".to_owned())
            }
            Self::Package { .. } => {
                Some("the package must be as it was published, to the byte; fetch it again".to_owned())
            }
            Self::Unreachable { .. } => {
                Some("is the server started, and does it listen on an address that is reached from here? `--wait` waits longer".to_owned())
            }
            Self::Client(_) => Some("write it as `http://127.0.0.1:8080`".to_owned()),
            Self::NoUrl => Some("see `smoke-test --help`".to_owned()),
            _ => None,
        }
    }
}
