//! `configs/train.yaml`.

mod parameters;
mod parity;
mod preparation;

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yard_contract::{Algorithm, Finite, FoldMethod, SplitMethod, Task};

pub(crate) use self::parameters::{
    BoostingConfig, CategoryCoding, CategorySplitConfig, Direction, ForestConfig, GrowthConfig,
    LinearConfig, LogisticConfig, Loss,
};
pub(crate) use self::parity::ParityConfig;
#[cfg(test)]
pub(crate) use self::preparation::DateConfig;
pub(crate) use self::preparation::{DatePart, Impute, PreparationConfig, Prepare, Scale, Written};

/// What to fit, on which columns, and which rows to keep for the evaluation.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrainConfig {
    /// What kind of question the model answers: one of two classes, one of several, or a number.
    #[serde(default = "two_classes")]
    pub(crate) task: Task,
    /// The column to predict.
    pub(crate) target: TargetConfig,
    /// The columns to predict it from. Columns that are not named are not looked at.
    pub(crate) features: FeatureConfig,
    /// Texts that mean a missing cell, besides the empty one.
    #[serde(default)]
    pub(crate) missing: Vec<String>,
    /// What is done to the features before anything is fitted on them; it becomes part of the graph.
    #[serde(default)]
    pub(crate) preparation: PreparationConfig,
    /// Which rows are held out for the evaluation.
    pub(crate) split: SplitConfig,
    /// The column of how much each row counts: a number of at least 0. A row of weight 2 counts as
    /// two rows.
    #[serde(default)]
    pub(crate) weight_column: Option<String>,
    /// How much the rows of each class count, besides their own weight.
    #[serde(default)]
    pub(crate) class_weight: Option<ClassWeight>,
    /// What to fit.
    pub(crate) algorithm: Algorithm,
    /// The seed of every random draw.
    #[serde(default)]
    pub(crate) seed: u64,
    /// The probability from which on a row counts as positive, of two classes.
    #[serde(default = "one_half")]
    pub(crate) threshold: Finite,
    /// Folds of a cross-validation on the training rows; without it there is none.
    #[serde(default)]
    pub(crate) cross_validation: Option<CrossValidationConfig>,
    /// Parameters of gradient boosting.
    #[serde(default)]
    pub(crate) gradient_boosting: BoostingConfig,
    /// Parameters of a random forest.
    #[serde(default)]
    pub(crate) random_forest: ForestConfig,
    /// Parameters of logistic regression.
    #[serde(default)]
    pub(crate) logistic_regression: LogisticConfig,
    /// Parameters of linear regression.
    #[serde(default)]
    pub(crate) linear_regression: LinearConfig,
    /// How far what is shipped may lie from what was fitted; it changes no model.
    #[serde(default)]
    pub(crate) parity: ParityConfig,
}

/// The column to predict.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TargetConfig {
    /// Its name.
    pub(crate) column: String,
    /// The value that counts as positive, as the table writes it. It is never guessed: of two
    /// classes it must be given, of several and of numbers there is none.
    #[serde(default)]
    pub(crate) positive: Option<String>,
}

/// How much the rows of each class count.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ClassWeight {
    /// Every class as much as any other: rows / (classes * rows of the class), rows by their weight.
    Balanced,
    /// The weights by class; 1 where none is given.
    ByClass(BTreeMap<String, Finite>),
}

/// The columns to predict from.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FeatureConfig {
    /// Columns of numbers.
    #[serde(default)]
    pub(crate) numbers: Vec<String>,
    /// Columns of categories.
    #[serde(default)]
    pub(crate) categories: Vec<String>,
}

/// Which rows are held out.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SplitConfig {
    /// `time`, `stratified`, `random`, `group` or `given`.
    pub(crate) method: SplitMethod,
    /// The column that tells the time, for `time`; the entity that a row belongs to, for `group`; the
    /// side or the id of a row, for `given`.
    #[serde(default)]
    pub(crate) column: Option<String>,
    /// The first value that is held out, for `time`. Values are compared as texts, so they must be
    /// written as ISO dates or the like.
    #[serde(default)]
    pub(crate) from: Option<String>,
    /// The share of rows to hold out, for `stratified`, `random` and `group`.
    #[serde(default)]
    pub(crate) holdout_share: Option<Finite>,
    /// The values of the column that mean "held out", for `given`.
    #[serde(default)]
    pub(crate) held_out: Vec<String>,
    /// A file of the ids to hold out, one a line, for `given`: rows whose column holds one of them.
    #[serde(default)]
    pub(crate) held_out_file: Option<PathBuf>,
}

/// A cross-validation on the training rows.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CrossValidationConfig {
    /// How many folds, at least 2.
    pub(crate) folds: u32,
    /// How rows are dealt out; absent: `time` and `group` where the split is by them, so that a fold
    /// asks what the holdout asks, else `stratified`.
    #[serde(default)]
    pub(crate) method: Option<FoldMethod>,
    /// The column that tells the time, for `time`, or the entity, for `group`; absent: the split's.
    #[serde(default)]
    pub(crate) column: Option<String>,
}

fn finite(value: f64) -> Finite {
    Finite::new(value).expect("a literal is finite")
}

const fn two_classes() -> Task {
    Task::Binary
}

fn one_half() -> Finite {
    finite(0.5)
}

impl TrainConfig {
    /// How rows are dealt out wherever some of the training rows judge a model of the others.
    pub(crate) fn fold_method(&self) -> FoldMethod {
        let given = self.cross_validation.as_ref().and_then(|cv| cv.method);
        given.unwrap_or(match self.split.method {
            SplitMethod::Time => FoldMethod::Time,
            SplitMethod::Group => FoldMethod::Group,
            SplitMethod::Stratified | SplitMethod::Random | SplitMethod::Given => {
                FoldMethod::Stratified
            }
        })
    }

    /// The column that the folds look at, where they look at one.
    pub(crate) fn fold_column(&self) -> Option<&String> {
        let given = self.cross_validation.as_ref();
        let given = given.and_then(|cv| cv.column.as_ref());
        let of_split = match (self.fold_method(), self.split.method) {
            (FoldMethod::Time, SplitMethod::Time) | (FoldMethod::Group, SplitMethod::Group) => {
                self.split.column.as_ref()
            }
            _ => None,
        };
        match self.fold_method() {
            FoldMethod::Stratified | FoldMethod::Random => None,
            FoldMethod::Group | FoldMethod::Time => given.or(of_split),
        }
    }
}

/// The configuration's JSON Schema, as it is committed.
pub fn schema() -> String {
    let schema = schemars::schema_for!(TrainConfig);
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is plain JSON");
    text.push('\n');
    text
}

/// A configuration to change, for tests of what reads one.
#[cfg(test)]
pub(crate) fn example() -> TrainConfig {
    let written = serde_json::json!({
        "target": {"column": "y", "positive": "1"},
        "features": {"numbers": ["x"]},
        "split": {"method": "random", "holdout_share": 0.2},
        "algorithm": "gradient-boosting",
    });
    serde_json::from_value(written).expect("a literal that is a configuration")
}
