//! Parts of the rows: how good the model is on each, against the champion too, and where it errs most.

use std::collections::{BTreeMap, BTreeSet};

use yard_contract::{Finite, SliceResult, WeakSlice};
use yard_stats::slices::{Losses, Search, quantile_bins, weak_slices};
use yard_table::{Categories, parse_number};

use super::task::MeasuredTask;
use crate::config::SliceConfig;
use crate::error::GateError;
use crate::input::Holdout;

/// Slices that the search reports.
const WEAKEST: usize = 10;
/// Numbers of more values than these are binned for the search.
const FEW_VALUES: usize = 12;
/// Bins of a column of numbers.
const BINS: usize = 5;

/// What slices are cut from.
#[derive(Clone, Copy)]
pub(super) struct Cutter<'a> {
    pub(super) holdout: &'a Holdout,
    pub(super) task: &'a dyn MeasuredTask,
    pub(super) config: &'a SliceConfig,
    pub(super) champion: bool,
    /// Columns of which no single row's value may be shown.
    pub(super) private: &'a [String],
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
    /// slices are cut by or that the search is given, and every pair of values of two.
    pub(super) fn weakest(self) -> Result<Vec<WeakSlice>, GateError> {
        let names: BTreeSet<&String> = self.config.search.iter().collect();
        let names: BTreeSet<&String> = self.config.by.iter().flatten().chain(names).collect();
        let cut = names.into_iter().filter_map(|name| {
            let column = self.holdout.slices.get(name)?;
            let hidden = self.private.contains(name);
            Some(Ok((name, Cut::of(column, self.config.min_rows, hidden)?)))
        });
        let cut: Vec<(&String, Cut)> = cut.collect::<Result<_, GateError>>()?;
        let columns: Vec<&[u32]> = cut.iter().map(|(_, cut)| cut.codes.as_slice()).collect();
        let values = self.task.losses();
        let losses = Losses {
            values: &values,
            weights: self.holdout.weights.as_deref(),
            clusters: self.holdout.clusters.as_deref(),
        };
        let search = Search {
            min_rows: usize::try_from(self.config.min_rows).unwrap_or(usize::MAX),
            pairs: true,
        };
        let found = weak_slices(&losses, &columns, search)?;
        let weaker = found.into_iter().filter(|slice| slice.mean > slice.rest);
        let recorded = weaker.filter_map(|slice| {
            let columns = slice.parts.iter().map(|part| {
                let (name, cut) = &cut[part.column];
                let text = cut.names.get(part.value as usize)?;
                Some(((*name).clone(), shown(text)))
            });
            Some(WeakSlice {
                columns: columns.collect::<Option<_>>()?,
                rows: slice.rows as u64,
                loss: Finite::new(slice.mean)?,
                rest: Finite::new(slice.rest)?,
                p_value: Finite::new(slice.adjusted)?,
            })
        });
        Ok(recorded.take(WEAKEST).collect())
    }
}

/// A column as the search for weak slices takes it.
struct Cut {
    /// A value's number a row.
    codes: Vec<u32>,
    /// What each is called; one more number stands for all values that are too rare to be looked at.
    names: Vec<String>,
}

impl Cut {
    /// Numbers of many values are cut into bins of equal size, so that neighbours are looked at together;
    /// anything else is taken as it is, but for values with too few rows, which are put together and named
    /// nowhere: nothing could be said of them, and they would make the pairs of two columns many.
    fn of(column: &Categories, least: u64, hidden: bool) -> Option<Self> {
        Self::binned(column, hidden).or_else(|| {
            let mut rows = vec![0_u64; column.levels.len()];
            for code in &column.codes {
                rows[*code as usize] += 1;
            }
            let kept = |level: &usize| rows[*level] >= least.max(2);
            let levels: Vec<usize> = (0..rows.len()).filter(kept).collect();
            let rare = u32::try_from(levels.len()).ok()?;
            let mut number_of = vec![rare; rows.len()];
            for (number, level) in (0..rare).zip(&levels) {
                number_of[*level] = number;
            }
            Some(Self {
                codes: column
                    .codes
                    .iter()
                    .map(|code| number_of[*code as usize])
                    .collect(),
                names: levels
                    .iter()
                    .map(|level| column.levels[*level].clone())
                    .collect(),
            })
        })
    }

    /// `None` where the column has few values, or texts among them.
    fn binned(column: &Categories, hidden: bool) -> Option<Self> {
        let number = |level: &String| {
            if level.is_empty() {
                Some(f64::NAN)
            } else {
                parse_number(level).ok()
            }
        };
        let of_level: Vec<f64> = column.levels.iter().map(number).collect::<Option<_>>()?;
        if of_level.iter().filter(|value| value.is_finite()).count() <= FEW_VALUES {
            return None;
        }
        let values: Vec<f64> = column
            .codes
            .iter()
            .map(|code| of_level[*code as usize])
            .collect();
        let present: Vec<f64> = values
            .iter()
            .copied()
            .filter(|value| value.is_finite())
            .collect();
        let (_, edges) = quantile_bins(&present, BINS).ok()?;
        // The bins' edges are values of single rows.
        let name = |bin: usize| match (bin.checked_sub(1).map(|at| edges[at]), edges.get(bin)) {
            _ if hidden => format!("part {} of {}, by size", bin + 1, edges.len() + 1),
            (None, Some(to)) => format!("up to {to}"),
            (Some(from), Some(to)) => format!("above {from}, up to {to}"),
            (Some(from), None) => format!("above {from}"),
            (None, None) => "any".to_owned(),
        };
        let mut names: Vec<String> = (0..=edges.len()).map(name).collect();
        names.push(String::new());
        let bin = |value: &f64| {
            let missing = edges.len() + 1;
            let bin = if value.is_finite() {
                edges.partition_point(|edge| edge < value)
            } else {
                missing
            };
            u32::try_from(bin).ok()
        };
        let codes = values.iter().map(bin).collect::<Option<_>>()?;
        Some(Self { codes, names })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn column(texts: &[&str]) -> Categories {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn numbers_of_many_values_are_binned_and_named_by_their_range() {
        let texts: Vec<String> = (0..100).map(|row| (row * 7 % 100).to_string()).collect();
        let mut texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        texts.push("");
        let found = Cut::of(&column(&texts), 10, false).unwrap();
        let names = [
            "up to 19",
            "above 19, up to 39",
            "above 39, up to 59",
            "above 59, up to 79",
            "above 79",
            "",
        ];
        assert_eq!(found.names, names);
        assert_eq!(
            (found.codes[0], found.codes[13], found.codes[100]),
            (0, 4, 5)
        );
        let hidden = Cut::of(&column(&texts), 10, true).unwrap();
        assert_eq!(hidden.names[1], "part 2 of 5, by size");
        assert_eq!(hidden.codes, found.codes);
    }

    #[test]
    fn rare_texts_are_put_together_and_not_named() {
        let found = Cut::of(&column(&["a", "b", "a", "c", "d", "b"]), 2, false).unwrap();
        assert_eq!(found.names, ["a", "b"]);
        assert_eq!(found.codes, [0, 1, 0, 2, 2, 1]);
    }
}
