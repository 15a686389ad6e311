//! What can keep a model from being judged.

use yard_cli::Failure;
use yard_contract::Sha256;
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
    #[error("`{flag}` needs a reason")]
    NoReason { flag: &'static str },
    #[error("the configuration has a `release` rule, but no release is given")]
    NoRelease,
    #[error("a release is given, but the configuration has no `release` rule")]
    NoReleaseRule,
    #[error("a first model cannot have a release before it")]
    ReleaseBeforeFirst,
    #[error("`{key}.{metric}` is {margin}, but must be at least 0 and below 1")]
    ReleaseMargin {
        key: &'static str,
        metric: &'static str,
        margin: f64,
    },
    #[error("the configuration counts looks or merges, but no ledger is given")]
    NoLedger,
    #[error("the ledger cannot be trusted: at `{}` it {found}", candidate.short())]
    LedgerBroken {
        candidate: Sha256,
        found: &'static str,
    },
    #[error(
        "the ledger has no look at `{}`, so the merges since the release `{}` are not known",
        candidate.short(),
        release.short()
    )]
    ChainBroken { candidate: Sha256, release: Sha256 },
    #[error("the ledger does not say how far the `{metric}` of `{}` was from its champion's", candidate.short())]
    ChainUntold { candidate: Sha256, metric: String },
    #[error("one retrain says nothing about the seed")]
    OneRetrain,
    #[error("the retrain `{path}` is given twice")]
    RetrainTwice { path: String },
    #[error("the retrain `{path}` has no `{metric}`, which a margin names")]
    RetrainUntold { path: String, metric: &'static str },
    #[error("the rule `{rule}` has no limit, or limits that cross")]
    Limits { rule: String },
    #[error("the rule `{rule}` needs {what}")]
    NoEvidence { rule: String, what: String },
    #[error("`{path}` is a `{kind}` without a verdict")]
    NoVerdict { path: String, kind: String },
    #[error("`{path}` is about another {what}: `{found}` where `{expected}` is judged")]
    OtherSubject {
        path: String,
        what: &'static str,
        found: String,
        expected: String,
    },
    #[error("`{name}` was measured twice")]
    MeasuredTwice { name: String },
    #[error("the override of `{rule}` {found}")]
    Override { rule: String, found: &'static str },
    #[error("there is no rule `{rule}` to override")]
    OverrideUnknown { rule: String },
    #[error("nobody is named who decided about `--override`")]
    OverrideBy,
    #[error("`{column}` is private, and `flips.show` would show it")]
    PrivateShown { column: String },
    #[error("a champion is given, but the configuration has no `champion` rule")]
    NoChampionRule,
    #[error("cannot compute metrics")]
    Input(#[from] InputError),
    #[error("a metric is undefined on these rows")]
    Undefined(#[from] Undefined),
    #[error("cannot write the metrics for a forge")]
    Metrics(#[from] yard_report::metrics::MetricsError),
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
            Self::NoReason { .. } => {
                Some("say why there is none: it is written into the evidence".to_owned())
            }
            Self::NoRelease => {
                Some("give `--release-champion`, or say `--first-release` and why".to_owned())
            }
            Self::NoReleaseRule => {
                Some("set `release.margins` or `release.cumulative` in the configuration".to_owned())
            }
            Self::NoLedger => Some("give `--ledger`, or say `--new-ledger` and why".to_owned()),
            Self::LedgerBroken { .. } => {
                Some("take the ledger from the last job that wrote it".to_owned())
            }
            Self::ChainBroken { .. } | Self::ChainUntold { .. } => Some(
                "every job that judges what is merged must write the ledger; to start over, release"
                    .to_owned(),
            ),
            Self::OneRetrain => Some("give two or more; five are better".to_owned()),
            Self::NoEvidence { .. } => Some("give the file by `--evidence`".to_owned()),
            Self::OverrideUnknown { .. } => {
                Some("`gate.json` names every rule by its `id`".to_owned())
            }
            Self::OverrideBy => Some("give `--override-author`".to_owned()),
            Self::Override { .. } => Some(
                "an override has a rule, a reason, an author, and `expires` or `candidate`; `--today` \
                 says which day it is"
                    .to_owned(),
            ),
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
