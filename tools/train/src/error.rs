//! What can keep a model from being fitted.

use yard_boost::BoostError;
use yard_cli::{Class, Failure};
use yard_model::{AdoptError, BuildError, ModelError, PredictError, QuantizeError};
use yard_stats::{InputError, Undefined};
use yard_table::TableError;

use crate::store::StoreError;

/// Why there is no model.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum TrainError {
    #[error(transparent)]
    Cli(#[from] yard_cli::Error),
    #[error("cannot use `{path}`")]
    Table { path: String, source: TableError },
    #[error("`{key}` is missing in the configuration")]
    MissingKey { key: &'static str },
    #[error("`{key}` is {found}, but must be {expected}")]
    OutOfRange {
        key: &'static str,
        found: String,
        expected: &'static str,
    },
    #[error("`{name}` is named twice among target and features")]
    FeatureTwice { name: String },
    #[error("line {line}: the target `{column}` is missing")]
    TargetMissing { line: u64, column: String },
    #[error("the target `{column}` has {found} but needs two values, `{positive}` and one other")]
    Classes {
        column: String,
        positive: String,
        found: String,
    },
    #[error("line {line}: the target `{column}` is `{value}`, {reason}")]
    TargetNumber {
        line: u64,
        column: String,
        value: String,
        reason: &'static str,
    },
    #[error("the target `{column}` has more than {limit} classes")]
    TooManyClasses { column: String, limit: usize },
    #[error("the target `{column}` has the same value in every row")]
    FewClasses { column: String },
    #[error("the target `{column}` has two values, {}", quoted(found))]
    WhichPositive { column: String, found: Vec<String> },
    #[error("`class_weight` names the class `{class}`, which `{column}` does not have")]
    NoSuchClass { class: String, column: String },
    #[error("the {part} rows hold no row of the class `{class}`")]
    AbsentClass { part: &'static str, class: String },
    #[error("there are no {part} rows")]
    EmptyPart { part: &'static str },
    #[error("line {line}: the weight is `{value}`, but must be a number of at least 0")]
    Weight { line: u64, value: String },
    #[error("all training rows, or all of one class, have the weight 0")]
    NoWeight,
    #[error("`{algorithm}` cannot be fitted where `task` is `{task}`")]
    NotFor {
        algorithm: &'static str,
        task: &'static str,
    },
    #[error("line {line}: the split's column `{column}` is missing")]
    SplitCellMissing { line: u64, column: String },
    #[error(
        "the {part} rows hold {positives} positives and {negatives} negatives; both classes must occur"
    )]
    OneClass {
        part: &'static str,
        positives: u64,
        negatives: u64,
    },
    #[error("{folds} folds need as many rows of each class, and there are {found}")]
    TooFewForFolds { folds: u32, found: usize },
    #[error("fold {fold}: the {part} rows hold no row of the class `{class}`")]
    FoldLacksClass {
        fold: u32,
        part: &'static str,
        class: String,
    },
    #[error("the training rows are of {found} different groups; {needed} are needed")]
    FewGroups { found: usize, needed: usize },
    #[error("the training rows are of {found} moments; {folds} folds need {}", folds + 1)]
    FewMoments { found: usize, folds: u32 },
    #[error("all training rows are of one moment: none can be set aside")]
    OneMoment,
    #[error("`{path}`, line {line}: `{id}` is the `{column}` of no row")]
    UnknownId {
        path: String,
        line: usize,
        id: String,
        column: String,
    },
    #[error("no row of the table has one of the values of `split.held_out` in `{column}`")]
    NothingHeldOut { column: String },
    #[error("`{column}` holds `{value}`, which its `order` does not name")]
    NotInOrder { column: String, value: String },
    #[error("`{column}` holds `{value}`, which is no date like `2024-01-31`")]
    NoDate { column: String, value: String },
    #[error("`preparation.columns.{column}.{key}` is given, but must be {expected}")]
    Preparation {
        column: String,
        key: &'static str,
        expected: &'static str,
    },
    #[error("the regression has {columns} columns; at most {limit} are possible")]
    TooWide { columns: usize, limit: usize },
    #[error("no feature has a value that could be fitted on")]
    NoColumns,
    #[error("gradient boosting failed")]
    Boost(#[from] BoostError),
    #[error("failed to build the graph")]
    Build(#[from] BuildError),
    #[error("the fitted graph cannot be loaded")]
    Model(#[from] ModelError),
    #[error("the fitted graph cannot score the training rows")]
    Predict(#[from] PredictError),
    #[error("failed to compute a metric")]
    Input(#[from] InputError),
    #[error("the metric is undefined on these rows")]
    Undefined(#[from] Undefined),
    #[error("failed to start {threads} threads")]
    Threads {
        threads: usize,
        source: rayon::ThreadPoolBuildError,
    },
    #[error("cannot react to signals")]
    Signals(#[source] std::io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("stopped by a signal; the fit is saved in `{folder}`")]
    Stopped { folder: String },
    #[error("`{algorithm}` grows no trees to export")]
    NoTrees { algorithm: &'static str },
    #[error("`{feature}` is prepared in a way that only the graph can say")]
    PreparedExport { feature: String },
    #[error("`{path}` is not what this table and this configuration give")]
    OtherModel { path: String },
    #[error("`{path}` is not the model that `run.json` beside it tells of")]
    Altered { path: String },
    #[error("row {row} of those held out has no finite answer")]
    NoAnswer { row: usize },
    #[error("the model cannot be quantised")]
    Quantize(#[from] QuantizeError),
    #[error("`{path}` exists")]
    Exists { path: String },
    #[error("cannot adopt `{path}`")]
    Adopt { path: String, source: AdoptError },
    #[error("{given} classes are named, and the graph answers {width} probabilities")]
    ClassNames { given: usize, width: usize },
    #[error("one of the classes `{classes}` has to be the positive one")]
    NoPositive { classes: String },
    #[error("`algorithm: adopted` is what `train adopt` records; nothing can be fitted by it")]
    Adopted,
    #[error("`algorithm: command` is fitted by a command of yours")]
    ByCommand,
    #[error(transparent)]
    Bring(#[from] crate::bring::BringError),
    #[error(transparent)]
    Explain(#[from] crate::explain::ExplainError),
    #[error(transparent)]
    Search(#[from] crate::search::SearchError),
    #[error("nothing to do: `--data` is missing")]
    NoData,
}

impl Failure for TrainError {
    fn class(&self) -> Class {
        match self {
            Self::Stopped { .. } => Class::Saved,
            Self::Bring(error) => error.class(),
            Self::Store(error) if error.is_transient() => Class::Transient,
            _ => Class::Input,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Cli(error) | Self::Store(StoreError::File(error)) => error.hint(),
            Self::Search(error) => error.hint(),
            Self::Bring(error) => error.hint(),
            Self::Store(StoreError::Server { source, .. }) => source.hint(),
            Self::Explain(error) => error.hint(),
            Self::ByCommand => Some("`train run --data … -- python train.py` runs it".to_owned()),
            Self::Table { source, .. } => source.hint(),
            Self::MissingKey { .. } => {
                Some("`train schema` prints every key and what it means; `train init` drafts a configuration".to_owned())
            }
            Self::Classes { .. } => Some("set `target.positive` to the value as the table writes it".to_owned()),
            Self::TargetNumber { .. } => Some("drop such rows, or set `task: multiclass`".to_owned()),
            Self::WhichPositive { .. } => Some("say with `--positive` which of them counts as positive".to_owned()),
            Self::TooManyClasses { .. } => Some("set `task: regression` where it is a number".to_owned()),
            Self::AbsentClass { .. } => Some("split with `method: stratified`, or drop the rows of that class".to_owned()),
            Self::NotFor { .. } => Some(
                "`gradient-boosting` and `random-forest` take every task, `logistic-regression` two classes and several, `linear-regression` numbers".to_owned(),
            ),
            Self::OneClass { part: "held-out", .. } | Self::EmptyPart { .. } => Some("hold out more rows, or split earlier".to_owned()),
            Self::TooWide { .. } => {
                Some("raise `min_category_rows`, or drop columns with many categories".to_owned())
            }
            Self::Adopt { source: AdoptError::Columns { .. }, .. } => Some(
                "name them with --features in the order in which the model was fitted on them, or leave others out with --exclude".to_owned(),
            ),
            Self::Adopt { source: AdoptError::Model(_), .. } => Some(
                "every operator of ai.onnx.ml and of tabular pipelines is supported; export the pipeline without custom ones".to_owned(),
            ),
            Self::ClassNames { .. } => Some("name them with --classes in the order of the graph's columns".to_owned()),
            Self::NoPositive { .. } => Some("say which with --positive".to_owned()),
            Self::Stopped { .. } => Some("run the same command again: it goes on from there".to_owned()),
            Self::NoData => Some("see `train --help`".to_owned()),
            Self::FoldLacksClass { .. } => Some("use fewer folds, or another `cross_validation.method`".to_owned()),
            Self::PreparedExport { .. } => Some("export a model without imputation, folding of rare categories and dates".to_owned()),
            Self::UnknownId { .. } => Some("a list of ids that shrinks unseen is no frozen holdout: take the id off the list, or mend the table".to_owned()),
            Self::Exists { .. } => Some("pass --force to overwrite it".to_owned()),
            _ => None,
        }
    }
}

fn quoted(values: &[String]) -> String {
    let quoted: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
    quoted.join(" and ")
}
