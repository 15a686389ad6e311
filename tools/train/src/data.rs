//! The table's bytes to the rows to fit on, the rows held out, and the proof of which is which.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;

use yard_cli::files::AtomicFile;
use yard_contract::{Digester, FoldMethod, Sha256, Split, SplitMethod, SplitPart};
use yard_table::{
    Categories, ColumnKind, ColumnSpec, Layout, Rows, Table, TableError, parse_number,
};

use crate::config::TrainConfig;
use crate::error::TrainError;
use crate::plan::{Plan, SplitPlan};
use crate::target::{self, Target};
use crate::{folds, split};

/// The rows to fit on.
pub(crate) struct Training {
    pub(crate) table: Table,
    pub(crate) target: Target,
    /// How much each row counts, where the table says.
    pub(crate) weights: Option<Vec<f64>>,
    /// Each row's entity, as a number that its id alone decides, where rows are dealt out by it.
    /// Entities that share a number stay together, which harms nothing.
    pub(crate) groups: Option<Vec<u64>>,
    /// The place of each row's moment among all moments, where rows are dealt out by time.
    pub(crate) times: Option<Vec<u32>>,
}

impl Training {
    /// Some of the rows, in their order.
    pub(crate) fn take(&self, rows: &[usize]) -> Self {
        Self {
            table: self.table.take(rows),
            target: self.target.take(rows),
            weights: some_of(self.weights.as_ref(), rows),
            groups: some_of(self.groups.as_ref(), rows),
            times: some_of(self.times.as_ref(), rows),
        }
    }

    /// Each row's entity. The plan has seen that the configuration names a column of them.
    pub(crate) fn groups(&self) -> Result<&[u64], TrainError> {
        self.groups.as_deref().ok_or(TrainError::MissingKey {
            key: "cross_validation.column",
        })
    }

    /// Each row's moment.
    pub(crate) fn times(&self) -> Result<&[u32], TrainError> {
        self.times.as_deref().ok_or(TrainError::MissingKey {
            key: "cross_validation.column",
        })
    }
}

fn some_of<T: Copy>(all: Option<&Vec<T>>, rows: &[usize]) -> Option<Vec<T>> {
    all.map(|all| rows.iter().map(|&row| all[row]).collect())
}

/// A table on disk, in memory as bytes.
struct File<'a> {
    path: &'a Path,
    bytes: &'a [u8],
    layout: Layout,
}

/// All rows of the table, and what its split's column says of them.
struct All {
    rows: Training,
    /// The cells of the split's column, where it has one.
    keys: Option<Categories>,
}

/// The two sides of a table, and how it was divided.
pub(crate) struct Divided {
    pub(crate) training: Training,
    /// Only for what is asked of the finished model: nothing is learnt from it.
    pub(crate) held_out: Training,
    pub(crate) split: Split,
}

/// Reads the table, divides it, and writes the rows held out.
pub(crate) fn load(plan: &Plan, bytes: &[u8]) -> Result<Divided, TrainError> {
    let file = File::of(plan, bytes);
    let all = file.read(&plan.config, &plan.split)?;
    let held_out = held_out(plan, &all)?;
    let (mut train, mut holdout) =
        file.divide(&all.rows.target, &held_out, Some(&plan.holdout_out))?;
    let training = parts(plan, &all.rows, &held_out)?;
    let outside: Vec<usize> = (0..held_out.len()).filter(|&row| held_out[row]).collect();
    let by_ids = matches!(
        plan.split,
        SplitPlan::Group { .. } | SplitPlan::Listed { .. }
    );
    if let Some(keys) = all.keys.as_ref().filter(|_| by_ids) {
        for (part, out) in [(&mut train, false), (&mut holdout, true)] {
            let (ids, digest) = ids_of(keys, &held_out, out);
            part.ids = Some(ids);
            part.ids_sha256 = Some(digest);
        }
    }
    let (mut from, mut values) = (None, Vec::new());
    let method = match &plan.split {
        SplitPlan::Time { from: moment, .. } => {
            from = Some(moment.clone());
            SplitMethod::Time
        }
        SplitPlan::Stratified { .. } => SplitMethod::Stratified,
        SplitPlan::Random { .. } => SplitMethod::Random,
        SplitPlan::Group { .. } => SplitMethod::Group,
        SplitPlan::Given { values: given, .. } => {
            values.extend(given.iter().cloned());
            SplitMethod::Given
        }
        SplitPlan::Listed { .. } => SplitMethod::Given,
    };
    let split = Split {
        method,
        column: plan.split.column().cloned(),
        from,
        held_out: values,
        train,
        holdout,
    };
    Ok(Divided {
        training,
        held_out: all.rows.take(&outside),
        split,
    })
}

