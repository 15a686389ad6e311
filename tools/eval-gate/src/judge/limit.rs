//! Metrics against fixed limits.

use yard_contract::{ByTask, Estimate, Evaluation, Finite, RuleResult, Verdict};
use yard_stats::interval::Confidence;

use super::{more_rows, settled, shown, undefined};
use crate::config::LeakageConfig;
use crate::error::GateError;
use crate::measure::Metric;

#[derive(Clone, Copy)]
pub(super) enum Side {
    AtLeast,
    AtMost,
}

/// A metric against a limit: the whole interval must be on the right side to pass, and on the wrong
/// side to fail. Where these rows leave no interval, nothing is shown.
pub(super) fn bound(
    evaluation: &Evaluation,
    metric: &str,
    limit: Finite,
    side: Side,
    confidence: Confidence,
) -> Result<RuleResult, GateError> {
    let (word, id) = match side {
        Side::AtLeast => ("at least", format!("at_least.{metric}")),
        Side::AtMost => ("at most", format!("at_most.{metric}")),
    };
    let Some(estimate) = evaluation.metrics.get(metric) else {
        return Err(undefined(evaluation, metric, id));
    };
    Ok(within(
        evaluation,
        (metric, id),
        estimate,
        limit,
        (side, word),
        confidence,
    ))
}

/// An estimate against a limit.
pub(super) fn within(
    evaluation: &Evaluation,
    (metric, id): (&str, String),
    estimate: &Estimate,
    limit: Finite,
    (side, word): (Side, &str),
    confidence: Confidence,
) -> RuleResult {
    let value = estimate.value.get();
    let (low, high) = (
        estimate.low.map_or(value, Finite::get),
        estimate.high.map_or(value, Finite::get),
    );
    let limit_value = limit.get();
    let (holds, broken, judged) = match side {
        Side::AtLeast => (low >= limit_value, high < limit_value, low),
        Side::AtMost => (high <= limit_value, low > limit_value, high),
    };
    let has_interval = estimate.low.is_some() && estimate.high.is_some();
    let verdict = match (holds, broken) {
        _ if !has_interval => Verdict::Inconclusive,
        (true, _) => Verdict::Pass,
        (_, true) => Verdict::Fail,
        _ => Verdict::Inconclusive,
    };
    let needed = (verdict == Verdict::Inconclusive && has_interval)
        .then(|| {
            let error = (high - low) / (2.0 * confidence.z());
            more_rows(evaluation, value - limit_value, error, confidence)
        })
        .flatten();
    let shown = shown(estimate);
    let message = match verdict {
        Verdict::Inconclusive if !has_interval => {
            format!("{metric} is {shown}, so {word} {limit_value} cannot be shown")
        }
        Verdict::Inconclusive => {
            format!(
                "{metric} is {shown}; {word} {limit_value} is asked for, which lies inside the interval{}",
                settled(verdict, needed)
            )
        }
        _ => format!("{metric} is {shown}; {word} {limit_value} is asked for"),
    };
    RuleResult {
        id,
        verdict,
        observed: Some(estimate.value),
        bound: Finite::new(judged),
        limit: Some(limit),
        p_value: None,
        needed,
        message,
    }
}

/// Too good to be true: the outcome may have leaked into what the model is given. A rule only where it is
/// broken, so that it is no reason to pass.
pub(super) fn leakage(evaluation: &Evaluation, config: LeakageConfig) -> Option<RuleResult> {
    let metric = match &evaluation.by_task {
        ByTask::Binary(_) => Metric::Auc,
        ByTask::Multiclass(_) => Metric::AucMacro,
        ByTask::Regression(_) => Metric::R2,
    };
    let found = evaluation.metrics.get(metric.as_str())?;
    let limit = config.above;
    (found.value > limit).then(|| RuleResult {
        id: "leakage".to_owned(),
        verdict: config.severity.verdict(),
        observed: Some(found.value),
        bound: None,
        limit: Some(limit),
        p_value: None,
        needed: None,
        message: format!(
            "{} is {:.5}, which is too good to be true: look whether the outcome has leaked into what the model is given",
            metric.title(),
            found.value.get(),
        ),
    })
}
