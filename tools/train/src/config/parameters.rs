//! Parameters of the algorithms.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yard_contract::Finite;

use super::finite;

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
    /// In a column of up to so many categories, each is tried against the rest.
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
            max_leaves: 31,
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

impl Default for LogisticConfig {
    fn default() -> Self {
        Self {
            l2: finite(1.0),
            max_iterations: 100,
            min_category_rows: 10,
        }
    }
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

fn one_tenth() -> Finite {
    finite(0.1)
}
