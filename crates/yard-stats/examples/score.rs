//! Reads a table on stdin and prints every metric of it as one JSON object.
//!
//! ```sh
//! cargo run --release -p yard-stats --example score < scored.csv
//! ```
//!
//! The header names the columns, in any order: `label` (0 or 1), `score`, and if they are there
//! `weight`, `champion` (another model's score, for the paired tests) and `group` (a number from 0, for
//! fairness at a threshold of one half). A metric without a value is
//! `{"undefined": why}`. Peers' implementations check the library through this program.

use serde_json::{Value, json};
use std::io::Write as _;
use std::num::NonZeroUsize;
use yard_stats::binary::{
    self, CalibrationFit, Confusion, Ranked, Reliability, Scored, spiegelhalter,
};
use yard_stats::drift::ks_two_sample;
use yard_stats::fairness::{Against, GroupDecisions, GroupMetric};
use yard_stats::interval::{Confidence, Estimate};
use yard_stats::paired::{Auc, Discordant, Pair, delong, delong_difference};
use yard_stats::{Metric, Undefined};

const BINS: NonZeroUsize = NonZeroUsize::new(10).unwrap();
const THRESHOLDS: [f64; 5] = [0.1, 0.25, 0.5, 0.75, 0.9];
/// Enough for every point of the tables that this program is meant for.
const POINTS: usize = 1 << 20;

fn main() -> anyhow::Result<()> {
    let table = Table::read(std::io::stdin().lock())?;
    let report = report(&table)?;
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, &report)?;
    writeln!(out)?;
    Ok(())
}

#[derive(Default)]
struct Table {
    labels: Vec<bool>,
    scores: Vec<f64>,
    weights: Option<Vec<f64>>,
    champion: Option<Vec<f64>>,
    groups: Option<Vec<u32>>,
}

impl Table {
    fn read(input: impl std::io::BufRead) -> anyhow::Result<Self> {
        let mut lines = input.lines();
        let header = lines.next().transpose()?.unwrap_or_default();
        let columns: Vec<&str> = header.split(',').map(str::trim).collect();
        let has = |name: &str| columns.contains(&name).then(Vec::new);
        let mut table = Self {
            weights: has("weight"),
            champion: has("champion"),
            groups: columns.contains(&"group").then(Vec::new),
            ..Self::default()
        };
        for line in lines {
            for (column, field) in columns.iter().zip(line?.split(',')) {
                if *column == "group" {
                    let groups = table.groups.get_or_insert_default();
                    groups.push(field.trim().parse()?);
                    continue;
                }
                let value: f64 = field.trim().parse()?;
                match *column {
                    "label" => table.labels.push(value > 0.5),
                    "score" => table.scores.push(value),
                    "weight" => table.weights.get_or_insert_default().push(value),
                    "champion" => table.champion.get_or_insert_default().push(value),
                    other => anyhow::bail!("no such column: {other}"),
                }
            }
        }
        Ok(table)
    }
}

fn report(table: &Table) -> anyhow::Result<Value> {
    let scored = Scored::new(&table.labels, &table.scores, table.weights.as_deref())?;
    let ranked = Ranked::new(scored)?;
    let thresholds: Vec<Value> = ranked
        .confusions(&THRESHOLDS)
        .into_iter()
        .zip(THRESHOLDS)
        .map(|(confusion, threshold)| decisions(scored, confusion, threshold))
        .collect();
    let cheapest = ranked.cheapest_cut(1.0, 5.0);
    Ok(json!({
        "rows": scored.rows(),
        "prevalence": ranked.prevalence(),
        "auc": number(ranked.auc()),
        "gini": number(ranked.gini()),
        "average_precision": number(ranked.average_precision()),
        "ks": either(ranked.kolmogorov_smirnov(), |ks| json!({
            "statistic": ks.statistic,
            "threshold": ks.threshold,
        })),
        "roc": either(ranked.roc_curve(POINTS), |points| points
            .iter()
            .map(|at| json!([at.false_positive_rate, at.true_positive_rate, at.threshold]))
            .collect()),
        "pr": either(ranked.pr_curve(POINTS), |points| points
            .iter()
            .map(|at| json!([at.recall, at.precision, at.threshold]))
            .collect()),
        "gains": either(ranked.gains(BINS), |depths| depths
            .iter()
            .map(|at| json!([at.share, at.recall, at.precision, at.lift]))
            .collect()),
        "cheapest": json!([cheapest.threshold, cheapest.cost]),
        "thresholds": thresholds,
        "log_loss": number(binary::log_loss(scored)),
        "brier": number(binary::brier(scored)),
        "spiegelhalter": number(spiegelhalter(scored)),
        "reliability": either(Reliability::new(scored, BINS), |table| reliability(&table)),
        "calibration": either(CalibrationFit::new(scored), |fit| json!({
            "intercept": estimate(fit.intercept),
            "slope": estimate(fit.slope),
            "in_the_large": estimate(fit.in_the_large),
        })),
        "delong": either(delong(&ranked), area),
        "paired": paired(table)?,
        "decisions": discordant(table)?,
        "groups": groups(scored, table.groups.as_deref())?,
        "class_distance": class_distance(table)?,
    }))
}

