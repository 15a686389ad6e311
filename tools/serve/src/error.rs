//! What can keep a model from being served.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use yard_cli::Failure;
use yard_model::{FolderError, PredictError};
use yard_package::PackageError;

/// Why nothing is served.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum ServeError {
    #[error(transparent)]
    Cli(#[from] yard_cli::Error),
    #[error("`{path}` cannot be served")]
    Package { path: String, source: PackageError },
    #[error("`{path}` cannot be served")]
    Model { path: String, source: FolderError },
    #[error("the model has no golden rows to check itself with")]
    NoGolden,
    #[error("the model cannot score its own golden rows")]
    Golden(#[source] PredictError),
    #[error(
        "the model does not reproduce golden row {row}: {found} where {expected} is recorded, \
         {difference:e} apart; {tolerance:e} is allowed"
    )]
    Differs {
        row: usize,
        found: String,
        expected: String,
        difference: f64,
        tolerance: f64,
    },
    #[error("`{address}` is no address to listen at")]
    Address { address: String, source: io::Error },
    #[error("cannot listen at {address}")]
    Listen {
        address: SocketAddr,
        source: io::Error,
    },
    #[error("failed to start {what}")]
    Start {
        what: &'static str,
        source: io::Error,
    },
    #[error("failed to start the threads that score")]
    Pool(#[from] rayon::ThreadPoolBuildError),
    #[error("the metrics cannot be written")]
    Metrics(#[from] yard_report::metrics::MetricsError),
}

impl Failure for ServeError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Cli(error) => error.hint(),
            Self::Package { source: PackageError::Io { .. }, .. } => {
                Some("check the path; relative paths start at the working folder".to_owned())
            }
            Self::Package { .. } => {
                Some("the package must be as it was published, to the byte; fetch it again".to_owned())
            }
            Self::Model { source: FolderError::Missing { .. }, .. } => {
                Some("give a package, or the folder that `train` wrote".to_owned())
            }
            Self::Differs { .. } => Some("score the model on the machine it was trained on; the two disagree".to_owned()),
            Self::Address { .. } => Some("write it as `127.0.0.1:8080` or `[::]:8080`".to_owned()),
            Self::Listen { source, .. } => match source.kind() {
                ErrorKind::AddrInUse => Some(
                    "another process listens there; stop it, choose another port, or port 0 for any that is free".to_owned(),
                ),
                ErrorKind::PermissionDenied => Some("ports below 1024 need privileges; choose a higher one".to_owned()),
                ErrorKind::AddrNotAvailable => Some("this machine has no such address; 0.0.0.0 means all of them".to_owned()),
                _ => None,
            },
            _ => None,
        }
    }
}
