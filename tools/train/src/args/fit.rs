//! Arguments of fitting.

use std::path::PathBuf;

use yard_cli::Format;
use yard_cli::clap::{self, Args as ClapArgs};

use crate::store::Place;

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

    /// Where to write whether the graph answers what was fitted, row by row on the rows held out; where
    /// it does not, the exit code is 1 and no model is left
    #[arg(long, value_name = "FILE")]
    pub(crate) parity: Option<PathBuf>,

    /// Make a second model of weights and leaves of fewer bits, judged in the same file
    #[arg(long, value_enum, value_name = "BITS", requires = "parity")]
    pub(crate) quantize: Option<Bits>,

    /// The folder for the second model
    #[arg(
        long,
        value_name = "DIR",
        requires = "quantize",
        default_value = "out/model-int8"
    )]
    pub(crate) quantized: PathBuf,

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

/// What weights and leaves become.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Bits {
    /// Whole numbers of eight bits, with a scale an output
    Int8,
}
