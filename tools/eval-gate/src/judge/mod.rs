//! The decision: an evaluation and a policy to rules with verdicts. Pure.

mod beside;
mod slices;

pub(crate) use slices::{columns_name, harmed_rule, slice_name, slice_rule};

use yard_contract::{
    Champion, Comparison, Estimate, Evaluation, Finite, Gate, MoreRows, Release, RuleResult,
    Verdict,
};
use yard_report::number::grouped;
use yard_stats::interval::Confidence;
use yard_stats::planning::NonInferiority;

use crate::beside::Beside;
use crate::config::Inconclusive;
use crate::error::GateError;
use crate::measure::Metric;
use crate::noise::Noise;
use crate::plan::{Opponent, Plan, Predecessor};

/// The chance with which the rows asked for settle a rule.
const POWER: f64 = 0.8;
/// Holdouts above this are not proposed.
const MOST_ROWS: f64 = 1e8;

/// Judges every rule of the policy.
pub(crate) fn judge(
    evaluation: &Evaluation,
    plan: &Plan,
    beside: &Beside,
) -> Result<Gate, GateError> {
    let (config, confidence) = (&plan.config, beside.confidence);
    let mut rules = Vec::new();
    if let (Some(look), Some(policy)) = (&beside.look, &config.looks) {
        rules.push(beside::looks(look, policy.exhausted));
    }
    for (metric, limit) in &config.at_least {
        rules.push(bound(
            evaluation,
            metric.as_str(),
            *limit,
            Side::AtLeast,
            confidence,
        )?);
    }
    for (metric, limit) in &config.at_most {
        rules.push(bound(
            evaluation,
            metric.as_str(),
            *limit,
            Side::AtMost,
            confidence,
        )?);
    }
    let rivals = [
        (CHAMPION, &evaluation.comparison, config.margins()),
        (RELEASE, &evaluation.release, config.release_margins()),
    ];
    for (rival, comparison, margins) in rivals {
        let Some(comparison) = comparison else {
            continue;
        };
        let against = Against {
            rival,
            evaluation,
            comparison,
            noise: beside.noise.as_ref(),
            confidence,
        };
        for (metric, margin) in margins {
            rules.push(against.judge(metric, margin)?);
        }
    }
    let mut chains = Vec::new();
    let release = evaluation.release.as_ref();
    let release = release.map(|release| release.champion_sha256);
    for (metric, margin) in config.cumulative() {
        let links = beside.chain(evaluation, release, metric)?;
        let (rule, chain) = beside::cumulative(metric, links, margin, confidence)?;
        rules.push(rule);
        chains.push(chain);
    }
    if let Some(slices) = &config.slices {
        rules.extend(slices::judge(evaluation, slices, confidence)?);
    }
    rules.extend(beside.found.judge(&config.rules, beside.candidate)?);
    if config.inconclusive_is == Inconclusive::Fail {
        for rule in rules
            .iter_mut()
            .filter(|rule| rule.verdict == Verdict::Inconclusive)
        {
            rule.verdict = Verdict::Fail;
            rule.message
                .push_str("; the policy takes thin evidence for a failure");
        }
    }
    let overrides = beside.overrides.apply(&mut rules)?;
    let verdict =
        Verdict::gravest(rules.iter().map(|rule| rule.verdict)).ok_or(GateError::NoRule)?;
    let champion = match &plan.opponent {
        Opponent::Champion(_) => Champion {
            sha256: evaluation
                .comparison
                .as_ref()
                .map(|comparison| comparison.champion_sha256),
            first_model: None,
        },
        Opponent::FirstModel(reason) => Champion {
            sha256: None,
            first_model: Some(reason.clone()),
        },
    };
    let auc = evaluation
        .metrics
        .get("auc")
        .map_or_else(String::new, |auc| format!("; AUC {}", shown(auc)));
    let summary = summary(verdict, &rules, overrides.len(), &plan.opponent, &auc);
    Ok(Gate {
        verdict,
        summary,
        model_sha256: evaluation.model_sha256,
        champion,
        release: plan.release.as_ref().map(|predecessor| match predecessor {
            Predecessor::Release(_) => Release {
                sha256: release,
                first_release: None,
            },
            Predecessor::FirstRelease(reason) => Release {
                sha256: None,
                first_release: Some(reason.clone()),
            },
        }),
        look: beside.look,
        chains,
        seed_noise: beside
            .noise
            .as_ref()
            .map(|noise| noise.recorded(confidence)),
        rules,
        overrides,
    })
}

/// Whom a model is held against.
#[derive(Clone, Copy)]
struct Rival {
    /// What its rules start with.
    prefix: &'static str,
    words: &'static str,
}

const CHAMPION: Rival = Rival {
    prefix: "champion",
    words: "the champion",
};
const RELEASE: Rival = Rival {
    prefix: "release",
    words: "the last release",
};

/// A comparison with one rival.
struct Against<'a> {
    rival: Rival,
    evaluation: &'a Evaluation,
    comparison: &'a Comparison,
    noise: Option<&'a Noise>,
    confidence: Confidence,
}

#[derive(Clone, Copy)]
enum Side {
    AtLeast,
    AtMost,
}

