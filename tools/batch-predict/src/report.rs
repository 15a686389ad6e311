//! What a scored table says to people. It decides nothing.

use std::io::{self, Write};

use yard_cli::{Format, style};
use yard_contract::{BatchReport, Document, ScoreSummary};

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
        "{bold}{} rows{bold:#} scored, {}",
        report.rows,
        in_words(&report.scores),
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

/// Classes named for a person.
const SHOWN: usize = 5;

fn in_words(scores: &ScoreSummary) -> String {
    match scores {
        ScoreSummary::Binary {
            mean_probability,
            positives,
        } => {
            let mean = mean_probability.get();
            format!("{positives} positive, mean probability {mean:.4}")
        }
        ScoreSummary::Multiclass { classes } => {
            let mut most: Vec<_> = classes.iter().collect();
            most.sort_by_key(|class| std::cmp::Reverse(class.rows));
            let named = most.iter().take(SHOWN);
            let named = named.map(|class| format!("{} {}", style::line(&class.class), class.rows));
            let rest = if classes.len() > SHOWN { ", …" } else { "" };
            format!("{}{rest}", named.collect::<Vec<_>>().join(", "))
        }
        ScoreSummary::Regression { mean, min, max } => {
            let (mean, min, max) = (mean.get(), min.get(), max.get());
            format!("mean {mean:.4}, from {min:.4} to {max:.4}")
        }
    }
}
