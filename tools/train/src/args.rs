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
  train adopt sklearn.onnx --data customers.csv --target churned --positive yes --model out/model

Exit codes: 0 fitted, 2 the table or the configuration does not allow it, 75 stopped and saved,
101 a defect"
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

    /// A folder to keep what is unfinished in: SIGTERM saves and exits 75, and the same command goes
    /// on from there
    #[arg(long, value_name = "DIR")]
    pub(crate) checkpoint: Option<PathBuf>,

    /// Begin anew, whatever is kept there
    #[arg(long, requires = "checkpoint")]
    pub(crate) no_resume: bool,

    /// Save every so many rounds
    #[arg(long, value_name = "N", requires = "checkpoint")]
    pub(crate) checkpoint_rounds: Option<std::num::NonZeroU64>,

    /// Save after so many seconds
    #[arg(long, value_name = "S", requires = "checkpoint", default_value_t = 30)]
    pub(crate) checkpoint_seconds: u64,

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
    /// Make a model folder of an ONNX file that another program wrote
    ///
    /// scikit-learn's, LightGBM's and XGBoost's exporters are read as they are: an input that takes
    /// several columns side by side becomes one input a column, and a map from class to probability the
    /// probabilities. The numbers that the graph computes stay its own.
    Adopt(AdoptArgs),
    /// Print the configuration's JSON Schema
    Schema,
    /// Write the trees of a model as another engine's file
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

/// Arguments of `run`.
#[derive(ClapArgs, Clone, Debug)]
pub(crate) struct RunArgs {
    /// The table: CSV with a header
    #[arg(long, value_name = "FILE")]
    pub(crate) data: PathBuf,

    /// The training configuration, with `algorithm: command`: task, target, features, split, seed
    #[arg(long, value_name = "FILE", default_value = "configs/train.yaml")]
    pub(crate) config: PathBuf,

    /// What the command makes: a graph, or scores of the held-out rows (found without their target in
    /// `TRAINYARD_SCORE`)
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = Expected::Onnx)]
    pub(crate) expect: Expected,

    /// The classes in the order of the graph's probabilities, where the graph does not name them
    #[arg(long, value_name = "VALUE", value_delimiter = ',')]
    pub(crate) classes: Vec<String>,

    /// The folder for the model
    #[arg(long, value_name = "DIR", default_value = "out/model")]
    pub(crate) model: PathBuf,

    /// Where to write scores, with identifier and outcome, for `eval-gate --predictions`
    #[arg(
        long,
        value_name = "FILE",
        default_value = "out/scored/predictions.csv"
    )]
    pub(crate) predictions: PathBuf,

    /// The column that names rows in that file [default: their number]
    #[arg(long, value_name = "COLUMN")]
    pub(crate) id: Option<String>,

    /// Where to write the rows that were held out
    #[arg(long, value_name = "FILE", default_value = "out/holdout.csv")]
    pub(crate) holdout: PathBuf,

    /// Where to write which rows were fitted on and which were held out
    #[arg(long, value_name = "FILE", default_value = "out/split.json")]
    pub(crate) split: PathBuf,

    /// The folder for what the command is given and what it makes
    #[arg(long, value_name = "DIR", default_value = "out/run")]
    pub(crate) work: PathBuf,

    /// Another file that the command reads, found in `TRAINYARD_INPUT_NAME`; its digest is recorded
    #[arg(long = "input", value_name = "NAME=FILE", value_parser = input)]
    pub(crate) inputs: Vec<(String, PathBuf)>,

    /// A variable to pass on, such as a token; its value is recorded nowhere
    #[arg(long, value_name = "NAME")]
    pub(crate) pass: Vec<String>,

    /// Ask the command to stop after so many seconds
    #[arg(long, value_name = "S")]
    pub(crate) max_seconds: Option<u64>,

    /// Kill it so many seconds after it was asked to stop
    #[arg(long, value_name = "S", default_value_t = 30)]
    pub(crate) grace_seconds: u64,

    /// A folder for what is unfinished, given to the command in `TRAINYARD_CHECKPOINT` and kept until it is
    /// done
    #[arg(long, value_name = "DIR")]
    pub(crate) checkpoint: Option<PathBuf>,

    /// Begin anew, whatever is kept there
    #[arg(long, requires = "checkpoint")]
    pub(crate) no_resume: bool,

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

    /// The command and its words
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}

/// What a command makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Expected {
    /// A graph, `model.onnx`, which becomes a model folder
    Onnx,
    /// Scores, `scores.csv`, a row for each of `TRAINYARD_SCORE`
    Scores,
}