/// A metric against a limit: the whole interval must be on the right side to pass, and on the wrong
/// side to fail. Where these rows leave no interval, nothing is shown.
fn bound(
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
        let reason = evaluation
            .undefined
            .get(metric)
            .cloned()
            .unwrap_or_default();
        return Err(GateError::UndefinedMetric { rule: id, reason });
    };
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
    Ok(RuleResult {
        id,
        verdict,
        observed: Some(estimate.value),
        bound: Finite::new(judged),
        limit: Some(limit),
        p_value: None,
        needed,
        message,
    })
}

impl Against<'_> {
    /// Non-inferiority: the whole interval of the difference must lie above minus the margin (for a loss,
    /// below the margin).
    fn judge(&self, metric: Metric, margin: Finite) -> Result<RuleResult, GateError> {
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
            let reason = "it has no paired interval".to_owned();
            return Err(GateError::UndefinedMetric { rule: id, reason });
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
        let (verdict, words) = if low >= least {
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
        let needed = (verdict == Verdict::Inconclusive)
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
                settled(verdict, needed),
            ),
        })
    }
}

/// How many more rows would settle what lies `room` from its limit and is known to `standard_error`:
/// four times the rows halve the error.
pub(super) fn more_rows(
    evaluation: &Evaluation,
    room: f64,
    standard_error: f64,
    confidence: Confidence,
) -> Option<MoreRows> {
    let level = 0.5 * (1.0 - confidence.level());
    let test = NonInferiority::new(0.0, level).ok()?;
    let now = (evaluation.rows as f64, evaluation.positives as f64);
    let needed = test.needed(room.abs(), standard_error, now, POWER).ok()??;
    if needed.rows > MOST_ROWS {
        return None;
    }
    let more = |needed: f64, now: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a count of rows below the limit above"
        )]
        let more = (needed - now).max(0.0) as u64;
        more
    };
    Some(MoreRows {
        rows: more(needed.rows, now.0),
        positives: more(needed.positives, now.1),
    })
}

/// `; about 12,000 more rows (960 positive) would settle it`.
pub(super) fn settled(verdict: Verdict, needed: Option<MoreRows>) -> String {
    match (verdict, needed) {
        (Verdict::Inconclusive, Some(needed)) => format!(
            "; about {} more rows ({} positive) would settle it, if it stays what it is",
            grouped(needed.rows),
            grouped(needed.positives),
        ),
        (Verdict::Inconclusive, None) => {
            "; it lies so near the limit that no holdout of sensible size would settle it"
                .to_owned()
        }
        _ => String::new(),
    }
}

/// The rule that compares a metric with the champion's.
pub(crate) fn champion_rule(metric: Metric) -> String {
    format!("{}.{}", CHAMPION.prefix, metric.as_str())
}

fn summary(
    verdict: Verdict,
    rules: &[RuleResult],
    overridden: usize,
    opponent: &Opponent,
    auc: &str,
) -> String {
    let what = match opponent {
        Opponent::Champion(_) => "The model",
        Opponent::FirstModel(_) => "The first model",
    };
    let of = |wanted| {
        rules
            .iter()
            .filter(move |rule| rule.verdict == wanted)
            .count()
    };
    let count = |number, one: &str, many: &str| {
        if number == 1 {
            format!("1 rule {one}")
        } else {
            format!("{number} rules {many}")
        }
    };
    match verdict {
        Verdict::Pass => match rules.len() {
            1 => format!("{what} may be released: its one rule holds{auc}."),
            rules => format!("{what} may be released: all {rules} rules hold{auc}."),
        },
        Verdict::Warning if overridden > 0 => format!(
            "{what} may be released because people decided so: {}{}{auc}.",
            count(overridden, "is overridden", "are overridden"),
            match of(Verdict::Warning) - overridden {
                0 => String::new(),
                more => format!(", {}", count(more, "warns", "warn")),
            },
        ),
        Verdict::Warning => format!(
            "{what} may be released with a look at {}{auc}.",
            count(of(Verdict::Warning), "that warns", "that warn")
        ),
        Verdict::Inconclusive => format!(
            "{what} cannot be judged yet: {}, because the holdout is too small to tell{auc}.",
            count(
                of(Verdict::Inconclusive),
                "is inconclusive",
                "are inconclusive"
            )
        ),
        Verdict::Fail => format!(
            "{what} must not be released: {}{auc}.",
            count(of(Verdict::Fail), "is broken", "are broken")
        ),
    }
}

/// `0.7812 [0.7701, 0.7919]`.
pub(crate) fn shown(estimate: &Estimate) -> String {
    match (estimate.low, estimate.high) {
        (Some(low), Some(high)) => {
            format!(
                "{:.4} [{:.4}, {:.4}]",
                estimate.value.get(),
                low.get(),
                high.get()
            )
        }
        _ => format!("{:.4} (no interval)", estimate.value.get()),
    }
}

fn signed(estimate: &Estimate) -> String {
    match (estimate.low, estimate.high) {
        (Some(low), Some(high)) => {
            format!(
                "{:+.4} [{:+.4}, {:+.4}]",
                estimate.value.get(),
                low.get(),
                high.get()
            )
        }
        _ => format!("{:+.4}", estimate.value.get()),
    }
}
