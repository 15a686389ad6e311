//! Why there is no verdict.

use std::path::PathBuf;

use yard_cli::{Class, Failure};
use yard_model::{FolderError, PredictError};
use yard_package::PackageError;
use yard_table::TableError;

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum DriftError {
    #[error(transparent)]
    Cli(#[from] yard_cli::Error),
    #[error("no package and no data were given")]
    NoData,
    #[error("`{}` cannot be used", path.display())]
    Package { path: PathBuf, source: PackageError },
    #[error("`{}` cannot be used", path.display())]
    Model { path: PathBuf, source: FolderError },
    #[error("`{}` cannot be compared", path.display())]
    Table { path: PathBuf, source: TableError },
    #[error("`{}` cannot be scored", path.display())]
    Score { path: PathBuf, source: PredictError },
    #[error("the configuration judges nothing")]
    NoRule,
    #[error("`{key}` is {found}; it must be {expected}")]
    OutOfRange {
        key: String,
        found: String,
        expected: &'static str,
    },
    #[error("`features.ignore` names `{0}`, which the model does not read")]
    NoSuchFeature(String),
    #[error("line {line}: `{value}` is no value of the target `{column}`")]
    Outcome {
        line: u64,
        column: String,
        value: String,
    },
    #[error("the profile does not describe the feature `{0}`")]
    NoProfile(String),
    #[error("the rows know outcomes, and there is no evaluation to hold the model to")]
    NoEvaluation,
    #[error("the evaluation in `{0}` cannot be used")]
    Evaluation(String, #[source] yard_contract::ParseError),
    #[error("the evaluation is of another model: {found}, not {expected}")]
    OtherModel { found: String, expected: String },
    #[error("the evaluation has no `{0}` with an interval to compare with")]
    NoMetric(&'static str),
    #[error("`accuracy.{0}` is not for what this model answers")]
    NotForTask(&'static str),
    #[error("the metrics text cannot be written")]
    Metrics(#[source] yard_report::metrics::MetricsError),
    #[error("a figure cannot be computed")]
    Statistic(#[from] yard_stats::InputError),
}

impl Failure for DriftError {
    fn class(&self) -> Class {
        Class::Input
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Cli(error) => error.hint(),
            Self::NoData => {
                Some("name them with `--package` and `--data`; `--help` shows more".to_owned())
            }
            Self::Package { .. } => Some(
                "the package must be as it was published, to the byte; fetch it again".to_owned(),
            ),
            Self::Table { source, .. } => source.hint(),
            Self::NoRule => Some("give limits under `features`, `score` or `accuracy`".to_owned()),
            Self::Outcome { .. } => Some(
                "a missing outcome is an empty cell; anything else must be a class of training"
                    .to_owned(),
            ),
            Self::NoProfile(_) => Some("train the model again with this release".to_owned()),
            Self::NoEvaluation => Some(
                "name it with `--evaluation`, publish it in the package, or leave `accuracy` out"
                    .to_owned(),
            ),
            Self::NotForTask(_) => Some(
                "`auc_drop` is for two classes, `log_loss_rise` for classes, `error_rise` for numbers"
                    .to_owned(),
            ),
            Self::NoMetric(_) => Some("evaluate the model with this release".to_owned()),
            _ => None,
        }
    }
}
