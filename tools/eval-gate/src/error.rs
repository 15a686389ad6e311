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
    #[error("cannot read the Parquet file `{path}`")]
    Parquet {
        path: String,
        source: parquet::errors::ParquetError,
    },
    #[error("cannot score the holdout with `{path}`")]
    Predict { path: String, source: PredictError },
    #[error("`{path}`, {place}, column `{column}`: {reason}")]
    Cell {
        path: String,
        place: String,
        column: String,
        reason: String,
    },
    #[error("`{path}`: every row has the same `{column}`: {class}")]
    OneClass {
        path: String,
        column: String,
        class: String,
    },
    #[error("the {role} answers every row alike: {value}")]
    Constant { role: &'static str, value: String },
    #[error("`{path}`: {count} values of `{column}` occur more than once ({ids})")]
    Twice {
        path: String,
        column: String,
        ids: String,
        count: usize,
    },
    #[error("model and champion were not scored on the same rows: {what}")]
    OtherRows { what: String },
    #[error(
        "`{path}` does not have the rows that were held out: {said} says {expected}, and they are {found}"
    )]
    OtherHoldout {
        path: String,
        said: String,
        found: Sha256,
        expected: Sha256,
    },
    #[error("`{path}` tells the rows of a holdout as CSV, and here are none")]
    SplitOfScores { path: String },
    #[error("two files of rows can only be held against each other by an identifier")]
    NoId,
    #[error("`predictions` names columns of more than one task")]
    TwoAnswers,
    #[error("`{path}` has no column of scores; its columns are `{columns}`")]
    NoAnswer { path: String, columns: String },
    #[error("there is a probability of one class only")]
    OneProbability,
    #[error("which class of `{column}` is positive? it has {classes}")]
    NoPositive { column: String, classes: String },
    #[error(
        "`{path}`: `{column}` must have two classes, one of them the positive `{positive}`; it has {classes}"
    )]
    NotTwoClasses {
        path: String,
        column: String,
        positive: String,
        classes: String,
    },
    #[error("the champion predicts {champion}, the model {model}")]
    OtherTarget { champion: String, model: String },
    #[error("the rule `{rule}` needs `costs`")]
    NoCosts { rule: String },
    #[error("`costs` must have `false_positive` and `false_negative`, or else `classes`")]
    CostsUnclear,
    #[error("`costs` are not those of a model that predicts {task}")]
    OtherCosts { task: &'static str },
    #[error("`costs.classes` {found}")]
    CostMatrix { found: String },
    #[error("the rule `{rule}` does not apply to a model that predicts {task}")]
    OtherTask { rule: String, task: &'static str },
    #[error("the configuration has no rule, so there is nothing to judge")]
    NoRule,
    #[error("`{key}` is {found}, but must be {expected}")]
    OutOfRange {
        key: &'static str,
        found: String,
        expected: &'static str,
    },
    #[error(
        "the margin of `{metric}` is {margin}, but must be at least 0 (and below 1, for a share)"
    )]
    Margin { metric: &'static str, margin: f64 },
    #[error("`{metric}` cannot have a margin: neither more nor less of it is better")]
    NoDirection { metric: &'static str },
    #[error("`champion` gives the margin of `auc` twice")]
    MarginTwice,
    #[error("the configuration has no rule that can be planned, so there is nothing to plan")]
    NothingToPlan,
    #[error("the rule `{rule}` asks for a metric that these rows leave undefined: {reason}")]
    UndefinedMetric { rule: String, reason: String },
    #[error("`{flag}` needs a reason")]
    NoReason { flag: &'static str },
    #[error("the configuration has a `release` rule, but no release is given")]
    NoRelease,
    #[error(
        "a release, or why there is none, is given, but the configuration has no `release` rule"
    )]
    NoReleaseRule,
    #[error("a first model cannot have a release before it")]
    ReleaseBeforeFirst,
    #[error("`{key}.{metric}` is {margin}, but must be at least 0 (and below 1, for a share)")]
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
    #[error("`{path}` does not say which {what} it is about")]
    NoSubject { path: String, what: &'static str },
    #[error(
        "`{path}` is about a {what}, and nothing says whether it is that of the model judged here"
    )]
    NoCandidate { path: String, what: &'static str },
    #[error("`{name}` was measured twice")]
    MeasuredTwice { name: String },
    #[error("the override of `{rule}` {found}")]
    Override { rule: String, found: &'static str },
    #[error("there is no rule `{rule}` to override")]
    OverrideUnknown { rule: String },
    #[error("nobody is named who decided about `--override`")]
    OverrideBy,
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

/// Costs of two classes, as a configuration has them.
const OF_TWO: &str = "`costs: {false_positive: 1, false_negative: 5}`";
/// Costs of several.
const OF_CLASSES: &str = "`costs: {classes: {a: {b: 1, c: 5}, b: {a: 1, c: 2}, c: {a: 9, b: 2}}}`";

impl GateError {
    /// Whether it is what wrong decisions cost that does not apply.
    fn is_about_costs(&self) -> bool {
        match self {
            Self::OtherTask { rule, .. } => rule.ends_with("expected_cost"),
            Self::OtherCosts { .. } => true,
            _ => false,
        }
    }
}

impl Failure for GateError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Cli(error) => error.hint(),
            Self::Table { source, .. } => source.hint(),
            Self::Predict { source, .. } => source.hint(),
            Self::NothingToPlan => Some(
                "rules on AUC can be, and with `--expect` those on accuracy, recall, log_loss and brier".to_owned(),
            ),
            Self::NoRule => Some("set `at_least` or `at_most` in the configuration".to_owned()),
            Self::NoChampionRule => {
                Some("set `champion.margins`: how much the model may lose".to_owned())
            }
            Self::NoReason { .. } => {
                Some("say why there is none: it is written into the evidence".to_owned())
            }
            Self::Parquet { source, .. } if source.to_string().contains("feature") => {
                Some("write it with snappy, gzip, lz4 or no compression".to_owned())
            }
            Self::NoCosts { .. } | Self::CostsUnclear => Some(format!(
                "say what wrong decisions cost: {OF_TWO}, or {OF_CLASSES} where there are several"
            )),
            Self::OtherCosts { task: "a number" } | Self::OtherTask { task: "a number", .. }
                if self.is_about_costs() =>
            {
                Some(
                    "a number is never called the wrong class; limit `rmse`, `mae` or `pinball`"
                        .to_owned(),
                )
            }
            Self::OtherCosts { task: "one of two classes" } => {
                Some(format!("price the two errors: {OF_TWO}"))
            }
            Self::OtherCosts { .. } | Self::CostMatrix { .. } => Some(format!(
                "say for each class what calling it each other one costs: {OF_CLASSES}"
            )),
            Self::OneClass { .. } => Some("hold out more rows; every class must occur".to_owned()),
            Self::Constant { role: "model", .. } => {
                Some("was it fitted at all, and on the columns that it is given here?".to_owned())
            }
            Self::Constant { role, .. } => Some(format!(
                "that is no {role} to be held against; if there is none yet, say so and why: \
                 `--first-{}`",
                if *role == "release" { "release" } else { "model" }
            )),
            Self::Twice { .. } => Some(
                "name the column of identifiers as `id` in the configuration, and give each row its own"
                    .to_owned(),
            ),
            Self::OtherRows { .. } => {
                Some("score the same frozen holdout with both models".to_owned())
            }
            Self::OtherHoldout { .. } => Some(
                "take the holdout from the run that trained the model; if the rows were changed on purpose, \
                 train again"
                    .to_owned(),
            ),
            Self::SplitOfScores { .. } => {
                Some("with `--predictions`, give `--holdout-sha256`".to_owned())
            }
            Self::NoId => Some("name the column as `id` in the configuration".to_owned()),
            Self::TwoAnswers => Some("keep one of `score`, `probabilities` and `value`".to_owned()),
            Self::NoAnswer { .. } => Some(
                "name it in the configuration: `predictions: {score: …}`, `{probabilities: {CLASS: …}}` or `{value: …}`"
                    .to_owned(),
            ),
            Self::OneProbability => {
                Some("name the column of every class, or one `score` for two classes".to_owned())
            }
            Self::NoPositive { .. } => {
                Some("name it in the configuration: `predictions: {positive: …}`".to_owned())
            }
            Self::NotTwoClasses { .. } => Some(
                "correct `predictions.positive`, or name the `probabilities` of all classes".to_owned(),
            ),
            Self::Cell { reason, .. } if reason.contains("no probability") => Some(
                "a margin m becomes a probability by 1 / (1 + exp(-m)); for a number use `predictions.value`"
                    .to_owned(),
            ),
            Self::NoRelease => {
                Some("give `--release-champion`, or say `--first-release` and why".to_owned())
            }
            Self::NoReleaseRule => {
                Some("set `release.margins` or `release.cumulative` in the configuration, or leave the flag out".to_owned())
            }
            Self::NoLedger => Some("give `--ledger`, or say `--new-ledger` and why".to_owned()),
            Self::LedgerBroken { .. } => {
                Some("take the ledger from the last job that wrote it".to_owned())
            }
            Self::ChainBroken { .. } | Self::ChainUntold { .. } => Some(
                "every job that judges what is merged must write the ledger; to start over, release"
                    .to_owned(),
            ),
            Self::RetrainTwice { .. } => Some(
                "files of the same bytes are one; where the seed changes nothing, leave `--retrains` out"
                    .to_owned(),
            ),
            Self::OneRetrain => Some("give two or more; five are better".to_owned()),
            Self::NoSubject { what, .. } => Some(format!(
                "it must have the digest of the {what}: as `model_sha256`, or as an input of kind `{what}`"
            )),
            Self::NoCandidate { what: "table", .. } => Some(
                "a file of scores does not say what its model was trained on: give `--trained-on DIGEST`"
                    .to_owned(),
            ),
            Self::NoCandidate { .. } => Some(
                "a file of scores does not say which model scored it: give `--scored-by DIGEST`".to_owned(),
            ),
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
