//! The rules on slices. Several are tested at once, so the number of them is accounted for.

mod champion;

use std::collections::BTreeMap;

use yard_contract::{Estimate, Evaluation, Finite, RuleResult, SliceResult, Verdict};
use yard_stats::distribution::normal_cdf;
use yard_stats::interval::Confidence;
use yard_stats::multiple::holm;

use self::champion::against_champion;
use super::shown;
use crate::config::SliceConfig;
use crate::error::GateError;
use crate::measure::{Direction, Metric};

/// The rule on the AUC of slices, where there are two classes.
const AUC_RULE: &str = "slices.auc_at_least";
/// The rule on their loss, where there are not.
const LOSS_RULE: &str = "slices.at_most";

/// Judges slices by the floor and against the champion, as far as the policy asks for it.
pub(super) fn judge<'a>(
    evaluation: &'a Evaluation,
    config: &SliceConfig,
    confidence: Confidence,
) -> Result<Vec<RuleResult>, GateError> {
    let supported: Vec<&'a SliceResult> = evaluation
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
        // Without an interval a slice is not shown to be below, nor above: that is no harm where its value is
        // on the right side, and nothing to rely on where it is not.
        let of = |slice: &'a SliceResult| {
            let found = slice.metrics.get(&evaluation.primary)?;
            let keeps = if binary {
                found.value >= limit
            } else {
                found.value <= limit
            };
            (keeps || has_interval(found)).then_some(found)
        };
        let (found, silent) = told(rule, evaluation, &supported, of)?;
        rules.extend(bound(evaluation, &found, config, limit, confidence));
        rules.extend(untold(rule, &silent));
    }
    if let (Some(policy), Some(_)) = (config.champion, &evaluation.comparison) {
        let rule = "slices.champion";
        let of = |slice: &'a SliceResult| {
            let found = slice.difference.as_ref()?;
            let ends = found.difference.low.zip(found.difference.high);
            (ends.is_some() || found.too_few.is_some()).then_some(found)
        };
        let (found, silent) = told(rule, evaluation, &supported, of)?;
        rules.extend(against_champion(
            evaluation, &found, config, policy, confidence,
        ));
        rules.extend(untold(rule, &silent));
    }
    Ok(rules)
}

/// Slices with what a rule looks at, and slices without.
type Told<'a, T> = (Vec<(&'a SliceResult, T)>, Vec<&'a SliceResult>);

/// The slices that have what a rule looks at, and those that have the rows and still do not: of one class
/// only, say. Nothing to judge is never a pass.
fn told<'a, T>(
    rule: &str,
    evaluation: &Evaluation,
    supported: &[&'a SliceResult],
    of: impl Fn(&'a SliceResult) -> Option<T>,
) -> Result<Told<'a, T>, GateError> {
    let (mut found, mut silent) = (Vec::new(), Vec::new());
    for slice in supported {
        match of(slice) {
            Some(of) => found.push((*slice, of)),
            None => silent.push(*slice),
        }
    }
    if found.is_empty() {
        let slices = evaluation.slices.len();
        let reason = match silent.first() {
            None => format!("none of {slices} slices has the rows to be judged"),
            Some(first) => format!(
                "it is undefined on each of {} slices, as in {}",
                silent.len(),
                slice_name(first)
            ),
        };
        let rule = rule.to_owned();
        return Err(GateError::UndefinedMetric { rule, reason });
    }
    Ok((found, silent))
}

/// What slices without the figure mean: nothing is shown of them, so the rule does not hold.
fn untold(rule: &str, silent: &[&SliceResult]) -> Option<RuleResult> {
    let first = silent.first()?;
    let names: Vec<String> = silent
        .iter()
        .take(5)
        .map(|slice| slice_name(slice))
        .collect();
    let more = if silent.len() > names.len() {
        ", …"
    } else {
        ""
    };
    Some(RuleResult {
        id: format!("{rule} (undefined)"),
        verdict: Verdict::Inconclusive,
        observed: None,
        bound: None,
        limit: None,
        p_value: None,
        needed: None,
        message: format!(
            "{} with the rows to be judged leave it undefined, or beyond the limit without an interval: \
             {}{more} ({}); raise `min_rows` or \
             `min_positives` to leave such slices out",
            match silent.len() {
                1 => "1 slice".to_owned(),
                count => format!("{count} slices"),
            },
            names.join("; "),
            size(first),
        ),
    })
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
                "in {} ({}) {} is {}; at {word} {} is asked for (Holm, over {} slices)",
                slice_name(slice),
                size(slice),
                metric.title(),
                shown(auc),
                limit.get(),
                found.len(),
            ),
        });
    }
    if rules.is_empty() {
        let small = evaluation.slices.iter().filter(|slice| !slice.supported);
        let small = small.count();
        let open = found
            .iter()
            .filter(|(_, found)| !has_interval(found))
            .count();
        rules.push(RuleResult {
            id: rule.to_owned(),
            verdict: Verdict::Pass,
            observed: None,
            bound: None,
            limit: Some(limit),
            p_value: None,
            needed: None,
            message: format!(
                "none of {0} slices is shown to be {beyond} {1} (Holm, over {0}){2}; {small} more have too few \
                 rows to judge",
                found.len(),
                limit.get(),
                match open {
                    0 => String::new(),
                    some => format!(", {some} of them too thin for an interval"),
                },
            ),
        });
    }
    rules
}

fn has_interval(found: &Estimate) -> bool {
    found.low.is_some() && found.high.is_some()
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
