//! The verdict for people and for forges. It decides nothing.

mod beside;
mod charts;
mod forges;
mod tables;

pub(crate) use charts::Charts;
pub(crate) use forges::ConfigPlace;

use std::collections::BTreeMap;
use std::io::{self, Write};

use yard_cli::style;
use yard_contract::{ByTask, CheapestThreshold, Document as Artifact, Evaluation, Gate, Verdict};
use yard_report::document::{Block, Document, Figure, Table, Text};
use yard_report::junit::{self, Case, Outcome, Suite};
use yard_report::number::grouped;
use yard_report::{html, markdown};

use crate::args::GateFormat;
use charts::status;

/// Everything that was found, in every form that stdout or a file can carry.
pub(crate) struct Report<'a> {
    pub(crate) gate: &'a Artifact<Gate>,
    pub(crate) evaluation: &'a Evaluation,
    pub(crate) charts: &'a Charts,
    /// What a clock measured, by rule.
    pub(crate) measured: &'a BTreeMap<String, f64>,
    pub(crate) config: ConfigPlace<'a>,
}

impl Report<'_> {
    pub(crate) fn write(&self, format: GateFormat, out: &mut dyn Write) -> io::Result<()> {
        match format {
            GateFormat::Human => self.human(out),
            GateFormat::Json => out.write_all(&self.gate.to_bytes()),
            GateFormat::Markdown => out.write_all(self.markdown().as_bytes()),
            GateFormat::Junit => out.write_all(self.junit().as_bytes()),
            GateFormat::CodeQuality => out.write_all(self.code_quality().as_bytes()),
            GateFormat::OpenMetrics => {
                let text = self.open_metrics().map_err(io::Error::other)?;
                out.write_all(text.as_bytes())
            }
            GateFormat::Github => out.write_all(self.annotations().as_bytes()),
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
        let mut blocks = vec![Block::section("Rules"), Block::Table(tables::rules(gate))];
        blocks.extend(beside::overrides(gate));
        blocks.extend(beside::measured(self.measured));
        blocks.extend([
            Block::section("Metrics"),
            Block::Paragraph(rows(evaluation)),
            Block::Table(tables::metrics(evaluation)),
        ]);
        blocks.extend(beside::baseline(evaluation));
        if let Some(chart) = &self.charts.champion {
            blocks.push(Block::section("Champion"));
            blocks.push(Block::Figure(Figure::of(chart)));
        }
        if let Some(comparison) = &evaluation.comparison {
            let caption = "Challenger minus champion on the same rows; p is that of \"worse by the margin or more\"";
            blocks.push(Block::Table(tables::differences(comparison, caption)));
            blocks.push(beside::seeds(gate.seed_noise.as_ref()));
            blocks.extend(comparison.decisions.map(tables::decisions));
        }
        blocks.extend(evaluation.flips.iter().flat_map(beside::flips));
        blocks.extend(beside::release(gate, evaluation));
        blocks.push(Block::section("Slices"));
        if evaluation.slices.is_empty() {
            blocks.push(Block::paragraph("The configuration asks for no slices."));
        } else {
            blocks.push(Block::Table(tables::slices(evaluation)));
            blocks.extend(
                self.charts
                    .slices
                    .as_ref()
                    .map(|chart| Block::Figure(Figure::of(chart))),
            );
        }
        if !evaluation.weakest.is_empty() {
            blocks.push(Block::paragraph(format!(
                "Where the {} errs most, their number accounted for:",
                tables::name(evaluation)
            )));
            blocks.push(Block::Table(tables::weakest(evaluation)));
        }
        if !evaluation.fairness.is_empty() {
            blocks.push(Block::section("Groups"));
            blocks.push(Block::Table(tables::groups(evaluation)));
        }
        blocks.push(Block::section("Charts"));
        let of_task = self.charts.of_task.iter();
        blocks.extend(of_task.map(|(_, chart)| Block::Figure(Figure::of(chart.as_ref()))));
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

/// What the rows are.
fn rows(evaluation: &Evaluation) -> Text {
    let rows = grouped(evaluation.rows);
    match &evaluation.by_task {
        ByTask::Binary(of) => {
            let text = Text::plain(format!(
                "{rows} rows were held out, {} of them positive; a row counts as positive from a probability of ",
                grouped(of.positives),
            ));
            let text = text.code(of.threshold.to_string()).then(" on.");
            match &of.cheapest {
                Some(cheapest) => text.then(cheapest_words(cheapest)),
                None => text,
            }
        }
        ByTask::Multiclass(of) => Text::plain(format!(
            "{rows} rows of {} classes were held out.",
            of.classes.len()
        )),
        ByTask::Regression(of) => Text::plain(format!(
            "{rows} rows were held out; the outcome has mean {} and standard deviation {}.",
            tables::figure(of.mean),
            tables::figure(of.sd),
        )),
    }
}

/// Which threshold would have cost least, and where it may lie.
fn cheapest_words(cheapest: &CheapestThreshold) -> String {
    let best = match cheapest.threshold {
        Some(at) => format!("a threshold of {at:.4}"),
        None => "calling no row positive".to_owned(),
    };
    let place = cheapest.interval.as_ref().map(|interval| {
        let ends = match (interval.low, interval.high) {
            (Some(low), Some(high)) => format!("{low:.4} to {high:.4}"),
            (Some(low), None) => format!("{low:.4} or more, up to calling no row positive"),
            (None, Some(high)) => format!("{high:.4} or less, down to calling every row positive"),
            (None, None) => "anything".to_owned(),
        };
        format!(
            "; on other rows of the same kind it may be {ends} ({})",
            interval.method
        )
    });
    format!(
        " On these rows {best} would cost least: {:.4} a row{}.",
        cheapest.cost,
        place.unwrap_or_else(|| "; they are too few to tell where it lies on others".to_owned()),
    )
}
