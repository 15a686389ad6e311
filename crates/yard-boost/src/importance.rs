//! How much a model as a whole makes of each column.

use crate::data::{Column, Dataset, Features};
use crate::error::BoostError;
use crate::sample;
use crate::tree::{Ensemble, Node, Tree};

/// What the trees make of one column.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Importance {
    /// The summed gain of its splits.
    pub gain: f64,
    /// How many splits ask for it.
    pub splits: usize,
    /// Training rows that met those splits, summed.
    pub rows: u64,
}

impl Ensemble {
    /// What the trees make of every column, in their order.
    pub fn importance(&self) -> Vec<Importance> {
        let mut importance = vec![Importance::default(); self.feature_count];
        for node in self.trees.iter().flat_map(Tree::nodes) {
            if let Node::Split {
                feature,
                gain,
                cover,
                ..
            } = node
            {
                let own = &mut importance[*feature as usize];
                own.gain += gain;
                own.splits += 1;
                own.rows += u64::from(cover.rows);
            }
        }
        importance
    }

    /// The summed gain of every column's splits, one number a column.
    pub fn gain_importance(&self) -> Vec<f64> {
        (self.importance().iter()).map(|own| own.gain).collect()
    }

    /// By how much the mean loss of rows rises when a column's values are dealt out anew, one number
    /// a column: the mean over `repeats` (at least 1) permutations, which `seed` decides. About 0 for
    /// what the model does not use (Breiman, *Random forests*, 2001). Columns that tell the same
    /// vouch for each other: neither rises.
    pub fn permutation_importance(
        &self,
        data: &Dataset<'_>,
        seed: u64,
        repeats: usize,
    ) -> Result<Vec<f64>, BoostError> {
        let features = data.features();
        let whole = self.loss(data)?;
        let used = self.importance();
        let columns: Vec<Column<'_>> = (0..features.width()).map(|c| features.column(c)).collect();
        let mut rises = vec![0.0; self.feature_count];
        for (index, rise) in rises.iter_mut().enumerate() {
            if used[index].splits == 0 {
                continue;
            }
            for repeat in 0..repeats.max(1) {
                let order = sample::permutation(features.rows(), seed, repeat);
                let (numbers, codes);
                let mut dealt_out = columns.clone();
                dealt_out[index] = match columns[index] {
                    Column::Numbers(values) => {
                        numbers = dealt(values, &order);
                        Column::Numbers(&numbers)
                    }
                    Column::Categories(values) => {
                        codes = dealt(values, &order);
                        Column::Categories(&codes)
                    }
                };
                *rise += self.loss_of(data, Features::mixed(&dealt_out)?)? - whole;
            }
            *rise /= repeats.max(1) as f64;
        }
        Ok(rises)
    }

    /// The weighted mean loss of rows, by the objective.
    pub fn loss(&self, data: &Dataset<'_>) -> Result<f64, BoostError> {
        self.loss_of(data, data.features())
    }

    fn loss_of(&self, data: &Dataset<'_>, features: Features<'_>) -> Result<f64, BoostError> {
        self.objective.check(data)?;
        let margins = self.margins_by_output(features)?;
        Ok(self.objective.loss(data, &margins))
    }
}

fn dealt<T: Copy>(values: &[T], order: &[u32]) -> Vec<T> {
    order.iter().map(|&row| values[row as usize]).collect()
}
