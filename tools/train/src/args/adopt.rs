//! Arguments of adopting a model.

use std::path::PathBuf;

use yard_cli::clap::{self, Args as ClapArgs};

use super::ExplanationArgs;

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

    #[command(flatten)]
    pub(crate) explanation: ExplanationArgs,

    /// The rows to explain on, where some were held out.
    #[arg(skip)]
    pub(crate) held_out: Option<PathBuf>,

    /// The commit of the code, recorded in `run.json`
    #[arg(
        long,
        value_name = "SHA",
        env = "CI_COMMIT_SHA",
        hide_env_values = true
    )]
    pub(crate) commit: Option<String>,
}
