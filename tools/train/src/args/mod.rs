//! The command line.

mod adopt;
mod explanation;
mod export;
mod fit;
mod init;
mod run;
mod search;

use yard_cli::Common;
use yard_cli::clap::{self, Parser, Subcommand};

pub(crate) use self::adopt::AdoptArgs;
pub(crate) use self::explanation::ExplanationArgs;
pub(crate) use self::export::{Engine, ExportArgs};
pub(crate) use self::fit::{Bits, FitArgs};
pub(crate) use self::init::InitArgs;
pub(crate) use self::run::{Expected, RunArgs};
pub(crate) use self::search::{SearchArgs, SearchCommand, SearchFitArgs, SearchMergeArgs};

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
  train adopt sklearn.onnx --data customers.csv --target churned --positive yes --model out/model

Exit codes: 0 fitted, 2 the table or the configuration does not allow it, 3 the place for
checkpoints does not answer, 75 stopped and saved, 101 a defect"
)]
pub struct Args {
    /// What to do instead of fitting
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    #[command(flatten)]
    pub(crate) fit: Option<FitArgs>,

    // Beside the fit's: clap cannot tell whether a group is there that holds another one.
    #[command(flatten)]
    pub(crate) explanation: ExplanationArgs,

    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a first configuration for a table
    Init(InitArgs),
    /// Make a model folder of an ONNX file that another program wrote
    ///
    /// scikit-learn's, LightGBM's and XGBoost's exporters are read as they are: an input that takes
    /// several columns side by side becomes one input a column, and a map from class to probability the
    /// probabilities. The numbers that the graph computes stay its own.
    Adopt(AdoptArgs),
    /// Print the configuration's JSON Schema
    Schema,
    /// Write a model as a file for another engine
    Export(ExportArgs),
    /// Fit by any command, under the contract of our own
    ///
    /// The command finds the training rows in `TRAINYARD_DATA` (never those held out), a seed in
    /// `TRAINYARD_SEED`, and writes `model.onnx` or `scores.csv` (`TRAINYARD_EXPECTED`) into the folder
    /// `TRAINYARD_OUT`. Exit codes: 0 done, 75 stopped by SIGTERM with the state saved in
    /// `TRAINYARD_CHECKPOINT`, 3 try again later; any other is a failure.
    Run(RunArgs),
    /// Look for better parameters, by cross-validation on the training rows
    ///
    /// A trial's parameters depend on the seed and its number alone, so a search cut into shards and
    /// merged ends in the same leaderboard as one in one go.
    Search(SearchArgs),
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
