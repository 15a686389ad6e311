//! The model against another, row by row.

use std::collections::BTreeMap;

use yard_contract::{Comparison, Decisions, Difference, Finite};
use yard_stats::interval::{Confidence, Interval};
use yard_stats::paired::{
    AucDifference, Discordant, Loss, Pair, decision_difference, delong_difference, loss_difference,
};

use super::super::estimate::{Metrics, Paired};
use super::super::metric::Metric;
use super::super::task::Rival;
use super::Binary;
use super::replicas::{Draws, Replicas, Side};
use super::settings::Settings;
use super::values;
use crate::error::GateError;

/// Both models' metrics, and every difference with a paired interval.
pub(super) fn compare(
    of: &Binary<'_>,
    rival: Rival<'_>,
) -> Result<(Metrics, Comparison), GateError> {
    let (confidence, champion) = (of.settings.confidence, rival.scores);
    let pair = Pair::new(of.labels, &of.model.values, &champion.values, of.weights)?;
    let thresholds = (of.model.threshold.get(), champion.threshold.get());
    let replicas = of.draws.of_pair(&pair, thresholds)?;
    let all = |ranked, threshold, side| {
        values::all(ranked, threshold, &of.settings, Some((&replicas, side)))
    };
    let metrics = Metrics {
        cheapest: replicas.threshold(confidence),
        ..all(pair.challenger(), thresholds.0, Side::Challenger)
    };
    let of_champion = all(pair.champion(), thresholds.1, Side::Champion);
    let areas = of
        .settings
        .independent
        .then(|| delong_difference(&pair))
        .transpose()?;
    let mut differences = BTreeMap::new();
    for metric in of.settings.metrics() {
        let margin = rival.margins.get(&metric).copied();
        let tolerated = margin.map_or(0.0, Finite::get);
        let paired = paired(
            metric,
            &pair,
            areas.as_ref(),
            Some(&replicas),
            tolerated,
            confidence,
        )?;
        let recorded = paired.and_then(|paired| paired.recorded(margin, confidence));
        if let Some(difference) = recorded {
            differences.insert(metric.as_str().to_owned(), difference);
        }
    }
    let finite = |value: f64| Finite::new(value).ok_or(GateError::NotFinite);
    let p_value = match &areas {
        Some(areas) => areas.p_value(),
        None => replicas.p_value(Metric::Auc).unwrap_or(1.0),
    };
    let auc = differences.get("auc").ok_or(GateError::NotFinite)?;
    let comparison = Comparison {
        champion_sha256: champion.sha256,
        threshold: Some(champion.threshold),
        metric: "auc".to_owned(),
        champion: finite(pair.champion().auc()?)?,
        challenger: finite(pair.challenger().auc()?)?,
        difference: auc.difference.clone(),
        p_value: finite(p_value)?,
        champion_metrics: of_champion.estimates,
        decisions: decisions(&pair, thresholds, &of.settings)?,
        differences,
    };
    Ok((metrics, comparison))
}

/// In closed form where there is one and rows are independent, by the bootstrap otherwise. `None` where
/// either model's metric, or the interval, is undefined on these rows.
fn paired(
    metric: Metric,
    pair: &Pair<'_>,
    areas: Option<&AucDifference>,
    replicas: Option<&Replicas>,
    margin: f64,
    confidence: Confidence,
) -> Result<Option<Paired>, GateError> {
    if let Some(replicas) = replicas.filter(|replicas| replicas.has(metric)) {
        return Ok(replicas.difference(metric, margin, confidence));
    }
    let loss = match metric {
        Metric::LogLoss => Loss::LogLoss,
        Metric::Brier => Loss::Brier,
        Metric::Auc | Metric::Gini => {
            let Some(areas) = areas else {
                return Ok(None);
            };
            let scale = if metric == Metric::Gini { 2.0 } else { 1.0 };
            let Interval { lower, upper } = areas.interval(confidence);
            return Ok(Some(Paired {
                value: scale * areas.value,
                standard_error: Some(scale * areas.standard_error()),
                interval: Interval {
                    lower: scale * lower,
                    upper: scale * upper,
                },
                method: "delong paired",
                worse: areas.p_at_most(-margin / scale),
                enough: areas.enough(),
            }));
        }
        _ => return Ok(None),
    };
    let Ok(difference) = loss_difference(pair, loss, None)? else {
        return Ok(None);
    };
    Ok(Some(Paired {
        value: difference.value,
        standard_error: Some(difference.standard_error),
        interval: difference.interval(confidence),
        method: "paired t",
        worse: difference.p_at_least(margin),
        enough: difference.enough(),
    }))
}

/// AUC against the champion's on a part of the rows; by the bootstrap where closed forms do not hold. `None`
/// where a class has fewer than two rows.
pub(super) fn auc_difference(
    pair: &Pair<'_>,
    draws: Option<Draws<'_>>,
    margin: Option<Finite>,
    confidence: Confidence,
) -> Result<Option<Difference>, GateError> {
    let tolerated = margin.map_or(0.0, Finite::get);
    let found = if let Some(draws) = draws {
        let replicas = draws.of_pair_auc(pair)?;
        replicas.difference(Metric::Auc, tolerated, confidence)
    } else {
        match delong_difference(pair) {
            Ok(areas) => paired(Metric::Auc, pair, Some(&areas), None, tolerated, confidence)?,
            Err(_) => None,
        }
    };
    Ok(found.and_then(|found| found.recorded(margin, confidence)))
}

/// On how many rows only one of the models decides rightly, by `McNemar`'s test; where rows are weighted or
/// hang together, by the sums of whole entities, and 1 (nothing is shown) where too few of these differ.
fn decisions(
    pair: &Pair<'_>,
    thresholds: (f64, f64),
    settings: &Settings<'_>,
) -> Result<Option<Decisions>, GateError> {
    let counts = Discordant::counted(pair, thresholds.0, thresholds.1);
    let p_value = if settings.independent {
        counts.p_value()
    } else {
        let found = decision_difference(pair, thresholds.0, thresholds.1, settings.clusters)?;
        let shown = found.and_then(|found| found.enough().map(|()| found.studentised.p_value()));
        shown.unwrap_or(1.0)
    };
    Ok(Finite::new(p_value).map(|p_value| Decisions {
        challenger_only: counts.challenger_only,
        champion_only: counts.champion_only,
        p_value,
    }))
}
