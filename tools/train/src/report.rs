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

fn human(run: &Run, split: &Split, plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let (bold, faint) = (style::STRONG, style::FAINT);
    let folds = run
        .cross_validation
        .as_ref()
        .map_or_else(String::new, |cv| {
            let (mean, sd) = (cv.mean.get(), cv.sd.get());
            let metric = match cv.metric.as_str() {
                "auc" => "AUC",
                "log_loss" => "log-loss",
                "pinball_loss" => "pinball loss",
                _ => "RMSE",
            };
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
    let model = run.files.first().map_or_else(String::new, |file| {
        format!("{} bytes, sha256 {}", file.size, file.sha256.short())
    });
    writeln!(out, "{faint}{}: {model}{faint:#}", plan.model_out.display())
}
