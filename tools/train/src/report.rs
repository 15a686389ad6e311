//! What a fit says to people. It decides nothing.

use std::io::{self, Write};

use yard_cli::{Format, style};
use yard_contract::{Document, Run, Split};

use crate::plan::Plan;

/// Features listed for a person.
const SHOWN: usize = 5;

pub(crate) fn render(
    run: &Document<Run>,
    split: &Split,
    plan: &Plan,
    out: &mut dyn Write,
) -> io::Result<()> {
    match plan.format {
        Format::Json => out.write_all(&run.to_bytes()),
        Format::Human => human(&run.body, split, plan, out),
    }
}

fn metric_name(metric: &str) -> &'static str {
    match metric {
        "auc" => "AUC",
        "log_loss" => "log-loss",
        "pinball_loss" => "pinball loss",
        _ => "RMSE",
    }
}

fn human(run: &Run, split: &Split, plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let (bold, faint) = (style::STRONG, style::FAINT);
    let folds = run
        .cross_validation
        .as_ref()
        .map_or_else(String::new, |cv| {
            let (mean, sd) = (cv.mean.get(), cv.sd.get());
            let metric = metric_name(&cv.metric);
            format!(", {metric} {mean:.4} ± {sd:.4} over {} folds", cv.folds)
        });
    let positives = split
        .train
        .positives
        .map_or_else(String::new, |count| format!(" ({count} positive)"));
    writeln!(
        out,
        "{bold}{}{bold:#} fitted on {} rows{positives}{folds}; {} held out",
        run.algorithm.as_str(),
        split.train.rows,
        split.holdout.rows,
    )?;
    let top: Vec<String> = run
        .importance
        .iter()
        .take(SHOWN)
        .map(|entry| {
            format!(
                "{} {:.0} %",
                style::line(&entry.feature),
                entry.share.get() * 100.0
            )
        })
        .collect();
    writeln!(out, "counts most: {}", top.join(", "))?;
    let trivial: Vec<String> = run
        .trivial
        .iter()
        .map(|model| {
            let name = model.feature.as_ref().map_or_else(
                || "the same answer to every row".to_owned(),
                |feature| format!("{} alone", style::line(feature)),
            );
            let metric = model.metric.as_deref().unwrap_or_default();
            format!("{name} {} {:.4}", metric_name(metric), model.mean.get())
        })
        .collect();
    if !trivial.is_empty() {
        writeln!(out, "to beat: {}", trivial.join(", "))?;
    }
    let model = run.files.first().map_or_else(String::new, |file| {
        format!("{} bytes, sha256 {}", file.size, file.sha256.short())
    });
    writeln!(out, "{faint}{}: {model}{faint:#}", plan.model_out.display())
}
