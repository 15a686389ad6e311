//! Parts of the rows: how good the model is on each, against the champion too, and where it errs most.

use std::collections::{BTreeMap, BTreeSet};

use yard_contract::{Finite, SliceResult, WeakSlice};
use yard_stats::binary::{Ranked, Scored};
use yard_stats::interval::Confidence;
use yard_stats::paired::Pair;
use yard_stats::slices::{Search, weak_slices};

use super::compare;
use super::evaluate::positives;
use super::metric;
use super::replicas::{Draws, Side};
use crate::config::{GateConfig, SliceConfig};
use crate::error::GateError;
use crate::input::Holdout;
use crate::input::Scores;

/// Slices that the search reports.
const WEAKEST: usize = 10;

/// What slices are cut from.
#[derive(Clone, Copy)]
pub(crate) struct Cutter<'a> {
    pub(crate) holdout: &'a Holdout,
    pub(crate) model: &'a Scores,
    pub(crate) champion: Option<&'a Scores>,
    pub(crate) config: &'a SliceConfig,
    pub(crate) draws: Draws<'a>,
    pub(crate) confidence: Confidence,
}

/// The columns that slices are cut by, and those that are shown with a row.
pub(crate) fn columns(config: &GateConfig) -> BTreeSet<String> {
    let slices = config.slices.iter();
    slices
        .flat_map(|slices| slices.by.iter().flatten().cloned())
        .chain(config.flips.show.iter().cloned())
        .collect()
}

impl Cutter<'_> {
    /// Every combination of the columns' values, in the order of the configuration and of the values.
    pub(crate) fn cut(self) -> Result<Vec<SliceResult>, GateError> {
        let mut results = Vec::new();
        for columns in &self.config.by {
            let mut rows_of: BTreeMap<Vec<&str>, Vec<usize>> = BTreeMap::new();
            for row in 0..self.holdout.labels.len() {
                let value = |name: &String| self.text(name, row);
                let key = columns.iter().map(value).collect::<Result<Vec<_>, _>>()?;
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

    fn text(&self, name: &str, row: usize) -> Result<&str, GateError> {
        let column = self.holdout.slices.category(name);
        column
            .map(|column| column.text(row))
            .ok_or_else(|| GateError::NoSliceColumn {
                name: name.to_owned(),
            })
    }

    fn slice(
        self,
        columns: BTreeMap<String, String>,
        rows: &[usize],
    ) -> Result<SliceResult, GateError> {
        let labels: Vec<bool> = rows.iter().map(|&row| self.holdout.labels[row]).collect();
        let of = |scores: &Scores| -> Vec<f64> {
            rows.iter().map(|&row| scores.probabilities[row]).collect()
        };
        let scores = of(self.model);
        let ranked = Ranked::new(Scored::new(&labels, &scores, None)?)?;
        let threshold = self.model.threshold.get();
        // Rows of one entity hang together within a slice too.
        let clusters = self.draws.clusters_of(rows);
        let draws = clusters
            .as_deref()
            .map(|clusters| self.draws.with(clusters));
        let replicas = match draws {
            Some(draws) => Some(draws.of_auc(&ranked, threshold)?),
            None => None,
        };
        let replicas = replicas
            .as_ref()
            .map(|replicas| (replicas, Side::Challenger));
        let positives = positives(&labels);
        let rarer = positives.min(rows.len() as u64 - positives);
        let supported =
            rows.len() as u64 >= self.config.min_rows && rarer >= self.config.min_positives;
        let difference = match self.champion {
            Some(champion) if supported => {
                let theirs = of(champion);
                let pair = Pair::new(&labels, &scores, &theirs, None)?;
                let margin = self.config.champion.as_ref().map(|rule| rule.auc_margin);
                compare::auc_difference(&pair, draws, margin, self.confidence)?
            }
            _ => None,
        };
        Ok(SliceResult {
            columns,
            rows: rows.len() as u64,
            positives,
            supported,
            metrics: metric::all(&ranked, threshold, self.confidence, replicas).estimates,
            difference,
        })
    }

    /// Where the model's log-loss is higher than on all other rows: every value of every column that
    /// slices are cut by, and every pair of values of two.
    pub(crate) fn weakest(self) -> Result<Vec<WeakSlice>, GateError> {
        let names: BTreeSet<&String> = self.config.by.iter().flatten().collect();
        let names: Vec<&String> = names.into_iter().collect();
        let mut values: Vec<Vec<&str>> = Vec::new();
        let mut codes: Vec<Vec<u32>> = Vec::new();
        for name in &names {
            let mut known: BTreeMap<&str, u32> = BTreeMap::new();
            let mut of_rows = Vec::new();
            let mut texts = Vec::new();
            for row in 0..self.holdout.labels.len() {
                let text = self.text(name, row)?;
                let code = *known.entry(text).or_insert_with(|| {
                    texts.push(text);
                    u32::try_from(texts.len() - 1).unwrap_or(u32::MAX)
                });
                of_rows.push(code);
            }
            values.push(texts);
            codes.push(of_rows);
        }
        let losses: Vec<f64> = (self.holdout.labels.iter())
            .zip(&self.model.probabilities)
            .map(|(&label, &score)| metric::log_loss_of(label, score))
            .collect();
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
                log_loss: Finite::new(slice.mean)?,
                rest: Finite::new(slice.rest)?,
                p_value: Finite::new(slice.adjusted)?,
            })
        });
        Ok(recorded.collect())
    }
}

fn shown(value: &str) -> String {
    if value.is_empty() {
        "(missing)".to_owned()
    } else {
        value.to_owned()
    }
}
