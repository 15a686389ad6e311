//! The rows that were held out: labels, features, and the columns that slices are cut by.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use yard_contract::{Binary, Signature};
use yard_model::Predictor;
use yard_table::{ColumnKind, ColumnSpec, Layout, Table, TableError};

use crate::error::GateError;

/// The rows that were held out.
pub(crate) struct Holdout {
    pub(crate) labels: Vec<bool>,
    pub(crate) features: Table,
    /// The columns that slices are cut by, and those that are shown with a row, as texts.
    pub(crate) slices: Table,
    /// The entity of each row, numbered from 0 without gaps, where entities are named.
    pub(crate) clusters: Option<Vec<u32>>,
}

impl Holdout {
    /// Which row it is, for people.
    pub(crate) fn name(&self, row: usize) -> String {
        format!("line {}", self.features.line(row))
    }
}

/// Reads the holdout for one model.
pub(crate) fn read(
    path: &Path,
    bytes: &[u8],
    predictor: &Predictor,
    slice_columns: &BTreeSet<String>,
    cluster: Option<&str>,
) -> Result<Holdout, GateError> {
    let fail = |source| GateError::Table {
        path: path.display().to_string(),
        source,
    };
    let signature = predictor.signature();
    let layout = Layout::sniff(bytes).with_missing(&signature.missing);
    let features = Table::read(bytes, &layout, &predictor.specs()).map_err(&fail)?;
    let mut names: Vec<&String> = slice_columns.iter().collect();
    names.push(&signature.target);
    let texts = |name: &&String| ColumnSpec::new(name, ColumnKind::Category);
    let specs: Vec<ColumnSpec> = names.iter().map(texts).collect();
    let slices = Table::read(bytes, &layout, &specs).map_err(&fail)?;
    let labels = labels(&slices, signature)?;
    let clusters = match cluster {
        Some(name) => {
            let spec = ColumnSpec::new(name, ColumnKind::Category);
            let table = Table::read(bytes, &layout, &[spec]).map_err(&fail)?;
            Some(numbers(&table, name)?)
        }
        None => None,
    };
    Ok(Holdout {
        labels,
        features,
        slices,
        clusters,
    })
}

/// The features that another model takes from the same rows.
pub(crate) fn features(
    path: &Path,
    bytes: &[u8],
    predictor: &Predictor,
) -> Result<Table, GateError> {
    let layout = Layout::sniff(bytes).with_missing(&predictor.signature().missing);
    Table::read(bytes, &layout, &predictor.specs()).map_err(|source| GateError::Table {
        path: path.display().to_string(),
        source,
    })
}

/// The number of each row's entity, in the order in which entities first occur.
fn numbers(table: &Table, name: &str) -> Result<Vec<u32>, GateError> {
    let column = table
        .category(name)
        .ok_or_else(|| GateError::NoSliceColumn {
            name: name.to_owned(),
        })?;
    let mut known = BTreeMap::new();
    (0..table.rows())
        .map(|row| {
            let entity = column.text(row);
            if entity.is_empty() {
                return Err(GateError::NoCluster {
                    line: table.line(row),
                    column: name.to_owned(),
                });
            }
            let next = known.len();
            let number = *known.entry(entity).or_insert(next);
            Ok(u32::try_from(number).unwrap_or(u32::MAX))
        })
        .collect()
}

/// The answer of a model that tells two classes apart.
pub(crate) fn binary(signature: &Signature) -> Result<&Binary, GateError> {
    signature.binary().ok_or_else(|| GateError::Task {
        target: signature.target.clone(),
        task: signature.task().as_str(),
    })
}

fn labels(table: &Table, signature: &Signature) -> Result<Vec<bool>, GateError> {
    let target = &signature.target;
    let classes = &binary(signature)?.classes;
    let column = table.category(target).ok_or_else(|| GateError::Table {
        path: target.clone(),
        source: TableError::MissingColumn {
            column: target.clone(),
            nearest: None,
        },
    })?;
    let class_of = |level: &String| {
        if *level == classes.positive {
            Some(true)
        } else if *level == classes.negative {
            Some(false)
        } else {
            None
        }
    };
    let labels: Vec<Option<bool>> = column.levels.iter().map(class_of).collect();
    let label = |(row, code): (usize, &u32)| {
        labels[*code as usize].ok_or_else(|| GateError::Label {
            line: table.line(row),
            column: target.clone(),
            value: column.text(row).to_owned(),
            negative: classes.negative.clone(),
            positive: classes.positive.clone(),
        })
    };
    column.codes.iter().enumerate().map(label).collect()
}
