//! The column to predict, and how much each row counts.

use std::collections::{BTreeMap, BTreeSet};

use yard_contract::{CategoryShare, Classes, Finite, Task};
use yard_table::parse_number;

use crate::config::{ClassWeight, TrainConfig};
use crate::error::TrainError;

/// The most classes. A column of more is a name or a number.
const MAX_CLASSES: usize = 1_000;

/// What is known of each row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Target {
    Binary {
        labels: Vec<bool>,
        classes: Classes,
    },
    Multiclass {
        /// Places in `classes`.
        labels: Vec<u32>,
        /// In byte order.
        classes: Vec<String>,
    },
    Regression(Vec<f64>),
}

impl Target {
    pub(crate) const fn task(&self) -> Task {
        match self {
            Self::Binary { .. } => Task::Binary,
            Self::Multiclass { .. } => Task::Multiclass,
            Self::Regression(_) => Task::Regression,
        }
    }

    pub(crate) const fn rows(&self) -> usize {
        match self {
            Self::Binary { labels, .. } => labels.len(),
            Self::Multiclass { labels, .. } => labels.len(),
            Self::Regression(values) => values.len(),
        }
    }

    /// The target of some rows, in their order.
    pub(crate) fn take(&self, rows: &[usize]) -> Self {
        match self {
            Self::Binary { labels, classes } => Self::Binary {
                labels: rows.iter().map(|&row| labels[row]).collect(),
                classes: classes.clone(),
            },
            Self::Multiclass { labels, classes } => Self::Multiclass {
                labels: rows.iter().map(|&row| labels[row]).collect(),
                classes: classes.clone(),
            },
            Self::Regression(values) => {
                Self::Regression(rows.iter().map(|&row| values[row]).collect())
            }
        }
    }

    /// The classes, those of [`Self::codes`]; none of numbers.
    pub(crate) fn classes(&self) -> Vec<&str> {
        match self {
            Self::Binary { classes, .. } => vec![&classes.negative, &classes.positive],
            Self::Multiclass { classes, .. } => classes.iter().map(String::as_str).collect(),
            Self::Regression(_) => Vec::new(),
        }
    }

    /// The place of each row's class; all 0 of numbers.
    pub(crate) fn codes(&self) -> Vec<u32> {
        match self {
            Self::Binary { labels, .. } => labels.iter().map(|label| u32::from(*label)).collect(),
            Self::Multiclass { labels, .. } => labels.clone(),
            Self::Regression(values) => vec![0; values.len()],
        }
    }

    /// The numbers, or 1 and 0 for the positive and the negative class; `None` of several classes.
    pub(crate) fn numbers(&self) -> Option<Vec<f64>> {
        match self {
            Self::Binary { labels, .. } => Some(
                labels
                    .iter()
                    .map(|label| f64::from(u8::from(*label)))
                    .collect(),
            ),
            Self::Multiclass { .. } => None,
            Self::Regression(values) => Some(values.clone()),
        }
    }

    /// Rows by class, most frequent first; none of numbers.
    pub(crate) fn shares(&self) -> Vec<CategoryShare> {
        let classes = self.classes();
        let mut counts = vec![0_u64; classes.len()];
        for code in self.codes() {
            if let Some(count) = counts.get_mut(code as usize) {
                *count += 1;
            }
        }
        let shares = classes.into_iter().zip(counts);
        let mut shares: Vec<CategoryShare> = shares
            .map(|(class, count)| CategoryShare {
                value: class.to_owned(),
                count,
            })
            .collect();
        shares.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
        shares
    }

    /// How much each row counts in a fit: its own weight times its class's. `None` where all count
    /// alike.
    pub(crate) fn weights(
        &self,
        own: Option<&[f64]>,
        classes: Option<&ClassWeight>,
    ) -> Option<Vec<f64>> {
        let Some(of_classes) = classes else {
            return own.map(<[f64]>::to_vec);
        };
        let codes = self.codes();
        let own = own.map_or_else(|| vec![1.0; codes.len()], <[f64]>::to_vec);
        let names = self.classes();
        let factors: Vec<f64> = match of_classes {
            ClassWeight::ByClass(given) => {
                let given = names.iter().map(|name| given.get(*name));
                given
                    .map(|weight| weight.map_or(1.0, |w| w.get()))
                    .collect()
            }
            ClassWeight::Balanced => {
                let mut sums = vec![0.0; names.len()];
                for (code, weight) in codes.iter().zip(&own) {
                    sums[*code as usize] += weight;
                }
                let total: f64 = sums.iter().sum();
                let share = total / names.len() as f64;
                // A class that weighs nothing stays at nothing.
                sums.iter()
                    .map(|sum| if *sum > 0.0 { share / sum } else { 0.0 })
                    .collect()
            }
        };
        let both = codes.iter().zip(own);
        Some(
            both.map(|(code, own)| own * factors[*code as usize])
                .collect(),
        )
    }
}

/// The target's cells as they are read.
pub(crate) struct Reader<'c> {
    config: &'c TrainConfig,
    labels: Vec<bool>,
    codes: Vec<u32>,
    values: Vec<f64>,
    /// The classes by the order in which they first occur; of two, the other ones.
    seen: BTreeMap<String, u32>,
}

