//! The rows that the model and the champion decide differently.

use std::collections::BTreeMap;

use yard_contract::{Finite, Flip, Flips};

use crate::config::GateConfig;
use crate::input::{Scores, Subject};

/// What stands for the value of a private column.
const MASK: &str = "(private)";

/// The rows that the champion decides differently, by their names and with the columns that may be shown.
pub(in crate::measure) fn flips(
    subject: &Subject,
    champion: &Scores,
    config: &GateConfig,
) -> Flips {
    let describe = |row: usize| {
        let value = |name: &String| {
            let column = subject.holdout.slices.get(name)?;
            let text = if config.hides(name) {
                MASK
            } else {
                column.text(row)
            };
            Some((name.clone(), text.to_owned()))
        };
        let columns = config.flips.show.iter().filter_map(value).collect();
        (subject.holdout.name(row), columns)
    };
    between(
        Decider::of(&subject.model),
        Decider::of(champion),
        config.flips.rows as usize,
        describe,
    )
}

/// The answers of one model and the score from which on it decides for the positive class.
#[derive(Clone, Copy)]
struct Decider<'a> {
    scores: &'a [f64],
    threshold: f64,
}

impl<'a> Decider<'a> {
    fn of(scores: &'a Scores) -> Self {
        Self {
            scores: &scores.values,
            threshold: scores.threshold.get(),
        }
    }
}

/// Counts the rows whose decision changed and lists those whose score changed most (the first of equals
/// first). `describe` says which row it is and what else may be shown of it.
fn between(
    challenger: Decider<'_>,
    champion: Decider<'_>,
    most: usize,
    describe: impl Fn(usize) -> (String, BTreeMap<String, String>),
) -> Flips {
    let positive = |of: Decider<'_>, row: usize| of.scores[row] >= of.threshold;
    let change = |row: usize| challenger.scores[row] - champion.scores[row];
    let mut flipped: Vec<usize> = (0..challenger.scores.len())
        .filter(|&row| positive(challenger, row) != positive(champion, row))
        .collect();
    let to_positive = flipped.iter().filter(|&&row| positive(challenger, row));
    let to_positive = to_positive.count() as u64;
    let to_negative = flipped.len() as u64 - to_positive;
    // The sort is stable, so equal changes stay in the order of the rows.
    flipped.sort_by(|&a, &b| change(b).abs().total_cmp(&change(a).abs()));
    flipped.truncate(most);
    let listed = flipped.into_iter().filter_map(|row| {
        let (name, columns) = describe(row);
        Some(Flip {
            row: name,
            challenger: Finite::new(challenger.scores[row])?,
            champion: Finite::new(champion.scores[row])?,
            columns,
        })
    });
    Flips {
        to_positive,
        to_negative,
        listed: listed.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_that_changed_most_are_listed_and_all_are_counted() {
        let challenger = Decider {
            scores: &[0.6, 0.4, 0.9, 0.1, 0.51],
            threshold: 0.5,
        };
        // At its own threshold the champion takes the last two for positive.
        let champion = Decider {
            scores: &[0.1, 0.2, 0.1, 0.35, 0.31],
            threshold: 0.3,
        };
        let name = |row| (format!("row {row}"), [].into());
        let found = between(challenger, champion, 2, name);
        assert_eq!((found.to_positive, found.to_negative), (2, 1));
        let rows: Vec<&str> = found.listed.iter().map(|flip| flip.row.as_str()).collect();
        assert_eq!(rows, ["row 2", "row 0"]);
        assert_eq!(Finite::new(0.9), Some(found.listed[0].challenger));
        assert_eq!(between(challenger, challenger, 2, name), Flips::default());
    }
}
