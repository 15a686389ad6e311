//! The outlook for people.

use std::io::{self, Write};

use yard_report::number::{grouped, percent};

use super::Outlook;

pub(super) fn human(outlook: &Outlook, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "{} rows, {} positive; AUC {}, correlation with the champion {}",
        grouped(outlook.rows),
        grouped(outlook.positives),
        outlook.auc,
        outlook.correlation,
    )?;
    for rule in &outlook.rules {
        writeln!(
            out,
            "\n{} (limit {}, standard error {:.4})",
            rule.rule, rule.limit, rule.standard_error
        )?;
        writeln!(
            out,
            "  {:<26}{:>7}{:>14}{:>7}",
            "if the model is", "pass", "inconclusive", "fail"
        )?;
        for case in &rule.cases {
            writeln!(
                out,
                "  {:<26}{:>7}{:>14}{:>7}",
                case.truth,
                percent(case.pass, 1),
                percent(case.inconclusive, 1),
                percent(case.fail, 1),
            )?;
        }
        let truth = rule.cases.first().map_or("", |case| case.truth.as_str());
        match (rule.rows_needed, rule.positives_needed) {
            (Some(rows), Some(positives)) => writeln!(
                out,
                "  {} rows ({} positive) pass a model with `{truth}` four times in five",
                grouped(rows),
                grouped(positives),
            )?,
            _ => writeln!(out, "  no number of rows passes a model with `{truth}`")?,
        }
    }
    if !outlook.not_planned.is_empty() {
        writeln!(out, "\nnot planned:")?;
        for skipped in &outlook.not_planned {
            writeln!(out, "  {}: {}", skipped.rule, skipped.reason)?;
        }
    }
    Ok(())
}
