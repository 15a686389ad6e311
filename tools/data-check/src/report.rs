//! A report for people. It decides nothing.

use std::io::{self, Write};

use yard_cli::style::{self, FAINT, STRONG};
use yard_cli::{Format, Verdict};
use yard_contract::{DataReport, Document, Finding, RuleCount};

use crate::infer::Profile;
use crate::plan::{CheckPlan, InferPlan};

/// How many broken rules and how many findings a person is shown at most.
const SHOWN: usize = 20;

/// How wide a column's name is shown in the table.
const NAME: usize = 40;

/// Writes a report in the format asked for.
pub(crate) fn render(
    document: &Document<DataReport>,
    plan: &CheckPlan,
    out: &mut dyn Write,
) -> io::Result<()> {
    match plan.format {
        Format::Json => out.write_all(&document.to_bytes()),
        Format::Human => render_human(&document.body, plan, out),
    }
}

fn render_human(report: &DataReport, plan: &CheckPlan, out: &mut dyn Write) -> io::Result<()> {
    let style = style::of(report.verdict);
    let data = plan.data.to_string_lossy();
    let data = style::line(&data);
    let found: u64 = report.broken.iter().map(|rule| rule.count).sum();
    write!(
        out,
        "{style}{}{style:#}: {data}: {}, {}, ",
        report.verdict,
        amount(report.rows, "row"),
        amount(report.columns.len() as u64, "column"),
    )?;
    match found {
        0 => writeln!(out, "no findings")?,
        _ => writeln!(
            out,
            "{} of {}",
            amount(found, "finding"),
            amount(report.broken.len() as u64, "rule")
        )?,
    }
    if report.unreadable_rows > 0 {
        writeln!(
            out,
            "{} could not be read",
            amount(report.unreadable_rows, "row")
        )?;
    }
    render_rules(&report.broken, out)?;
    render_findings(&report.findings, &data, out)?;
    let listed = report.findings.len().min(SHOWN) as u64;
    let rest = found - listed;
    if rest > 0 {
        let path = plan.out.to_string_lossy();
        writeln!(
            out,
            "{FAINT}{rest} more; {} {} in {}{FAINT:#}",
            report.findings.len(),
            if report.findings.len() == 1 {
                "is"
            } else {
                "are"
            },
            style::line(&path)
        )?;
    }
    Ok(())
}

fn render_rules(broken: &[RuleCount], out: &mut dyn Write) -> io::Result<()> {
    if broken.is_empty() {
        return Ok(());
    }
    let label = |rule: &RuleCount| {
        rule.column
            .as_deref()
            .map_or_else(|| "(table)".to_owned(), short)
    };
    let names: Vec<String> = broken.iter().take(SHOWN).map(label).collect();
    let width = names
        .iter()
        .map(|name| name.chars().count())
        .max()
        .unwrap_or(0)
        .max(6);
    writeln!(out)?;
    writeln!(
        out,
        "{STRONG}{:<14}  {:<width$}  {:>9}  SEVERITY{STRONG:#}",
        "RULE", "COLUMN", "COUNT"
    )?;
    for (rule, name) in broken.iter().zip(&names) {
        let style = style::of(rule.severity);
        writeln!(
            out,
            "{:<14}  {name:<width$}  {:>9}  {style}{}{style:#}",
            rule.rule.as_str(),
            rule.count,
            rule.severity
        )?;
    }
    if broken.len() > SHOWN {
        writeln!(out, "{FAINT}{} more rules{FAINT:#}", broken.len() - SHOWN)?;
    }
    Ok(())
}

fn render_findings(findings: &[Finding], data: &str, out: &mut dyn Write) -> io::Result<()> {
    if findings.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    for finding in findings.iter().take(SHOWN) {
        write!(out, "{FAINT}{data}")?;
        if let Some(line) = finding.line {
            write!(out, ":{line}")?;
        }
        write!(out, ":{FAINT:#} ")?;
        if let Some(column) = &finding.column {
            write!(out, "{}: ", short(column))?;
        }
        write!(out, "{}", style::line(&finding.message))?;
        if finding.severity == Verdict::Warning {
            let style = style::WARN;
            write!(out, " {style}(warning){style:#}")?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// Says what a draft holds.
pub(crate) fn render_draft(
    profile: &Profile,
    plan: &InferPlan,
    out: &mut dyn Write,
) -> io::Result<()> {
    let path = plan.out.to_string_lossy();
    let missing = profile
        .columns
        .iter()
        .filter(|column| column.missing > 0)
        .count();
    writeln!(
        out,
        "{STRONG}{}{STRONG:#}: {} from {}{}, {missing} with missing cells",
        style::line(&path),
        amount(profile.columns.len() as u64, "column"),
        if profile.sampled { "the first " } else { "" },
        amount(profile.rows, "row"),
    )
}

/// A column's name that does not break the line.
fn short(name: &str) -> String {
    let name = style::line(name);
    match name.char_indices().nth(NAME) {
        None => name.into_owned(),
        Some((end, _)) => format!("{}…", &name[..end]),
    }
}

pub(crate) fn amount(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
