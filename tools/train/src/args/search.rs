//! Arguments of a search.

use std::path::PathBuf;

use yard_cli::Format;
use yard_cli::clap::{self, Args as ClapArgs, Subcommand};

use super::FitArgs;
use crate::store::Place;

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

    /// Where to keep what is unfinished: a folder, `gitlab:` (the packages of the job's project) or
    /// `s3://BUCKET/PREFIX`. SIGTERM saves and exits 75, and the same command goes on from there
    #[arg(long, value_name = "PLACE")]
    pub(crate) checkpoint: Option<Place>,

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

impl From<&SearchFitArgs> for FitArgs {
    fn from(args: &SearchFitArgs) -> Self {
        Self {
            data: args.data.clone(),
            config: args.config.clone(),
            model: PathBuf::new(),
            holdout: PathBuf::new(),
            split: PathBuf::new(),
            parity: None,
            quantize: None,
            quantized: PathBuf::new(),
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
