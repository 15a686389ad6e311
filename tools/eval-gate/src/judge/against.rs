//! The model against another on the same rows.

use yard_contract::{Comparison, Evaluation, Finite, RuleResult, Verdict};
use yard_stats::interval::Confidence;

use super::{NO_INTERVAL, more_rows, plain, settled, signed, undefined};
use crate::config::Severity;
use crate::error::GateError;
use crate::measure::Metric;
use crate::noise::Noise;

/// Whom a model is held against.
#[derive(Clone, Copy)]
pub(super) struct Rival {
    /// What its rules start with.
    prefix: &'static str,
    words: &'static str,
}

pub(super) const CHAMPION: Rival = Rival {
    prefix: "champion",
    words: "the champion",
};
pub(super) const RELEASE: Rival = Rival {
    prefix: "release",
    words: "the last release",
};

/// A comparison with one rival.
pub(super) struct Against<'a> {
    pub(super) rival: Rival,
    pub(super) evaluation: &'a Evaluation,
    pub(super) comparison: &'a Comparison,
    pub(super) noise: Option<&'a Noise>,
    pub(super) confidence: Confidence,
}

impl Against<'_> {
    /// Non-inferiority: the whole interval of the difference must lie above minus the margin (for a loss,
    /// below the margin).
    pub(super) fn judge(&self, metric: Metric, margin: Finite) -> Result<RuleResult, GateError> {
        let Self {
            rival,
            evaluation,
            comparison,
            noise,
            confidence,
        } = *self;
        let name = metric.as_str();
        let id = format!("{}.{name}", rival.prefix);
        let (Some(found), Some(ours), Some(theirs)) = (
            comparison.differences.get(name),
            evaluation.metrics.get(name),
            comparison.champion_metrics.get(name),
        ) else {
            return Err(undefined(evaluation, name, id));
        };
        let widened = noise.and_then(|noise| noise.widen(metric, found, confidence));
        let found = widened.as_ref().unwrap_or(found);
        let difference = &found.difference;
        // Without both ends there is no interval, and what has none is never shown.
        let ends = difference.low.zip(difference.high);
        let (low, high) = ends.map_or((f64::NEG_INFINITY, f64::INFINITY), |(low, high)| {
            (low.get(), high.get())
        });
        // As a gain: positive where the model is better.
        let (value, low, high) = if metric.more_is_better() {
            (difference.value.get(), low, high)
        } else {
            (-difference.value.get(), -high, -low)
        };
        let least = -margin.get();
        let thin = found.too_few.as_deref();
        let thin = thin.or_else(|| ends.is_none().then_some(NO_INTERVAL));
        let (verdict, words) = if let Some(reason) = thin {
            (Verdict::Inconclusive, reason.to_owned())
        } else if low >= least {
            let words = if low > 0.0 {
                format!("better than {}", rival.words)
            } else {
                "not worse than the margin allows".to_owned()
            };
            (Verdict::Pass, words)
        } else if high < least {
            let words = format!("worse than {} by more than the margin", rival.words);
            (Verdict::Fail, words)
        } else {
            let words = "it may or may not be worse than the margin allows";
            (Verdict::Inconclusive, words.to_owned())
        };
        let needed = (verdict == Verdict::Inconclusive && thin.is_none())
            .then(|| {
                let error = found.standard_error.map_or(0.0, Finite::get);
                more_rows(evaluation, value - least, error, confidence)
            })
            .flatten();
        let side = if metric.more_is_better() { 1.0 } else { -1.0 };
        Ok(RuleResult {
            id,
            verdict,
            observed: Some(difference.value),
            bound: Finite::new(side * low),
            limit: Finite::new(side * least),
            p_value: Some(found.p_value),
            needed,
            message: format!(
                "{name} {} against {}'s {}: a difference of {}, margin {}; {words}{}",
                plain(ours.value),
                rival.words,
                plain(theirs.value),
                signed(difference),
                margin.get(),
                if thin.is_some() {
                    String::new()
                } else {
                    settled(verdict, needed)
                },
            ),
        })
    }
}

/// `McNemar`'s test as a rule: broken where the champion is shown to decide more rows rightly.
pub(super) fn mcnemar(
    evaluation: &Evaluation,
    comparison: &Comparison,
    severity: Severity,
    confidence: Confidence,
) -> Result<RuleResult, GateError> {
    let id = format!("{}.mcnemar", CHAMPION.prefix);
    let Some(found) = comparison.decisions else {
        let (rule, task) = (id, super::task_name(evaluation));
        return Err(GateError::OtherTask { rule, task });
    };
    let (ours, theirs) = (found.challenger_only, found.champion_only);
    let p = found.p_value.get();
    let accuracy = comparison.differences.get(Metric::Accuracy.as_str());
    // Where rows are weighted their number does not say who is right more often.
    let worse = accuracy.map_or(theirs > ours, |of| of.difference.value < Finite::ZERO);
    let (verdict, words) = if worse && p <= 1.0 - confidence.level() {
        (severity.verdict(), "the champion decides better")
    } else if worse {
        (Verdict::Pass, "the champion is not shown to decide better")
    } else {
        (Verdict::Pass, "the champion does not decide better")
    };
    Ok(RuleResult {
        id,
        verdict,
        observed: Finite::new(ours as f64 - theirs as f64),
        bound: None,
        limit: None,
        p_value: Some(found.p_value),
        needed: None,
        message: format!(
            "on {ours} rows only the challenger decides rightly, on {theirs} only the champion (p = {p:.4}); {words}"
        ),
    })
}

/// The rule that compares a metric with the champion's.
pub(crate) fn champion_rule(metric: Metric) -> String {
    format!("{}.{}", CHAMPION.prefix, metric.as_str())
}
