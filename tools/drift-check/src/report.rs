//! The verdict for people, forges and Prometheus. It decides nothing.

use std::io::{self, Write};

use yard_cli::style;
use yard_contract::{Document as Artifact, DriftCheck, DriftMeasure, DriftReport, Verdict};
use yard_report::chart::Psi;
use yard_report::document::{Block, Document, Figure, Status, Table, Text};
use yard_report::junit::{self, Case, Outcome, Suite};
use yard_report::metrics::{self, Family, Point};
use yard_report::number::{grouped, percent};
use yard_report::{html, markdown};

use crate::args::DriftFormat;
use crate::error::DriftError;

/// A report in all its forms.
pub(crate) struct Report<'a> {
    document: &'a Artifact<DriftReport>,
}

/// The verdict in one sentence.
pub(crate) fn summary(verdict: Verdict, checks: &[DriftCheck], rows: u64, is_thin: bool) -> String {
    let count = |wanted| {
        checks
            .iter()
            .filter(|check| check.verdict == wanted)
            .count()
    };
    let all = checks.len();
    let thin = if is_thin {
        ", and these are too few rows to let anything pass"
    } else {
        ""
    };
    let rows = grouped(rows);
    match verdict {
        Verdict::Pass => format!("no drift in {all} checks of {rows} rows"),
        Verdict::Fail => format!(
            "{} of {all} checks of {rows} rows show drift{thin}",
            count(Verdict::Fail)
        ),
        Verdict::Warning => format!(
            "{} of {all} checks of {rows} rows deserve a look",
            count(Verdict::Warning)
        ),
        Verdict::Inconclusive if is_thin => {
            format!("{rows} rows are too few to let anything pass")
        }
        Verdict::Inconclusive => format!(
            "{} of {all} checks of {rows} rows cannot be decided",
            count(Verdict::Inconclusive)
        ),
    }
}

impl<'a> Report<'a> {
    pub(crate) const fn new(document: &'a Artifact<DriftReport>) -> Self {
        Self { document }
    }

    pub(crate) fn write(
        &self,
        format: DriftFormat,
        metrics: &str,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        match format {
            DriftFormat::Human => self.human(out),
            DriftFormat::Json => out.write_all(&self.document.to_bytes()),
            DriftFormat::Markdown => out.write_all(self.markdown().as_bytes()),
            DriftFormat::Junit => out.write_all(self.junit().as_bytes()),
            DriftFormat::Metrics => out.write_all(metrics.as_bytes()),
        }
    }

    pub(crate) fn markdown(&self) -> String {
        markdown::render(&self.page(), markdown::LIMIT)
    }

    pub(crate) fn html(&self) -> String {
        html::render(&self.page())
    }

    pub(crate) fn junit(&self) -> String {
        let cases = self.document.body.checks.iter().map(|check| {
            let (message, detail) = (check.message.clone(), String::new());
            Case {
                class: format!("drift.{}", check.about.as_str()),
                name: format!("{} {}", check.measure.as_str(), check.name),
                file: None,
                outcome: match check.verdict {
                    Verdict::Pass | Verdict::Warning => Outcome::Passed,
                    Verdict::Fail => Outcome::Failed { message, detail },
                    Verdict::Inconclusive => Outcome::Errored { message, detail },
                },
            }
        });
        let suite = Suite {
            name: "drift-check".to_owned(),
            cases: cases.collect(),
        };
        junit::render("drift-check", &[suite])
    }

