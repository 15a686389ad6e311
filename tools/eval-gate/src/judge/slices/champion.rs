//! Slices against the champion.

use yard_contract::{Difference, Evaluation, Finite, RuleResult, SliceResult, Verdict};
use yard_stats::interval::Confidence;
use yard_stats::multiple::{holm, intersection_union};

use super::super::{more_rows, settled, signed};
use super::{harmed_rule, level, primary, size, slice_name};
use crate::config::{Prove, SliceChampion, SliceConfig};

/// Slices that are shown to lose more than the margin; or, where that has to be shown, whether all are
/// shown not to.
pub(super) fn against_champion(
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
    let thin = |of: &Difference| {
        of.too_few.is_some() || of.difference.low.is_none() || of.difference.high.is_none()
    };
    let shows = |of: &Difference, p: f64| if thin(of) { 1.0 } else { p };
    let of_each = |p: &dyn Fn(f64) -> f64| -> Vec<f64> {
        found
            .iter()
            .map(|(_, of)| shows(of, p(of.p_value.get())))
            .collect()
    };
    let not_shown = of_each(&|p| p);
    let harm = of_each(&|p| 1.0 - p);
    let slices = found.len();
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
                 worse than the champion by more than the margin (Holm, over {slices} slices)",
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
    // Without its end of the interval nothing is shown.
    let low = |of: &Difference| {
        let worst = if metric.more_is_better() {
            of.difference.low
        } else {
            of.difference.high
        };
        worst.map_or(f64::NEG_INFINITY, |worst| side * worst.get())
    };
    let unshown: Vec<_> = found
        .iter()
        .filter(|(_, of)| low(of) < -margin || thin(of))
        .collect();
    let lowest = found
        .iter()
        .map(|(_, of)| low(of))
        .fold(f64::INFINITY, f64::min);
    let largest = intersection_union(&not_shown);
    let (verdict, needed, message) = match policy.prove {
        Prove::Harm => {
            let undecided = found.iter().filter(|(_, of)| thin(of)).count();
            let message = format!(
                "none of {count} slices is shown to lose more than {margin} {title} (Holm, over {count}){}",
                match undecided {
                    0 => String::new(),
                    some => format!("; the rows of {some} of them carry no decision either way"),
                }
            );
            (Verdict::Pass, None, message)
        }
        Prove::NoHarm if unshown.is_empty() => {
            let message = format!(
                "all {count} slices are shown not to lose more than {margin} {title} \
                     (intersection-union: each at the full level)"
            );
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
                "{} of {count} slices are not shown to lose no more than {margin} {title} \
                 (intersection-union: each at the full level){}",
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
