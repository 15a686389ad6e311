//! How alike groups of rows are treated.

use std::fmt::Write as _;

use yard_contract::{Evaluation, RuleResult, Verdict};
use yard_stats::interval::Confidence;

use super::limit::{Side, within};
use super::task_name;
use crate::config::FairnessConfig;
use crate::error::GateError;

/// How alike groups must be treated: the whole interval of the gap must be within the limit.
pub(super) fn judge(
    evaluation: &Evaluation,
    config: &FairnessConfig,
    confidence: Confidence,
) -> Result<Vec<RuleResult>, GateError> {
    if evaluation.positives().is_none() {
        let (rule, task) = ("fairness".to_owned(), task_name(evaluation));
        return Err(GateError::OtherTask { rule, task });
    }
    let mut rules = Vec::new();
    for gap in &evaluation.fairness {
        let name = format!("{} {}", gap.rate, gap.column);
        for (limit, estimate, rule, what, side) in [
            (
                config.max_difference,
                &gap.difference,
                "max_difference",
                "difference",
                Side::AtMost,
            ),
            (
                config.min_ratio,
                &gap.ratio,
                "min_ratio",
                "ratio",
                Side::AtLeast,
            ),
        ] {
            let Some(limit) = limit else {
                continue;
            };
            let id = format!("fairness.{rule} {name}");
            let shown = format!(
                "the {what} of {} between groups of {}",
                gap.rate, gap.column
            );
            let word = if rule == "min_ratio" {
                "at least"
            } else {
                "at most"
            };
            let mut rule = within(
                evaluation,
                (&shown, id),
                estimate,
                limit,
                (side, word),
                confidence,
            );
            if rule.verdict == Verdict::Fail {
                rule.verdict = config.severity.verdict();
            }
            if !gap.too_small.is_empty() {
                let _ = write!(
                    rule.message,
                    "; {} groups have too few rows",
                    gap.too_small.len()
                );
            }
            rules.push(rule);
        }
    }
    Ok(rules)
}
