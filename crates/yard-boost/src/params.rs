//! What to learn, and how hard.

use std::collections::BTreeMap;

use crate::error::BoostError;

/// What the margins mean and which loss is made small. All losses are means over rows, weighted by the
/// rows' weights; a class weight is the weight of the rows of that class.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Objective {
    /// Labels 0 and 1; the margin is the log-odds of 1; the loss is the log loss (nats).
    Logistic,
    /// Labels `0..classes`; one margin a class, whose softmax are the probabilities; the loss is the
    /// log loss (nats). A tree is grown for every class in every round.
    Softmax {
        /// Number of classes, at least 2.
        classes: usize,
    },
    /// Any finite label; the margin is the mean; the loss is the squared error.
    Squared,
    /// Any finite label; the margin is the median; the loss is the absolute error.
    Absolute,
    /// Any finite label; the margin is a quantile; the loss is the pinball loss (Koenker and Bassett,
    /// *Regression quantiles*, 1978).
    Quantile {
        /// Share of labels below the prediction, in (0, 1).
        level: f64,
    },
    /// Any finite label; the margin lies between mean and median; the loss is half the squared error
    /// near the prediction and grows linearly beyond (Huber, *Robust estimation*, 1964).
    Huber {
        /// From which error on the loss is linear, above 0, in units of the label.
        delta: f64,
    },
    /// Labels of at least 0; the margin is the logarithm of the mean; the loss is the Poisson deviance's
    /// part that depends on the margin, `e^margin - label * margin`.
    Poisson,
}

impl Objective {
    /// Margins a row: the classes of [`Objective::Softmax`], otherwise 1.
    pub fn outputs(self) -> usize {
        match self {
            Self::Softmax { classes } => classes,
            _ => 1,
        }
    }
}

/// Which way predictions may go when a column grows and all others stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Monotone {
    /// Never down.
    Increasing,
    /// Never up.
    Decreasing,
}

/// How columns of categories are split.
#[derive(Debug, Clone, PartialEq)]
pub struct Categories {
    /// Levels of a column that are told apart, 2 to 254. If there are more, levels with similar mean
    /// gradients at the start are grouped and share all their splits.
    pub max_levels: usize,
    /// In a column of up to so many levels, each is tried against the rest; of more, those that a node
    /// holds are ordered by mean gradient and divided in that order, however few they are.
    pub one_against_rest: usize,
    /// Rows of mean gradient 0 that are added to each level before ordering, at least 0; levels with
    /// fewer rows than this in the node are not taken into the set.
    pub smoothing: f64,
    /// Added to the hessian sums of both sides of an ordered split, at least 0.
    pub lambda_l2: f64,
    /// Rows between two cuts of an ordered split, and on its far side, at least 1.
    pub min_rows_per_group: usize,
    /// Levels of an ordered split's set at most, at least 1.
    pub max_members: usize,
}

impl Default for Categories {
    /// LightGBM's, but for groups of levels, which it does not make.
    fn default() -> Self {
        Self {
            max_levels: 254,
            one_against_rest: 4,
            smoothing: 10.0,
            lambda_l2: 10.0,
            min_rows_per_group: 100,
            max_members: 32,
        }
    }
}

/// Which leaf is split next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Growth {
    /// The leaf with the largest gain, wherever it is.
    Leaf,
    /// All leaves of one depth before any of the next, the largest gain first.
    Depth,
}

/// Parameters of one fit. Start from [`Params::new`] and change fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Params {
    /// What the labels are.
    pub objective: Objective,
    /// Rounds at most, at least 1; a round grows one tree for every margin.
    pub rounds: usize,
    /// Stop after so many of the rounds, at least 1, with the trees so far. They are the first of the
    /// whole fit's, and a checkpoint of the last of them can be gone on with without a pause or with a
    /// later one: it is no parameter of what is learnt.
    pub pause_after: Option<usize>,
    /// Share of each Newton step that is taken, in (0, 1].
    pub learning_rate: f64,
    /// Leaves of a tree at most, at least 2.
    pub max_leaves: usize,
    /// Splits between the root and a leaf at most, at least 1; none: only `max_leaves` binds.
    pub max_depth: Option<usize>,
    /// Which leaf is split next.
    pub growth: Growth,
    /// Training rows in every leaf, at least 1. Candidate splits are filtered by an estimate (the
    /// node's rows shared out by hessian); the split that is taken is checked by counting.
    pub min_rows_in_leaf: usize,
    /// Hessian sum in every leaf, at least 0.
    pub min_hessian_in_leaf: f64,
    /// Added to the hessian sum in gains and leaf values, at least 0.
    pub lambda_l2: f64,
    /// Taken from the absolute gradient sum in gains and leaf values, at least 0.
    pub lambda_l1: f64,
    /// A split must gain more than this (in units of the loss, unhalved, as LightGBM counts it).
    pub min_gain: f64,
    /// Value bins of a column, 2 to 255; missing values have one more of their own.
    pub max_bins: usize,
    /// How columns of categories are split.
    pub categories: Categories,
    /// Columns, by number, along which predictions may go one way only.
    pub monotone: BTreeMap<u32, Monotone>,
    /// Groups of columns, by number, that may meet on one way from root to leaf. Empty: all may. Else a
    /// column in no group meets no other.
    pub interactions: Vec<Vec<u32>>,
    /// Grow a random forest (Breiman, *Random forests*, 2001): every tree starts from the base scores and
    /// learns from as many rows as there are, drawn with replacement; the margin is the mean of the
    /// trees. Only of [`Objective::Squared`], whose labels may be 0 and 1: the margin is then the share
    /// of ones. With a learning rate of 1 / rounds, which is what makes the sum of the trees their mean.
    pub bagging: bool,
    /// Share of the rows that each round learns from, in (0, 1].
    pub row_sample: f64,
    /// Share of the columns that each round may split on, in (0, 1].
    pub column_sample: f64,
    /// Stop after so many rounds without a better validation loss, and keep the best round.
    pub early_stopping: Option<usize>,
    /// Whether rounds report the loss of the rows that they learn from: one more pass over them.
    pub report_train_loss: bool,
    /// Seed of all sampling. Round `r` draws from `(seed, r)` alone.
    pub seed: u64,
}

