//! What each kind of artifact has to say to a reviewer.

use serde_json::Value;
use yard_contract::{
    Artifact, DataReport, DeliveryAction, Document as Read, DriftReport, Evaluation, Gate, Header,
    ParseError, PublishReceipt, SmokeReport, Verdict,
};
use yard_report::annotations::{Annotation, Level};
use yard_report::document::{Block, Table, Text};
use yard_report::number::grouped;

use crate::page::status;

/// Rows of a table; a page is read, not searched.
const ROWS: usize = 40;

/// One artifact on the page.
pub(crate) struct Section {
    pub(crate) title: String,
    pub(crate) verdict: Option<Verdict>,
    pub(crate) summary: String,
    pub(crate) blocks: Vec<Block>,
    pub(crate) findings: Vec<Annotation>,
}

/// Reads an artifact of a known kind and shows it.
pub(crate) fn read<T: Artifact>(
    bytes: &[u8],
    show: impl Fn(&Read<T>) -> Section,
) -> Result<Section, ParseError> {
    Read::parse(bytes).map(|document| show(&document))
}

/// One rule, check or finding, whatever kind of artifact it is of.
struct Row {
    verdict: Verdict,
    name: String,
    message: String,
    place: Option<(String, u64)>,
}

/// A table of rows, the gravest first, and an annotation for each that did not pass.
fn judged(title: &str, name: &str, mut rows: Vec<Row>) -> (Vec<Block>, Vec<Annotation>) {
    rows.sort_by_key(|row| std::cmp::Reverse(row.verdict));
    let mut table = Table::new(
        format!("{title}, the gravest first"),
        &["Verdict", name, "Outcome"],
    );
    for row in rows.iter().take(ROWS) {
        table.row([
            Text::status(status(row.verdict)),
            Text::value(row.name.clone()),
            Text::plain(row.message.clone()),
        ]);
    }
    let mut blocks = Vec::new();
    if !rows.is_empty() {
        blocks.push(Block::Table(table));
    }
    if rows.len() > ROWS {
        blocks.push(Block::paragraph(format!(
            "{} more are in the artifact.",
            rows.len() - ROWS
        )));
    }
    let loud = rows.iter().filter(|row| row.verdict != Verdict::Pass);
    let findings = loud.map(|row| Annotation {
        level: match row.verdict {
            Verdict::Fail => Level::Error,
            Verdict::Warning | Verdict::Inconclusive => Level::Warning,
            Verdict::Pass => Level::Notice,
        },
        title: format!("{title}: {}", row.name),
        message: row.message.clone(),
        place: row.place.clone(),
    });
    let findings = findings.collect();
    (blocks, findings)
}

pub(crate) fn gate(document: &Read<Gate>) -> Section {
    let gate = &document.body;
    let rows = gate.rules.iter().map(|rule| Row {
        verdict: rule.verdict,
        name: rule.id.clone(),
        message: rule.message.clone(),
        place: None,
    });
    let (blocks, findings) = judged("Gate", "Rule", rows.collect());
    Section {
        title: "Gate".to_owned(),
        verdict: Some(gate.verdict),
        summary: gate.summary.clone(),
        blocks,
        findings,
    }
}

pub(crate) fn evaluation(document: &Read<Evaluation>) -> Section {
    let mut table = Table::new(
        "Metrics on the rows held out",
        &["Metric", "#Model", "Interval"],
    );
    for (name, estimate) in &document.body.metrics {
        let range = match (estimate.low, estimate.high, &estimate.interval) {
            (Some(low), Some(high), Some(method)) => {
                format!("{:.4} to {:.4} ({method})", low.get(), high.get())
            }
            _ => String::new(),
        };
        table.row([
            Text::value(name.clone()),
            Text::plain(format!("{:.4}", estimate.value.get())),
            Text::plain(range),
        ]);
    }
    Section {
        title: "Evaluation".to_owned(),
        verdict: None,
        summary: format!("{} rows were held out.", grouped(document.body.rows)),
        blocks: vec![Block::Table(table)],
        findings: Vec::new(),
    }
}

