//! The model against another on the same rows.

use yard_contract::{Comparison, Evaluation, Finite, RuleResult, Verdict};
use yard_stats::interval::Confidence;

use super::{more_rows, settled, signed, undefined};
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
        let end = |end: Option<Finite>| end.unwrap_or(difference.value).get();
        // As a gain: positive where the model is better.
        let (value, low, high) = if metric.more_is_better() {
            let (low, high) = (end(difference.low), end(difference.high));
            (difference.value.get(), low, high)
        } else {
            let (low, high) = (-end(difference.high), -end(difference.low));
            (-difference.value.get(), low, high)
        };
        let least = -margin.get();
        let (verdict, words) = if let Some(reason) = &found.too_few {
            (Verdict::Inconclusive, reason.clone())
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
        let needed = (verdict == Verdict::Inconclusive && found.too_few.is_none())
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
                "{name} {:.4} against {}'s {:.4}: a difference of {}, margin {}; {words}{}",
                ours.value.get(),
                rival.words,
                theirs.value.get(),
                signed(difference),
                margin.get(),
                if found.too_few.is_some() {
                    String::new()
                } else {
                    settled(verdict, needed)
                },
            ),
        })
    }
}

/// The rule that compares a metric with the champion's.
pub(crate) fn champion_rule(metric: Metric) -> String {
    format!("{}.{}", CHAMPION.prefix, metric.as_str())
}
