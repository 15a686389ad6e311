//! The rules on slices. Several are tested at once, so the number of them is accounted for.

use std::collections::BTreeMap;

use yard_contract::{Difference, Estimate, Evaluation, Finite, RuleResult, SliceResult, Verdict};
use yard_stats::distribution::normal_cdf;
use yard_stats::interval::Confidence;
use yard_stats::multiple::{holm, intersection_union};

use super::{more_rows, settled, shown, signed};
use crate::config::{Prove, SliceChampion, SliceConfig};
use crate::error::GateError;
use crate::measure::{Direction, Metric};

/// The rule on the AUC of slices, where there are two classes.
const AUC_RULE: &str = "slices.auc_at_least";
/// The rule on their loss, where there are not.
const LOSS_RULE: &str = "slices.at_most";

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
    let binary = evaluation.positives().is_some();
    for (limit, rule, applies) in [
        (config.auc_at_least, AUC_RULE, binary),
        (config.at_most, LOSS_RULE, !binary),
    ] {
        let Some(limit) = limit else {
            continue;
        };
        if !applies {
            let (rule, task) = (rule.to_owned(), super::task_name(evaluation));
            return Err(GateError::OtherTask { rule, task });
        }
        let found = supported
            .iter()
            .filter_map(|slice| Some((*slice, slice.metrics.get(&evaluation.primary)?)));
        let found = some(rule, evaluation, found.collect())?;
        rules.extend(bound(evaluation, &found, config, limit, confidence));
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

/// Slices that are shown to be beyond the limit: below it, or above it where the metric is a loss.
fn bound(
    evaluation: &Evaluation,
    found: &[(&SliceResult, &Estimate)],
    config: &SliceConfig,
    limit: Finite,
    confidence: Confidence,
) -> Vec<RuleResult> {
    let metric = primary(evaluation);
    let (word, beyond, rule) = if metric.more_is_better() {
        ("least", "below", AUC_RULE)
    } else {
        ("most", "above", LOSS_RULE)
    };
    let p_values: Vec<f64> = found
        .iter()
        .map(|(_, found)| match metric.direction() {
            Direction::More => p_at_least(found, limit.get(), confidence),
            Direction::Less | Direction::Neither => p_at_most(found, limit.get(), confidence),
        })
        .collect();
    let adjusted = holm(&p_values);
    let mut rules = Vec::new();
    for ((slice, auc), p_value) in found.iter().zip(adjusted) {
        if p_value > level(confidence) {
            continue;
        }
        rules.push(RuleResult {
            id: slice_rule(evaluation, slice),
            verdict: config.severity.verdict(),
            observed: Some(auc.value),
            bound: if metric.more_is_better() {
                auc.high
            } else {
                auc.low
            },
            limit: Some(limit),
            p_value: Finite::new(p_value),
            needed: None,
            message: format!(
                "in {} ({}) {} is {}; at {word} {} is asked for",
                slice_name(slice),
                size(slice),
                metric.title(),
                shown(auc),
                limit.get(),
            ),
        });
    }
    if rules.is_empty() {
        let small = evaluation.slices.len() - found.len();
        rules.push(RuleResult {
            id: rule.to_owned(),
            verdict: Verdict::Pass,
            observed: None,
            bound: None,
            limit: Some(limit),
            p_value: None,
            needed: None,
            message: format!(
                "none of {} slices is shown to be {beyond} {}; {small} more have too few rows to judge",
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
    let margin = policy.margin.get();
    let metric = primary(evaluation);
    let title = metric.title();
    // As a gain: positive where the model is better.
    let side = if metric.more_is_better() { 1.0 } else { -1.0 };
    let gain = |of: &Difference| side * of.difference.value.get();
    let limit = Finite::new(-side * margin);
    // Where the rows carry no decision nothing is shown, neither way.
    let shows = |of: &Difference, p: f64| if of.too_few.is_some() { 1.0 } else { p };
    let of_each = |p: &dyn Fn(f64) -> f64| -> Vec<f64> {
        found
            .iter()
            .map(|(_, of)| shows(of, p(of.p_value.get())))
            .collect()
    };
    let not_shown = of_each(&|p| p);
    let harm = of_each(&|p| 1.0 - p);
    let mut rules = Vec::new();
    for ((slice, found), p_value) in found.iter().zip(holm(&harm)) {
        if p_value > level(confidence) || gain(found) >= -margin {
            continue;
        }
        rules.push(RuleResult {
            id: harmed_rule(slice),
            verdict: config.severity.verdict(),
            observed: Some(found.difference.value),
            bound: if metric.more_is_better() {
                found.difference.high
            } else {
                found.difference.low
            },
            limit,
            p_value: Finite::new(p_value),
            needed: None,
            message: format!(
                "in {} ({}) {title} differs from the champion's by {}, margin {margin}; \
                 worse than the champion by more than the margin",
                slice_name(slice),
                size(slice),
                signed(&found.difference),
            ),
        });
    }
    if !rules.is_empty() {
        return rules;
    }
    let count = found.len();
    let low = |of: &Difference| {
        let worst = if metric.more_is_better() {
            of.difference.low
        } else {
            of.difference.high
        };
        side * worst.unwrap_or(of.difference.value).get()
    };
    let unshown: Vec<_> = found
        .iter()
        .filter(|(_, of)| low(of) < -margin || of.too_few.is_some())
        .collect();
    let lowest = found
        .iter()
        .map(|(_, of)| low(of))
        .fold(f64::INFINITY, f64::min);
    let largest = intersection_union(&not_shown);
    let (verdict, needed, message) = match policy.prove {
        Prove::Harm => {
            let message =
                format!("none of {count} slices is shown to lose more than {margin} {title}");
            (Verdict::Pass, None, message)
        }
        Prove::NoHarm if unshown.is_empty() => {
            let message =
                format!("all {count} slices are shown not to lose more than {margin} {title}");
            (Verdict::Pass, None, message)
        }
        Prove::NoHarm => {
            // The slice that needs most rows decides; all grow with the holdout.
            let needed = unshown
                .iter()
                .filter_map(|(_, of)| {
                    let room = gain(of) + margin;
                    let error = of.standard_error.map_or(0.0, Finite::get);
                    more_rows(evaluation, room, error, confidence)
                })
                .max_by_key(|needed| needed.rows);
            let message = format!(
                "{} of {count} slices are not shown to lose no more than {margin} {title}{}",
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
        bound: Finite::new(side * lowest),
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

/// One-sided p-value of "the loss is at most `limit`", as far as its interval tells.
fn p_at_most(loss: &Estimate, limit: f64, confidence: Confidence) -> f64 {
    let value = loss.value.get();
    let Some(low) = loss.low.map(Finite::get) else {
        return 1.0;
    };
    let error = (value - low) / confidence.z();
    if error > 0.0 {
        normal_cdf((limit - value) / error)
    } else {
        f64::from(u8::from(value <= limit))
    }
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
pub(crate) fn slice_rule(evaluation: &Evaluation, slice: &SliceResult) -> String {
    let rule = if primary(evaluation).more_is_better() {
        AUC_RULE
    } else {
        LOSS_RULE
    };
    format!("{rule} {}", slice_name(slice))
}

fn primary(evaluation: &Evaluation) -> Metric {
    Metric::named(&evaluation.primary).unwrap_or(Metric::Auc)
}

/// `310 rows, 46 positive`.
fn size(slice: &SliceResult) -> String {
    match slice.positives {
        Some(positives) => format!("{} rows, {positives} positive", slice.rows),
        None => format!("{} rows", slice.rows),
    }
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
