//! What was found, as tables.

use yard_contract::{
    ByTask, Comparison, Decisions, Estimate, Evaluation, Finite, Gate, SliceResult,
};
use yard_report::document::{Block, Table, Text};
use yard_report::number::{decimals, fixed, grouped, signed};

use super::charts::{status, words};
use crate::judge::{columns_name, slice_name};
use crate::measure::Metric;

/// Decimals of a number below 10.
const DECIMALS: usize = 4;
/// Slices listed in a report.
const SLICES_SHOWN: usize = 12;

/// What is judged, in one word: a challenger where there is a champion.
pub(super) const fn name(evaluation: &Evaluation) -> &'static str {
    match evaluation.comparison {
        Some(_) => "challenger",
        None => "model",
    }
}

pub(super) fn rules(gate: &Gate) -> Table {
    let mut table = Table::new(
        "Every rule and what it met",
        &["Verdict", "Rule", "Outcome"],
    )
    .with_sentences("Outcome");
    let mut rules: Vec<_> = gate.rules.iter().collect();
    rules.sort_by_key(|rule| std::cmp::Reverse(rule.verdict));
    for rule in rules {
        table.row([
            Text::status(status(rule.verdict)),
            Text::value(rule.id.clone()),
            Text::plain(rule.message.clone()),
        ]);
    }
    table
}

pub(super) fn metrics(evaluation: &Evaluation) -> Table {
    let comparison = evaluation.comparison.as_ref();
    let mut columns = match comparison {
        Some(_) => vec!["Metric", "#Challenger", "Interval", "#Champion"],
        None => vec!["Metric", "#Model", "Interval"],
    };
    let prior = evaluation.baselines.first();
    let always = prior.map_or_else(String::new, |prior| format!("#Always the {}", prior.name));
    columns.push(&always);
    let mut table = Table::new("Metrics on the rows held out", &columns);
    for metric in Metric::ALL {
        let name = metric.as_str();
        let Some(estimate) = evaluation.metrics.get(name) else {
            continue;
        };
        let mut row = vec![
            Text::value(name),
            Text::plain(figure(estimate.value)),
            Text::plain(range(estimate)),
        ];
        if let Some(comparison) = comparison {
            let value = comparison.champion_metrics.get(name);
            row.push(Text::plain(
                value.map_or_else(String::new, |e| figure(e.value)),
            ));
        }
        let value = prior.and_then(|prior| prior.metrics.get(name));
        row.push(Text::plain(
            value.map_or_else(String::new, |value| figure(*value)),
        ));
        table.row(row);
    }
    table
}

pub(super) fn weakest(evaluation: &Evaluation) -> Table {
    // Of a number each row's loss is its squared error; its root is in the outcome's unit.
    let (loss, shown): (_, fn(Finite) -> f64) = match evaluation.by_task {
        ByTask::Regression(_) => ("#RMSE", |loss| loss.get().sqrt()),
        ByTask::Binary(_) | ByTask::Multiclass(_) => ("#Log-loss", Finite::get),
    };
    let shown = |loss| {
        let loss = shown(loss);
        fixed(loss, decimals(loss, DECIMALS))
    };
    let mut table = Table::new(
        format!(
            "Where the {} errs more than on all other rows, the surest first: a place to look, not a rule",
            name(evaluation)
        ),
        &["Slice", "#Rows", loss, "#Of the others", "#p, adjusted"],
    );
    for slice in &evaluation.weakest {
        table.row([
            Text::value(columns_name(&slice.columns)),
            Text::plain(grouped(slice.rows)),
            Text::plain(shown(slice.loss)),
            Text::plain(shown(slice.rest)),
            Text::plain(p_value(slice.p_value)),
        ]);
    }
    table
}

pub(super) fn differences(comparison: &Comparison, caption: &str) -> Table {
    let mut table = Table::new(
        caption,
        &["Metric", "#Difference", "Interval", "#Margin", "#p"],
    );
    for metric in Metric::ALL {
        let Some(found) = comparison.differences.get(metric.as_str()) else {
            continue;
        };
        let margin = found
            .margin
            .map_or_else(String::new, |margin| margin.to_string());
        table.row([
            Text::value(metric.as_str()),
            Text::plain(difference(found.difference.value)),
            Text::plain(range(&found.difference)),
            Text::plain(margin),
            Text::plain(p_value(found.p_value)),
        ]);
    }
    table
}

pub(super) fn decisions(decisions: Decisions) -> Block {
    Block::paragraph(format!(
        "Decisions: on {} rows only the challenger is right, on {} only the champion (McNemar's test: p {}).",
        grouped(decisions.challenger_only),
        grouped(decisions.champion_only),
        match p_value(decisions.p_value) {
            small if small.starts_with('<') => small,
            other => format!("= {other}"),
        },
    ))
}

