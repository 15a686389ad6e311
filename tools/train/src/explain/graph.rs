//! A graph that another program made, explained on the rows of a file.

use std::path::Path;

use yard_cli::Io;
use yard_contract::{Algorithm, Answer, ExplainedSide, Input, Profile};
use yard_model::Predictor;
use yard_table::{Layout, Rows, Table, TableError, parse_number};

use super::{ExplainError, ExplainPlan, Known, Model};
use crate::error::TrainError;
use crate::target::Target;

/// A graph, and what is known of it.
pub(crate) struct Graph<'a> {
    /// The file as the folder will have it.
    pub(crate) model: Input,
    pub(crate) predictor: &'a Predictor,
    pub(crate) profile: &'a Profile,
    pub(crate) algorithm: Algorithm,
    pub(crate) seed: u64,
    /// What it was made from.
    pub(crate) made_from: &'a [Input],
}

/// Explains a graph on the rows of a file, and writes the explanation.
pub(crate) fn write(
    graph: &Graph<'_>,
    path: &Path,
    side: ExplainedSide,
    plan: &ExplainPlan,
    io: &mut Io,
) -> Result<(), TrainError> {
    let signature = graph.predictor.signature();
    let source = io.read("table", path)?;
    let layout = Layout::sniff(&source.bytes).with_missing(&signature.missing);
    let name = path.display().to_string();
    let table = Table::read(&source.bytes, &layout, &graph.predictor.specs());
    let table = table.map_err(|source| TrainError::Table {
        path: name.clone(),
        source,
    })?;
    let target = outcomes(
        &source.bytes,
        &layout,
        &name,
        &signature.target,
        &signature.answer,
    )?;
    let model = Model {
        predictor: graph.predictor,
        sha256: graph.model.sha256,
        profile: graph.profile,
        algorithm: graph.algorithm,
        importance: &[],
        level: None,
        native: None,
        seed: graph.seed,
    };
    let known = Known {
        side,
        table: &table,
        target: &target,
        weights: None,
    };
    let explanation = super::of(&model, &known, plan)?;
    let mut inputs = vec![graph.model.clone()];
    inputs.extend(graph.made_from.iter().cloned());
    if side == ExplainedSide::HeldOut {
        inputs.push(Input::new(
            "holdout",
            &source.input.path,
            source.input.sha256,
        ));
    }
    io.write_artifact(&plan.path, inputs, explanation)?;
    Ok(())
}

/// The target of every row. One that is missing, or no class of the graph's, is refused by its line.
fn outcomes(
    bytes: &[u8],
    layout: &Layout,
    path: &str,
    column: &str,
    answer: &Answer,
) -> Result<Target, TrainError> {
    let fail = |source: TableError| TrainError::Table {
        path: path.to_owned(),
        source,
    };
    let mut rows = Rows::new(bytes, layout).map_err(fail)?;
    let place = rows.position(column).map_err(fail)?;
    let classes = answer.classes();
    let (mut codes, mut numbers) = (Vec::new(), Vec::new());
    while let Some(row) = rows.advance_full() {
        let row = row.map_err(fail)?;
        let (line, column) = (row.line, column.to_owned());
        let cell = row.cell(place).map_err(fail)?.trim_ascii();
        if layout.is_missing(cell) {
            return Err(TrainError::TargetMissing { line, column });
        }
        let value = || cell.chars().take(80).collect();
        if let Answer::Regression(_) = answer {
            numbers.push(
                parse_number(cell).map_err(|error| TrainError::TargetNumber {
                    line,
                    column,
                    value: value(),
                    reason: error.reason(),
                })?,
            );
        } else {
            let known = classes.iter().position(|class| *class == cell);
            codes.push(known.ok_or_else(|| ExplainError::UnknownClass {
                line,
                column,
                value: value(),
            })?);
        }
    }
    Ok(match answer {
        Answer::Regression(_) => Target::Regression(numbers),
        Answer::Binary(binary) => Target::Binary {
            labels: codes.iter().map(|code| *code == 1).collect(),
            classes: binary.classes.clone(),
        },
        Answer::Multiclass(several) => Target::Multiclass {
            labels: codes
                .iter()
                .map(|code| u32::try_from(*code).unwrap_or(u32::MAX))
                .collect(),
            classes: several.classes.clone(),
        },
    })
}
