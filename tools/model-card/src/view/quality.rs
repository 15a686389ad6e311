//! How good the model is: metrics, baselines, slices, calibration.

use std::collections::BTreeSet;

use serde::Serialize;
use yard_contract::{Estimate, Evaluation, Finite, SliceResult};

use crate::metric::{self, Metric};

/// The most slices of each kind that a card shows; `evaluation.json` has all of them.
const SLICES_SHOWN: usize = 20;

/// One metric with its interval.
#[derive(Serialize)]
pub(crate) struct MetricRow {
    metric: Metric,
    estimate: Estimate,
}

/// One metric of both models.
#[derive(Serialize)]
pub(crate) struct ComparisonRow {
    metric: Metric,
    champion: Estimate,
    challenger: Option<Estimate>,
}

/// The model beside what trivial ones reach.
#[derive(Serialize)]
pub(crate) struct Baselines {
    metrics: Vec<Metric>,
    rows: Vec<BaselineRow>,
}

#[derive(Serialize)]
struct BaselineRow {
    /// The baseline's name; absent for the model itself.
    name: Option<String>,
    values: Vec<Option<Finite>>,
}

/// Slices by one metric, the weakest first.
#[derive(Serialize)]
pub(crate) struct Slices {
    /// The metric by which they are ranked; absent where no slice has any.
    metric: Option<Metric>,
    supported: Vec<Slice>,
    supported_more: usize,
    unsupported: Vec<Slice>,
    unsupported_more: usize,
}

#[derive(Serialize)]
struct Slice {
    columns: Vec<Part>,
    rows: u64,
    positives: Option<u64>,
    estimate: Option<Estimate>,
    /// The slice's value minus that of all rows.
    difference: Option<f64>,
}

#[derive(Serialize)]
struct Part {
    column: String,
    value: String,
}

/// One bin of the reliability curve.
#[derive(Serialize)]
pub(crate) struct Bin {
    predicted: Finite,
    observed: Finite,
    /// Observed minus predicted.
    difference: f64,
    rows: u64,
}

/// The metric that the model is judged by, where these rows leave it defined; otherwise the first of
/// the card.
pub(crate) fn headline(evaluation: &Evaluation) -> Option<MetricRow> {
    let named = |row: &MetricRow| row.metric.name == evaluation.primary;
    let mut rows = metrics(evaluation);
    let place = rows.iter().position(named).unwrap_or_default();
    (place < rows.len()).then(|| rows.swap_remove(place))
}

pub(crate) fn metrics(evaluation: &Evaluation) -> Vec<MetricRow> {
    let row = |metric: Metric| MetricRow {
        estimate: evaluation.metrics[&metric.name].clone(),
        metric,
    };
    metric::in_order(evaluation.metrics.keys())
        .into_iter()
        .map(row)
        .collect()
}

pub(crate) fn baselines(evaluation: &Evaluation) -> Baselines {
    let names: BTreeSet<&String> = evaluation
        .baselines
        .iter()
        .flat_map(|baseline| baseline.metrics.keys())
        .collect();
    let metrics = metric::in_order(names);
    let model = BaselineRow {
        name: None,
        values: metrics
            .iter()
            .map(|metric| Some(evaluation.metrics.get(&metric.name)?.value))
            .collect(),
    };
    let trivial = evaluation.baselines.iter().map(|baseline| BaselineRow {
        name: Some(baseline.name.clone()),
        values: metrics
            .iter()
            .map(|metric| baseline.metrics.get(&metric.name).copied())
            .collect(),
    });
    Baselines {
        rows: std::iter::once(model).chain(trivial).collect(),
        metrics,
    }
}

pub(crate) fn comparison(evaluation: &Evaluation) -> Vec<ComparisonRow> {
    let Some(comparison) = &evaluation.comparison else {
        return Vec::new();
    };
    let row = |metric: Metric| ComparisonRow {
        champion: comparison.champion_metrics[&metric.name].clone(),
        challenger: evaluation.metrics.get(&metric.name).cloned(),
        metric,
    };
    metric::in_order(comparison.champion_metrics.keys())
        .into_iter()
        .map(row)
        .collect()
}

pub(crate) fn slices(evaluation: &Evaluation) -> Slices {
    let names = evaluation
        .slices
        .iter()
        .flat_map(|slice| slice.metrics.keys());
    let mut found = metric::in_order(names);
    let place = found
        .iter()
        .position(|metric| metric.name == evaluation.primary);
    let metric = match place {
        Some(place) => Some(found.swap_remove(place)),
        None => found.into_iter().next(),
    };
    let (supported, unsupported) = evaluation
        .slices
        .iter()
        .partition::<Vec<_>, _>(|slice| slice.supported);
    let mut supported = weakest_first(supported, evaluation, metric.as_ref());
    let mut unsupported = weakest_first(unsupported, evaluation, metric.as_ref());
    let (supported_more, unsupported_more) = (beyond(&supported), beyond(&unsupported));
    supported.truncate(SLICES_SHOWN);
    unsupported.truncate(SLICES_SHOWN);
    Slices {
        metric,
        supported,
        supported_more,
        unsupported,
        unsupported_more,
    }
}

fn beyond(slices: &[Slice]) -> usize {
    slices.len().saturating_sub(SLICES_SHOWN)
}

/// Slices without the metric come last; equal ones keep the order of the artifact.
fn weakest_first(
    slices: Vec<&SliceResult>,
    evaluation: &Evaluation,
    metric: Option<&Metric>,
) -> Vec<Slice> {
    let view = |slice: &SliceResult| {
        let estimate = metric.and_then(|metric| slice.metrics.get(&metric.name));
        let all = metric.and_then(|metric| evaluation.metrics.get(&metric.name));
        let part = |(column, value): (&String, &String)| Part {
            column: column.clone(),
            value: value.clone(),
        };
        Slice {
            columns: slice.columns.iter().map(part).collect(),
            rows: slice.rows,
            positives: slice.positives,
            estimate: estimate.cloned(),
            difference: estimate
                .zip(all)
                .map(|(one, all)| one.value.get() - all.value.get()),
        }
    };
    let mut slices: Vec<Slice> = slices.into_iter().map(view).collect();
    let sign = if metric.is_some_and(|metric| metric.lower_is_better) {
        -1.0
    } else {
        1.0
    };
    let weakness = |slice: &Slice| {
        slice
            .estimate
            .as_ref()
            .map_or(f64::INFINITY, |estimate| sign * estimate.value.get())
    };
    slices.sort_by(|one, other| weakness(one).total_cmp(&weakness(other)));
    slices
}

pub(crate) fn bins(evaluation: &Evaluation) -> Vec<Bin> {
    let bins = evaluation.binary().into_iter();
    let bins = bins.flat_map(|binary| &binary.curves.reliability);
    bins.filter(|bin| bin.rows > 0)
        .map(|bin| Bin {
            predicted: bin.predicted,
            observed: bin.observed,
            difference: bin.observed.get() - bin.predicted.get(),
            rows: bin.rows,
        })
        .collect()
}
