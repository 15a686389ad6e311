//! One model's metrics: how each is computed, and how sure it is.

use yard_stats::Undefined;
use yard_stats::binary::{CalibrationFit, Confusion, Ranked, Reliability, brier, log_loss};
use yard_stats::bootstrap::{Rate, Statistic};
use yard_stats::interval::{Confidence, Interval, wilson};
use yard_stats::paired::delong;

use super::super::estimate::Metrics;
use super::super::metric::Metric;
use super::calibration;
use super::replicas::{Replicas, Side};
use super::settings::Settings;

/// Bins of the reliability table that the calibration error is taken over.
pub(super) const CALIBRATION_BINS: std::num::NonZeroUsize =
    std::num::NonZeroUsize::new(10).unwrap();

/// Computes every metric of ranked rows at a threshold. Where `replicas` has an interval it is taken;
/// otherwise the closed form, where there is one.
pub(super) fn all(
    ranked: &Ranked<'_>,
    threshold: f64,
    settings: &Settings<'_>,
    replicas: Option<(&Replicas, Side)>,
) -> Metrics {
    let (scored, confidence) = (ranked.scored(), settings.confidence);
    let confusion = Confusion::at(scored, threshold);
    let line = settings.calibration(scored);
    let mut metrics = Metrics::default();
    for metric in settings.metrics() {
        let value = value(metric, ranked, &confusion, line.as_ref(), settings);
        let interval = match replicas {
            Some((replicas, side)) if replicas.decides(metric) => {
                replicas.interval(metric, side, confidence)
            }
            _ if settings.independent => {
                interval(metric, ranked, &confusion, line.as_ref().ok(), confidence)
            }
            _ => line.as_ref().ok().and_then(|line| {
                calibration::interval(metric, scored, line, settings.clusters, confidence)
            }),
        };
        metrics.record(metric, value, interval, confidence);
    }
    metrics
}

fn value(
    metric: Metric,
    ranked: &Ranked<'_>,
    confusion: &Confusion,
    line: Result<&CalibrationFit, &Undefined>,
    settings: &Settings<'_>,
) -> Result<f64, Undefined> {
    let scored = ranked.scored();
    let top = || ranked.top(settings.top_share * ranked.total());
    match metric {
        Metric::Auc => ranked.auc(),
        Metric::PrAuc => ranked.average_precision(),
        Metric::Gini => ranked.gini(),
        Metric::Ks => ranked.kolmogorov_smirnov().map(|ks| ks.statistic),
        Metric::LogLoss => log_loss(scored),
        Metric::Brier => brier(scored),
        Metric::Ece => {
            Reliability::new(scored, CALIBRATION_BINS).map(|table| table.expected_error())
        }
        Metric::Accuracy => Ok(confusion.accuracy()),
        Metric::BalancedAccuracy => confusion.balanced_accuracy(),
        Metric::Precision => confusion.precision(),
        Metric::Recall => confusion.recall(),
        Metric::F1 => confusion.f1(),
        Metric::Mcc => confusion.matthews(),
        Metric::Kappa => confusion.kappa(),
        Metric::CalibrationSlope => line.map(|line| line.slope.value).map_err(|reason| *reason),
        Metric::CalibrationIntercept => line
            .map(|line| line.intercept.value)
            .map_err(|reason| *reason),
        Metric::RecallAtK => top().map(|top| top.recall),
        Metric::LiftAtK => top().map(|top| top.lift),
        Metric::ExpectedCost => Ok(settings
            .costs
            .map_or(0.0, |(one, other)| confusion.expected_cost(one, other))),
        _ => Err(Undefined::OneOutcome),
    }
}

/// Whether the interval of one model's metric needs no resampling, where rows are independent.
pub(super) const fn has_closed_form(metric: Metric) -> bool {
    matches!(
        metric,
        Metric::Auc
            | Metric::Gini
            | Metric::LogLoss
            | Metric::Brier
            | Metric::Accuracy
            | Metric::Precision
            | Metric::Recall
            | Metric::CalibrationSlope
            | Metric::CalibrationIntercept
    )
}