/// The rows to fit on, and nothing is written.
pub(crate) fn training(plan: &Plan, bytes: &[u8]) -> Result<Training, TrainError> {
    let all = File::of(plan, bytes).read(&plan.config, &plan.split)?;
    parts(plan, &all.rows, &held_out(plan, &all)?)
}

/// The rows to fit on, with their digest, and nothing is written.
pub(crate) fn searched(plan: &Plan, bytes: &[u8]) -> Result<(Training, SplitPart), TrainError> {
    let file = File::of(plan, bytes);
    let all = file.read(&plan.config, &plan.split)?;
    let held_out = held_out(plan, &all)?;
    let (part, _) = file.divide(&all.rows.target, &held_out, None)?;
    Ok((parts(plan, &all.rows, &held_out)?, part))
}

/// Writes the rows that are not held out as they stand in the table.
pub(crate) fn write_part(plan: &Plan, bytes: &[u8], place: &Path) -> Result<(), TrainError> {
    let file = File::of(plan, bytes);
    let all = file.read(&plan.config, &plan.split)?;
    let inside: Vec<bool> = held_out(plan, &all)?.iter().map(|out| !out).collect();
    file.divide(&all.rows.target, &inside, Some(place))?;
    Ok(())
}

/// Which rows are held out.
fn held_out(plan: &Plan, all: &All) -> Result<Vec<bool>, TrainError> {
    let seed = plan.config.seed;
    let target = &all.rows.target;
    let by_key = |is_out: &dyn Fn(&str) -> bool| -> Vec<bool> {
        let keys = all.keys.as_ref();
        let out = keys.map(|keys| keys.levels.iter().map(|key| is_out(key)).collect());
        let out: Vec<bool> = out.unwrap_or_default();
        let codes = keys.into_iter().flat_map(|keys| &keys.codes);
        codes.map(|&code| out[code as usize]).collect()
    };
    Ok(match &plan.split {
        SplitPlan::Time { from, .. } => by_key(&|moment| moment >= from.as_str()),
        SplitPlan::Stratified { share } => split::share_of(&target.codes(), *share, seed),
        SplitPlan::Random { share } => split::share_of(&vec![0; target.rows()], *share, seed),
        SplitPlan::Group { share, .. } => {
            let keys = all.keys.as_ref().map(entities).unwrap_or_default();
            folds::groups_share(&keys, *share, seed)?
        }
        SplitPlan::Given { column, values } => {
            let out = by_key(&|value| values.contains(value));
            if !out.contains(&true) {
                return Err(TrainError::NothingHeldOut {
                    column: column.clone(),
                });
            }
            out
        }
        SplitPlan::Listed { column, list } => {
            let levels = all.keys.iter().flat_map(|keys| &keys.levels);
            let there: BTreeSet<&str> = levels.map(String::as_str).collect();
            let lines = (1..).zip(&list.ids).filter(|(_, id)| !id.is_empty());
            for (line, id) in lines {
                if !there.contains(id.as_str()) {
                    return Err(TrainError::UnknownId {
                        path: list.input.path.clone(),
                        line,
                        id: id.chars().take(80).collect(),
                        column: column.clone(),
                    });
                }
            }
            let ids: BTreeSet<&str> = list.ids.iter().map(String::as_str).collect();
            by_key(&|id| ids.contains(id))
        }
    })
}

/// Each row's entity as a number.
fn entities(keys: &Categories) -> Vec<u64> {
    // Fowler, Noll and Vo's hash (FNV-1a, 64 bits): every platform has the same.
    let hash = |id: &String| {
        id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
    };
    let of_level: Vec<u64> = keys.levels.iter().map(hash).collect();
    keys.codes
        .iter()
        .map(|&code| of_level[code as usize])
        .collect()
}

/// The place of each row's text in the order of all of them.
fn moments(keys: &Categories) -> Vec<u32> {
    let mut order: Vec<usize> = (0..keys.levels.len()).collect();
    order.sort_by_key(|&level| &keys.levels[level]);
    let mut place_of = vec![0; order.len()];
    for (place, level) in (0..).zip(order) {
        place_of[level] = place;
    }
    keys.codes
        .iter()
        .map(|&code| place_of[code as usize])
        .collect()
}

