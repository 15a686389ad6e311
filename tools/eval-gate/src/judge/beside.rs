//! Rules on what stands beside the comparison: the look at the rows, and what was lost since the last
//! release.

use yard_contract::{Chain, ChainLink, Finite, LookTaken, RuleResult, Verdict};
use yard_report::number::percent;
use yard_stats::interval::{Confidence, Interval};

use super::signed;
use crate::config::Severity;
use crate::error::GateError;
use crate::measure::{Metric, estimate};
use crate::noise::Noise;

/// The rule on the number of looks.
const LOOKS_RULE: &str = "looks";

/// Whether these rows can still tell anything.
pub(super) fn looks(look: &LookTaken, exhausted: Severity) -> RuleResult {
    let of = look
        .planned
        .map_or_else(String::new, |planned| format!(" of {planned}"));
    let which = format!("look {}{of} at these rows", look.number);
    let (verdict, message) = if look.level == Finite::ZERO {
        let words = "nothing is left of their common level, so what this one shows may be chance: rotate \
                     the holdout";
        (exhausted.verdict(), format!("{which}; {words}"))
    } else {
        let next = if look.left == Finite::ZERO {
            "the last: rotate the holdout before the next".to_owned()
        } else {
            format!("{} are left for later ones", share(look.left))
        };
        let words = format!(
            "takes {} of their common level (intervals at {}), {next}",
            share(look.level),
            share(look.confidence),
        );
        (Verdict::Pass, format!("{which}: {words}"))
    };
    RuleResult {
        observed: Finite::new(look.number as f64),
        limit: look.planned.and_then(|planned| Finite::new(planned as f64)),
        ..plain(LOOKS_RULE.to_owned(), verdict, message)
    }
}

/// `0.25%`, with as many digits as it has.
fn share(share: Finite) -> String {
    let decimals = (0..6).find(|&decimals| {
        let scale = 100.0 * 10_f64.powi(decimals);
        ((share.get() * scale).round() - share.get() * scale).abs() < 1e-6
    });
    percent(
        share.get(),
        usize::try_from(decimals.unwrap_or(6)).unwrap_or(6),
    )
}

/// All steps since the last release together may not lose more than the margin. Their errors add up as
/// those of independent steps; steps on the same rows hang together negatively, so the interval is rather
/// too wide than too narrow. The seeds of the models between cancel, because each came once and went once:
/// what retrains tell is added for two models, the release's and this one.
pub(super) fn cumulative(
    metric: Metric,
    links: Vec<ChainLink>,
    margin: Finite,
    noise: Option<&Noise>,
    confidence: Confidence,
) -> Result<(RuleResult, Chain), GateError> {
    let name = metric.as_str();
    let sum: f64 = links.iter().map(|link| link.difference.get()).sum();
    let squares = links.iter().map(|link| link.standard_error.get());
    let error = squares.map(|error| error * error).sum::<f64>().sqrt();
    // No merge, no other model: nothing was trained again.
    let error = match noise.filter(|_| !links.is_empty()) {
        Some(noise) => noise.widened(metric, error),
        None => error,
    };
    let interval = Interval::around(sum, error, confidence);
    let words = match noise {
        Some(_) => "normal, of the sum, seeds included,",
        None => "normal, of the sum,",
    };
    let method = Some((interval, words));
    let total = estimate(sum, method, confidence).ok_or(GateError::NotFinite)?;
    let (low, high) = if metric.more_is_better() {
        (interval.lower, interval.upper)
    } else {
        (-interval.upper, -interval.lower)
    };
    let (verdict, words) = if low >= -margin.get() {
        (Verdict::Pass, "within the margin")
    } else if high < -margin.get() {
        (Verdict::Fail, "more than the margin is lost")
    } else {
        let words = "it may or may not be more than the margin allows";
        (Verdict::Inconclusive, words)
    };
    let side = if metric.more_is_better() { 1.0 } else { -1.0 };
    let message = match links.len() {
        0 => format!("{name} since the last release: no model has been merged, so nothing is lost"),
        steps => format!(
            "{name} since the last release, {steps} {} together: {}, margin {margin}; {words}",
            if steps == 1 { "step" } else { "steps" },
            signed(&total),
        ),
    };
    let rule = RuleResult {
        observed: Some(total.value),
        bound: Finite::new(side * low),
        limit: Finite::new(-side * margin.get()),
        ..plain(cumulative_rule(metric), verdict, message)
    };
    let chain = Chain {
        metric: name.to_owned(),
        links,
        total,
        margin,
    };
    Ok((rule, chain))
}

/// The rule on what was lost since the last release.
fn cumulative_rule(metric: Metric) -> String {
    format!("release.cumulative.{}", metric.as_str())
}

fn plain(id: String, verdict: Verdict, message: String) -> RuleResult {
    RuleResult {
        id,
        verdict,
        observed: None,
        bound: None,
        limit: None,
        p_value: None,
        needed: None,
        message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use yard_contract::Sha256;

    fn finite(value: f64) -> Finite {
        Finite::new(value).unwrap()
    }

    fn steps(difference: f64, error: f64, count: usize) -> Vec<ChainLink> {
        let link = ChainLink {
            candidate_sha256: Sha256::of(b"a"),
            champion_sha256: Sha256::of(b"b"),
            difference: finite(difference),
            standard_error: finite(error),
        };
        vec![link; count]
    }

    #[test]
    fn small_losses_add_up_and_their_errors_by_squares() {
        let of = |metric, difference, count| {
            let links = steps(difference, 0.001, count);
            let found = cumulative(metric, links, finite(0.02), None, Confidence::P95);
            found.unwrap().0
        };
        assert_eq!(of(Metric::Auc, -0.004, 1).verdict, Verdict::Pass);
        let four = of(Metric::Auc, -0.004, 4);
        assert_eq!(four.verdict, Verdict::Pass);
        let low = -0.016 - Confidence::P95.z() * 0.002;
        assert!((four.bound.unwrap().get() - low).abs() < 1e-15);
        assert_eq!(of(Metric::Auc, -0.004, 5).verdict, Verdict::Inconclusive);
        assert_eq!(of(Metric::Auc, -0.004, 7).verdict, Verdict::Fail);
        assert_eq!(of(Metric::LogLoss, 0.004, 7).verdict, Verdict::Fail);
        assert_eq!(of(Metric::LogLoss, -0.004, 7).verdict, Verdict::Pass);
        assert_eq!(of(Metric::Auc, -0.004, 0).verdict, Verdict::Pass);
    }

    #[test]
    fn a_look_says_what_it_takes_and_when_it_is_the_last() {
        let look = |level: f64, left: f64| LookTaken {
            holdout_sha256: Sha256::of(b"rows"),
            number: 3,
            planned: Some(20),
            level: finite(level),
            left: finite(left),
            confidence: finite(0.9975),
        };
        let found = looks(&look(0.0025, 0.0425), Severity::Fail);
        assert_eq!(found.verdict, Verdict::Pass);
        assert_eq!(
            found.message,
            "look 3 of 20 at these rows: takes 0.25% of their common level (intervals at 99.75%), 4.25% \
             are left for later ones"
        );
        let last = looks(&look(0.0025, 0.0), Severity::Fail);
        assert!(
            last.message.contains("the last: rotate"),
            "{}",
            last.message
        );
        assert_eq!(
            looks(&look(0.0, 0.0), Severity::Fail).verdict,
            Verdict::Fail
        );
        assert_eq!(
            looks(&look(0.0, 0.0), Severity::Warning).verdict,
            Verdict::Warning
        );
    }
}
