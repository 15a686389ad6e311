//! What can go wrong while the world is made and written.

use std::path::{Path, PathBuf};

/// A failure that leaves the verdict unknown: exit code 2.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorldError {
    /// A file could not be written or read.
    #[error("failed to {action} `{path}`")]
    File {
        /// What was tried, as a verb.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A table could not be put into CSV.
    #[error("failed to write table `{table}`")]
    Table {
        /// The file name of the table.
        table: &'static str,
        /// The writer's reason.
        source: csv::Error,
    },
    /// The list of digests does not parse.
    #[error("`{path}` line {line} is not `<sha256>  <name>`")]
    Sums {
        /// The list.
        path: PathBuf,
        /// Line, counted from 1.
        line: usize,
    },
}

impl WorldError {
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::File {
            action,
            path,
            source,
        }
    }
}
