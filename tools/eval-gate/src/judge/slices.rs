//! The rules on slices. Several are tested at once, so the number of them is accounted for.

use std::collections::BTreeMap;

use yard_contract::{Difference, Estimate, Evaluation, Finite, RuleResult, SliceResult, Verdict};
use yard_stats::distribution::normal_cdf;
use yard_stats::interval::Confidence;
use yard_stats::multiple::{holm, intersection_union};

use super::{more_rows, settled, shown, signed};
use crate::config::{Prove, SliceChampion, SliceConfig};
use crate::error::GateError;

/// Judges slices by the floor and against the champion, as far as the policy asks for it.
pub(super) fn judge(
    evaluation: &Evaluation,
    config: &SliceConfig,
    confidence: Confidence,
) -> Result<Vec<RuleResult>, GateError> {
    let supported: Vec<&SliceResult> = evaluation
        .slices
        .iter()
        .filter(|slice| slice.supported)
        .collect();
    let mut rules = Vec::new();
    if let Some(limit) = config.auc_at_least {
        let rule = "slices.auc_at_least";
        let found = supported
            .iter()
            .filter_map(|slice| Some((*slice, slice.metrics.get("auc")?)));
        let found = some(rule, evaluation, found.collect())?;
        rules.extend(floor(evaluation, &found, config, limit, confidence));
    }
    if let (Some(policy), Some(_)) = (config.champion, &evaluation.comparison) {
        let rule = "slices.champion";
        let found = supported
            .iter()
            .filter_map(|slice| Some((*slice, slice.difference.as_ref()?)));
        let found = some(rule, evaluation, found.collect())?;
        rules.extend(against_champion(
            evaluation, &found, config, policy, confidence,
        ));
    }
    Ok(rules)
}

/// Nothing to judge is never a pass.
fn some<T>(rule: &str, evaluation: &Evaluation, found: Vec<T>) -> Result<Vec<T>, GateError> {
    if found.is_empty() {
        let slices = evaluation.slices.len();
        return Err(GateError::UndefinedMetric {
            rule: rule.to_owned(),
            reason: format!("none of {slices} slices has the rows to be judged"),
        });
    }
    Ok(found)
}

/// Slices that are shown to be below the limit.
fn floor(
    evaluation: &Evaluation,
    found: &[(&SliceResult, &Estimate)],
    config: &SliceConfig,
    limit: Finite,
    confidence: Confidence,
) -> Vec<RuleResult> {
    let p_values: Vec<f64> = found
        .iter()
        .map(|(_, auc)| p_at_least(auc, limit.get(), confidence))
        .collect();
    let adjusted = holm(&p_values);
    let mut rules = Vec::new();
    for ((slice, auc), p_value) in found.iter().zip(adjusted) {
        if p_value > level(confidence) {
            continue;
        }
        rules.push(RuleResult {
            id: slice_rule(slice),
            verdict: config.severity.verdict(),
            observed: Some(auc.value),
            bound: auc.high,
            limit: Some(limit),
            p_value: Finite::new(p_value),
            needed: None,
            message: format!(
                "in {} ({} rows, {} positive) AUC is {}; at least {} is asked for",
                slice_name(slice),
                slice.rows,
                slice.positives,
                shown(auc),
                limit.get(),
            ),
        });
    }
    if rules.is_empty() {
        let small = evaluation.slices.len() - found.len();
        rules.push(RuleResult {
            id: "slices.auc_at_least".to_owned(),
            verdict: Verdict::Pass,
            observed: None,
            bound: None,
            limit: Some(limit),
            p_value: None,
            needed: None,
            message: format!(
                "none of {} slices is shown to be below {}; {small} more have too few rows to judge",
                found.len(),
                limit.get(),
            ),
        });
    }
    rules
}

