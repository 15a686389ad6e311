//! The fresh rows: what the model reads, what it answers, and what came of them.

use std::path::Path;

use yard_contract::Signature;
use yard_model::Predictor;
use yard_table::{ColumnKind, ColumnSpec, Layout, Rows, Table, TableError};

use crate::error::DriftError;

/// The fresh rows.
pub(crate) struct Fresh {
    pub(crate) rows: u64,
    pub(crate) features: Table,
    /// The probability of the positive class.
    pub(crate) scores: Vec<f32>,
    /// Where the table has the target.
    pub(crate) outcomes: Option<Outcomes>,
}

/// The rows whose outcome is known.
pub(crate) struct Outcomes {
    /// Whether each row that has an outcome is positive.
    pub(crate) labels: Vec<bool>,
    /// The scores of these rows.
    pub(crate) scores: Vec<f64>,
}

/// Reads and scores the rows.
pub(crate) fn read(path: &Path, bytes: &[u8], predictor: &Predictor) -> Result<Fresh, DriftError> {
    let fail = |source| DriftError::Table {
        path: path.to_owned(),
        source,
    };
    let signature = predictor.signature();
    let layout = Layout::sniff(bytes).with_missing(&signature.missing);
    let header = Rows::new(bytes, &layout).map_err(fail)?;
    let is_labelled = header.header().contains(&signature.target.column);
    let features = Table::read(bytes, &layout, &predictor.specs()).map_err(fail)?;
    if features.rows() == 0 {
        return Err(fail(TableError::NoRows));
    }
    let scores = predictor
        .predict(&features)
        .map_err(|source| DriftError::Score {
            path: path.to_owned(),
            source,
        })?;
    let outcomes = if is_labelled {
        let spec = ColumnSpec::new(&signature.target.column, ColumnKind::Category);
        let table = Table::read(bytes, &layout, &[spec]).map_err(fail)?;
        Some(outcomes(&table, &scores, signature)?)
    } else {
        None
    };
    Ok(Fresh {
        rows: features.rows() as u64,
        features,
        scores,
        outcomes,
    })
}

fn outcomes(table: &Table, scores: &[f32], signature: &Signature) -> Result<Outcomes, DriftError> {
    let target = &signature.target;
    let Some(column) = table.category(&target.column) else {
        return Err(DriftError::NoProfile(target.column.clone()));
    };
    let mut known = (Vec::new(), Vec::new());
    for (row, score) in scores.iter().enumerate() {
        let text = column.text(row);
        let is_positive = if *text == target.classes.positive {
            true
        } else if *text == target.classes.negative {
            false
        } else if text.is_empty() {
            continue;
        } else {
            return Err(DriftError::Outcome {
                line: table.line(row),
                column: target.column.clone(),
                value: text.to_owned(),
            });
        };
        known.0.push(is_positive);
        known.1.push(f64::from(*score));
    }
    Ok(Outcomes {
        labels: known.0,
        scores: known.1,
    })
}
