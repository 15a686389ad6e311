//! The verdict for people and for forges. It decides nothing.

use std::io::{self, Write};

use yard_cli::style;
use yard_contract::{
    Comparison, Decisions, Document as Artifact, Estimate, Evaluation, Gate, SliceResult, Verdict,
};
use yard_report::document::{Block, Document, Figure, Table, Text};
use yard_report::junit::{self, Case, Outcome, Suite};
use yard_report::number::grouped;
use yard_report::{html, markdown};

use crate::args::GateFormat;
use crate::charts::{Charts, status, words};
use crate::judge::{columns_name, slice_name};
use crate::metric::Metric;

/// Slices listed in a report.
const SLICES_SHOWN: usize = 12;

/// Everything that was found, in every form that stdout or a file can carry.
pub(crate) struct Report<'a> {
    pub(crate) gate: &'a Artifact<Gate>,
    pub(crate) evaluation: &'a Evaluation,
    pub(crate) charts: &'a Charts,
}

impl Report<'_> {
    pub(crate) fn write(&self, format: GateFormat, out: &mut dyn Write) -> io::Result<()> {
        match format {
            GateFormat::Human => self.human(out),
            GateFormat::Json => out.write_all(&self.gate.to_bytes()),
            GateFormat::Markdown => out.write_all(self.markdown().as_bytes()),
            GateFormat::Junit => out.write_all(self.junit().as_bytes()),
        }
    }

    pub(crate) fn markdown(&self) -> String {
        markdown::render(&self.document(), markdown::LIMIT)
    }

    pub(crate) fn html(&self) -> String {
        html::render(&self.document())
    }

    pub(crate) fn junit(&self) -> String {
        let cases = self.gate.body.rules.iter().map(|rule| {
            let (message, detail) = (rule.message.clone(), String::new());
            Case {
                class: "gate".to_owned(),
                name: rule.id.clone(),
                file: None,
                outcome: match rule.verdict {
                    Verdict::Pass | Verdict::Warning => Outcome::Passed,
                    Verdict::Fail => Outcome::Failed { message, detail },
                    Verdict::Inconclusive => Outcome::Errored { message, detail },
                },
            }
        });
        junit::render(
            "eval-gate",
            &[Suite {
                name: "eval-gate".to_owned(),
                cases: cases.collect(),
            }],
        )
    }

    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let gate = &self.gate.body;
        let colour = style::of(gate.verdict);
        writeln!(
            out,
            "{colour}{}{colour:#}: {}",
            gate.verdict,
            style::line(&gate.summary)
        )?;
        for rule in &gate.rules {
            let colour = style::of(rule.verdict);
            writeln!(
                out,
                "  {colour}{:<12}{colour:#} {}",
                rule.verdict,
                style::line(&rule.message)
            )?;
        }
        Ok(())
    }

    fn document(&self) -> Document {
        let gate = &self.gate.body;
        let evaluation = self.evaluation;
        let mut blocks = vec![
            Block::section("Rules"),
            Block::Table(rules(gate)),
            Block::section("Metrics"),
            Block::Paragraph(
                Text::plain(format!(
                    "{} rows were held out, {} of them positive; a row counts as positive from a probability of ",
                    grouped(evaluation.rows),
                    grouped(evaluation.positives),
                ))
                .code(evaluation.threshold.to_string())
                .then(" on."),
            ),
            Block::Table(metrics(evaluation)),
        ];
        if let Some(chart) = &self.charts.champion {
            blocks.push(Block::section("Champion"));
            blocks.push(Block::Figure(Figure::of(chart)));
        }
        if let Some(comparison) = &evaluation.comparison {
            blocks.push(Block::Table(differences(comparison)));
            blocks.extend(comparison.decisions.map(decisions));
        }
        blocks.push(Block::section("Slices"));
        if evaluation.slices.is_empty() {
            blocks.push(Block::paragraph("The configuration asks for no slices."));
        } else {
            blocks.push(Block::Table(slices(evaluation)));
            blocks.extend(
                self.charts
                    .slices
                    .as_ref()
                    .map(|chart| Block::Figure(Figure::of(chart))),
            );
        }
        if !evaluation.weakest.is_empty() {
            blocks.push(Block::paragraph(
                "Where the model errs most, their number accounted for:",
            ));
            blocks.push(Block::Table(weakest(evaluation)));
        }
        blocks.push(Block::section("Curves"));
        blocks.extend([
            Block::Figure(Figure::of(&self.charts.roc)),
            Block::Figure(Figure::of(&self.charts.precision_recall)),
            Block::Figure(Figure::of(&self.charts.reliability)),
            Block::Figure(Figure::of(&self.charts.scores)),
            Block::Figure(Figure::of(&self.charts.gain)),
            Block::Figure(Figure::of(&self.charts.confusion)),
        ]);
        blocks.push(Block::section("Evidence"));
        blocks.push(Block::Table(self.lineage()));
        Document {
            title: "Model evaluation".to_owned(),
            status: status(gate.verdict),
            summary: Text::plain(gate.summary.clone()),
            blocks,
        }
    }

    fn lineage(&self) -> Table {
        let mut table = Table::new("What was judged, by digest", &["Kind", "File", "SHA-256"]);
        for input in &self.gate.header.inputs {
            table.row([
                Text::plain(input.kind.clone()),
                Text::value(input.path.clone()),
                Text::value(input.sha256.short()),
            ]);
        }
        table
    }
}

