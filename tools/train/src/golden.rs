//! Rows whose answers a deployed model must reproduce.
//!
//! A package is published, so a golden row must not be a person's record. Each cell is taken from a
//! row of its own: values and categories that occur, in combinations that need not.

use std::collections::BTreeMap;

use yard_contract::{Finite, Golden, GoldenRow, Scalar};
use yard_model::{PredictError, Predictor};
use yard_table::{Column, Table};

use crate::split::draw;

/// How many rows, the one without any value included.
const ROWS: usize = 24;
/// How far an answer may lie from the recorded one, in units of `max(1, |answer|)`: what the last digits of another runtime's
/// exponential function come to, and no more.
const TOLERANCE: f64 = 1e-6;

/// Golden rows and the answers of the very graph that is shipped.
pub(crate) fn of(table: &Table, predictor: &Predictor, seed: u64) -> Result<Golden, PredictError> {
    let mut rows = vec![row(table, |_| None)];
    rows.extend((1..ROWS).map(|number| {
        row(table, |column| {
            let drawn = draw(seed ^ 0x60_1de4, number * 100_003 + column);
            usize::try_from(drawn % table.rows() as u64).ok()
        })
    }));
    let answers = predictor.predict_rows(&rows)?;
    let rows = rows
        .into_iter()
        .zip(answers.rows())
        .map(|(features, answer)| GoldenRow {
            features,
            answer: answer
                .iter()
                .map(|value| Finite::new(f64::from(*value)).unwrap_or_default())
                .collect(),
        });
    Ok(Golden {
        tolerance: Finite::new(TOLERANCE).unwrap_or_default(),
        rows: rows.collect(),
    })
}

/// A row whose i-th cell comes from the row that `source` picks for it; none where it picks none.
fn row(table: &Table, source: impl Fn(usize) -> Option<usize>) -> BTreeMap<String, Scalar> {
    let cells = table.columns().enumerate().map(|(place, (name, column))| {
        let cell = source(place).map_or(Scalar::Null, |row| match column {
            Column::Number(values) => Scalar::number(f64::from(values[row])),
            Column::Category(values) if values.text(row).is_empty() => Scalar::Null,
            Column::Category(values) => Scalar::from(values.text(row)),
        });
        (name.to_owned(), cell)
    });
    cells.collect()
}
