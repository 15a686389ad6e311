//! Why there is no verdict.

use std::path::{Path, PathBuf};

use yard_cli::{Class, Failure};
use yard_table::{StreamError, TableError};

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum CheckError {
    #[error(transparent)]
    Io(#[from] yard_cli::Error),
    #[error("cannot check `{}`", path.display())]
    Table { path: PathBuf, source: TableError },
    #[error("{}: {message}", path.display())]
    Config { path: PathBuf, message: String },
    #[error("`{}` is there already", path.display())]
    Exists { path: PathBuf },
    #[error("`--out` would overwrite the input `{}`", path.display())]
    Overwrite { path: PathBuf },
    #[error("no table was given")]
    NoTable,
}

impl CheckError {
    /// What a stream's error means for a table at this path.
    pub(crate) fn table(path: &Path) -> impl Fn(StreamError) -> Self + use<> {
        let path = path.to_owned();
        move |error| {
            let path = path.clone();
            match error {
                StreamError::Read(source) => yard_cli::Error::Read { path, source }.into(),
                StreamError::Table(source) => Self::Table { path, source },
            }
        }
    }
}

impl Failure for CheckError {
    fn class(&self) -> Class {
        match self {
            Self::Io(error) => error.class(),
            Self::Table { .. }
            | Self::Config { .. }
            | Self::Exists { .. }
            | Self::Overwrite { .. }
            | Self::NoTable => Class::Input,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Io(error) => error.hint(),
            Self::Table { source, .. } => source.hint(),
            Self::Exists { .. } => Some("add `--force` to overwrite it".to_owned()),
            Self::NoTable => Some("name it with `--data`; `--help` shows more".to_owned()),
            Self::Config { .. } | Self::Overwrite { .. } => None,
        }
    }
}
