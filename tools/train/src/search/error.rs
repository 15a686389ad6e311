//! What can keep a search from an answer.

use crate::error::TrainError;

/// Why there is no leaderboard.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum SearchError {
    #[error("`{key}` is {found}, but must be {expected}")]
    OutOfRange {
        key: &'static str,
        found: String,
        expected: &'static str,
    },
    #[error("`parameters.{name}` must hold {expected}")]
    Space {
        name: String,
        expected: &'static str,
    },
    #[error("`parameters` names `{name}`, {reason}")]
    Parameter { name: String, reason: String },
    #[error("trial {trial} ({parameters}) cannot be fitted")]
    Trial {
        trial: u32,
        parameters: String,
        source: Box<TrainError>,
    },
    #[error("trial {trial} ({parameters}) is no configuration")]
    Shape {
        trial: u32,
        parameters: String,
        source: serde_json::Error,
    },
    #[error("trial {trial} ({parameters}) answers another question than the configuration")]
    OtherQuestion { trial: u32, parameters: String },
    #[error("trial {trial} fits by `{algorithm}`, which has no rounds to halve")]
    NoRounds { trial: u32, algorithm: &'static str },
    #[error("a shard has no winner to write with --config-out")]
    ShardWinner,
    #[error("no trial was judged in full before the time was up")]
    NothingFinished,
    #[error("`{path}` is of another search than `{first}`: {what} differ")]
    OtherSearch {
        path: String,
        first: String,
        what: &'static str,
    },
    #[error("shard {index} of {count} is given twice")]
    ShardTwice { index: u32, count: u32 },
    #[error("shard {index} of {count} is missing")]
    ShardMissing { index: u32, count: u32 },
    #[error("`{path}` does not hold the trials of its shard: trial {trial} is {problem}")]
    Trials {
        path: String,
        trial: u32,
        problem: &'static str,
    },
    #[error("`{path}` is not the configuration that the search started from")]
    OtherConfig { path: String },
}

impl SearchError {
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::OtherQuestion { .. } => Some(
                "the objective decides what is measured; search for each objective on its own"
                    .to_owned(),
            ),
            Self::NoRounds { .. } => Some("set `halving.resource` to `rows`".to_owned()),
            Self::ShardWinner => {
                Some("`train search merge` finds it and writes its configuration".to_owned())
            }
            Self::NothingFinished => Some("give it more seconds, or fewer folds".to_owned()),
            Self::ShardTwice { .. } | Self::ShardMissing { .. } => {
                Some("give the leaderboard of every shard, once each".to_owned())
            }
            Self::OtherConfig { .. } => {
                Some("name it with --config; its bytes must be the same".to_owned())
            }
            _ => None,
        }
    }
}