pub(super) fn groups(evaluation: &Evaluation) -> Table {
    let mut table = Table::new(
        "How far apart groups are treated: the largest rate less the smallest, and the smallest over the largest",
        &[
            "Rate",
            "Groups by",
            "Lowest",
            "Highest",
            "Difference",
            "Ratio",
            "Left out",
        ],
    );
    for gap in &evaluation.fairness {
        let rated = gap.groups.iter().filter_map(|group| {
            let rate = group.rate.as_ref()?.value.get();
            Some((rate, group.value.as_str()))
        });
        let mut rated: Vec<(f64, &str)> = rated.collect();
        rated.sort_by(|a, b| a.0.total_cmp(&b.0));
        let end = |group: Option<&(f64, &str)>| {
            group.map_or_else(String::new, |(rate, name)| format!("{name} {rate:.3}"))
        };
        table.row([
            Text::value(gap.rate.as_str()),
            Text::value(gap.column.as_str()),
            Text::plain(end(rated.first())),
            Text::plain(end(rated.last())),
            Text::plain(words(&gap.difference)),
            Text::plain(words(&gap.ratio)),
            Text::plain(gap.too_small.join(", ")),
        ]);
    }
    table
}

/// A metric's value.
pub(super) fn figure(value: Finite) -> String {
    fixed(value.get(), places([value]))
}

/// How far two values are apart.
pub(super) fn difference(value: Finite) -> String {
    signed(value.get(), places([value]))
}

/// The decimals of what is shown side by side.
fn places<const N: usize>(values: [Finite; N]) -> usize {
    let sizes = values.map(|value| value.get().abs());
    decimals(sizes.into_iter().fold(0.0, f64::max), DECIMALS)
}

/// A p-value is never 0.
fn p_value(p: Finite) -> String {
    if p.get() < 0.000_05 {
        "<0.0001".to_owned()
    } else {
        format!("{p:.4}")
    }
}

fn range(estimate: &Estimate) -> String {
    match (estimate.low, estimate.high, &estimate.interval) {
        (Some(low), Some(high), Some(method)) => {
            let places = places([estimate.value, low, high]);
            format!("{low:.places$} to {high:.places$} ({method})")
        }
        // A blank cell would look as if nobody had asked.
        _ => "none: too few rows carry it".to_owned(),
    }
}

pub(super) fn slices(evaluation: &Evaluation) -> Table {
    let compared = evaluation
        .slices
        .iter()
        .any(|slice| slice.difference.is_some());
    let primary = evaluation.primary.as_str();
    let metric = Metric::named(primary).unwrap_or(Metric::Auc);
    let binary = evaluation.positives().is_some();
    let mut columns = vec!["Slice", "#Rows"];
    if binary {
        columns.push("#Positive");
    }
    columns.push(metric.title());
    let cost = Metric::ExpectedCost.as_str();
    let priced = evaluation
        .slices
        .iter()
        .any(|slice| slice.metrics.contains_key(cost));
    if priced {
        columns.push("Cost a row");
    }
    if compared {
        columns.push("Against the champion");
    }
    columns.push("Judged");
    let mut table = Table::new(
        "Slices, the weakest first; those with too few rows last",
        &columns,
    );
    // The weakest first: the lowest AUC, the highest loss.
    let side = if metric.more_is_better() { 1.0 } else { -1.0 };
    let strength = |slice: &SliceResult| {
        let found = slice.metrics.get(primary);
        found.map_or(f64::INFINITY, |found| side * found.value.get())
    };
    let mut slices: Vec<&SliceResult> = evaluation.slices.iter().collect();
    slices.sort_by(|a, b| {
        b.supported
            .cmp(&a.supported)
            .then(strength(a).total_cmp(&strength(b)))
    });
    for slice in slices.iter().take(SLICES_SHOWN) {
        let mut row = vec![
            Text::value(slice_name(slice)),
            Text::plain(grouped(slice.rows)),
        ];
        row.extend(
            slice
                .positives
                .map(|positives| Text::plain(grouped(positives))),
        );
        let found = slice.metrics.get(primary);
        row.push(Text::plain(found.map_or("undefined".to_owned(), words)));
        if priced {
            let cost = slice.metrics.get(cost);
            row.push(Text::plain(cost.map_or_else(String::new, words)));
        }
        if compared {
            let found = slice.difference.as_ref();
            let found = found.map_or_else(String::new, |found| words(&found.difference));
            row.push(Text::plain(found));
        }
        row.push(Text::plain(if slice.supported {
            "yes"
        } else {
            "too few rows"
        }));
        table.row(row);
    }
    table
}
