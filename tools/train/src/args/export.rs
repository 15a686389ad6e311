//! Arguments of an export.

use std::path::PathBuf;

use yard_cli::Format;
use yard_cli::clap::{self, Args as ClapArgs};

use super::FitArgs;

/// Arguments of `export`.
#[derive(ClapArgs, Clone, Debug)]
pub(crate) struct ExportArgs {
    /// The table that the model was fitted on; with `--to onnx` it may be left out, and the model is not
    /// fitted once more
    #[arg(
        long,
        value_name = "FILE",
        required_if_eq_any([("to", "lightgbm"), ("to", "xgboost")])
    )]
    pub(crate) data: Option<PathBuf>,

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

/// Engines that say the same of the same model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Engine {
    /// The folder's own graph, checked against `run.json`
    Onnx,
    /// LightGBM's text
    Lightgbm,
    /// XGBoost's JSON
    Xgboost,
}

impl ExportArgs {
    /// What fits the model once more on its table.
    pub(crate) fn fit(&self, data: PathBuf) -> FitArgs {
        FitArgs {
            data,
            config: self.config.clone(),
            model: self.model.clone(),
            holdout: PathBuf::new(),
            split: PathBuf::new(),
            parity: None,
            quantize: None,
            quantized: PathBuf::new(),
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
