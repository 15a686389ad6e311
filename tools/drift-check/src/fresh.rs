//! The fresh rows: what the model reads, what it answers, and what came of them.

use std::path::Path;

use yard_contract::{Answer, Signature};
use yard_model::{Answers, Predictor};
use yard_table::{Column, ColumnKind, ColumnSpec, Layout, Rows, Table, TableError};

use crate::accuracy::log_loss;
use crate::error::DriftError;

/// The fresh rows.
pub(crate) struct Fresh {
    pub(crate) rows: u64,
    pub(crate) features: Table,
    pub(crate) answers: Answers,
    /// Where the table has the target.
    pub(crate) outcomes: Option<Outcomes>,
}

/// The rows whose outcome is known.
pub(crate) struct Outcomes {
    /// How many.
    pub(crate) rows: u64,
    /// The whole column, missing cells included, for its distribution.
    pub(crate) column: Column,
    /// What the model's error on each row is: log-loss of classes, absolute error of numbers.
    pub(crate) losses: Vec<f64>,
    /// Of two classes: whether each row is positive, and its score.
    pub(crate) ranking: Option<(Vec<bool>, Vec<f64>)>,
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
    let is_labelled = header.header().contains(&signature.target);
    let features = Table::read(bytes, &layout, &predictor.specs()).map_err(fail)?;
    if features.rows() == 0 {
        return Err(fail(TableError::NoRows));
    }
    let answers = predictor
        .predict(&features)
        .map_err(|source| DriftError::Score {
            path: path.to_owned(),
            source,
        })?;
    let outcomes = if is_labelled {
        let kind = match signature.answer {
            Answer::Regression(_) => ColumnKind::Number,
            _ => ColumnKind::Category,
        };
        let spec = ColumnSpec::new(&signature.target, kind);
        let table = Table::read(bytes, &layout, &[spec]).map_err(fail)?;
        Some(outcomes(&table, &answers, signature)?)
    } else {
        None
    };
    Ok(Fresh {
        rows: features.rows() as u64,
        features,
        answers,
        outcomes,
    })
}

fn outcomes(
    table: &Table,
    answers: &Answers,
    signature: &Signature,
) -> Result<Outcomes, DriftError> {
    let Some(column) = table.column(&signature.target) else {
        return Err(DriftError::NoProfile(signature.target.clone()));
    };
    let mut losses = Vec::new();
    let mut ranking = (Vec::new(), Vec::new());
    let classes = signature.answer.classes();
    for (row, answer) in answers.rows().enumerate() {
        match column {
            Column::Number(values) if values[row].is_nan() => (),
            Column::Number(values) => {
                losses.push((f64::from(values[row]) - f64::from(answer[0])).abs());
            }
            Column::Category(values) => {
                let text = values.text(row);
                if text.is_empty() {
                    continue;
                }
                let class = classes.iter().position(|class| *class == text);
                let class = class.ok_or_else(|| DriftError::Outcome {
                    line: table.line(row),
                    column: signature.target.clone(),
                    value: text.to_owned(),
                })?;
                losses.push(log_loss(likelihood(answer, class)));
                ranking.0.push(class == 1);
                ranking.1.push(f64::from(answer[0]));
            }
        }
    }
    Ok(Outcomes {
        rows: losses.len() as u64,
        column: column.clone(),
        losses,
        ranking: signature.binary().map(|_| ranking),
    })
}

/// The probability that a row's own class got. Of two classes the answer is that of the second.
fn likelihood(answer: &[f32], class: usize) -> f64 {
    match answer {
        [positive] if class == 0 => 1.0 - f64::from(*positive),
        [positive] => f64::from(*positive),
        several => several.get(class).map_or(0.0, |p| f64::from(*p)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_gets_its_own_probability() {
        assert!((likelihood(&[0.25], 0) - 0.75).abs() < 1e-15);
        assert!((likelihood(&[0.25], 1) - 0.25).abs() < 1e-15);
        assert!((likelihood(&[0.25, 0.5, 0.25], 1) - 0.5).abs() < 1e-15);
    }
}