impl<'c> Reader<'c> {
    pub(crate) const fn new(config: &'c TrainConfig) -> Self {
        Self {
            config,
            labels: Vec::new(),
            codes: Vec::new(),
            values: Vec::new(),
            seen: BTreeMap::new(),
        }
    }

    /// Takes a cell that is not missing, without blanks around it.
    pub(crate) fn push(&mut self, cell: &str, line: u64) -> Result<(), TrainError> {
        match self.config.task {
            Task::Binary => {
                let positive = self.config.target.positive.as_deref() == Some(cell);
                self.labels.push(positive);
                if !positive && self.seen.len() < 3 {
                    self.intern(cell);
                }
            }
            Task::Multiclass => {
                let code = self.intern(cell);
                self.codes.push(code);
                if self.seen.len() > MAX_CLASSES {
                    return Err(TrainError::TooManyClasses {
                        column: self.config.target.column.clone(),
                        limit: MAX_CLASSES,
                    });
                }
            }
            Task::Regression => {
                let number = parse_number(cell).map_err(|error| TrainError::TargetNumber {
                    line,
                    column: self.config.target.column.clone(),
                    value: cell.chars().take(80).collect(),
                    reason: error.reason(),
                })?;
                self.values.push(number);
            }
        }
        Ok(())
    }

    fn intern(&mut self, class: &str) -> u32 {
        if let Some(code) = self.seen.get(class) {
            return *code;
        }
        let code = u32::try_from(self.seen.len()).unwrap_or(u32::MAX);
        self.seen.insert(class.to_owned(), code);
        code
    }

    pub(crate) fn finish(self) -> Result<Target, TrainError> {
        match self.config.task {
            Task::Binary => self.two(),
            Task::Regression => Ok(Target::Regression(self.values)),
            Task::Multiclass => {
                if self.seen.len() < 2 {
                    return Err(TrainError::FewClasses {
                        column: self.config.target.column.clone(),
                    });
                }
                // The map is in byte order; its places are the classes' places.
                let mut places = vec![0; self.seen.len()];
                for (place, code) in (0_u32..).zip(self.seen.values()) {
                    places[*code as usize] = place;
                }
                Ok(Target::Multiclass {
                    labels: self
                        .codes
                        .iter()
                        .map(|&code| places[code as usize])
                        .collect(),
                    classes: self.seen.into_keys().collect(),
                })
            }
        }
    }

    /// The configured class and the one other.
    fn two(self) -> Result<Target, TrainError> {
        let positive = self.config.target.positive.clone().unwrap_or_default();
        let mut found: Vec<String> = self.seen.into_keys().collect();
        if self.labels.contains(&true) && found.len() == 1 {
            let negative = found.remove(0);
            return Ok(Target::Binary {
                labels: self.labels,
                classes: Classes { negative, positive },
            });
        }
        if self.labels.contains(&true) {
            found.insert(0, positive.clone());
        }
        let quoted: Vec<String> = found.iter().map(|value| format!("`{value}`")).collect();
        Err(TrainError::Classes {
            column: self.config.target.column.clone(),
            positive,
            found: quoted.join(", "),
        })
    }
}

/// The weights that a configuration gives to classes must be of classes that there are, and weigh.
pub(crate) fn check_class_weights(config: &TrainConfig, target: &Target) -> Result<(), TrainError> {
    let Some(ClassWeight::ByClass(given)) = &config.class_weight else {
        return Ok(());
    };
    let classes: BTreeSet<&str> = target.classes().into_iter().collect();
    if let Some(class) = given.keys().find(|class| !classes.contains(class.as_str())) {
        return Err(TrainError::NoSuchClass {
            class: class.clone(),
            column: config.target.column.clone(),
        });
    }
    match given.values().find(|weight| **weight < Finite::ZERO) {
        Some(weight) => Err(TrainError::OutOfRange {
            key: "class_weight.by_class",
            found: weight.to_string(),
            expected: "at least 0",
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn several() -> Target {
        Target::Multiclass {
            labels: vec![0, 1, 1, 2, 1, 0],
            classes: ["a", "b", "c"].map(str::to_owned).into(),
        }
    }

    #[test]
    fn balanced_classes_weigh_alike_whatever_their_rows_weigh() {
        let own = [1.0, 2.0, 3.0, 4.0, 0.5, 6.0];
        for own in [None, Some(&own[..])] {
            let weights = several()
                .weights(own, Some(&ClassWeight::Balanced))
                .unwrap();
            let sums = [0, 1, 2].map(|class| {
                let codes = several().codes();
                let of_class = codes
                    .iter()
                    .zip(&weights)
                    .filter(|(code, _)| **code == class);
                of_class.map(|(_, weight)| weight).sum::<f64>()
            });
            let total: f64 = own.map_or(6.0, |own| own.iter().sum());
            assert!(
                sums.iter().all(|sum| (sum - total / 3.0).abs() < 1e-12),
                "{sums:?}"
            );
        }
    }

    #[test]
    fn class_weights_multiply_and_none_means_none() {
        let given = ClassWeight::ByClass([("b".to_owned(), Finite::new(3.0).unwrap())].into());
        let own = [1.0, 2.0, 1.0, 1.0, 1.0, 1.0];
        let weights = several().weights(Some(&own), Some(&given)).unwrap();
        assert_eq!(weights, [1.0, 6.0, 3.0, 1.0, 3.0, 1.0]);
        assert_eq!(several().weights(None, None), None);
    }
}
