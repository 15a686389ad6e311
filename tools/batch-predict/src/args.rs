//! The command line.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use yard_cli::clap::{self, Parser, ValueEnum};
use yard_cli::{Common, Format};

/// Score a CSV table of any length with a packaged model
///
/// Writes the columns that are no features, then `probability` of the positive class and `class`,
/// a row for each row of the table and in its order. Memory is flat, and the bytes are the same on
/// any number of threads. A row that cannot be scored ends the run, and no output appears.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "batch-predict",
    version,
    after_help = "\
Examples:
  batch-predict --package credit-1.2.0.tar.gz --data new.csv --out scored.csv
  batch-predict --package out/model --data new.csv --id application_id --out scored.csv

Exit codes: 0 scored, 2 the package or the table does not allow it, 101 a defect"
)]
pub struct Args {
    /// The model: a package (archive or folder) or a bare model folder
    #[arg(long, value_name = "PATH")]
    pub(crate) package: PathBuf,

    /// The table: CSV with a header that names every feature
    #[arg(long, value_name = "FILE")]
    pub(crate) data: PathBuf,

    /// Where to write the scores
    #[arg(long, value_name = "FILE", default_value = "out/scored.csv")]
    pub(crate) out: PathBuf,

    /// Where to write what was scored by what
    #[arg(long, value_name = "FILE", default_value = "out/batch-report.json")]
    pub(crate) report: PathBuf,

    /// Where to write how long it took
    #[arg(long, value_name = "FILE")]
    pub(crate) measurement: Option<PathBuf>,

    /// Columns to copy, instead of all that are no features
    #[arg(
        long,
        value_name = "COLUMN",
        value_delimiter = ',',
        conflicts_with = "keep"
    )]
    pub(crate) id: Vec<String>,

    /// Which columns to copy in front of the scores
    #[arg(long, value_enum, value_name = "WHICH", default_value_t)]
    pub(crate) keep: Keep,

    /// Threads; the result does not depend on it
    #[arg(
        long,
        value_name = "N",
        env = "TRAINYARD_THREADS",
        hide_env_values = true
    )]
    pub(crate) threads: Option<NonZeroUsize>,

    /// What stdout carries; `json` is the report
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(crate) format: Format,

    #[command(flatten)]
    pub(crate) common: Common,
}

/// Which columns of the table are copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Keep {
    /// Those that are no features
    #[default]
    Ids,
    /// All
    All,
    /// None
    None,
}

impl AsRef<Common> for Args {
    fn as_ref(&self) -> &Common {
        &self.common
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory as _;
        Args::command().debug_assert();
    }
}
