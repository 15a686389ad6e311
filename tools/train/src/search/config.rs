//! `configs/search.yaml`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yard_contract::{Finite, Scalar, SearchMethod};

use super::error::SearchError;

/// Where to look for better parameters than the ones in the training configuration, and how hard.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SearchConfig {
    /// `grid`, `random` or `halving`.
    pub(crate) method: SearchMethod,
    /// How many trials there are besides the configuration as it stands. A grid without it tries
    /// every combination, and with it a draw of so many of them.
    #[serde(default)]
    pub(crate) trials: Option<u32>,
    /// The seed of the draws of parameters. Folds and fits have the training configuration's.
    #[serde(default)]
    pub(crate) seed: u64,
    /// After so many seconds no further trial is begun. Which trials that leaves out depends on the
    /// machine; the leaderboard says which.
    #[serde(default)]
    pub(crate) max_seconds: Option<u64>,
    /// What to vary, by its place in the training configuration (`gradient_boosting.max_leaves`).
    pub(crate) parameters: BTreeMap<String, Space>,
    /// How trials are halved, where `method` is `halving`.
    #[serde(default)]
    pub(crate) halving: HalvingConfig,
}

/// The values that a parameter may take.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Space {
    /// One of these.
    Values(Vec<Scalar>),
    /// A number between two others, each as likely as any other.
    Uniform([Finite; 2]),
    /// A number between two others above 0, each factor as likely as any other.
    LogUniform([Finite; 2]),
    /// A whole number between two others, both included.
    Whole([u32; 2]),
    /// A whole number between two others, both included and at least 1, each factor as likely as any
    /// other.
    LogWhole([u32; 2]),
}

/// How trials are halved: all begin with little of a resource, and at each rung only the best go on
/// with more of it.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct HalvingConfig {
    /// Trials are dealt to so many brackets, and halved within each. A bracket is what a shard takes,
    /// so there can be as many shards with work to do.
    pub(crate) brackets: u32,
    /// How often trials are judged, the last time with all of the resource.
    pub(crate) rungs: u32,
    /// One in so many goes on, with so many times as much.
    pub(crate) factor: u32,
    /// What there is little of at first.
    pub(crate) resource: Resource,
}

/// What there is little of at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Resource {
    /// Rounds of boosting. What goes on goes on from where it was.
    Rounds,
    /// The rows of each fold that are fitted on, drawn from each class.
    Rows,
}

impl Default for HalvingConfig {
    fn default() -> Self {
        Self {
            brackets: 4,
            rungs: 3,
            factor: 3,
            resource: Resource::Rounds,
        }
    }
}

/// The most trials of a search.
const MOST_TRIALS: u64 = 10_000;

impl SearchConfig {
    /// Trials besides the configuration as it stands, after a look at everything that bears on it.
    pub(crate) fn size(&self) -> Result<u32, SearchError> {
        let wrong = |key, found: &dyn ToString, expected| {
            Err(SearchError::OutOfRange {
                key,
                found: found.to_string(),
                expected,
            })
        };
        if self.parameters.is_empty() {
            return wrong("parameters", &"empty", "at least one");
        }
        for (name, space) in &self.parameters {
            space.check(name, self.method)?;
        }
        let combinations = self.parameters.values().map(Space::listed);
        let combinations = combinations.fold(1_u64, |all, one| all.saturating_mul(one.max(1)));
        let trials = match (self.method, self.trials) {
            (_, Some(trials)) if self.method != SearchMethod::Grid => u64::from(trials),
            (SearchMethod::Grid, trials) => {
                trials.map_or(combinations, |trials| combinations.min(u64::from(trials)))
            }
            _ => return wrong("trials", &"absent", "given where `method` is not `grid`"),
        };
        if !(1..=MOST_TRIALS).contains(&trials) {
            return wrong("trials", &trials, "1 to 10,000");
        }
        let halving = &self.halving;
        if self.method == SearchMethod::Halving {
            if !(1..=trials).contains(&u64::from(halving.brackets)) {
                let expected = "at least 1 and at most `trials`";
                return wrong("halving.brackets", &halving.brackets, expected);
            }
            if !(2..=8).contains(&halving.rungs) {
                return wrong("halving.rungs", &halving.rungs, "2 to 8");
            }
            if !(2..=16).contains(&halving.factor) {
                return wrong("halving.factor", &halving.factor, "2 to 16");
            }
        }
        Ok(u32::try_from(trials).unwrap_or(u32::MAX))
    }
}

impl Space {
    /// How many values a grid takes.
    pub(crate) const fn listed(&self) -> u64 {
        match self {
            Self::Values(values) => values.len() as u64,
            _ => 0,
        }
    }

    fn check(&self, name: &str, method: SearchMethod) -> Result<(), SearchError> {
        let wrong = |expected| {
            Err(SearchError::Space {
                name: name.to_owned(),
                expected,
            })
        };
        match self {
            Self::Values(values) if values.is_empty() => wrong("at least one value"),
            Self::Values(_) => Ok(()),
            _ if method == SearchMethod::Grid => wrong("`values` where `method` is `grid`"),
            Self::Uniform([low, high]) if low >= high => wrong("the lower number first"),
            Self::LogUniform([low, high]) if low >= high || *low <= Finite::ZERO => {
                wrong("the lower number first, and above 0")
            }
            Self::Whole([low, high]) if low >= high => wrong("the lower number first"),
            Self::LogWhole([low, high]) if low >= high || *low == 0 => {
                wrong("the lower number first, and at least 1")
            }
            _ => Ok(()),
        }
    }
}

/// The configuration's JSON Schema, as it is committed.
pub(crate) fn schema() -> String {
    let schema = schemars::schema_for!(SearchConfig);
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is plain JSON");
    text.push('\n');
    text
}