fn input(text: &str) -> Result<(String, PathBuf), String> {
    let (name, path) = text.split_once('=').ok_or("expected NAME=FILE")?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if name.is_empty() || !name.bytes().all(plain) {
        return Err("a name has letters, digits and `_`".to_owned());
    }
    Ok((name.to_lowercase(), PathBuf::from(path)))
}

/// Arguments of `search`.
#[derive(ClapArgs, Clone, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct SearchArgs {
    /// What to do instead of searching
    #[command(subcommand)]
    pub(crate) command: Option<SearchCommand>,

    #[command(flatten)]
    pub(crate) search: Option<SearchFitArgs>,
}

/// Arguments of searching.
#[derive(ClapArgs, Clone, Debug)]
pub(crate) struct SearchFitArgs {
    /// The table: CSV with a header
    #[arg(long, value_name = "FILE")]
    pub(crate) data: PathBuf,

    /// The training configuration that every trial starts from; its `cross_validation` says on which
    /// folds they are judged
    #[arg(long, value_name = "FILE", default_value = "configs/train.yaml")]
    pub(crate) config: PathBuf,

    /// Where to look for better parameters, and how hard
    #[arg(long, value_name = "FILE", default_value = "configs/search.yaml")]
    pub(crate) search: PathBuf,

    /// Do the I-th of N parts of the search, counted from 0
    #[arg(long, value_name = "I/N", default_value = "0/1", value_parser = shard)]
    pub(crate) shard: yard_contract::Shard,

    /// Where to write what was tried and what came of it
    #[arg(long, value_name = "FILE", default_value = "out/leaderboard.json")]
    pub(crate) out: PathBuf,

    /// Where to write the winner's training configuration, for `train` to fit
    #[arg(long, value_name = "FILE")]
    pub(crate) config_out: Option<PathBuf>,

    /// Begin no further trial after so many seconds, whatever the configuration says
    #[arg(long, value_name = "S")]
    pub(crate) max_seconds: Option<u64>,

    /// Where to write how long it took
    #[arg(long, value_name = "FILE")]
    pub(crate) measurement: Option<PathBuf>,

    /// A folder to keep what is unfinished in: SIGTERM saves and exits 75, and the same command goes
    /// on from there
    #[arg(long, value_name = "DIR")]
    pub(crate) checkpoint: Option<PathBuf>,

    /// Begin anew, whatever is kept there
    #[arg(long, requires = "checkpoint")]
    pub(crate) no_resume: bool,

    /// Save every so many rounds
    #[arg(long, value_name = "N", requires = "checkpoint")]
    pub(crate) checkpoint_rounds: Option<std::num::NonZeroU64>,

    /// Save after so many seconds
    #[arg(long, value_name = "S", requires = "checkpoint", default_value_t = 30)]
    pub(crate) checkpoint_seconds: u64,

    /// Threads; the result does not depend on it
    #[arg(
        long,
        value_name = "N",
        env = "TRAINYARD_THREADS",
        hide_env_values = true
    )]
    pub(crate) threads: Option<std::num::NonZeroUsize>,

    /// What stdout carries; `json` is the leaderboard
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(crate) format: Format,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum SearchCommand {
    /// Make one leaderboard of those of all shards, and find the winner
    Merge(SearchMergeArgs),
    /// Print the search configuration's JSON Schema
    Schema,
}

/// Arguments of `search merge`.
#[derive(ClapArgs, Clone, Debug)]
pub(crate) struct SearchMergeArgs {
    /// The leaderboard of every shard, in any order
    #[arg(value_name = "FILE", required = true)]
    pub(crate) leaderboards: Vec<PathBuf>,

    /// Where to write the leaderboard of all
    #[arg(long, value_name = "FILE", default_value = "out/leaderboard.json")]
    pub(crate) out: PathBuf,

    /// The training configuration that the search started from
    #[arg(long, value_name = "FILE", default_value = "configs/train.yaml")]
    pub(crate) config: PathBuf,

    /// Where to write the winner's training configuration, for `train` to fit
    #[arg(long, value_name = "FILE")]
    pub(crate) config_out: Option<PathBuf>,

    /// What stdout carries; `json` is the leaderboard
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(crate) format: Format,
}

fn shard(text: &str) -> Result<yard_contract::Shard, String> {
    let parsed = text.split_once('/').and_then(|(index, count)| {
        Some(yard_contract::Shard {
            index: index.parse().ok()?,
            count: count.parse().ok()?,
        })
    });
    parsed
        .filter(|shard| shard.index < shard.count)
        .ok_or_else(|| "expected I/N with I from 0 to N - 1, such as 0/4".to_owned())
}