pub(crate) fn data_report(document: &Read<DataReport>) -> Section {
    let report = &document.body;
    let table = document.header.input("table").map(|input| &input.path);
    let rows = report.broken.iter().map(|broken| {
        let column = broken.column.clone().unwrap_or_default();
        let first = report
            .findings
            .iter()
            .find(|finding| finding.rule == broken.rule && finding.column == broken.column);
        let told = first.map_or_else(String::new, |finding| format!("; {}", finding.message));
        Row {
            verdict: broken.severity,
            name: format!("{} {column}", broken.rule.as_str())
                .trim()
                .to_owned(),
            message: format!("{} times{told}", grouped(broken.count)),
            place: first.and_then(|finding| Some((table?.clone(), finding.line?))),
        }
    });
    let (blocks, findings) = judged("Data", "Rule", rows.collect());
    Section {
        title: "Data".to_owned(),
        verdict: Some(report.verdict),
        summary: format!(
            "{} rows, {} columns, {} broken rules.",
            grouped(report.rows),
            report.columns.len(),
            report.broken.len()
        ),
        blocks,
        findings,
    }
}

pub(crate) fn smoke_report(document: &Read<SmokeReport>) -> Section {
    let report = &document.body;
    let rows = report.checks.iter().map(|check| Row {
        verdict: check.verdict,
        name: check.id.clone(),
        message: check.message.clone(),
        place: None,
    });
    let (blocks, findings) = judged("Deployment", "Check", rows.collect());
    Section {
        title: "Deployment".to_owned(),
        verdict: Some(report.verdict),
        summary: format!("{} golden rows were asked.", grouped(report.golden_rows)),
        blocks,
        findings,
    }
}

pub(crate) fn receipt(document: &Read<PublishReceipt>) -> Section {
    let receipt = &document.body;
    let rows = receipt.deliveries.iter().map(|delivery| Row {
        verdict: match delivery.action {
            DeliveryAction::Conflict => Verdict::Fail,
            _ => Verdict::Pass,
        },
        name: delivery.file.clone(),
        message: format!(
            "{} at {}, sha256 {}",
            match delivery.action {
                DeliveryAction::Uploaded => "uploaded",
                DeliveryAction::AlreadyThere => "there already",
                DeliveryAction::Conflict => "other bytes are there",
                DeliveryAction::Planned => "planned",
            },
            delivery.target,
            delivery.sha256.short()
        ),
        place: None,
    });
    let (blocks, findings) = judged("Publication", "File", rows.collect());
    Section {
        title: "Publication".to_owned(),
        verdict: Some(receipt.verdict),
        summary: format!("{} {}.", receipt.name, receipt.package_version),
        blocks,
        findings,
    }
}

pub(crate) fn drift_report(document: &Read<DriftReport>) -> Section {
    let report = &document.body;
    let loud = report
        .checks
        .iter()
        .filter(|check| check.verdict != Verdict::Pass);
    let rows = loud.map(|check| Row {
        verdict: check.verdict,
        name: format!("{} {}", check.measure.as_str(), check.name),
        message: check.message.clone(),
        place: None,
    });
    let (blocks, findings) = judged("Drift", "Check", rows.collect());
    Section {
        title: "Drift".to_owned(),
        verdict: Some(report.verdict),
        summary: report.summary.clone(),
        blocks,
        findings,
    }
}

/// An artifact of any other kind: its plain fields and what it was made from.
pub(crate) fn any(header: &Header, bytes: &[u8]) -> Result<Section, ParseError> {
    let body: Value = serde_json::from_slice(bytes).map_err(ParseError::Json)?;
    let mut table = Table::new("Its plain fields", &["Field", "Value"]);
    let fields = body.as_object().into_iter().flatten();
    for (name, value) in fields {
        let shown = match value {
            Value::String(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) => continue,
        };
        if !["kind", "version"].contains(&name.as_str()) {
            table.row([Text::value(name.clone()), Text::value(shown)]);
        }
    }
    let mut blocks = Vec::new();
    if !table.rows.is_empty() {
        blocks.push(Block::Table(table));
    }
    let mut sources = Table::new("What it was made from", &["Kind", "File", "SHA-256"]);
    for input in &header.inputs {
        sources.row([
            Text::value(input.kind.clone()),
            Text::value(input.path.clone()),
            Text::value(input.sha256.short()),
        ]);
    }
    if !sources.rows.is_empty() {
        blocks.push(Block::Details {
            summary: "What it was made from".to_owned(),
            blocks: vec![Block::Table(sources)],
        });
    }
    // A verdict that is not understood is no pass.
    let verdict = body
        .get("verdict")
        .map(|verdict| serde_json::from_value(verdict.clone()).unwrap_or(Verdict::Inconclusive));
    Ok(Section {
        title: format!("Artifact {}", header.kind),
        verdict,
        summary: format!(
            "Written by {} {}.",
            header.produced_by.tool, header.produced_by.version
        ),
        blocks,
        findings: Vec::new(),
    })
}