    /// A gauge a measure, labelled by what was measured.
    pub(crate) fn metrics(&self) -> Result<String, DriftError> {
        let report = &self.document.body;
        let mut families = Vec::new();
        for (measure, help) in [
            (DriftMeasure::Psi, "Population stability index."),
            (DriftMeasure::Ks, "Kolmogorov-Smirnov distance."),
            (
                DriftMeasure::Missing,
                "Change of the share of missing cells.",
            ),
            (
                DriftMeasure::NewCategories,
                "Share of rows with a new category.",
            ),
            (DriftMeasure::Drop, "How much a metric fell."),
            (
                DriftMeasure::Rise,
                "By which share of itself a metric rose.",
            ),
        ] {
            let name = format!("trainyard_drift_{}", measure.as_str().replace('-', "_"));
            let mut family = Family::gauge(&name, help);
            let mut checks = report
                .checks
                .iter()
                .filter(|check| check.measure == measure)
                .filter_map(|check| Some((check, check.value?)))
                .peekable();
            if checks.peek().is_none() {
                continue;
            }
            for (check, value) in checks {
                let point = Point::of(value.get(), 6)
                    .label("about", check.about.as_str())
                    .label("name", check.name.clone());
                family = family.point(point);
            }
            families.push(family);
        }
        let rows = Family::gauge("trainyard_drift_rows", "Fresh rows compared.");
        families.push(rows.point(Point::count(report.rows)));
        let failed = report
            .checks
            .iter()
            .filter(|check| check.verdict == Verdict::Fail);
        let family = Family::gauge("trainyard_drift_failed_checks", "Checks that show drift.");
        families.push(family.point(Point::count(failed.count() as u64)));
        metrics::open_metrics(&families).map_err(DriftError::Metrics)
    }

    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let report = &self.document.body;
        let colour = style::of(report.verdict);
        let (verdict, summary) = (report.verdict, style::line(&report.summary));
        writeln!(out, "{colour}{verdict}{colour:#}: {summary}")?;
        for check in sorted(report) {
            if check.verdict == Verdict::Pass {
                continue;
            }
            let colour = style::of(check.verdict);
            writeln!(
                out,
                "  {colour}{:<12}{colour:#} {} {}: {}",
                check.verdict,
                check.measure.as_str(),
                style::line(&check.name),
                style::line(&check.message)
            )?;
        }
        Ok(())
    }

    fn page(&self) -> Document {
        let report = &self.document.body;
        let labelled = match report.labelled_rows {
            0 => "The outcome of none of them is known.".to_owned(),
            count => format!("The outcome of {} of them is known.", grouped(count)),
        };
        let mut blocks = vec![
            Block::paragraph(format!(
                "{} fresh rows against {} rows of training. {labelled} If nothing had changed, the chance of any alarm would be at most {}.",
                grouped(report.rows),
                grouped(report.reference_rows),
                percent(report.level.get(), 2),
            )),
            Block::section("Checks"),
            Block::Table(checks(report)),
        ];
        let indices = report
            .checks
            .iter()
            .filter(|check| check.measure == DriftMeasure::Psi)
            .filter_map(|check| Some((check.name.clone(), check.value?.get())));
        let mut columns: Vec<(String, f64)> = indices.collect();
        columns.sort_by(|a, b| b.1.total_cmp(&a.1));
        if !columns.is_empty() {
            blocks.push(Block::section("How far each column moved"));
            blocks.push(Block::Figure(Figure::of(&Psi {
                title: "Population stability index".to_owned(),
                columns,
                ..Psi::default()
            })));
        }
        if !report.distributions.is_empty() {
            blocks.push(Block::section("Then and now"));
        }
        for one in &report.distributions {
            let mut table = Table::new("Shares of the rows", &["Bin", "#Then", "#Now"]);
            for bin in &one.bins {
                table.row([
                    Text::value(bin.label.clone()),
                    Text::plain(percent(bin.before.get(), 1)),
                    Text::plain(percent(bin.now.get(), 1)),
                ]);
            }
            blocks.push(Block::Paragraph(
                Text::plain(format!("The {} ", one.about.as_str())).code(one.name.clone()),
            ));
            blocks.push(Block::Table(table));
        }
        blocks.push(Block::section("Evidence"));
        let mut table = Table::new("What was compared, by digest", &["Kind", "File", "SHA-256"]);
        for input in &self.document.header.inputs {
            table.row([
                Text::plain(input.kind.clone()),
                Text::value(input.path.clone()),
                Text::value(input.sha256.short()),
            ]);
        }
        blocks.push(Block::Table(table));
        Document {
            title: "Drift".to_owned(),
            status: status(report.verdict),
            summary: Text::plain(report.summary.clone()),
            blocks,
        }
    }
}

fn checks(report: &DriftReport) -> Table {
    let mut table = Table::new(
        "Every check, the gravest first",
        &["Verdict", "About", "Name", "Measure", "Outcome"],
    );
    for check in sorted(report) {
        table.row([
            Text::status(status(check.verdict)),
            Text::plain(check.about.as_str()),
            Text::value(check.name.clone()),
            Text::plain(check.measure.as_str()),
            Text::plain(check.message.clone()),
        ]);
    }
    table
}

fn sorted(report: &DriftReport) -> Vec<&DriftCheck> {
    let mut checks: Vec<&DriftCheck> = report.checks.iter().collect();
    checks.sort_by_key(|check| std::cmp::Reverse(check.verdict));
    checks
}

const fn status(verdict: Verdict) -> Status {
    match verdict {
        Verdict::Pass => Status::Pass,
        Verdict::Warning => Status::Warn,
        Verdict::Fail => Status::Fail,
        Verdict::Inconclusive => Status::Inconclusive,
    }
}