/// Arguments of `adopt`.
#[derive(ClapArgs, Clone, Debug)]
pub(crate) struct AdoptArgs {
    /// The ONNX file
    #[arg(value_name = "ONNX")]
    pub(crate) onnx: PathBuf,

    /// The table that it was fitted on: CSV with a header
    #[arg(long, value_name = "FILE")]
    pub(crate) data: PathBuf,

    /// The column that it predicts
    #[arg(long, value_name = "COLUMN")]
    pub(crate) target: String,

    /// Of two classes the one that counts as positive, as the table writes it
    #[arg(long, value_name = "VALUE")]
    pub(crate) positive: Option<String>,

    /// The classes in the order of the graph's probabilities, where the graph does not name them
    #[arg(long, value_name = "VALUE", value_delimiter = ',')]
    pub(crate) classes: Vec<String>,

    /// The columns of an input that takes several side by side, in its order [default: all but the
    /// target and the excluded]
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    pub(crate) features: Vec<String>,

    /// Columns that are no features
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    pub(crate) exclude: Vec<String>,

    /// Texts that mean a missing cell, besides the empty one
    #[arg(long, value_name = "TEXT", value_delimiter = ',')]
    pub(crate) missing: Vec<String>,

    /// The probability from which on a row counts as positive
    #[arg(long, value_name = "P", default_value = "0.5", value_parser = crate::adopt::threshold)]
    pub(crate) threshold: yard_contract::Finite,

    /// The seed of the golden rows
    #[arg(long, value_name = "N", default_value_t = 42)]
    pub(crate) seed: u64,

    /// The folder for the model
    #[arg(long, value_name = "DIR", default_value = "out/model")]
    pub(crate) model: PathBuf,

    /// The commit of the code, recorded in `run.json`
    #[arg(
        long,
        value_name = "SHA",
        env = "CI_COMMIT_SHA",
        hide_env_values = true
    )]
    pub(crate) commit: Option<String>,
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

/// Arguments of `export`.
#[derive(ClapArgs, Clone, Debug)]
pub(crate) struct ExportArgs {
    /// The table that the model was fitted on
    #[arg(long, value_name = "FILE")]
    pub(crate) data: PathBuf,

    /// The configuration that it was fitted by
    #[arg(long, value_name = "FILE", default_value = "configs/train.yaml")]
    pub(crate) config: PathBuf,

    /// The model's folder
    #[arg(long, value_name = "DIR", default_value = "out/model")]
    pub(crate) model: PathBuf,

    /// Whose file it is to be
    #[arg(long, value_enum, value_name = "ENGINE")]
    pub(crate) to: Engine,

    /// Where to write it
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

/// Engines that say the same of the same trees.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Engine {
    /// LightGBM's text
    Lightgbm,
    /// XGBoost's JSON
    Xgboost,
}

impl From<ExportArgs> for FitArgs {
    fn from(args: ExportArgs) -> Self {
        Self {
            data: args.data,
            config: args.config,
            model: args.model,
            holdout: PathBuf::new(),
            split: PathBuf::new(),
            measurement: None,
            checkpoint: None,
            no_resume: false,
            checkpoint_rounds: None,
            checkpoint_seconds: 0,
            commit: None,
            threads: None,
            format: Format::default(),
        }
    }
}

impl From<&RunArgs> for FitArgs {
    fn from(args: &RunArgs) -> Self {
        Self {
            data: args.data.clone(),
            config: args.config.clone(),
            model: args.model.clone(),
            holdout: args.holdout.clone(),
            split: args.split.clone(),
            measurement: args.measurement.clone(),
            checkpoint: args.checkpoint.clone(),
            no_resume: args.no_resume,
            checkpoint_rounds: None,
            checkpoint_seconds: 0,
            commit: args.commit.clone(),
            threads: None,
            format: Format::default(),
        }
    }
}

impl From<&SearchFitArgs> for FitArgs {
    fn from(args: &SearchFitArgs) -> Self {
        Self {
            data: args.data.clone(),
            config: args.config.clone(),
            model: PathBuf::new(),
            holdout: PathBuf::new(),
            split: PathBuf::new(),
            measurement: args.measurement.clone(),
            checkpoint: args.checkpoint.clone(),
            no_resume: args.no_resume,
            checkpoint_rounds: args.checkpoint_rounds,
            checkpoint_seconds: args.checkpoint_seconds,
            commit: None,
            threads: args.threads,
            format: args.format,
        }
    }
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