fn rules(gate: &Gate) -> Table {
    let mut table = Table::new(
        "Every rule and what it met",
        &["Verdict", "Rule", "Outcome"],
    );
    let mut rules: Vec<_> = gate.rules.iter().collect();
    rules.sort_by_key(|rule| std::cmp::Reverse(rule.verdict));
    for rule in rules {
        table.row([
            Text::status(status(rule.verdict)),
            Text::value(rule.id.clone()),
            Text::plain(rule.message.clone()),
        ]);
    }
    table
}

fn metrics(evaluation: &Evaluation) -> Table {
    let comparison = evaluation.comparison.as_ref();
    let mut columns = vec!["Metric", "#Model", "Interval"];
    if comparison.is_some() {
        columns.push("#Champion");
    }
    columns.push("#Always the prior");
    let mut table = Table::new("Metrics on the rows held out", &columns);
    let prior = evaluation
        .baselines
        .iter()
        .find(|baseline| baseline.name == "prior");
    for metric in Metric::ALL {
        let name = metric.as_str();
        let Some(estimate) = evaluation.metrics.get(name) else {
            continue;
        };
        let mut row = vec![
            Text::value(name),
            Text::plain(format!("{:.4}", estimate.value.get())),
            Text::plain(range(estimate)),
        ];
        if let Some(comparison) = comparison {
            let value = comparison.champion_metrics.get(name);
            row.push(Text::plain(
                value.map_or_else(String::new, |e| format!("{:.4}", e.value.get())),
            ));
        }
        let value = prior.and_then(|prior| prior.metrics.get(name));
        row.push(Text::plain(
            value.map_or_else(String::new, |value| format!("{:.4}", value.get())),
        ));
        table.row(row);
    }
    table
}

fn weakest(evaluation: &Evaluation) -> Table {
    let mut table = Table::new(
        "Where the model errs more than on all other rows, the surest first: a place to look, not a rule",
        &[
            "Slice",
            "#Rows",
            "#Log-loss",
            "#Of the others",
            "#p, adjusted",
        ],
    );
    for slice in &evaluation.weakest {
        table.row([
            Text::value(columns_name(&slice.columns)),
            Text::plain(grouped(slice.rows)),
            Text::plain(format!("{:.4}", slice.log_loss.get())),
            Text::plain(format!("{:.4}", slice.rest.get())),
            Text::plain(format!("{:.4}", slice.p_value.get())),
        ]);
    }
    table
}

fn differences(comparison: &Comparison) -> Table {
    let mut table = Table::new(
        "Model minus champion on the same rows; p is that of \"worse by the margin or more\"",
        &["Metric", "#Difference", "Interval", "#Margin", "#p"],
    );
    for metric in Metric::ALL {
        let Some(found) = comparison.differences.get(metric.as_str()) else {
            continue;
        };
        let margin = found
            .margin
            .map_or_else(String::new, |margin| margin.to_string());
        table.row([
            Text::value(metric.as_str()),
            Text::plain(format!("{:+.4}", found.difference.value.get())),
            Text::plain(range(&found.difference)),
            Text::plain(margin),
            Text::plain(format!("{:.4}", found.p_value.get())),
        ]);
    }
    table
}

fn decisions(decisions: Decisions) -> Block {
    Block::paragraph(format!(
        "Decisions: on {} rows only the model is right, on {} only the champion (McNemar's test: p = {:.4}).",
        grouped(decisions.challenger_only),
        grouped(decisions.champion_only),
        decisions.p_value.get(),
    ))
}

fn range(estimate: &Estimate) -> String {
    match (estimate.low, estimate.high, &estimate.interval) {
        (Some(low), Some(high), Some(method)) => {
            format!("{:.4} to {:.4} ({method})", low.get(), high.get())
        }
        _ => String::new(),
    }
}

fn slices(evaluation: &Evaluation) -> Table {
    let compared = evaluation
        .slices
        .iter()
        .any(|slice| slice.difference.is_some());
    let mut columns = vec!["Slice", "#Rows", "#Positive", "AUC"];
    if compared {
        columns.push("Against the champion");
    }
    columns.push("Judged");
    let mut table = Table::new(
        "Slices, the weakest first; those with too few rows last",
        &columns,
    );
    let auc = |slice: &SliceResult| slice.metrics.get("auc").map_or(2.0, |auc| auc.value.get());
    let mut slices: Vec<&SliceResult> = evaluation.slices.iter().collect();
    slices.sort_by(|a, b| {
        b.supported
            .cmp(&a.supported)
            .then(auc(a).total_cmp(&auc(b)))
    });
    for slice in slices.iter().take(SLICES_SHOWN) {
        let mut row = vec![
            Text::value(slice_name(slice)),
            Text::plain(grouped(slice.rows)),
            Text::plain(grouped(slice.positives)),
            Text::plain(
                slice
                    .metrics
                    .get("auc")
                    .map_or("undefined".to_owned(), words),
            ),
        ];
        if compared {
            let found = slice.difference.as_ref();
            let found = found.map_or_else(String::new, |found| words(&found.difference));
            row.push(Text::plain(found));
        }
        row.push(Text::plain(if slice.supported {
            "yes"
        } else {
            "too few rows"
        }));
        table.row(row);
    }
    table
}
