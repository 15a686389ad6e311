//! What a smoke test says to people. It decides nothing.

use std::io::{self, Write};

use yard_cli::{Format, style};
use yard_contract::{Document, SmokeReport};

use crate::latency::Milliseconds;
use crate::plan::Plan;

pub(crate) fn render(
    document: &Document<SmokeReport>,
    times: Option<&Milliseconds>,
    plan: &Plan,
    out: &mut dyn Write,
) -> io::Result<()> {
    if plan.format == Format::Json {
        return out.write_all(&document.to_bytes());
    }
    let report = &document.body;
    let color = style::of(report.verdict);
    writeln!(
        out,
        "{color}{}{color:#}: {}",
        report.verdict,
        style::line(&plan.url)
    )?;
    for check in &report.checks {
        let color = style::of(check.verdict);
        let (verdict, message) = (check.verdict, style::line(&check.message));
        writeln!(
            out,
            "{color}{verdict:<5}{color:#} {:<16} {message}",
            check.id
        )?;
    }
    if let Some(times) = times {
        let shown: Vec<String> = ["p50", "p90", "p99", "max"]
            .iter()
            .filter_map(|name| Some(format!("{name} {:.2} ms", times.get(*name)?.get())))
            .collect();
        let faint = style::FAINT;
        writeln!(out, "{faint}{}{faint:#}", shown.join(", "))?;
    }
    Ok(())
}