fn decisions(scored: Scored<'_>, confusion: Confusion, threshold: f64) -> Value {
    let alone = Confusion::at(scored, threshold);
    json!({
        "threshold": threshold,
        "table": cells(confusion),
        "table_without_sorting": cells(alone),
        "accuracy": alone.accuracy(),
        "balanced_accuracy": number(alone.balanced_accuracy()),
        "precision": number(alone.precision()),
        "recall": number(alone.recall()),
        "specificity": number(alone.specificity()),
        "f1": number(alone.f1()),
        "f2": number(alone.f_beta(2.0)),
        "matthews": number(alone.matthews()),
        "kappa": number(alone.kappa()),
    })
}

/// In scikit-learn's order: tn, fp, fn, tp.
fn cells(confusion: Confusion) -> [f64; 4] {
    [
        confusion.true_negatives,
        confusion.false_positives,
        confusion.false_negatives,
        confusion.true_positives,
    ]
}

fn reliability(table: &Reliability) -> Value {
    let bins: Vec<Value> = table
        .bins
        .iter()
        .map(|bin| json!([bin.rows, bin.weight, bin.mean_score, bin.observed_rate]))
        .collect();
    json!({
        "bins": bins,
        "expected_error": table.expected_error(),
        "maximum_error": table.maximum_error(),
    })
}

fn paired(table: &Table) -> anyhow::Result<Value> {
    let Some(champion) = &table.champion else {
        return Ok(Value::Null);
    };
    let weights = table.weights.as_deref();
    let pair = Pair::new(&table.labels, &table.scores, champion, weights)?;
    Ok(either(delong_difference(&pair), |difference| {
        let interval = difference.published_interval(Confidence::P95);
        json!({
            "challenger": area(difference.challenger),
            "champion": area(difference.champion),
            "covariance": difference.covariance,
            "difference": difference.value,
            "standard_error": difference.standard_error(),
            "z": number(difference.z()),
            "p": number(difference.published_p_value()),
            "interval": [interval.lower, interval.upper],
        })
    }))
}

/// `McNemar`'s test where both models decide at one half.
fn discordant(table: &Table) -> anyhow::Result<Value> {
    let Some(champion) = &table.champion else {
        return Ok(Value::Null);
    };
    let weights = table.weights.as_deref();
    let pair = Pair::new(&table.labels, &table.scores, champion, weights)?;
    Ok(either(Discordant::at(&pair, 0.5, 0.5), |rows| {
        json!({
            "challenger_only": rows.challenger_only,
            "champion_only": rows.champion_only,
            "exact": rows.exact(),
            "corrected": rows.corrected(),
        })
    }))
}

/// How far groups are apart, among themselves and from all rows.
fn groups(scored: Scored<'_>, groups: Option<&[u32]>) -> anyhow::Result<Value> {
    let Some(groups) = groups else {
        return Ok(Value::Null);
    };
    let decided = GroupDecisions::at(scored, groups, 0.5)?;
    let ways = [Against::Groups, Against::Overall];
    let rate = |of: &GroupMetric| {
        json!({
            "difference": ways.map(|against| number(of.difference(against))),
            "ratio": ways.map(|against| number(of.ratio(against))),
        })
    };
    Ok(json!({
        "accuracy": rate(&decided.metric(|confusion| Ok(confusion.accuracy()))),
        "precision": rate(&decided.metric(Confusion::precision)),
        "recall": rate(&decided.metric(Confusion::recall)),
        "false_positive_rate": rate(&decided.metric(Confusion::false_positive_rate)),
        "selection_rate": rate(&decided.selection_rate()),
        "demographic_parity": ways.map(|way| number(decided.demographic_parity_difference(way))),
        "equalized_odds": ways.map(|way| number(decided.equalized_odds_difference(way))),
    }))
}

/// The drift test between the scores of both classes, regardless of weights.
fn class_distance(table: &Table) -> anyhow::Result<Value> {
    let of = |class: bool| -> Vec<f64> {
        let rows = table.labels.iter().zip(&table.scores);
        rows.filter(|(label, _)| **label == class)
            .map(|(_, score)| *score)
            .collect()
    };
    let (negatives, positives) = (of(false), of(true));
    if negatives.is_empty() || positives.is_empty() {
        return Ok(Value::Null);
    }
    let test = ks_two_sample(&negatives, &positives)?;
    Ok(json!({ "statistic": test.statistic, "p": test.p_value }))
}

fn area(auc: Auc) -> Value {
    let interval = auc.interval(Confidence::P95);
    json!({
        "auc": auc.value,
        "variance": auc.variance,
        "interval": [interval.lower, interval.upper],
        "logit_interval": either(auc.logit_interval(Confidence::P95), |interval| {
            json!([interval.lower, interval.upper])
        }),
    })
}

fn estimate(estimate: Estimate) -> Value {
    json!([estimate.value, estimate.standard_error])
}

fn number(metric: Metric) -> Value {
    either(metric, Value::from)
}

fn either<T>(metric: Metric<T>, shown: impl FnOnce(T) -> Value) -> Value {
    metric.map_or_else(
        |why: Undefined| json!({ "undefined": why.to_string() }),
        shown,
    )
}
