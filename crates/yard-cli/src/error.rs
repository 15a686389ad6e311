//! What can go wrong between a tool and the outside world.

use std::io;
use std::path::PathBuf;

use yard_contract::ParseError;

/// What a failure means for the pipeline: which exit code it becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Could not judge: usage, configuration, missing or invalid input (exit code 2).
    Input,
    /// The network or a registry; a retry may help (exit code 3).
    Transient,
    /// Stopped early with the state saved (exit code 75).
    Saved,
}

/// A tool's error: an error that knows what it means for the pipeline and what to do about it.
pub trait Failure: std::error::Error {
    /// What it means for the pipeline.
    fn class(&self) -> Class {
        Class::Input
    }

    /// What the user can do about it.
    fn hint(&self) -> Option<String> {
        None
    }
}

/// A file that cannot be read, understood or written.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum Error {
    #[error("failed to read `{}`", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("failed to write `{}`", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("failed to write to stdout")]
    Stdout(#[source] io::Error),
    #[error("cannot use `{}`", path.display())]
    Artifact { path: PathBuf, source: ParseError },
    #[error("{}{}: {message}", path.display(), at.map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default())]
    Config {
        path: PathBuf,
        /// Line and column, counted from 1.
        at: Option<(u64, u64)>,
        message: String,
        hint: Option<String>,
    },
}

impl Failure for Error {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                Some("check the path; relative paths start at the working folder".to_owned())
            }
            Self::Write { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                Some("free some space; nothing was left half-written".to_owned())
            }
            Self::Artifact {
                source: ParseError::Version { .. },
                ..
            } => Some("use the same release of all tools in one pipeline".to_owned()),
            Self::Artifact {
                source: ParseError::Json(_),
                ..
            } => Some("the file may be empty, cut off, or of another tool".to_owned()),
            Self::Config { hint, .. } => hint.clone(),
            _ => None,
        }
    }
}
