//! What can keep a table from being scored.

use std::path::PathBuf;

use yard_cli::Failure;
use yard_model::{FolderError, PredictError};
use yard_package::PackageError;
use yard_table::{StreamError, TableError};

/// Why there are no scores.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum BatchError {
    #[error(transparent)]
    Cli(#[from] yard_cli::Error),
    #[error("`{}` cannot be used", path.display())]
    Package { path: PathBuf, source: PackageError },
    #[error("`{}` cannot be used", path.display())]
    Model { path: PathBuf, source: FolderError },
    #[error("`{}` cannot be scored", path.display())]
    Table { path: PathBuf, source: StreamError },
    #[error("the row on line {line} of `{}` cannot be scored", path.display())]
    Row {
        path: PathBuf,
        line: u64,
        source: PredictError,
    },
    #[error("the rows on lines {from} to {to} of `{}` cannot be scored", path.display())]
    Rows {
        path: PathBuf,
        from: u64,
        to: u64,
        source: PredictError,
    },
    #[error("the table has a column `{0}`, which is what a column of scores is called")]
    Collision(String),
    #[error("the output would overwrite the table `{}`", .0.display())]
    OntoInput(PathBuf),
    #[error("scores and report cannot both be `{}`", .0.display())]
    OneFile(PathBuf),
    #[error("failed to start {threads} threads")]
    Threads {
        threads: usize,
        source: rayon::ThreadPoolBuildError,
    },
}

impl Failure for BatchError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Cli(error) => error.hint(),
            Self::Package {
                source: PackageError::Io { .. },
                ..
            } => Some("check the path; relative paths start at the working folder".to_owned()),
            Self::Package { .. } => Some(
                "the package must be as it was published, to the byte; fetch it again".to_owned(),
            ),
            Self::Model {
                source: FolderError::Missing { .. },
                ..
            } => Some("give a package, or the folder that `train` wrote".to_owned()),
            Self::Table {
                source: StreamError::Table(source),
                ..
            } => match source {
                // The model's signature cannot be edited, so the usual advice does not fit.
                TableError::Cell { .. } => Some(
                    "the model takes a number here; `data-check` lists every such place".to_owned(),
                ),
                other => other.hint(),
            },
            Self::Collision(_) => {
                Some("name the columns to copy by `--id`, or copy none by `--keep none`".to_owned())
            }
            Self::OntoInput(_) | Self::OneFile(_) => Some("choose another path".to_owned()),
            _ => None,
        }
    }
}
