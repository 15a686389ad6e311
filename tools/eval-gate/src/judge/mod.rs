//! The decision: an evaluation and a policy to rules with verdicts. Pure.

mod against;
mod beside;
mod groups;
mod limit;
mod slices;

pub(crate) use against::champion_rule;
pub(crate) use slices::{columns_name, harmed_rule, slice_name, slice_rule};

use yard_contract::{
    ByTask, Champion, Estimate, Evaluation, Finite, Gate, MoreRows, Release, RuleResult, Verdict,
};
use yard_report::number::{self, decimals, fixed, grouped};
use yard_stats::interval::Confidence;
use yard_stats::planning::NonInferiority;

use crate::beside::Beside;
use crate::config::Inconclusive;
use crate::error::GateError;
use crate::measure::Metric;
use crate::plan::{Opponent, Plan, Predecessor};

/// The chance with which the rows asked for settle a rule.
const POWER: f64 = 0.8;
/// Why a difference that has no interval shows nothing.
const NO_INTERVAL: &str = "these rows leave the difference without an interval";
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
        rules.push(limit::bound(
            evaluation,
            metric.as_str(),
            *limit,
            limit::Side::AtLeast,
            confidence,
        )?);
    }
    for (metric, limit) in &config.at_most {
        rules.push(limit::bound(
            evaluation,
            metric.as_str(),
            *limit,
            limit::Side::AtMost,
            confidence,
        )?);
    }
    let rivals = [
        (against::CHAMPION, &evaluation.comparison, config.margins()),
        (
            against::RELEASE,
            &evaluation.release,
            config.release_margins(),
        ),
    ];
    for (rival, comparison, margins) in rivals {
        let Some(comparison) = comparison else {
            continue;
        };
        let against = against::Against {
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
    let mcnemar = config
        .champion
        .as_ref()
        .and_then(|champion| champion.mcnemar);
    if let (Some(severity), Some(comparison)) = (mcnemar, &evaluation.comparison) {
        rules.push(against::mcnemar(
            evaluation, comparison, severity, confidence,
        )?);
    }
    let mut chains = Vec::new();
    let release = evaluation.release.as_ref();
    let release = release.map(|release| release.champion_sha256);
    for (metric, margin) in config.cumulative() {
        let links = beside.chain(evaluation, release, metric)?;
        let noise = beside.noise.as_ref();
        let (mut rule, chain) = beside::cumulative(metric, links, margin, noise, confidence)?;
        // A step of which the rows tell nothing tells nothing of the sum.
        if let Some(reason) = unsettled(evaluation, metric) {
            rule.verdict = Verdict::Inconclusive;
            rule.message = format!("{}; {reason}", rule.message);
        }
        rules.push(rule);
        chains.push(chain);
    }
    if let Some(slices) = &config.slices {
        rules.extend(slices::judge(evaluation, slices, confidence)?);
    }
    if let Some(fairness) = &config.fairness {
        rules.extend(groups::judge(evaluation, fairness, confidence)?);
    }
    rules.extend(limit::leakage(evaluation, config.leakage));
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
    let primary = evaluation.primary.as_str();
    let title = Metric::named(primary).map_or("", Metric::title);
    let figure = evaluation
        .metrics
        .get(primary)
        .map_or_else(String::new, |found| format!("; {title} {}", shown(found)));
    let summary = summary(verdict, &rules, overrides.len(), &plan.opponent, &figure);
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

/// Why the rows carry no decision between the model and the champion, where they do not.
fn unsettled(evaluation: &Evaluation, metric: Metric) -> Option<&str> {
    let comparison = evaluation.comparison.as_ref()?;
    let found = comparison.differences.get(metric.as_str())?;
    let ends = found.difference.low.zip(found.difference.high);
    let thin = found.too_few.as_deref();
    thin.or_else(|| ends.is_none().then_some(NO_INTERVAL))
}

/// Why a rule cannot be judged: these rows, or the task, leave its metric without a value.
fn undefined(evaluation: &Evaluation, metric: &str, rule: String) -> GateError {
    if let Some(reason) = evaluation.undefined.get(metric) {
        let reason = reason.clone();
        return GateError::UndefinedMetric { rule, reason };
    }
    if evaluation.metrics.contains_key(metric) {
        let reason = "it has no paired interval".to_owned();
        return GateError::UndefinedMetric { rule, reason };
    }
    let classes = !matches!(evaluation.by_task, ByTask::Regression(_));
    if metric == Metric::ExpectedCost.as_str() && classes {
        return GateError::NoCosts { rule };
    }
    let task = task_name(evaluation);
    GateError::OtherTask { rule, task }
}

/// What a model of the task predicts, in words.
pub(super) fn task_name(evaluation: &Evaluation) -> &'static str {
    match &evaluation.by_task {
        ByTask::Binary(_) => "one of two classes",
        ByTask::Multiclass(_) => "one of several classes",
        ByTask::Regression(_) => "a number",
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
    let now = (
        evaluation.rows as f64,
        evaluation.positives().unwrap_or(0) as f64,
    );
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
        (Verdict::Inconclusive, Some(needed)) => {
            let positive = match needed.positives {
                0 => String::new(),
                positives => format!(" ({} positive)", grouped(positives)),
            };
            let rows = grouped(needed.rows);
            format!("; about {rows} more rows{positive} would settle it, if it stays what it is")
        }
        (Verdict::Inconclusive, None) => {
            "; it lies so near the limit that no holdout of sensible size would settle it"
                .to_owned()
        }
        _ => String::new(),
    }
}

fn summary(
    verdict: Verdict,
    rules: &[RuleResult],
    overridden: usize,
    opponent: &Opponent,
    figure: &str,
) -> String {
    let what = match opponent {
        Opponent::Champion(_) => "The challenger",
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
            1 => format!("{what} may be released: its one rule holds{figure}."),
            rules => format!("{what} may be released: all {rules} rules hold{figure}."),
        },
        Verdict::Warning if overridden > 0 => format!(
            "{what} may be released because people decided so: {}{}{figure}.",
            count(overridden, "is overridden", "are overridden"),
            match of(Verdict::Warning) - overridden {
                0 => String::new(),
                more => format!(", {}", count(more, "warns", "warn")),
            },
        ),
        Verdict::Warning => format!(
            "{what} may be released with a look at {}{figure}.",
            count(of(Verdict::Warning), "that warns", "that warn")
        ),
        Verdict::Inconclusive => format!(
            "{what} cannot be judged yet: {}, because the holdout is too small to tell{figure}.",
            count(
                of(Verdict::Inconclusive),
                "is inconclusive",
                "are inconclusive"
            )
        ),
        Verdict::Fail => format!(
            "{what} must not be released: {}{figure}.",
            count(of(Verdict::Fail), "is broken", "are broken")
        ),
    }
}

/// `0.7812 [0.7701, 0.7919]`.
pub(crate) fn shown(estimate: &Estimate) -> String {
    match bracketed(estimate, fixed) {
        Ok(all) => all,
        Err(value) => format!("{value} (no interval)"),
    }
}

/// `+0.0021 [-0.0012, +0.0054]`.
fn signed(estimate: &Estimate) -> String {
    bracketed(estimate, number::signed).unwrap_or_else(|value| value)
}

/// A value without its interval.
fn plain(value: Finite) -> String {
    fixed(value.get(), decimals(value.get(), 4))
}

/// A value and its interval, as exact as its size deserves; the value alone where there is none.
fn bracketed(estimate: &Estimate, number: fn(f64, usize) -> String) -> Result<String, String> {
    let value = estimate.value.get();
    let Some((low, high)) = estimate.low.zip(estimate.high) else {
        return Err(number(value, decimals(value, 4)));
    };
    let (low, high) = (low.get(), high.get());
    let places = decimals(value.abs().max(low.abs()).max(high.abs()), 4);
    let [value, low, high] = [value, low, high].map(|end| number(end, places));
    Ok(format!("{value} [{low}, {high}]"))
}
