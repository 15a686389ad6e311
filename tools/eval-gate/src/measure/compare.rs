//! The model against the champion, row by row.

use std::collections::BTreeMap;

use yard_contract::{Comparison, Decisions, Difference, Finite};
use yard_stats::interval::{Confidence, Interval};
use yard_stats::paired::{
    AucDifference, Discordant, Loss, Pair, delong_difference, loss_difference,
};

use super::metric::{self, Metric, Metrics};
use super::replicas::{Draws, Replicas, Side};
use crate::error::GateError;
use crate::input::Scores;

/// A difference, challenger minus champion, with what is known of it.
struct Paired {
    value: f64,
    standard_error: Option<f64>,
    interval: Interval,
    method: &'static str,
    /// One-sided p-value of "worse by the margin or more".
    worse: f64,
}

/// Both models' metrics, and every difference with a paired interval.
pub(crate) fn compare(
    labels: &[bool],
    model: &Scores,
    champion: &Scores,
    draws: Draws<'_>,
    margins: &BTreeMap<Metric, Finite>,
    confidence: Confidence,
) -> Result<(Metrics, Comparison), GateError> {
    let pair = Pair::new(labels, &model.probabilities, &champion.probabilities, None)?;
    let thresholds = (model.threshold.get(), champion.threshold.get());
    let replicas = draws.of_pair(&pair, thresholds)?;
    let of = |ranked, threshold, side| {
        metric::all(ranked, threshold, confidence, Some((&replicas, side)))
    };
    let metrics = of(pair.challenger(), thresholds.0, Side::Challenger);
    let of_champion = of(pair.champion(), thresholds.1, Side::Champion);
    let areas = delong_difference(&pair)?;
    let mut differences = BTreeMap::new();
    for metric in Metric::ALL {
        let margin = margins.get(&metric).copied();
        let tolerated = margin.map_or(0.0, Finite::get);
        let Some(paired) = paired(
            metric,
            &pair,
            &areas,
            Some(&replicas),
            tolerated,
            confidence,
        )?
        else {
            continue;
        };
        if let Some(difference) = paired.recorded(margin, confidence) {
            differences.insert(metric.as_str().to_owned(), difference);
        }
    }
    let finite = |value: f64| Finite::new(value).ok_or(GateError::NotFinite);
    let mut p_value = areas.p_value();
    if let Some((resampled, _)) = replicas.difference(Metric::Auc) {
        let tail = resampled.p_at_most(0.0)?.min(resampled.p_at_least(0.0)?);
        p_value = (2.0 * tail).min(1.0);
    }
    let auc = differences.get("auc").ok_or(GateError::NotFinite)?;
    let comparison = Comparison {
        champion_sha256: champion.sha256,
        threshold: Some(champion.threshold),
        metric: "auc".to_owned(),
        champion: finite(areas.champion.value)?,
        challenger: finite(areas.challenger.value)?,
        difference: auc.difference.clone(),
        p_value: finite(p_value)?,
        champion_metrics: of_champion.estimates,
        decisions: decisions(&pair, thresholds),
        differences,
    };
    Ok((metrics, comparison))
}

/// In closed form where there is one and rows are independent, by the bootstrap otherwise. `None` where
/// either model's metric, or the interval, is undefined on these rows.
fn paired(
    metric: Metric,
    pair: &Pair<'_>,
    areas: &AucDifference,
    replicas: Option<&Replicas>,
    margin: f64,
    confidence: Confidence,
) -> Result<Option<Paired>, GateError> {
    let resampled = replicas.and_then(|replicas| replicas.difference(metric));
    if let Some((resampled, method)) = resampled {
        let worse = if metric.more_is_better() {
            resampled.p_at_most(-margin)
        } else {
            resampled.p_at_least(margin)
        };
        let (Ok(interval), Ok(worse)) = (resampled.bca(confidence), worse) else {
            return Ok(None);
        };
        return Ok(Some(Paired {
            value: resampled.estimate(),
            standard_error: resampled.standard_error().ok(),
            interval,
            method,
            worse,
        }));
    }
    let loss = match metric {
        Metric::LogLoss => Loss::LogLoss,
        Metric::Brier => Loss::Brier,
        Metric::Auc | Metric::Gini => {
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
    }))
}

/// AUC against the champion's on a part of the rows; by the bootstrap where rows are clustered. `None`
/// where a class has fewer than two rows.
pub(crate) fn auc_difference(
    pair: &Pair<'_>,
    clustered: Option<Draws<'_>>,
    margin: Option<Finite>,
    confidence: Confidence,
) -> Result<Option<Difference>, GateError> {
    let Ok(areas) = delong_difference(pair) else {
        return Ok(None);
    };
    let replicas = match clustered {
        Some(draws) => Some(draws.of_pair_auc(pair)?),
        None => None,
    };
    let tolerated = margin.map_or(0.0, Finite::get);
    let found = paired(
        Metric::Auc,
        pair,
        &areas,
        replicas.as_ref(),
        tolerated,
        confidence,
    )?;
    Ok(found.and_then(|found| found.recorded(margin, confidence)))
}

impl Paired {
    fn recorded(&self, margin: Option<Finite>, confidence: Confidence) -> Option<Difference> {
        let interval = Some((self.interval, self.method));
        Some(Difference {
            difference: metric::estimate(self.value, interval, confidence)?,
            standard_error: self.standard_error.and_then(Finite::new),
            margin,
            p_value: Finite::new(self.worse)?,
        })
    }
}

/// On how many rows only one of the models decides rightly, by `McNemar`'s test.
fn decisions(pair: &Pair<'_>, thresholds: (f64, f64)) -> Option<Decisions> {
    let discordant = Discordant::at(pair, thresholds.0, thresholds.1).ok()?;
    Some(Decisions {
        challenger_only: discordant.challenger_only,
        champion_only: discordant.champion_only,
        p_value: Finite::new(discordant.p_value())?,
    })
}