/// An interval and the name of its method, for metrics that have one in closed form.
fn interval(
    metric: Metric,
    ranked: &Ranked<'_>,
    confusion: &Confusion,
    line: Option<&CalibrationFit>,
    confidence: Confidence,
) -> Option<(Interval, &'static str)> {
    let proportion = |part: f64, whole: f64| {
        wilson(count(part), count(whole), confidence)
            .ok()
            .map(|interval| (interval, "wilson"))
    };
    let hits = confusion.true_positives;
    match metric {
        Metric::Auc => Some((auc_interval(ranked, confidence)?, "delong")),
        Metric::Gini => {
            let Interval { lower, upper } = auc_interval(ranked, confidence)?;
            Some((
                Interval {
                    lower: 2.0 * lower - 1.0,
                    upper: 2.0 * upper - 1.0,
                },
                "delong",
            ))
        }
        Metric::Accuracy => proportion(hits + confusion.true_negatives, confusion.total()),
        Metric::Precision => proportion(hits, confusion.predicted_positives()),
        Metric::Recall => proportion(hits, confusion.positives()),
        Metric::LogLoss => Some((mean_interval(ranked, log_loss_of, confidence)?, "normal")),
        Metric::Brier => Some((mean_interval(ranked, square_of, confidence)?, "normal")),
        Metric::CalibrationSlope => Some((line?.slope.interval(confidence), "wald")),
        Metric::CalibrationIntercept => Some((line?.intercept.interval(confidence), "wald")),
        _ => None,
    }
}

/// DeLong's interval on the scale of log-odds, which stays inside the unit interval.
fn auc_interval(ranked: &Ranked<'_>, confidence: Confidence) -> Option<Interval> {
    let auc = delong(ranked).ok()?;
    auc.enough().ok()?;
    auc.logit_interval(confidence)
        .ok()
        .or_else(|| Some(auc.interval(confidence)))
}

/// The interval of a mean of one loss a row.
fn mean_interval(
    ranked: &Ranked<'_>,
    loss: fn(bool, f64) -> f64,
    confidence: Confidence,
) -> Option<Interval> {
    let scored = ranked.scored();
    let losses: Vec<f64> = scored
        .labels()
        .iter()
        .zip(scored.scores())
        .map(|(label, score)| loss(*label, *score))
        .collect();
    let count = losses.len() as f64;
    let mean = losses.iter().sum::<f64>() / count;
    let variance = losses.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (count - 1.0);
    variance.is_finite().then(|| {
        Interval::around(mean, (variance / count).sqrt(), confidence).within(0.0, f64::MAX)
    })
}

pub(super) fn log_loss_of(label: bool, score: f64) -> f64 {
    let p = if label { score } else { 1.0 - score };
    -libm::log(p.max(f64::EPSILON))
}

fn square_of(label: bool, score: f64) -> f64 {
    let error = f64::from(u8::from(label)) - score;
    error * error
}

fn count(rows: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count of rows"
    )]
    let count = rows as u64;
    count
}

/// How a metric is computed on rows that are drawn again, each model at its own threshold, and what the
/// result is multiplied by; `None` where it never is.
pub(super) fn statistic(
    metric: Metric,
    settings: &Settings<'_>,
    (challenger, champion): (f64, f64),
) -> Option<(Statistic, f64)> {
    let share = settings.top_share;
    let rate = match metric {
        Metric::Auc => return Some((Statistic::Auc, 1.0)),
        Metric::PrAuc => return Some((Statistic::AveragePrecision, 1.0)),
        Metric::Gini => return Some((Statistic::Gini, 1.0)),
        Metric::Ks => return Some((Statistic::KolmogorovSmirnov, 1.0)),
        Metric::LogLoss => return Some((Statistic::LogLoss, 1.0)),
        Metric::Brier => return Some((Statistic::Brier, 1.0)),
        Metric::Ece => return Some((Statistic::CalibrationError(CALIBRATION_BINS), 1.0)),
        Metric::RecallAtK => return Some((Statistic::Captured { share }, 1.0)),
        Metric::LiftAtK => return Some((Statistic::Captured { share }, 1.0 / share)),
        Metric::Accuracy => Rate::Accuracy,
        Metric::BalancedAccuracy => Rate::BalancedAccuracy,
        Metric::Precision => Rate::Precision,
        Metric::Recall => Rate::Recall,
        Metric::F1 => Rate::F1,
        Metric::Mcc => Rate::Matthews,
        Metric::Kappa => Rate::Kappa,
        Metric::ExpectedCost => {
            let (false_positive, false_negative) = settings.costs?;
            Rate::Cost {
                false_positive,
                false_negative,
            }
        }
        _ => return None,
    };
    let at = Statistic::At {
        rate,
        challenger,
        champion,
    };
    Some((at, 1.0))
}
