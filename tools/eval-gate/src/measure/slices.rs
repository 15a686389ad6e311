//! Parts of the rows: how good the model is on each, against the champion too, and where it errs most.

use std::collections::{BTreeMap, BTreeSet};

use yard_contract::{Finite, SliceResult, WeakSlice};
use yard_stats::slices::{Search, weak_slices};

use super::task::MeasuredTask;
use crate::config::SliceConfig;
use crate::error::GateError;
use crate::input::Holdout;

/// Slices that the search reports.
const WEAKEST: usize = 10;

/// What slices are cut from.
#[derive(Clone, Copy)]
pub(super) struct Cutter<'a> {
    pub(super) holdout: &'a Holdout,
    pub(super) task: &'a dyn MeasuredTask,
    pub(super) config: &'a SliceConfig,
    pub(super) champion: bool,
}

impl Cutter<'_> {
    /// Every combination of the columns' values, in the order of the configuration and of the values.
    pub(super) fn cut(self) -> Result<Vec<SliceResult>, GateError> {
        let mut results = Vec::new();
        for columns in &self.config.by {
            let mut rows_of: BTreeMap<Vec<&str>, Vec<usize>> = BTreeMap::new();
            for row in 0..self.holdout.truth.rows() {
                let value = |name: &String| self.text(name, row);
                let key = columns.iter().map(value).collect();
                rows_of.entry(key).or_default().push(row);
            }
            for (values, rows) in rows_of {
                let values = values.into_iter().map(shown);
                let columns = columns.iter().cloned().zip(values).collect();
                results.push(self.slice(columns, &rows)?);
            }
        }
        Ok(results)
    }

    fn text(&self, name: &str, row: usize) -> &str {
        let column = self.holdout.slices.get(name);
        column.map_or("", |column| column.text(row))
    }

    fn slice(
        self,
        columns: BTreeMap<String, String>,
        rows: &[usize],
    ) -> Result<SliceResult, GateError> {
        let count = rows.len() as u64;
        let positives = self.task.positives(rows);
        let rarer = positives.map_or(u64::MAX, |positives| positives.min(count - positives));
        let supported = count >= self.config.min_rows && rarer >= self.config.min_positives;
        let margin = self.config.champion.as_ref().map(|rule| rule.margin);
        let (metrics, difference) = self.task.part(rows, self.champion && supported, margin)?;
        Ok(SliceResult {
            columns,
            rows: count,
            positives,
            supported,
            metrics,
            difference,
        })
    }

    /// Where the model's loss is higher than on all other rows: every value of every column that
    /// slices are cut by, and every pair of values of two.
    pub(super) fn weakest(self) -> Result<Vec<WeakSlice>, GateError> {
        let names: BTreeSet<&String> = self.config.by.iter().flatten().collect();
        let names: Vec<&String> = names.into_iter().collect();
        let mut values: Vec<Vec<&str>> = Vec::new();
        let mut codes: Vec<Vec<u32>> = Vec::new();
        for name in &names {
            let mut known: BTreeMap<&str, u32> = BTreeMap::new();
            let mut of_rows = Vec::new();
            let mut texts = Vec::new();
            for row in 0..self.holdout.truth.rows() {
                let text = self.text(name, row);
                let code = *known.entry(text).or_insert_with(|| {
                    texts.push(text);
                    u32::try_from(texts.len() - 1).unwrap_or(u32::MAX)
                });
                of_rows.push(code);
            }
            values.push(texts);
            codes.push(of_rows);
        }
        let losses = self.task.losses();
        let columns: Vec<&[u32]> = codes.iter().map(Vec::as_slice).collect();
        let search = Search {
            min_rows: usize::try_from(self.config.min_rows).unwrap_or(usize::MAX),
            pairs: true,
        };
        let found = weak_slices(&losses, &columns, search)?;
        let weaker = found.into_iter().filter(|slice| slice.mean > slice.rest);
        let recorded = weaker.take(WEAKEST).filter_map(|slice| {
            let columns = slice.parts.iter().map(|part| {
                let text = values[part.column][part.value as usize];
                (names[part.column].clone(), shown(text))
            });
            Some(WeakSlice {
                columns: columns.collect(),
                rows: slice.rows as u64,
                loss: Finite::new(slice.mean)?,
                rest: Finite::new(slice.rest)?,
                p_value: Finite::new(slice.adjusted)?,
            })
        });
        Ok(recorded.collect())
    }
}

/// A value as reports name it.
pub(super) fn shown(value: &str) -> String {
    if value.is_empty() {
        "(missing)".to_owned()
    } else {
        value.to_owned()
    }
}
