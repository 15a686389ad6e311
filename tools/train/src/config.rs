//! `configs/train.yaml`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yard_contract::{Algorithm, Finite, FoldMethod, SplitMethod, Task};

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

/// What is done to the features before anything is fitted on them: of all, and of single ones.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PreparationConfig {
    /// What stands in place of missing numbers; absent: what the algorithm does by itself.
    pub(crate) impute: Option<Impute>,
    /// Whether a column of its own tells where a number was missing.
    pub(crate) indicator: Option<bool>,
    /// How linear models scale numbers; absent: `standard`.
    pub(crate) scale: Option<Scale>,
    /// Categories with fewer training rows become one, and so does any that training did not see.
    pub(crate) rare_below: Option<u32>,
    /// Whether categories become their mean target. Each training row is told the mean of rows of other
    /// folds, so that its own target is not in it. Not of several classes.
    pub(crate) target_mean: Option<bool>,
    /// What is done to single features instead.
    pub(crate) columns: BTreeMap<String, Prepare>,
}

/// What is done to one feature.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Prepare {
    /// What stands in place of missing numbers.
    pub(crate) impute: Option<Impute>,
    /// Whether a column of its own tells where a number was missing.
    pub(crate) indicator: Option<bool>,
    /// How linear models scale the number.
    pub(crate) scale: Option<Scale>,
    /// Categories with fewer training rows become one.
    pub(crate) rare_below: Option<u32>,
    /// Whether categories become their mean target.
    pub(crate) target_mean: Option<bool>,
    /// The categories from the lowest to the highest; each becomes its place, any other is missing.
    pub(crate) order: Vec<String>,
    /// That the column holds days, and what is to be made of them.
    pub(crate) date: Option<DateConfig>,
}

/// What stands in place of missing numbers.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Impute {
    /// Nothing: the algorithm sees that they are missing.
    Native,
    /// The mean of the others.
    Mean,
    /// Their median.
    Median,
    /// This number.
    Constant(Finite),
}

/// How linear models scale numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Scale {
    /// To mean 0 and standard deviation 1.
    #[default]
    Standard,
    /// To the range from 0 to 1.
    MinMax,
    /// To median 0 and an interquartile range of 1.
    Robust,
    /// Not at all.
    None,
}

/// Days, and what is made of them.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DateConfig {
    /// How the table writes them.
    pub(crate) written: Written,
    /// What becomes of them, a number each.
    pub(crate) parts: Vec<DatePart>,
}

/// How a table writes days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Written {
    /// `2024-01-31`, in a column of categories. The graph knows the days from the first year of the
    /// training rows to ten years after their last; any other is missing.
    Iso,
    /// Days since 1 January 1970, in a column of numbers.
    Days,
}

/// A part of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DatePart {
    /// Days since 1 January 1970.
    Days,
    Year,
    /// 1 to 12.
    Month,
    /// 1 to 31.
    Day,
    /// 0 on Monday to 6 on Sunday.
    Weekday,
}

impl PreparationConfig {
    /// What is done to a feature.
    pub(crate) fn of(&self, feature: &str) -> Prepare {
        let own = self.columns.get(feature).cloned().unwrap_or_default();
        Prepare {
            impute: own.impute.or_else(|| self.impute.clone()),
            indicator: own.indicator.or(self.indicator),
            scale: own.scale.or(self.scale),
            rare_below: own.rare_below.or(self.rare_below),
            target_mean: own.target_mean.or(self.target_mean),
            order: own.order,
            date: own.date,
        }
    }
}

impl Scale {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::MinMax => "min_max",
            Self::Robust => "robust",
            Self::None => "none",
        }
    }
}

impl DatePart {
    /// How the part's column is called, after the feature's name.
    pub(crate) const fn suffix(self) -> &'static str {
        match self {
            Self::Days => ".days",
            Self::Year => ".year",
            Self::Month => ".month",
            Self::Day => ".day",
            Self::Weekday => ".weekday",
        }
    }
}

/// Parameters of a random forest.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ForestConfig {
    /// How many trees; of several classes, so many for each.
    pub(crate) trees: u32,
    /// The most leaves of a tree.
    pub(crate) max_leaves: u32,
    /// The most splits between a tree's root and a leaf; absent: no limit.
    pub(crate) max_depth: Option<u32>,
    /// The fewest rows of a leaf, a row counting as often as it was drawn.
    pub(crate) min_rows_in_leaf: u32,
    /// The share of columns that each tree sees.
    pub(crate) column_sample: Finite,
    /// The most bins of a column.
    pub(crate) max_bins: u32,
    /// How trees split categories.
    pub(crate) category_splits: CategorySplitConfig,
}

