//! The table's bytes to the rows to fit on, the rows held out, and the proof of which is which.

use std::io::Write as _;
use std::path::Path;

use yard_cli::files::AtomicFile;
use yard_contract::{Digester, Split, SplitMethod, SplitPart};
use yard_table::{ColumnKind, ColumnSpec, Layout, Rows, Table, TableError, parse_number};

use crate::config::TrainConfig;
use crate::error::TrainError;
use crate::plan::{Plan, SplitPlan};
use crate::split;
use crate::target::{self, Target};

/// The rows to fit on.
pub(crate) struct Training {
    pub(crate) table: Table,
    pub(crate) target: Target,
    /// How much each row counts, where the table says.
    pub(crate) weights: Option<Vec<f64>>,
}

impl Training {
    /// Some of the rows, in their order.
    pub(crate) fn take(&self, rows: &[usize]) -> Self {
        let weights = self.weights.as_ref();
        Self {
            table: self.table.take(rows),
            target: self.target.take(rows),
            weights: weights.map(|weights| rows.iter().map(|&row| weights[row]).collect()),
        }
    }
}

/// A table on disk, in memory as bytes.
struct File<'a> {
    path: &'a Path,
    bytes: &'a [u8],
    layout: Layout,
}

/// All rows of the table, and which of them a division in time holds out.
struct All {
    rows: Training,
    late: Vec<bool>,
}

/// Reads the table, divides it, writes the rows held out, and answers the rest.
pub(crate) fn load(plan: &Plan, bytes: &[u8]) -> Result<(Training, Split), TrainError> {
    let file = File::of(plan, bytes);
    let all = file.read(&plan.config, &plan.split)?;
    let held_out = held_out(plan, &all);
    let (train, holdout) = file.divide(&all.rows.target, &held_out, &plan.holdout_out)?;
    let training = parts(plan, &all.rows, &held_out)?;
    let (method, column, from) = match &plan.split {
        SplitPlan::Time { column, from } => {
            (SplitMethod::Time, Some(column.clone()), Some(from.clone()))
        }
        SplitPlan::Stratified { .. } => (SplitMethod::Stratified, None, None),
        SplitPlan::Random { .. } => (SplitMethod::Random, None, None),
    };
    let split = Split {
        method,
        column,
        from,
        train,
        holdout,
    };
    Ok((training, split))
}

/// The rows that [`load`] answers, and nothing is written.
pub(crate) fn training(plan: &Plan, bytes: &[u8]) -> Result<Training, TrainError> {
    let all = File::of(plan, bytes).read(&plan.config, &plan.split)?;
    parts(plan, &all.rows, &held_out(plan, &all))
}

/// Which rows are held out.
fn held_out(plan: &Plan, all: &All) -> Vec<bool> {
    let seed = plan.config.seed;
    let target = &all.rows.target;
    match &plan.split {
        SplitPlan::Time { .. } => all.late.clone(),
        SplitPlan::Stratified { share } => split::share_of(&target.codes(), *share, seed),
        SplitPlan::Random { share } => split::share_of(&vec![0; target.rows()], *share, seed),
    }
}

/// The rows that are not held out, where both parts are something to fit on and to judge by.
fn parts(plan: &Plan, rows: &Training, held_out: &[bool]) -> Result<Training, TrainError> {
    let places = |out: bool| -> Vec<usize> {
        (0..held_out.len())
            .filter(|&row| held_out[row] == out)
            .collect()
    };
    let training = rows.take(&places(false));
    check_part("training", &training.target)?;
    check_part("held-out", &rows.target.take(&places(true)))?;
    check_weight(&training, &plan.config)?;
    Ok(training)
}

