use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::{Artifact, Version};
use crate::{Finite, Scalar, Sha256};

/// What a search for parameters tried, and what came of it, on the training rows alone.
///
/// Its inputs are the table, the configuration that every trial starts from, and the search's own. A
/// search in shards, merged, is the search in one go to the byte, unless a wall clock cut it short.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Leaderboard {
    /// How parameters were chosen.
    pub method: SearchMethod,
    /// The seed of their draws.
    pub seed: u64,
    /// What the folds measure, as in a run's cross-validation.
    pub metric: String,
    /// Which of its values are the better ones.
    pub better: Better,
    /// How many folds each trial was judged on, the same for all.
    pub folds: u32,
    /// Training rows. No other row was looked at.
    pub rows: u64,
    /// The digest of the training rows' bytes, as in the split that `train` writes.
    pub rows_sha256: Sha256,
    /// How many trials the whole search has, those of other shards included.
    pub size: u32,
    /// Which part of the search this is; absent where it is all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// The wall-clock budget, in seconds of each shard, after which no more trials were begun. What a
    /// clock cuts short is not the same on every machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_seconds: Option<u64>,
    /// The trials by number. Trial 0 is the configuration as it stands.
    pub trials: Vec<Trial>,
    /// The best trial; absent in a shard, whose best is not the search's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub winner: Option<Winner>,
}

/// How a search chooses parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SearchMethod {
    /// Every combination of listed values, or a draw of so many of them.
    Grid,
    /// Independent draws.
    Random,
    /// Independent draws, of which ever fewer go on with ever more rounds or rows (successive
    /// halving: Jamieson and Talwalkar, 2016), within brackets that know nothing of one another.
    Halving,
}

/// Which values of a metric are the better ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Better {
    /// The higher ones.
    Higher,
    /// The lower ones.
    Lower,
}

/// One of several parts of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Shard {
    /// Counted from 0.
    pub index: u32,
    /// How many there are.
    pub count: u32,
}

/// One choice of parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Trial {
    /// Its number, which with the seed tells its parameters.
    pub trial: u32,
    /// The bracket in which it was halved; absent of a trial that stands alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bracket: Option<u32>,
    /// What differs from the configuration, by its place in it (`gradient_boosting.max_leaves`).
    pub parameters: BTreeMap<String, Scalar>,
    /// What became of it.
    pub outcome: TrialOutcome,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What it came to, with ever more of the resource; one entry where it is not halved.
    pub rungs: Vec<Rung>,
}

/// What became of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TrialOutcome {
    /// Judged in full.
    Finished,
    /// Others of its bracket were better.
    Dropped,
    /// It could not be fitted.
    Failed,
    /// The wall-clock budget ended before it was judged in full.
    Skipped,
}

/// A trial judged with some of the resource: rounds or rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rung {
    /// The share of it, 1 for all.
    pub share: Finite,
    /// The metric on each fold.
    pub values: Vec<Finite>,
    /// Their mean.
    pub mean: Finite,
    /// Their standard deviation (divisor n - 1).
    pub sd: Finite,
}

/// The trial of the best mean among those judged in full; of equal ones the lowest number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Winner {
    /// Its number.
    pub trial: u32,
    /// The mean over the folds. It is the best of many, and so flatters; the holdout has the last word.
    pub mean: Finite,
    /// Their standard deviation (divisor n - 1).
    pub sd: Finite,
    /// How far it is ahead of the configuration as it stands, where both were judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ahead: Option<Ahead>,
}

/// How far one trial is ahead of another, fold by fold; above 0 is better, whatever the metric.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ahead {
    /// The mean difference over the folds.
    pub mean: Finite,
    /// The differences' standard deviation (divisor n - 1).
    pub sd: Finite,
}

impl Artifact for Leaderboard {
    const KIND: &'static str = "leaderboard";
    const VERSION: Version = Version::new(1, 0);
}
