//! The metrics by name: how each is computed, and how sure it is.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yard_contract::{Estimate, Finite};
use yard_stats::Undefined;
use yard_stats::binary::{Confusion, Ranked, Reliability, brier, log_loss};
use yard_stats::bootstrap::{Rate, Statistic};
use yard_stats::interval::{Confidence, Interval, wilson};
use yard_stats::paired::delong;

use super::replicas::{Replicas, Side};

/// Bins of the reliability table that the calibration error is taken over.
pub(crate) const CALIBRATION_BINS: std::num::NonZeroUsize =
    std::num::NonZeroUsize::new(10).unwrap();

/// A metric that rules can name.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Metric {
    /// Area under the ROC curve.
    Auc,
    /// Area under the precision-recall curve, as average precision.
    PrAuc,
    /// Twice the AUC, less one.
    Gini,
    /// Largest distance between the two classes' score distributions.
    Ks,
    /// Mean logarithmic loss, in nats.
    LogLoss,
    /// Mean squared error of the probability.
    Brier,
    /// Expected calibration error over ten bins.
    Ece,
    /// Share of rows taken for what they are.
    Accuracy,
    /// Mean of the two classes' recalls.
    BalancedAccuracy,
    /// Share of positives among rows taken for positive.
    Precision,
    /// Share of positives taken for positive.
    Recall,
    /// Harmonic mean of precision and recall.
    F1,
    /// Matthews's correlation coefficient.
    Mcc,
}

impl Metric {
    /// All metrics, in the order of reports.
    pub(crate) const ALL: [Self; 13] = [
        Self::Auc,
        Self::PrAuc,
        Self::Gini,
        Self::Ks,
        Self::LogLoss,
        Self::Brier,
        Self::Ece,
        Self::Accuracy,
        Self::BalancedAccuracy,
        Self::Precision,
        Self::Recall,
        Self::F1,
        Self::Mcc,
    ];

    /// The name in configurations and artifacts.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Auc => "auc",
            Self::PrAuc => "pr_auc",
            Self::Gini => "gini",
            Self::Ks => "ks",
            Self::LogLoss => "log_loss",
            Self::Brier => "brier",
            Self::Ece => "ece",
            Self::Accuracy => "accuracy",
            Self::BalancedAccuracy => "balanced_accuracy",
            Self::Precision => "precision",
            Self::Recall => "recall",
            Self::F1 => "f1",
            Self::Mcc => "mcc",
        }
    }

    /// Whether more of it is better.
    pub(crate) const fn more_is_better(self) -> bool {
        !matches!(self, Self::LogLoss | Self::Brier | Self::Ece)
    }

    /// How it is computed on rows that are drawn again, each model at its own threshold.
    pub(crate) const fn statistic(self, challenger: f64, champion: f64) -> Statistic {
        let rate = match self {
            Self::Auc => return Statistic::Auc,
            Self::PrAuc => return Statistic::AveragePrecision,
            Self::Gini => return Statistic::Gini,
            Self::Ks => return Statistic::KolmogorovSmirnov,
            Self::LogLoss => return Statistic::LogLoss,
            Self::Brier => return Statistic::Brier,
            Self::Ece => return Statistic::CalibrationError(CALIBRATION_BINS),
            Self::Accuracy => Rate::Accuracy,
            Self::BalancedAccuracy => Rate::BalancedAccuracy,
            Self::Precision => Rate::Precision,
            Self::Recall => Rate::Recall,
            Self::F1 => Rate::F1,
            Self::Mcc => Rate::Matthews,
        };
        Statistic::At {
            rate,
            challenger,
            champion,
        }
    }
}

/// Metrics of some rows: those that are defined, and why the others are not.
#[derive(Default)]
pub(crate) struct Metrics {
    pub(crate) estimates: BTreeMap<String, Estimate>,
    pub(crate) undefined: BTreeMap<String, String>,
}

/// Computes every metric of ranked rows at a threshold. Where `replicas` has an interval it is taken;
/// otherwise the closed form, where there is one.
pub(crate) fn all(
    ranked: &Ranked<'_>,
    threshold: f64,
    confidence: Confidence,
    replicas: Option<(&Replicas, Side)>,
) -> Metrics {
    let scored = ranked.scored();
    let confusion = Confusion::at(scored, threshold);
    let mut metrics = Metrics::default();
    for metric in Metric::ALL {
        let value = value(metric, ranked, &confusion);
        let interval = match replicas {
            Some((replicas, side)) if replicas.decides(metric) => {
                replicas.interval(metric, side, confidence)
            }
            _ => interval(metric, ranked, &confusion, confidence),
        };
        match value.map(|value| estimate(value, interval, confidence)) {
            Ok(Some(estimate)) => {
                metrics
                    .estimates
                    .insert(metric.as_str().to_owned(), estimate);
            }
            Ok(None) => {
                metrics
                    .undefined
                    .insert(metric.as_str().to_owned(), "not finite".to_owned());
            }
            Err(reason) => {
                metrics
                    .undefined
                    .insert(metric.as_str().to_owned(), reason.to_string());
            }
        }
    }
    metrics
}

fn value(metric: Metric, ranked: &Ranked<'_>, confusion: &Confusion) -> Result<f64, Undefined> {
    let scored = ranked.scored();
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
    }
}

/// Whether the interval of one model's metric needs no resampling, where rows are independent.
pub(crate) const fn has_closed_form(metric: Metric) -> bool {
    matches!(
        metric,
        Metric::Auc
            | Metric::Gini
            | Metric::LogLoss
            | Metric::Brier
            | Metric::Accuracy
            | Metric::Precision
            | Metric::Recall
    )
}

/// An interval and the name of its method, for metrics that have one in closed form.
fn interval(
    metric: Metric,
    ranked: &Ranked<'_>,
    confusion: &Confusion,
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
        _ => None,
    }
}

/// DeLong's interval on the scale of log-odds, which stays inside the unit interval.
pub(crate) fn auc_interval(ranked: &Ranked<'_>, confidence: Confidence) -> Option<Interval> {
    let auc = delong(ranked).ok()?;
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

pub(crate) fn log_loss_of(label: bool, score: f64) -> f64 {
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

/// `None` where a number is not finite, which no artifact can hold.
pub(crate) fn estimate(
    value: f64,
    interval: Option<(Interval, &str)>,
    confidence: Confidence,
) -> Option<Estimate> {
    let end = |pick: fn(&Interval) -> f64| {
        interval
            .as_ref()
            .and_then(|(interval, _)| Finite::new(pick(interval)))
    };
    Some(Estimate {
        value: Finite::new(value)?,
        low: end(|interval| interval.lower),
        high: end(|interval| interval.upper),
        interval: interval
            .as_ref()
            .map(|(_, method)| format!("{method} {}%", confidence.level() * 100.0)),
    })
}
