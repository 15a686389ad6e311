//! Which kind of question a target asks, as far as its values tell.

use std::collections::{BTreeMap, BTreeSet};

use yard_contract::Task;
use yard_table::parse_number;

use crate::alone::Known;
use crate::args::InitArgs;
use crate::error::TrainError;

/// A target of more different numbers is taken for a number, not for a class.
const MAX_NUMBERED_CLASSES: usize = 20;
/// A target of more different texts is no class.
const MAX_CLASSES: usize = 60;
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
                    _ if count <= MAX_CLASSES => Ok(classes(cells)),
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
            Self::Classes { .. } => Task::Multiclass,
        }
    }
}

/// Each row's class by its place; a missing one is a class of its own here.
fn classes(cells: &[String]) -> Known {
    let different: BTreeSet<&str> = cells.iter().map(String::as_str).collect();
    let places: BTreeMap<&str, u32> = different.into_iter().zip(0..).collect();
    Known::Classes {
        codes: cells.iter().map(|cell| places[cell.as_str()]).collect(),
        count: places.len(),
    }
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
}
