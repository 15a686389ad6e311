//! Arguments of an export.

use std::path::PathBuf;

use yard_cli::Format;
use yard_cli::clap::{self, Args as ClapArgs};

use super::FitArgs;

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
