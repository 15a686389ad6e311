//! The command line.

use std::path::PathBuf;

use clap::{Args as Group, Parser, Subcommand};
use yard_cli::{Common, Format};

/// Checks a CSV table against a configuration and names every broken rule with line and column
///
/// Exit codes: 0 pass, 1 fail, 2 could not judge, 4 warnings only.
#[derive(Clone, Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(flatten)]
    pub(crate) check: Option<CheckArgs>,

    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    #[command(flatten)]
    pub(crate) common: Common,
}

/// What a check needs.
#[derive(Clone, Debug, Group)]
pub(crate) struct CheckArgs {
    /// The table to check
    #[arg(long, value_name = "CSV")]
    pub(crate) data: PathBuf,

    /// What the table must be like
    #[arg(long, value_name = "YAML", default_value = "configs/data.yaml")]
    pub(crate) config: PathBuf,

    /// Where the report goes
    #[arg(long, value_name = "JSON", default_value = "out/data-report.json")]
    pub(crate) out: PathBuf,

    /// What stdout carries
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,

    /// How many findings to list for each rule and column; all are counted
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) max_findings: u64,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Command {
    /// Draft a configuration from a table
    Infer(InferArgs),
    /// Print the configuration's JSON Schema, for editors
    Schema,
}

/// What a draft needs.
#[derive(Clone, Debug, Group)]
pub(crate) struct InferArgs {
    /// The table to look at
    #[arg(long, value_name = "CSV")]
    pub(crate) data: PathBuf,

    /// The column that a model is to predict
    #[arg(long, value_name = "COLUMN")]
    pub(crate) target: Option<String>,

    /// Look at the first rows only
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) sample_rows: Option<u64>,

    /// Where the configuration goes
    #[arg(long, value_name = "YAML", default_value = "configs/data.yaml")]
    pub(crate) out: PathBuf,

    /// Overwrite a configuration that is there
    #[arg(long)]
    pub(crate) force: bool,
}

impl AsRef<Common> for Args {
    fn as_ref(&self) -> &Common {
        &self.common
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Args::command().debug_assert();
    }
}
