//! Scores instead of a graph: the command sees the held-out rows without their target, and what it
//! answers, row by row, stands beside their outcomes for `eval-gate`.

use std::path::Path;

use yard_cli::{Io, files};
use yard_contract::{ManifestFile, Run, Sha256, Split};
use yard_model::file;
use yard_table::{Layout, Rows, TableError};

use super::error::BringError;
use crate::adopt::Origin;
use crate::args::RunArgs;
use crate::error::TrainError;
use crate::plan::Plan;
use crate::toolchain;

fn table(path: &Path) -> impl Fn(TableError) -> TrainError {
    let path = path.display().to_string();
    move |source| TrainError::Table {
        path: path.clone(),
        source,
    }
}

/// A cell as CSV writes it.
fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

/// Writes the held-out rows without the target.
pub(super) fn questions(plan: &Plan, place: &Path) -> Result<(), TrainError> {
    let holdout = &plan.holdout_out;
    let bytes = std::fs::read(holdout).map_err(|source| yard_cli::Error::Read {
        path: holdout.clone(),
        source,
    })?;
    let fail = table(holdout);
    let layout = Layout::sniff(&bytes);
    let mut rows = Rows::new(&bytes, &layout).map_err(&fail)?;
    let target = rows.position(&plan.config.target.column).map_err(&fail)?;
    let width = rows.header().len();
    let kept = |cells: Vec<&str>| {
        let others = cells
            .into_iter()
            .enumerate()
            .filter(|(at, _)| *at != target);
        let others: Vec<String> = others.map(|(_, cell)| quoted(cell)).collect();
        others.join(",") + "\n"
    };
    let mut text = kept(rows.header().iter().map(String::as_str).collect());
    while let Some(row) = rows.advance_full() {
        let row = row.map_err(&fail)?;
        let cells: Result<Vec<&str>, TableError> = (0..width).map(|at| row.cell(at)).collect();
        text.push_str(&kept(cells.map_err(&fail)?));
    }
    files::write(place, text.as_bytes())?;
    Ok(())
}

/// Writes the scores beside the outcomes, and the run that they come from.
pub(super) fn write(
    args: &RunArgs,
    plan: &Plan,
    holdout: &[u8],
    produced: &Path,
    origin: Origin,
    split: &Split,
    io: &mut Io,
) -> Result<String, TrainError> {
    let scores = io.read("scores", produced)?;
    let fail = table(&plan.holdout_out);
    let layout = Layout::sniff(holdout);
    let mut outcomes = Rows::new(holdout, &layout).map_err(&fail)?;
    let target = outcomes
        .position(&plan.config.target.column)
        .map_err(&fail)?;
    let id = args.id.as_ref().map(|id| outcomes.position(id)).transpose();
    let id = id.map_err(&fail)?;
    let fail_scores = table(produced);
    let layout = Layout::sniff(&scores.bytes);
    let mut answers = Rows::new(&scores.bytes, &layout).map_err(&fail_scores)?;
    let names: Vec<String> = answers.header().to_vec();
    if names.iter().any(|name| name == "id" || name == "label") {
        let problem = "name a column `id` or `label`, which are ours to write".to_owned();
        return Err(BringError::Scores { problem }.into());
    }
    let header: Vec<String> = names.iter().map(|name| quoted(name)).collect();
    let mut text = format!("id,label,{}\n", header.join(","));
    let mut count = 0_u64;
    loop {
        let (outcome, answer) = (outcomes.advance_full(), answers.advance_full());
        let (outcome, answer) = match (outcome, answer) {
            (None, None) => break,
            (Some(outcome), Some(answer)) => {
                (outcome.map_err(&fail)?, answer.map_err(&fail_scores)?)
            }
            (outcome, _) => {
                let fewer = if outcome.is_some() { "fewer" } else { "more" };
                let problem = format!("have {fewer} rows than `TRAINYARD_SCORE`");
                return Err(BringError::Scores { problem }.into());
            }
        };
        count += 1;
        let name = match id {
            Some(place) => outcome.cell(place).map_err(&fail)?.to_owned(),
            None => count.to_string(),
        };
        let mut cells = vec![quoted(&name)];
        cells.push(quoted(outcome.cell(target).map_err(&fail)?.trim_ascii()));
        for (place, column) in names.iter().enumerate() {
            let cell = answer.cell(place).map_err(&fail_scores)?.trim_ascii();
            if layout.is_missing(cell) {
                let problem = format!("lack `{column}` in line {}", answer.line);
                return Err(BringError::Scores { problem }.into());
            }
            cells.push(quoted(cell));
        }
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    files::write(&args.predictions, text.as_bytes())?;
    let config = &plan.config;
    let mut from = origin.inputs;
    from.push(scores.input);
    let run = Run {
        algorithm: origin.algorithm,
        parameters: origin.parameters,
        seed: config.seed,
        commit: plan.commit.clone(),
        // There is no graph, and so no operator sets.
        environment: toolchain::environment(io.producer().version.clone(), 0, 0),
        validation_rows: None,
        suspicious: Vec::new(),
        rows: split.train.rows,
        history: Vec::new(),
        importance: Vec::new(),
        cross_validation: None,
        trivial: Vec::new(),
        files: vec![ManifestFile {
            path: yard_cli::recorded_path(&args.predictions),
            size: text.len() as u64,
            sha256: Sha256::of(text.as_bytes()),
        }],
    };
    let place = args.predictions.with_file_name(file::RUN);
    io.write_artifact(&place, from, run)?;
    Ok(format!(
        "{}: {count} rows scored by a command",
        args.predictions.display()
    ))
}