/// How many different ids one side has, and their digest.
fn ids_of(keys: &Categories, held_out: &[bool], out: bool) -> (u64, Sha256) {
    let rows = keys.codes.iter().zip(held_out);
    let own: BTreeSet<&str> = rows
        .filter(|(_, side)| **side == out)
        .map(|(&code, _)| keys.levels[code as usize].as_str())
        .collect();
    let mut digest = Digester::new();
    for id in &own {
        digest.update(id.as_bytes());
        digest.update(b"\n");
    }
    (own.len() as u64, digest.finish())
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
        let mut keys = Keys::of(plan.column(), &rows).map_err(&fail)?;
        // Of the split's column the folds may want the same cells.
        let other = config
            .fold_column()
            .filter(|name| Some(*name) != plan.column());
        let mut fold_keys = Keys::of(other, &rows).map_err(&fail)?;
        let weight = config.weight_column.as_ref();
        let weight = weight.map(|name| rows.position(name)).transpose();
        let weight = weight.map_err(&fail)?;
        let mut table = Table::with_columns(&specs);
        let mut reader = target::Reader::new(config);
        let mut weights = Vec::new();
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
            for keys in [&mut keys, &mut fold_keys].into_iter().flatten() {
                let cell = row.cell(keys.place).map_err(&fail)?.trim_ascii();
                if self.layout.is_missing(cell) {
                    return Err(TrainError::SplitCellMissing {
                        line,
                        column: keys.column.clone(),
                    });
                }
                keys.cells.push(cell);
            }
            table.push(&row, &places, &self.layout).map_err(&fail)?;
        }
        if table.rows() == 0 {
            return Err(fail(TableError::NoRows));
        }
        let keys = keys.map(|keys| keys.cells);
        let fold_keys = fold_keys.map(|keys| keys.cells);
        let dealt_by = config
            .fold_column()
            .and(fold_keys.as_ref().or(keys.as_ref()));
        let method = config.fold_method();
        let rows = Training {
            table,
            target: reader.finish()?,
            weights: weight.map(|_| weights),
            groups: dealt_by
                .filter(|_| method == FoldMethod::Group)
                .map(entities),
            times: dealt_by.filter(|_| method == FoldMethod::Time).map(moments),
        };
        Ok(All { rows, keys })
    }

    /// Writes the rows held out as they stand in the table, where that is asked for, and digests both
    /// parts.
    fn divide(
        &self,
        target: &Target,
        held_out: &[bool],
        holdout: Option<&Path>,
    ) -> Result<(SplitPart, SplitPart), TrainError> {
        let fail = self.fail();
        let positives = match target {
            Target::Binary { labels, .. } => Some(labels),
            _ => None,
        };
        let write = |source| yard_cli::Error::Write {
            path: holdout.map(Path::to_owned).unwrap_or_default(),
            source,
        };
        let mut rows = Rows::new(self.bytes, &self.layout).map_err(&fail)?;
        let mut file = holdout.map(AtomicFile::create).transpose()?;
        if let Some(file) = &mut file {
            file.write_all(rows.raw_header())
                .and_then(|()| file.write_all(b"\n"))
                .map_err(write)?;
        }
        let mut digests = [Digester::new(), Digester::new()];
        let mut counts = [(0_u64, 0_u64); 2];
        let mut at = 0;
        while let Some(row) = rows.advance() {
            let out = held_out[at];
            if let Some(file) = file.as_mut().filter(|_| out) {
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
        if let Some(file) = file {
            file.commit()?;
        }
        let [train, out] = digests;
        let part = |side: usize, digest: Digester| SplitPart {
            rows: counts[side].0,
            positives: positives.map(|_| counts[side].1),
            rows_sha256: digest.finish(),
            ids: None,
            ids_sha256: None,
        };
        Ok((part(0, train), part(1, out)))
    }
}

/// A column by which rows are divided.
struct Keys {
    place: usize,
    column: String,
    cells: Categories,
}

impl Keys {
    fn of(column: Option<&String>, rows: &Rows<'_>) -> Result<Option<Self>, TableError> {
        let Some(column) = column else {
            return Ok(None);
        };
        Ok(Some(Self {
            place: rows.position(column)?,
            column: column.clone(),
            cells: Categories::default(),
        }))
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
