//! Which kind of question a target asks, as far as its values tell, and which column answers it
//! suspiciously well alone.

use std::collections::BTreeSet;

use yard_contract::Task;
use yard_stats::binary::{Ranked, Scored};
use yard_table::parse_number;

use crate::args::InitArgs;
use crate::error::TrainError;

/// A target of more different numbers is taken for a number, not for a class.
const MAX_NUMBERED_CLASSES: usize = 20;
/// A target of more different texts is no class.
const MAX_CLASSES: usize = 60;
/// A column that ranks the target this well alone is more likely to follow from it than to lead to
/// it.
const SUSPICIOUS_AUC: f64 = 0.95;
/// The same of a number: the share of its variance that a straight line explains.
const SUSPICIOUS_SHARE: f64 = 0.98;

/// What is known of each row's target.
#[derive(Debug, PartialEq)]
pub(crate) enum Known {
    /// Whether it is the positive class.
    Labels(Vec<bool>),
    Numbers(Vec<f64>),
    /// Several classes: no column is compared with them.
    Classes,
}

impl Known {
    /// Guesses from the target's cells, as the table writes them.
    pub(crate) fn guess(args: &InitArgs, cells: &[String]) -> Result<Self, TrainError> {
        if let Some(positive) = &args.positive {
            return Self::labels(args, positive, cells);
        }
        let mut values = BTreeSet::new();
        for cell in cells.iter().filter(|cell| !cell.is_empty()) {
            values.insert(cell.as_str());
            if values.len() > MAX_NUMBERED_CLASSES.max(MAX_CLASSES) {
                break;
            }
        }
        let numbers = || cells.iter().map(|cell| parse_number(cell).ok());
        let column = args.target.clone();
        match values.len() {
            0 | 1 => Err(TrainError::FewClasses { column }),
            2 => Err(TrainError::WhichPositive {
                column,
                found: values.into_iter().map(str::to_owned).collect(),
            }),
            count => {
                let numbers: Option<Vec<f64>> = numbers().collect();
                match numbers {
                    Some(numbers) if count > MAX_NUMBERED_CLASSES => Ok(Self::Numbers(numbers)),
                    _ if count <= MAX_CLASSES => Ok(Self::Classes),
                    _ => Err(TrainError::TooManyClasses {
                        column,
                        limit: MAX_CLASSES,
                    }),
                }
            }
        }
    }

    fn labels(args: &InitArgs, positive: &str, cells: &[String]) -> Result<Self, TrainError> {
        let labels: Vec<bool> = cells.iter().map(|cell| cell == positive).collect();
        let positives = labels.iter().filter(|label| **label).count();
        if positives == 0 || positives == labels.len() {
            return Err(TrainError::Classes {
                column: args.target.clone(),
                positive: positive.to_owned(),
                found: format!("the positive value in {positives} of {} rows", labels.len()),
            });
        }
        Ok(Self::Labels(labels))
    }

    pub(crate) const fn task(&self) -> Task {
        match self {
            Self::Labels(_) => Task::Binary,
            Self::Numbers(_) => Task::Regression,
            Self::Classes => Task::Multiclass,
        }
    }

    /// What a column of numbers, NaN where missing, reaches alone, in words, where that is too good to
    /// be true.
    pub(crate) fn suspicion(&self, values: &[f64]) -> Option<String> {
        match self {
            Self::Labels(labels) => auc_alone(values, labels)
                .filter(|auc| *auc >= SUSPICIOUS_AUC)
                .map(|auc| format!("ranks the target with an AUC of {auc:.3}")),
            Self::Numbers(target) => line_alone(values, target)
                .filter(|share| *share >= SUSPICIOUS_SHARE)
                .map(|share| format!("explains {share:.3} of the target's variance")),
            Self::Classes => None,
        }
    }
}

/// How well a column alone ranks the target, in either direction; missing cells rank lowest.
fn auc_alone(values: &[f64], labels: &[bool]) -> Option<f64> {
    let scores: Vec<f64> = values
        .iter()
        .map(|value| if value.is_nan() { -1e300 } else { *value })
        .collect();
    let scored = Scored::new(labels, &scores, None).ok()?;
    let auc = Ranked::new(scored).ok()?.auc().ok()?;
    Some(auc.max(1.0 - auc))
}

/// The squared correlation on the rows that have a value.
fn line_alone(values: &[f64], target: &[f64]) -> Option<f64> {
    let present = || {
        values
            .iter()
            .zip(target)
            .filter(|(value, _)| !value.is_nan())
    };
    let rows = present().count() as f64;
    let mean = |pick: fn((&f64, &f64)) -> f64| present().map(pick).sum::<f64>() / rows;
    let (mx, my) = (mean(|(x, _)| *x), mean(|(_, y)| *y));
    let sum = |pick: &dyn Fn(f64, f64) -> f64| -> f64 {
        present().map(|(x, y)| pick(x - mx, y - my)).sum()
    };
    let (xy, xx, yy) = (sum(&|x, y| x * y), sum(&|x, _| x * x), sum(&|_, y| y * y));
    let share = xy * xy / (xx * yy);
    share.is_finite().then_some(share)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(positive: Option<&str>) -> InitArgs {
        InitArgs {
            data: "data.csv".into(),
            target: "y".to_owned(),
            positive: positive.map(str::to_owned),
            exclude: Vec::new(),
            missing: Vec::new(),
            out: "train.yaml".into(),
            force: false,
        }
    }

    fn guess(positive: Option<&str>, cells: &[String]) -> Result<Known, TrainError> {
        Known::guess(&args(positive), cells)
    }

    #[test]
    fn the_values_tell_the_question() {
        let texts = |count: usize| (0..200).map(move |row| format!("c{}", row % count));
        let numbers = |count: usize| (0..200).map(move |row| (row % count).to_string());
        let task = |cells: Vec<String>| guess(None, &cells).map(|known| known.task());
        assert_eq!(task(texts(3).collect()).unwrap(), Task::Multiclass);
        assert_eq!(task(numbers(20).collect()).unwrap(), Task::Multiclass);
        assert_eq!(task(numbers(21).collect()).unwrap(), Task::Regression);
        let two: Vec<String> = texts(2).collect();
        assert!(
            guess(None, &two)
                .unwrap_err()
                .to_string()
                .contains("`c0` and `c1`")
        );
        assert_eq!(guess(Some("c1"), &two).unwrap().task(), Task::Binary);
        assert!(guess(Some("c9"), &two).is_err());
        assert!(task(texts(1).collect()).is_err());
        assert!(task(texts(61).collect()).is_err());
    }

    #[test]
    fn a_column_that_gives_the_target_away_is_suspicious() {
        let target: Vec<f64> = (0..100).map(f64::from).collect();
        let twice: Vec<f64> = target.iter().map(|y| 5.0 - 2.0 * y).collect();
        let bent: Vec<f64> = target.iter().map(|y| (y - 50.0) * (y - 50.0)).collect();
        let known = Known::Numbers(target);
        assert!(
            known
                .suspicion(&twice)
                .is_some_and(|words| words.contains("1.000"))
        );
        assert_eq!(known.suspicion(&bent), None);
        assert_eq!(known.suspicion(&[1.0; 100]), None);
    }
}
