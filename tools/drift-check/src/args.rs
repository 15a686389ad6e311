//! The command line.

use std::path::PathBuf;

use yard_cli::Common;
use yard_cli::clap::{self, Parser, Subcommand, ValueEnum};

/// Tell whether fresh data still looks like what a model was trained on, and whether it hurts
///
/// Compares every feature and the model's scores with the profile that training left in the
/// package, and, where outcomes are known, the model's quality with its evaluation. A change counts
/// when it is both large enough to matter and shown to be no accident, all comparisons together.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "drift-check",
    version,
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  drift-check --package credit-1.2.0.tar.gz --data last-week.csv
  drift-check --package out/model --evaluation out/evaluation.json --data outcomes.csv

Exit codes: 0 pass, 1 drift, 2 could not judge, 4 some drift or too few rows, 101 a defect"
)]
pub struct Args {
    #[command(flatten)]
    pub(crate) check: Option<CheckArgs>,

    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    #[command(flatten)]
    pub(crate) common: Common,
}

/// What a check needs.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct CheckArgs {
    /// The model: a package (archive or folder) or a bare model folder
    #[arg(long, value_name = "PATH")]
    pub(crate) package: PathBuf,

    /// Fresh rows: CSV with a header that names every feature, and the target where it is known
    #[arg(long, value_name = "CSV")]
    pub(crate) data: PathBuf,

    /// Which change matters
    #[arg(long, value_name = "YAML", default_value = "configs/drift.yaml")]
    pub(crate) config: PathBuf,

    /// What the model was evaluated to be, where the package does not hold it
    #[arg(long, value_name = "JSON")]
    pub(crate) evaluation: Option<PathBuf>,

    /// Where the report goes; its Markdown, page, JUnit and metrics forms stand beside it
    #[arg(long, value_name = "JSON", default_value = "out/drift-report.json")]
    pub(crate) out: PathBuf,

    /// What stdout carries; `json` is the report
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(crate) format: DriftFormat,
}

/// What to do instead of checking.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Command {
    /// Print the configuration's JSON Schema
    Schema,
}

/// What stdout carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum DriftFormat {
    /// Text for a person
    #[default]
    Human,
    /// The report, byte for byte
    Json,
    /// The report for a merge request or an issue
    Markdown,
    /// A test case a check
    Junit,
    /// OpenMetrics text, a gauge a measure
    Metrics,
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
