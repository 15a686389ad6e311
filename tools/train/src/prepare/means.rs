//! Categories as their mean target.

use std::collections::BTreeMap;

use yard_table::Categories;

use super::{looked_up, single};
use crate::config::TrainConfig;
use crate::data::Training;
use crate::error::TrainError;
use crate::folds;

/// Rows of the overall mean that each category's starts from.
const START: f64 = 20.0;
/// Each training row is told what the rows of the other folds say.
const FOLDS: u32 = 5;

/// What each level's rows say of the target, drawn to what all rows say where it has few.
pub(super) struct Means {
    known: Vec<(String, f32)>,
    unseen: f32,
    /// For each training row, from the rows of other folds.
    of_training: Vec<f32>,
}

/// The weight of some rows, and their weighted sum.
#[derive(Clone, Copy, Default)]
struct Sum {
    weight: f64,
    sum: f64,
}

impl Sum {
    fn add(&mut self, weight: f64, value: f64) {
        self.weight += weight;
        self.sum += weight * value;
    }

    const fn mean(self) -> f64 {
        if self.weight > 0.0 {
            self.sum / self.weight
        } else {
            0.0
        }
    }

    fn drawn_to(self, prior: f64) -> f32 {
        single((self.sum + START * prior) / (self.weight + START))
    }
}

impl Means {
    pub(super) fn fit(
        column: &Categories,
        training: &Training,
        weights: Option<&[f64]>,
        config: &TrainConfig,
    ) -> Result<Self, TrainError> {
        // The plan has seen that the target is a number or one of two classes.
        let targets = training.target.numbers().ok_or(TrainError::NoColumns)?;
        let fold_of = folds::blind(training, config.fold_method(), FOLDS, config.seed);
        let rows = || {
            let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
            let cells = column.codes.iter().zip(&targets).enumerate();
            cells.map(move |(row, (code, target))| (row, *code as usize, weight(row), *target))
        };
        let sums = |left_out: Option<u32>| {
            let mut levels = vec![Sum::default(); column.levels.len()];
            let mut all = Sum::default();
            for (row, code, weight, target) in rows() {
                if Some(fold_of[row]) != left_out {
                    levels[code].add(weight, target);
                    all.add(weight, target);
                }
            }
            (levels, all.mean())
        };
        let (levels, prior) = sums(None);
        let mut seen = vec![false; levels.len()];
        column
            .codes
            .iter()
            .for_each(|&code| seen[code as usize] = true);
        let known: BTreeMap<String, f32> = (column.levels.iter().zip(&levels).zip(seen))
            .filter(|(_, seen)| *seen)
            .map(|((level, sum), _)| (level.clone(), sum.drawn_to(prior)))
            .collect();
        let mut of_training = vec![0.0; column.codes.len()];
        for fold in 0..FOLDS {
            let (levels, prior) = sums(Some(fold));
            for (row, code, ..) in rows().filter(|(row, ..)| fold_of[*row] == fold) {
                of_training[row] = levels[code].drawn_to(prior);
            }
        }
        Ok(Self {
            known: known.into_iter().collect(),
            unseen: single(prior),
            of_training,
        })
    }

    pub(super) fn of_training(&self, column: &Categories) -> Vec<f32> {
        debug_assert_eq!(column.codes.len(), self.of_training.len());
        self.of_training.clone()
    }

    pub(super) fn of(&self, column: &Categories) -> Vec<f32> {
        let known = self
            .known
            .iter()
            .map(|(level, mean)| (level.as_str(), *mean))
            .collect();
        looked_up(column, &known, self.unseen)
    }

    /// The mean of each level, and of any other.
    pub(super) fn table(&self) -> (&[(String, f32)], f32) {
        (&self.known, self.unseen)
    }
}
