//! What to learn, and how hard.

use crate::error::BoostError;

/// What the margin means and which loss is made small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Objective {
    /// Labels 0 and 1; the margin is the log-odds of 1; the loss is the mean log loss (nats).
    Logistic,
    /// Any finite label; the margin is the prediction; the loss is the mean squared error.
    Squared,
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
    /// Trees to grow at most, at least 1.
    pub rounds: usize,
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
    /// A split must gain more than this (in units of the loss, unhalved, as LightGBM counts it).
    pub min_gain: f64,
    /// Value bins of a column, 2 to 255; missing values have one more of their own.
    pub max_bins: usize,
    /// Share of the rows that each tree learns from, in (0, 1].
    pub row_sample: f64,
    /// Share of the columns that each tree may split on, in (0, 1].
    pub column_sample: f64,
    /// Stop after so many rounds without a better validation loss, and keep the best round.
    pub early_stopping: Option<usize>,
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
            learning_rate: 0.1,
            max_leaves: 31,
            max_depth: None,
            growth: Growth::Leaf,
            min_rows_in_leaf: 20,
            min_hessian_in_leaf: 1e-3,
            lambda_l2: 0.0,
            min_gain: 0.0,
            max_bins: 255,
            row_sample: 1.0,
            column_sample: 1.0,
            early_stopping: None,
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
        count("rounds", self.rounds, 1, 1_000_000, "1 to 1,000,000")?;
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
        amount("min_gain", self.min_gain)?;
        count("max_bins", self.max_bins, 2, 255, "2 to 255")?;
        share("row_sample", self.row_sample)?;
        share("column_sample", self.column_sample)?;
        if let Some(patience) = self.early_stopping {
            count("early_stopping", patience, 1, usize::MAX, "at least 1")?;
        }
        Ok(())
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
