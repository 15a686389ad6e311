//! What can keep a model from being judged.

use yard_cli::Failure;
use yard_model::{FolderError, PredictError};
use yard_package::PackageError;
use yard_stats::{InputError, Undefined};
use yard_table::TableError;

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum GateError {
    #[error(transparent)]
    Cli(#[from] yard_cli::Error),
    #[error("cannot open the model `{path}`")]
    Package { path: String, source: PackageError },
    #[error("cannot use the model `{path}`")]
    Model { path: String, source: FolderError },
    #[error("cannot use `{path}`")]
    Table { path: String, source: TableError },
    #[error("cannot score the holdout with `{path}`")]
    Predict { path: String, source: PredictError },
    #[error(
        "line {line}: `{value}` is no value of the target `{column}`, which has `{negative}` and `{positive}`"
    )]
    Label {
        line: u64,
        column: String,
        value: String,
        negative: String,
        positive: String,
    },
    #[error("the model of `{target}` answers a {task} question; two classes can be judged")]
    Task { target: String, task: &'static str },
    #[error("there is no column `{name}` to cut slices by")]
    NoSliceColumn { name: String },
    #[error("line {line}: the entity column `{column}` is empty")]
    NoCluster { line: u64, column: String },
    #[error("the champion predicts `{champion}`, the model `{model}`")]
    OtherTarget { champion: String, model: String },
    #[error("the configuration has no rule, so there is nothing to judge")]
    NoRule,
    #[error("`{key}` is {found}, but must be {expected}")]
    OutOfRange {
        key: &'static str,
        found: String,
        expected: &'static str,
    },
    #[error("the margin of `{metric}` is {margin}, but must be at least 0 and below 1")]
    Margin { metric: &'static str, margin: f64 },
    #[error("`champion` gives the margin of `auc` twice")]
    MarginTwice,
    #[error("the configuration has no rule on AUC, so there is nothing to plan")]
    NothingToPlan,
    #[error("the rule `{rule}` asks for a metric that these rows leave undefined: {reason}")]
    UndefinedMetric { rule: String, reason: String },
    #[error("`--first-model` needs a reason")]
    NoReason,
    #[error("a champion is given, but the configuration has no `champion` rule")]
    NoChampionRule,
    #[error("cannot compute metrics")]
    Input(#[from] InputError),
    #[error("a metric is undefined on these rows")]
    Undefined(#[from] Undefined),
    #[error("a metric is not finite")]
    NotFinite,
}

impl Failure for GateError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Cli(error) => error.hint(),
            Self::Table { source, .. } => source.hint(),
            Self::Predict { source, .. } => source.hint(),
            Self::NoRule => Some("set `at_least` or `at_most` in the configuration".to_owned()),
            Self::NoChampionRule => {
                Some("set `champion.margins`: how much the model may lose".to_owned())
            }
            Self::NoReason => {
                Some("say why there is no champion: it is written into the evidence".to_owned())
            }
            Self::Model {
                source: FolderError::Digest { .. },
                ..
            } => Some(
                "the folder was changed after training; train again, or fetch it again".to_owned(),
            ),
            Self::Undefined(_) | Self::UndefinedMetric { .. } => {
                Some("hold out more rows; both classes must occur".to_owned())
            }
            _ => None,
        }
    }
}