impl Params {
    /// LightGBM's defaults: 100 rounds of rate 0.1, 31 leaves grown leaf by leaf, 255 bins, 20 rows
    /// in a leaf, no regularisation, no sampling.
    pub fn new(objective: Objective) -> Self {
        Self {
            objective,
            rounds: 100,
            pause_after: None,
            learning_rate: 0.1,
            max_leaves: 31,
            max_depth: None,
            growth: Growth::Leaf,
            min_rows_in_leaf: 20,
            min_hessian_in_leaf: 1e-3,
            lambda_l2: 0.0,
            lambda_l1: 0.0,
            min_gain: 0.0,
            max_bins: 255,
            categories: Categories::default(),
            monotone: BTreeMap::new(),
            interactions: Vec::new(),
            bagging: false,
            row_sample: 1.0,
            column_sample: 1.0,
            early_stopping: None,
            report_train_loss: false,
            seed: 0,
        }
    }

    /// Whether every field lies in its range; the error names the first that does not.
    pub fn validate(&self) -> Result<(), BoostError> {
        let count = |name, found: usize, low, high, expected| {
            check(name, (low..=high).contains(&found), &found, expected)
        };
        let share = |name, found: f64| {
            check(
                name,
                found > 0.0 && found <= 1.0,
                &found,
                "above 0 and at most 1",
            )
        };
        let amount = |name, found: f64| {
            check(
                name,
                (0.0..=1e30).contains(&found),
                &found,
                "at least 0 and at most 1e30",
            )
        };
        match self.objective {
            Objective::Softmax { classes } => count("classes", classes, 2, 10_000, "2 to 10,000")?,
            Objective::Quantile { level } => {
                let holds = level > 0.0 && level < 1.0;
                check("level", holds, &level, "above 0 and below 1")?;
            }
            Objective::Huber { delta } => {
                let holds = delta > 0.0 && delta <= 1e30;
                check("delta", holds, &delta, "above 0 and at most 1e30")?;
            }
            _ => {}
        }
        count("rounds", self.rounds, 1, 1_000_000, "1 to 1,000,000")?;
        if let Some(rounds) = self.pause_after {
            count("pause_after", rounds, 1, usize::MAX, "at least 1")?;
        }
        share("learning_rate", self.learning_rate)?;
        count("max_leaves", self.max_leaves, 2, 1 << 20, "2 to 1,048,576")?;
        if let Some(depth) = self.max_depth {
            count("max_depth", depth, 1, usize::MAX, "at least 1")?;
        }
        count(
            "min_rows_in_leaf",
            self.min_rows_in_leaf,
            1,
            usize::MAX,
            "at least 1",
        )?;
        amount("min_hessian_in_leaf", self.min_hessian_in_leaf)?;
        amount("lambda_l2", self.lambda_l2)?;
        amount("lambda_l1", self.lambda_l1)?;
        amount("min_gain", self.min_gain)?;
        count("max_bins", self.max_bins, 2, 255, "2 to 255")?;
        self.categories.validate()?;
        if self.bagging && (self.objective != Objective::Squared || self.row_sample < 1.0) {
            return Err(BoostError::Param {
                name: "bagging",
                found: "set".to_owned(),
                expected: "unset of any loss but the squared, and where rows are sampled",
            });
        }
        share("row_sample", self.row_sample)?;
        share("column_sample", self.column_sample)?;
        if let Some(patience) = self.early_stopping {
            count("early_stopping", patience, 1, usize::MAX, "at least 1")?;
        }
        Ok(())
    }
}

impl Categories {
    fn validate(&self) -> Result<(), BoostError> {
        let count = |name, found: usize, low, high, expected| {
            check(name, (low..=high).contains(&found), &found, expected)
        };
        let amount = |name, found: f64| {
            let holds = (0.0..=1e30).contains(&found);
            check(name, holds, &found, "at least 0 and at most 1e30")
        };
        count("categories.max_levels", self.max_levels, 2, 254, "2 to 254")?;
        amount("categories.smoothing", self.smoothing)?;
        amount("categories.lambda_l2", self.lambda_l2)?;
        let most = usize::MAX;
        let (group, members) = (self.min_rows_per_group, self.max_members);
        count(
            "categories.min_rows_per_group",
            group,
            1,
            most,
            "at least 1",
        )?;
        count("categories.max_members", members, 1, most, "at least 1")
    }
}

fn check(
    name: &'static str,
    holds: bool,
    found: &dyn std::fmt::Display,
    expected: &'static str,
) -> Result<(), BoostError> {
    if holds {
        Ok(())
    } else {
        Err(BoostError::Param {
            name,
            found: found.to_string(),
            expected,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid_and_a_bad_field_is_named() {
        let good = Params::new(Objective::Logistic);
        assert_eq!(good.validate(), Ok(()));
        let bad = Params {
            learning_rate: f64::NAN,
            ..good.clone()
        };
        let message = bad.validate().unwrap_err().to_string();
        assert_eq!(
            message,
            "`learning_rate` is NaN, but must be above 0 and at most 1"
        );
        let bad = Params {
            max_bins: 256,
            ..good
        };
        assert!(
            bad.validate()
                .unwrap_err()
                .to_string()
                .starts_with("`max_bins` is 256")
        );
    }
}
