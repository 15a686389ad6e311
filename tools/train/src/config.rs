//! `configs/train.yaml`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yard_contract::{Algorithm, Finite, SplitMethod, Task};

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
    /// Parameters of logistic regression.
    #[serde(default)]
    pub(crate) logistic_regression: LogisticConfig,
    /// Parameters of linear regression.
    #[serde(default)]
    pub(crate) linear_regression: LinearConfig,
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
    /// `time`, `stratified` or `random`.
    pub(crate) method: SplitMethod,
    /// The column that tells the time, for `time`.
    #[serde(default)]
    pub(crate) column: Option<String>,
    /// The first value that is held out, for `time`. Values are compared as texts, so they must be
    /// written as ISO dates or the like.
    #[serde(default)]
    pub(crate) from: Option<String>,
    /// The share of rows to hold out, for `stratified` and `random`.
    #[serde(default)]
    pub(crate) holdout_share: Option<Finite>,
}

/// A cross-validation on the training rows.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CrossValidationConfig {
    /// How many folds, at least 2.
    pub(crate) folds: u32,
}

/// Parameters of gradient boosting.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct BoostingConfig {
    /// Which loss is made small where the target is a number; absent: `squared`. Of classes it is
    /// the log loss.
    pub(crate) objective: Option<Loss>,
    /// How trees see categories; absent: `native` of several classes, else `ranked`.
    pub(crate) categories: Option<CategoryCoding>,
    /// How many trees; of several classes, so many for each.
    pub(crate) rounds: u32,
    /// How far each tree moves the score.
    pub(crate) learning_rate: Finite,
    /// The most leaves of a tree.
    pub(crate) max_leaves: u32,
    /// The most splits between a tree's root and a leaf; absent: no limit.
    pub(crate) max_depth: Option<u32>,
    /// The fewest rows of a leaf.
    pub(crate) min_rows_in_leaf: u32,
    /// The L2 penalty on leaf values.
    pub(crate) lambda_l2: Finite,
    /// The share of rows that each tree sees.
    pub(crate) row_sample: Finite,
    /// The share of columns that each tree sees.
    pub(crate) column_sample: Finite,
    /// The most bins of a column.
    pub(crate) max_bins: u32,
    /// Columns of numbers along which the score goes one way only, all others staying as they are.
    pub(crate) monotone: BTreeMap<String, Direction>,
    /// Groups of features that may meet on one way from root to leaf. Where there are any, a feature
    /// in none of them meets no other.
    pub(crate) interactions: Vec<Vec<String>>,
}

/// The loss of a number, and so what the model answers.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Loss {
    /// The mean.
    Squared,
    /// The median.
    Absolute,
    /// The mean of a count or a rate, never below 0: the target's logarithm is learnt.
    Poisson,
    /// A quantile.
    Quantile {
        /// The share of targets that lie below it, above 0 and below 1.
        level: Finite,
    },
    /// Something between mean and median, which far-off targets move little.
    Huber {
        /// From which error on a target counts as far off, in the target's unit, above 0.
        delta: Finite,
    },
}

/// Which way a score goes when a number grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Direction {
    /// Never down.
    Increasing,
    /// Never up.
    Decreasing,
}

/// How trees see a category.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CategoryCoding {
    /// As itself: a split asks for a set of categories.
    Native,
    /// By the rank of its mean target: a split asks for the lower ranks. Not for several classes,
    /// which have no one order.
    Ranked,
}

/// Parameters of logistic regression.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LogisticConfig {
    /// The L2 penalty on standardised coefficients; the intercept has none. It is what other
    /// libraries call 1/C.
    pub(crate) l2: Finite,
    /// The most Newton steps; of several classes, of quasi-Newton steps.
    pub(crate) max_iterations: u32,
    /// A category with fewer rows has no column of its own.
    pub(crate) min_category_rows: u32,
}

/// Parameters of linear regression. The loss is half the sum of squared errors, so that ridge with
/// `l2` is what other libraries call ridge with `alpha` = `l2`, and lasso with `l1` what they call
/// lasso with `alpha` = `l1` / rows.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LinearConfig {
    /// The L1 penalty on standardised coefficients, which makes some of them 0; the intercept has
    /// none.
    pub(crate) l1: Finite,
    /// The L2 penalty on standardised coefficients; the intercept has none.
    pub(crate) l2: Finite,
    /// The most passes over the coefficients, where there is an L1 penalty.
    pub(crate) max_iterations: u32,
    /// A category with fewer rows has no column of its own.
    pub(crate) min_category_rows: u32,
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

impl Default for BoostingConfig {
    fn default() -> Self {
        Self {
            objective: None,
            categories: None,
            rounds: 200,
            learning_rate: finite(0.05),
            max_leaves: 15,
            max_depth: None,
            min_rows_in_leaf: 20,
            lambda_l2: finite(1.0),
            row_sample: finite(1.0),
            column_sample: finite(1.0),
            max_bins: 255,
            monotone: BTreeMap::new(),
            interactions: Vec::new(),
        }
    }
}

impl Default for LogisticConfig {
    fn default() -> Self {
        Self {
            l2: finite(1.0),
            max_iterations: 100,
            min_category_rows: 10,
        }
    }
}

impl Default for LinearConfig {
    fn default() -> Self {
        Self {
            l1: finite(0.0),
            l2: finite(1.0),
            max_iterations: 10_000,
            min_category_rows: 10,
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
