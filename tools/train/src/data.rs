//! The table's bytes to the rows to fit on, the rows held out, and the proof of which is which.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;

use yard_cli::files::AtomicFile;
use yard_contract::{Classes, Digester, Split, SplitMethod, SplitPart};
use yard_table::{ColumnKind, ColumnSpec, Layout, Rows, Table, TableError};

use crate::config::TrainConfig;
use crate::error::TrainError;
use crate::plan::{Plan, SplitPlan};
use crate::split;

/// The rows to fit on.
pub(crate) struct Training {
    pub(crate) table: Table,
    pub(crate) labels: Vec<bool>,
    pub(crate) classes: Classes,
}

/// A table on disk, in memory as bytes.
struct File<'a> {
    path: &'a Path,
    bytes: &'a [u8],
    layout: Layout,
}

/// All rows of the table, and which of them a division in time holds out.
struct All {
    table: Table,
    labels: Vec<bool>,
    late: Vec<bool>,
    classes: Classes,
}

/// Reads the table, divides it, writes the rows held out, and answers the rest.
pub(crate) fn load(plan: &Plan, bytes: &[u8]) -> Result<(Training, Split), TrainError> {
    let layout = Layout::sniff(bytes).with_missing(&plan.config.missing);
    let file = File {
        path: &plan.data,
        bytes,
        layout,
    };
    let all = file.read(&plan.config, &plan.split)?;
    let seed = plan.config.seed;
    let (method, column, from, held_out) = match &plan.split {
        SplitPlan::Time { column, from } => (
            SplitMethod::Time,
            Some(column.clone()),
            Some(from.clone()),
            all.late.clone(),
        ),
        SplitPlan::Stratified { share } => (
            SplitMethod::Stratified,
            None,
            None,
            split::share_of(&all.labels, *share, seed, true),
        ),
        SplitPlan::Random { share } => (
            SplitMethod::Random,
            None,
            None,
            split::share_of(&all.labels, *share, seed, false),
        ),
    };
    let (train, holdout) = file.divide(&all.labels, &held_out, &plan.holdout_out)?;
    check_classes("training", &train)?;
    check_classes("held-out", &holdout)?;
    let places: Vec<usize> = (0..held_out.len()).filter(|&row| !held_out[row]).collect();
    let training = Training {
        table: all.table.take(&places),
        labels: places.iter().map(|&row| all.labels[row]).collect(),
        classes: all.classes,
    };
    Ok((
        training,
        Split {
            method,
            column,
            from,
            train,
            holdout,
        },
    ))
}

fn check_classes(part: &'static str, counts: &SplitPart) -> Result<(), TrainError> {
    let positives = counts.positives.unwrap_or(0);
    let negatives = counts.rows - positives;
    if positives == 0 || negatives == 0 {
        return Err(TrainError::OneClass {
            part,
            positives,
            negatives,
        });
    }
    Ok(())
}

