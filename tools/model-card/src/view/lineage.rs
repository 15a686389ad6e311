//! Everything that the card was made from, and what that was made from, by digest.

use serde::Serialize;
use yard_contract::Input;

use crate::evidence::Evidence;
use crate::plan::Plan;

/// One file of the lineage.
#[derive(Serialize)]
pub(crate) struct Row {
    kind: String,
    path: String,
    sha256: String,
    /// The kinds of the artifacts that were made from it; empty where only the card was.
    used_by: Vec<String>,
    /// Whether its digest was computed for this card, or taken from an artifact's word.
    verified: bool,
}

/// The files that the card was made from, in the order of the line, then the files that they name.
pub(crate) fn rows(evidence: &Evidence, plan: &Plan) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let data_report = evidence.data_report.iter().map(|it| &it.input);
    let read = data_report
        .chain(evidence.split.iter().map(|it| &it.input))
        .chain(evidence.explanation.iter().map(|it| &it.input))
        .chain(&evidence.model.inputs)
        .chain([&evidence.evaluation.input, &evidence.gate.input])
        .chain(evidence.charts.iter().map(|chart| &chart.input))
        .chain([&plan.config_input]);
    for input in read {
        rows.push(Row {
            verified: true,
            ..row(input)
        });
    }
    for header in evidence.headers() {
        for input in &header.inputs {
            // The same file may be recorded under two paths: from where a tool wrote it and from
            // where another read it.
            let sha256 = input.sha256.to_string();
            let known = rows
                .iter()
                .position(|row| row.kind == input.kind && row.sha256 == sha256);
            let place = known.unwrap_or_else(|| {
                rows.push(row(input));
                rows.len() - 1
            });
            let used_by = &mut rows[place].used_by;
            if !used_by.contains(&header.kind) {
                used_by.push(header.kind.clone());
            }
        }
    }
    rows
}

fn row(input: &Input) -> Row {
    Row {
        kind: input.kind.clone(),
        path: input.path.clone(),
        sha256: input.sha256.to_string(),
        used_by: Vec::new(),
        verified: false,
    }
}