/// A part without rows, or without one of the classes, is nothing to fit on or to judge by.
fn check_part(part: &'static str, target: &Target) -> Result<(), TrainError> {
    let shares = target.shares();
    match target {
        Target::Binary { classes, .. } => {
            let of = |class: &String| shares.iter().find(|s| s.value == *class).map(|s| s.count);
            let (positives, negatives) = (of(&classes.positive), of(&classes.negative));
            let (positives, negatives) = (positives.unwrap_or(0), negatives.unwrap_or(0));
            if positives == 0 || negatives == 0 {
                return Err(TrainError::OneClass {
                    part,
                    positives,
                    negatives,
                });
            }
        }
        Target::Multiclass { .. } => {
            if let Some(absent) = shares.iter().find(|share| share.count == 0) {
                return Err(TrainError::AbsentClass {
                    part,
                    class: absent.value.clone(),
                });
            }
        }
        Target::Regression(values) if values.is_empty() => {
            return Err(TrainError::EmptyPart { part });
        }
        Target::Regression(_) => {}
    }
    Ok(())
}

/// Rows, and classes, that weigh nothing at all cannot be fitted on.
fn check_weight(training: &Training, config: &TrainConfig) -> Result<(), TrainError> {
    target::check_class_weights(config, &training.target)?;
    let own = training.weights.as_deref();
    let weights = training.target.weights(own, config.class_weight.as_ref());
    let Some(weights) = weights else {
        return Ok(());
    };
    let mut sums = vec![0.0; training.target.classes().len().max(1)];
    for (code, weight) in training.target.codes().into_iter().zip(weights) {
        sums[code as usize] += weight;
    }
    if sums.iter().all(|sum| *sum > 0.0) {
        Ok(())
    } else {
        Err(TrainError::NoWeight)
    }
}

impl<'a> File<'a> {
    fn of(plan: &'a Plan, bytes: &'a [u8]) -> Self {
        File {
            path: &plan.data,
            bytes,
            layout: Layout::sniff(bytes).with_missing(&plan.config.missing),
        }
    }

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
        let place = rows.position(&config.target.column).map_err(&fail)?;
        let time = match plan {
            SplitPlan::Time { column, from } => {
                Some((rows.position(column).map_err(&fail)?, column, from.as_str()))
            }
            _ => None,
        };
        let weight = config.weight_column.as_ref();
        let weight = weight.map(|name| rows.position(name)).transpose();
        let weight = weight.map_err(&fail)?;
        let mut table = Table::with_columns(&specs);
        let mut reader = target::Reader::new(config);
        let (mut weights, mut late) = (Vec::new(), Vec::new());
        while let Some(row) = rows.advance_full() {
            let row = row.map_err(&fail)?;
            let line = row.line;
            let class = row.cell(place).map_err(&fail)?.trim_ascii();
            if self.layout.is_missing(class) {
                let column = config.target.column.clone();
                return Err(TrainError::TargetMissing { line, column });
            }
            reader.push(class, line)?;
            if let Some(place) = weight {
                weights.push(weight_of(row.cell(place).map_err(&fail)?, line)?);
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
        let rows = Training {
            table,
            target: reader.finish()?,
            weights: weight.map(|_| weights),
        };
        Ok(All { rows, late })
    }

    /// Writes the rows held out as they stand in the table, and digests both parts.
    fn divide(
        &self,
        target: &Target,
        held_out: &[bool],
        holdout: &Path,
    ) -> Result<(SplitPart, SplitPart), TrainError> {
        let fail = self.fail();
        let positives = match target {
            Target::Binary { labels, .. } => Some(labels),
            _ => None,
        };
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
            counts[side].1 += u64::from(positives.is_some_and(|labels| labels[at]));
            at += 1;
        }
        file.commit()?;
        let [train, out] = digests;
        let part = |side: usize, digest: Digester| SplitPart {
            rows: counts[side].0,
            positives: positives.map(|_| counts[side].1),
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

/// A row's weight: a number of at least 0.
fn weight_of(cell: &str, line: u64) -> Result<f64, TrainError> {
    match parse_number(cell.trim_ascii()) {
        Ok(weight) if weight >= 0.0 => Ok(weight),
        _ => Err(TrainError::Weight {
            line,
            value: cell.chars().take(80).collect(),
        }),
    }
}