/// Slices that are shown to lose more than the margin; or, where that has to be shown, whether all are
/// shown not to.
fn against_champion(
    evaluation: &Evaluation,
    found: &[(&SliceResult, &Difference)],
    config: &SliceConfig,
    policy: SliceChampion,
    confidence: Confidence,
) -> Vec<RuleResult> {
    let margin = policy.auc_margin.get();
    let limit = Finite::new(-margin);
    let not_shown: Vec<f64> = found.iter().map(|(_, of)| of.p_value.get()).collect();
    let harm: Vec<f64> = not_shown.iter().map(|p| 1.0 - p).collect();
    let mut rules = Vec::new();
    for ((slice, found), p_value) in found.iter().zip(holm(&harm)) {
        if p_value > level(confidence) || found.difference.value.get() >= -margin {
            continue;
        }
        rules.push(RuleResult {
            id: harmed_rule(slice),
            verdict: config.severity.verdict(),
            observed: Some(found.difference.value),
            bound: found.difference.high,
            limit,
            p_value: Finite::new(p_value),
            needed: None,
            message: format!(
                "in {} ({} rows, {} positive) AUC differs from the champion's by {}, margin {margin}; \
                 worse than the champion by more than the margin",
                slice_name(slice),
                slice.rows,
                slice.positives,
                signed(&found.difference),
            ),
        });
    }
    if !rules.is_empty() {
        return rules;
    }
    let count = found.len();
    let low = |of: &Difference| of.difference.low.unwrap_or(of.difference.value).get();
    let unshown: Vec<_> = found.iter().filter(|(_, of)| low(of) < -margin).collect();
    let lowest = found
        .iter()
        .map(|(_, of)| low(of))
        .fold(f64::INFINITY, f64::min);
    let largest = intersection_union(&not_shown);
    let (verdict, needed, message) = match policy.prove {
        Prove::Harm => {
            let message = format!("none of {count} slices is shown to lose more than {margin} AUC");
            (Verdict::Pass, None, message)
        }
        Prove::NoHarm if unshown.is_empty() => {
            let message =
                format!("all {count} slices are shown not to lose more than {margin} AUC");
            (Verdict::Pass, None, message)
        }
        Prove::NoHarm => {
            // The slice that needs most rows decides; all grow with the holdout.
            let needed = unshown
                .iter()
                .filter_map(|(_, of)| {
                    let room = of.difference.value.get() + margin;
                    let error = of.standard_error.map_or(0.0, Finite::get);
                    more_rows(evaluation, room, error, confidence)
                })
                .max_by_key(|needed| needed.rows);
            let message = format!(
                "{} of {count} slices are not shown to lose no more than {margin} AUC{}",
                unshown.len(),
                settled(Verdict::Inconclusive, needed),
            );
            (Verdict::Inconclusive, needed, message)
        }
    };
    rules.push(RuleResult {
        id: "slices.champion".to_owned(),
        verdict,
        observed: None,
        bound: Finite::new(lowest),
        limit,
        p_value: match policy.prove {
            Prove::Harm => None,
            Prove::NoHarm => Finite::new(largest),
        },
        needed,
        message,
    });
    rules
}

/// The one-sided level that the two ends of an interval have each.
fn level(confidence: Confidence) -> f64 {
    0.5 * (1.0 - confidence.level())
}

/// One-sided p-value of "the AUC is at least `limit`", on the scale of log-odds, where the interval is
/// symmetric.
fn p_at_least(auc: &Estimate, limit: f64, confidence: Confidence) -> f64 {
    let value = auc.value.get();
    let Some(high) = auc.high.map(Finite::get) else {
        return 1.0;
    };
    let inside = |p: f64| p > 0.0 && p < 1.0;
    if !(inside(value) && inside(high) && inside(limit)) {
        return f64::from(u8::from(high >= limit));
    }
    let odds = |p: f64| libm::log(p) - libm::log1p(-p);
    let error = (odds(high) - odds(value)) / confidence.z();
    if error > 0.0 {
        normal_cdf((odds(value) - odds(limit)) / error)
    } else {
        f64::from(u8::from(value >= limit))
    }
}

/// The rule by which a slice loses too much against the champion.
pub(crate) fn harmed_rule(slice: &SliceResult) -> String {
    format!("slices.champion {}", slice_name(slice))
}

/// The rule that accuses a slice.
pub(crate) fn slice_rule(slice: &SliceResult) -> String {
    format!("slices.auc_at_least {}", slice_name(slice))
}

/// `region=north, product=card`.
pub(crate) fn slice_name(slice: &SliceResult) -> String {
    columns_name(&slice.columns)
}

/// `region=north, product=card`.
pub(crate) fn columns_name(columns: &BTreeMap<String, String>) -> String {
    let parts = columns
        .iter()
        .map(|(column, value)| format!("{column}={value}"));
    parts.collect::<Vec<_>>().join(", ")
}