impl File<'_> {
    fn fail(&self) -> impl Fn(TableError) -> TrainError + '_ {
        |source| TrainError::Table {
            path: self.path.display().to_string(),
            source,
        }
    }

    fn read(&self, config: &TrainConfig, plan: &SplitPlan) -> Result<All, TrainError> {
        let fail = self.fail();
        let specs = feature_specs(config);
        let mut rows = Rows::new(self.bytes, &self.layout).map_err(&fail)?;
        let places = specs.iter().map(|spec| rows.position(&spec.name));
        let places = places.collect::<Result<Vec<_>, _>>().map_err(&fail)?;
        let target = rows.position(&config.target.column).map_err(&fail)?;
        let time = match plan {
            SplitPlan::Time { column, from } => {
                Some((rows.position(column).map_err(&fail)?, column, from.as_str()))
            }
            _ => None,
        };
        let mut table = Table::with_columns(&specs);
        let (mut labels, mut late, mut others) = (Vec::new(), Vec::new(), BTreeSet::new());
        while let Some(row) = rows.advance_full() {
            let row = row.map_err(&fail)?;
            let line = row.line;
            let class = row.cell(target).map_err(&fail)?.trim_ascii();
            if self.layout.is_missing(class) {
                let column = config.target.column.clone();
                return Err(TrainError::TargetMissing { line, column });
            }
            let positive = class == config.target.positive;
            labels.push(positive);
            if !positive && !others.contains(class) && others.len() < 3 {
                others.insert(class.to_owned());
            }
            if let Some((place, column, from)) = time {
                let moment = row.cell(place).map_err(&fail)?.trim_ascii();
                if self.layout.is_missing(moment) {
                    return Err(TrainError::SplitCellMissing {
                        line,
                        column: column.clone(),
                    });
                }
                late.push(moment >= from);
            }
            table.push(&row, &places, &self.layout).map_err(&fail)?;
        }
        if table.rows() == 0 {
            return Err(fail(TableError::NoRows));
        }
        let classes = classes_of(config, &labels, others)?;
        Ok(All {
            table,
            labels,
            late,
            classes,
        })
    }

    /// Writes the rows held out as they stand in the table, and digests both parts.
    fn divide(
        &self,
        labels: &[bool],
        held_out: &[bool],
        holdout: &Path,
    ) -> Result<(SplitPart, SplitPart), TrainError> {
        let fail = self.fail();
        let write = |source| yard_cli::Error::Write {
            path: holdout.to_owned(),
            source,
        };
        let mut rows = Rows::new(self.bytes, &self.layout).map_err(&fail)?;
        let mut file = AtomicFile::create(holdout)?;
        file.write_all(rows.raw_header())
            .and_then(|()| file.write_all(b"\n"))
            .map_err(write)?;
        let mut digests = [Digester::new(), Digester::new()];
        let mut counts = [(0_u64, 0_u64); 2];
        let mut at = 0;
        while let Some(row) = rows.advance() {
            let out = held_out[at];
            if out {
                file.write_all(row.raw())
                    .and_then(|()| file.write_all(b"\n"))
                    .map_err(write)?;
            }
            let side = usize::from(out);
            digests[side].update(row.raw());
            digests[side].update(b"\n");
            counts[side].0 += 1;
            counts[side].1 += u64::from(labels[at]);
            at += 1;
        }
        file.commit()?;
        let [train, out] = digests;
        let part = |side: usize, digest: Digester| SplitPart {
            rows: counts[side].0,
            positives: Some(counts[side].1),
            rows_sha256: digest.finish(),
        };
        Ok((part(0, train), part(1, out)))
    }
}

/// The features as columns to read: numbers first, then categories, each in the configuration's
/// order. It is the order of the graph's inputs.
pub(crate) fn feature_specs(config: &TrainConfig) -> Vec<ColumnSpec> {
    let numbers = config
        .features
        .numbers
        .iter()
        .map(|name| (name, ColumnKind::Number));
    let categories = config
        .features
        .categories
        .iter()
        .map(|name| (name, ColumnKind::Category));
    numbers
        .chain(categories)
        .map(|(name, kind)| ColumnSpec::new(name, kind))
        .collect()
}

/// The two classes of the target: the configured one and the one other.
fn classes_of(
    config: &TrainConfig,
    labels: &[bool],
    others: BTreeSet<String>,
) -> Result<Classes, TrainError> {
    let positive = config.target.positive.clone();
    let mut found: Vec<String> = others.into_iter().collect();
    if labels.contains(&true) && found.len() == 1 {
        return Ok(Classes {
            negative: found.remove(0),
            positive,
        });
    }
    if labels.contains(&true) {
        found.insert(0, positive.clone());
    }
    let quoted: Vec<String> = found.iter().map(|value| format!("`{value}`")).collect();
    let found = quoted.join(", ");
    Err(TrainError::Classes {
        column: config.target.column.clone(),
        positive,
        found,
    })
}
