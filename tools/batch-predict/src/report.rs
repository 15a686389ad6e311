//! What a scored table says to people. It decides nothing.

use std::io::{self, Write};

use yard_cli::{Format, style};
use yard_contract::{BatchReport, Document};

use crate::plan::Plan;

pub(crate) fn render(
    document: &Document<BatchReport>,
    plan: &Plan,
    out: &mut dyn Write,
) -> io::Result<()> {
    if plan.format == Format::Json {
        return out.write_all(&document.to_bytes());
    }
    let report = &document.body;
    let (bold, faint) = (style::STRONG, style::FAINT);
    writeln!(
        out,
        "{bold}{} rows{bold:#} scored, {} positive, mean probability {:.4}",
        report.rows,
        report.positives,
        report.mean_probability.get(),
    )?;
    if report.unseen_categories > 0 {
        writeln!(
            out,
            "cells with a category that training never saw: {}",
            report.unseen_categories
        )?;
    }
    let place = plan.out.display().to_string();
    let digest = report.output_sha256.short();
    writeln!(
        out,
        "{faint}{}: sha256 {digest}{faint:#}",
        style::line(&place)
    )
}
