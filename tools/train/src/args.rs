//! The command line.

use std::path::PathBuf;

use yard_cli::clap::{self, Args as ClapArgs, Parser, Subcommand};
use yard_cli::{Common, Format};

/// Fit a model that is one ONNX graph, the same bytes on every machine
///
/// Reads a table and a configuration, holds part of the rows out, fits on the rest, and writes a
/// model folder: `model.onnx` (preprocessing and model in one graph), `signature.json`,
/// `profile.json`, `golden.json` and `run.json`. Same table, configuration and seed: same bytes, on
/// any number of threads.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "train",
    version,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "\
Examples:
  train init --data customers.csv --target churned --positive yes --out configs/train.yaml
  train --data customers.csv --config configs/train.yaml --model out/model

Exit codes: 0 fitted, 2 the table or the configuration does not allow it, 101 a defect"
)]
pub struct Args {
    /// What to do instead of fitting
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    #[command(flatten)]
    pub(crate) fit: Option<FitArgs>,

    #[command(flatten)]
    pub(crate) common: Common,
}

/// Arguments of fitting.
#[derive(ClapArgs, Clone, Debug)]
pub(crate) struct FitArgs {
    /// The table: CSV with a header
    #[arg(long, value_name = "FILE")]
    pub(crate) data: PathBuf,

    /// What to fit on it
    #[arg(long, value_name = "FILE", default_value = "configs/train.yaml")]
    pub(crate) config: PathBuf,

    /// The folder for the model
    #[arg(long, value_name = "DIR", default_value = "out/model")]
    pub(crate) model: PathBuf,

    /// Where to write the rows that were held out
    #[arg(long, value_name = "FILE", default_value = "out/holdout.csv")]
    pub(crate) holdout: PathBuf,

    /// Where to write which rows were fitted on and which were held out
    #[arg(long, value_name = "FILE", default_value = "out/split.json")]
    pub(crate) split: PathBuf,

    /// Where to write how long it took
    #[arg(long, value_name = "FILE")]
    pub(crate) measurement: Option<PathBuf>,

    /// The commit of the code, recorded in `run.json`
    #[arg(
        long,
        value_name = "SHA",
        env = "CI_COMMIT_SHA",
        hide_env_values = true
    )]
    pub(crate) commit: Option<String>,

    /// Threads; the result does not depend on it
    #[arg(
        long,
        value_name = "N",
        env = "TRAINYARD_THREADS",
        hide_env_values = true
    )]
    pub(crate) threads: Option<std::num::NonZeroUsize>,

    /// What stdout carries; `json` is `run.json`
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(crate) format: Format,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a first configuration for a table
    Init(InitArgs),
    /// Print the configuration's JSON Schema
    Schema,
}

/// Arguments of `init`.
#[derive(ClapArgs, Clone, Debug)]
pub(crate) struct InitArgs {
    /// The table: CSV with a header
    #[arg(long, value_name = "FILE")]
    pub(crate) data: PathBuf,

    /// The column to predict
    #[arg(long, value_name = "COLUMN")]
    pub(crate) target: String,

    /// The value of that column that counts as positive, where it has two
    #[arg(long, value_name = "VALUE")]
    pub(crate) positive: Option<String>,

    /// Columns that are no features: identifiers, dates, what is known only afterwards
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    pub(crate) exclude: Vec<String>,

    /// Texts that mean a missing cell, besides the empty one
    #[arg(long, value_name = "TEXT", value_delimiter = ',')]
    pub(crate) missing: Vec<String>,

    /// Where to write the configuration
    #[arg(long, value_name = "FILE", default_value = "configs/train.yaml")]
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
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory as _;
        Args::command().debug_assert();
    }
}
