//! The same forest in other engines' files, where they can say the same.
//!
//! Both writers put the base scores into trees of a single leaf in front, so that the margin is a sum
//! of leaf values and nothing else: such sums are exact, and the other engine's margins are ours to
//! the bit. What they write is for scoring; the parameters of the fit are not in it.

mod lightgbm;
mod xgboost;

use std::fmt::{Display, Write as _};

use crate::params::Objective;
use crate::tree::Ensemble;

/// The levels of a column that are in any of these groups, ascending.
fn levels_of(ensemble: &Ensemble, column: u32, groups: &[u8]) -> Vec<u32> {
    let all = ensemble.groups(column).unwrap_or_default();
    let member = all
        .iter()
        .filter(|level| groups.binary_search(&level.1).is_ok());
    member.map(|level| level.0).collect()
}

/// Items with a separator between them.
fn joined<T: Display>(items: impl IntoIterator<Item = T>, separator: &str) -> String {
    let mut text = String::new();
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            text.push_str(separator);
        }
        // Writing to a string cannot fail.
        let _ = write!(text, "{item}");
    }
    text
}

/// A number in the shortest form that reads back as itself.
fn number(value: f64) -> String {
    format!("{value:e}")
}

/// Whether margins are what is predicted.
fn is_identity(objective: Objective) -> bool {
    !matches!(
        objective,
        Objective::Logistic | Objective::Softmax { .. } | Objective::Poisson
    )
}