impl Default for ForestConfig {
    fn default() -> Self {
        Self {
            trees: 200,
            max_leaves: 256,
            max_depth: None,
            min_rows_in_leaf: 5,
            column_sample: finite(0.6),
            max_bins: 255,
            category_splits: CategorySplitConfig::default(),
        }
    }
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

/// When to stop before all rounds are done.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EarlyStoppingConfig {
    /// Stop after so many rounds without a better loss on the rows set aside, and keep the best round.
    pub(crate) rounds: u32,
    /// The share of the training rows to set aside: the latest in time, whole entities, or a draw, as
    /// the cross-validation deals them out.
    #[serde(default = "one_tenth")]
    pub(crate) share: Finite,
}

/// Which leaf is split next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum GrowthConfig {
    /// The one that gains most, wherever it is.
    #[default]
    Leaf,
    /// All of one depth before any of the next.
    Depth,
}

/// How trees split native categories.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CategorySplitConfig {
    /// Categories of a column that are told apart, 2 to 254; of more, those alike at the start are
    /// grouped.
    pub(crate) max_levels: u32,
    /// Up to so many categories in a node, each is tried against the rest.
    pub(crate) one_against_rest: u32,
    /// Rows of no slope that are added to each category before they are ordered.
    pub(crate) smoothing: Finite,
    /// The L2 penalty of splits between sets of categories, besides that of all splits.
    pub(crate) lambda_l2: Finite,
    /// The fewest rows between two cuts of ordered categories.
    pub(crate) min_rows_per_group: u32,
    /// The most categories of a split's set.
    pub(crate) max_members: u32,
}

impl Default for CategorySplitConfig {
    fn default() -> Self {
        Self {
            max_levels: 254,
            one_against_rest: 4,
            smoothing: finite(10.0),
            lambda_l2: finite(10.0),
            min_rows_per_group: 100,
            max_members: 32,
        }
    }
}

/// Parameters of gradient boosting.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct BoostingConfig {
    /// Which loss is made small where the target is a number; absent: `squared`. Of classes it is
    /// the log loss.
    pub(crate) objective: Option<Loss>,
    /// How trees see categories; absent: `native` of several classes, else `ranked`, but as their mean
    /// target out of fold where they have fewer than 100 training rows each.
    pub(crate) categories: Option<CategoryCoding>,
    /// How trees split native categories.
    pub(crate) category_splits: CategorySplitConfig,
    /// How many trees; of several classes, so many for each.
    pub(crate) rounds: u32,
    /// When to stop before that; absent: never.
    pub(crate) early_stopping: Option<EarlyStoppingConfig>,
    /// Which leaf is split next.
    pub(crate) growth: GrowthConfig,
    /// How far each tree moves the score.
    pub(crate) learning_rate: Finite,
    /// The most leaves of a tree.
    pub(crate) max_leaves: u32,
    /// The most splits between a tree's root and a leaf; absent: no limit.
    pub(crate) max_depth: Option<u32>,
    /// The fewest rows of a leaf.
    pub(crate) min_rows_in_leaf: u32,
    /// The least sum of the loss's curvature in a leaf: of two classes, of p·(1 - p).
    pub(crate) min_hessian_in_leaf: Finite,
    /// A split must gain more than this, in units of the loss.
    pub(crate) min_gain: Finite,
    /// The L1 penalty on leaf values.
    pub(crate) lambda_l1: Finite,
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
    /// By the rank of its mean target: a split asks for the lower ranks. Each row's own target has a part
    /// in it. Not for several classes, which have no one order.
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

fn one_tenth() -> Finite {
    finite(0.1)
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

impl Default for BoostingConfig {
    fn default() -> Self {
        Self {
            objective: None,
            categories: None,
            category_splits: CategorySplitConfig::default(),
            rounds: 200,
            early_stopping: None,
            growth: GrowthConfig::Leaf,
            learning_rate: finite(0.05),
            max_leaves: 15,
            max_depth: None,
            min_rows_in_leaf: 20,
            min_hessian_in_leaf: finite(1e-3),
            min_gain: finite(0.0),
            lambda_l1: finite(0.0),
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
