//! Metrics of several classes and of numbers, measured again and again under other weights of the rows.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use yard_contract::{Comparison, Difference, Estimate, Finite};
use yard_stats::Undefined;
use yard_stats::bootstrap::{Design, Plan as Draws, Resampled, resample};
use yard_stats::interval::{Confidence, Interval};
use yard_stats::paired::{MeanDifference, Studentised, mean_difference};

use super::estimate::{Metrics, Paired};
use super::metric::Metric;
use super::task::Rival;
use crate::config::GateConfig;
use crate::error::GateError;
use crate::input::Subject;

/// One model's answers, made ready to be measured under any weights of the rows.
pub(super) trait Weighable: Sync {
    /// One value a metric, in the order of the metrics.
    fn read(&self, weights: &[f64]) -> Vec<Result<f64, Undefined>>;
}

/// What is measured, and on what.
pub(super) struct Reweighed<'a> {
    pub(super) metrics: &'a [Metric],
    pub(super) primary: Metric,
    pub(super) model: &'a dyn Weighable,
    pub(super) config: &'a GateConfig,
    pub(super) confidence: Confidence,
    pub(super) subject: &'a Subject,
}

impl Reweighed<'_> {
    /// All metrics by the bootstrap: rows, or whole entities where they are named, from all of them.
    pub(super) fn alone(&self) -> Result<Metrics, GateError> {
        Ok(self.recorded(self.model, &self.drawn(None)?))
    }

    /// All metrics, and the differences from a rival's: both models on the same draws.
    pub(super) fn against(
        &self,
        rival: Rival<'_>,
        theirs: &dyn Weighable,
    ) -> Result<(Metrics, Comparison), GateError> {
        let count = self.metrics.len();
        let drawn = self.drawn(Some(theirs))?;
        let metrics = self.recorded(self.model, &drawn[..count]);
        let of_rival = self.recorded(theirs, &drawn[count..2 * count]);
        let drawn = &drawn[2 * count..];
        let differences = self.differences(rival, drawn);
        let comparison = self.comparison(rival, &metrics, of_rival, differences, drawn)?;
        Ok((metrics, comparison))
    }

    /// The draws of every metric; with a rival, of its metrics and of the differences from them too.
    fn drawn(&self, rival: Option<&dyn Weighable>) -> Result<Vec<Resampled>, GateError> {
        let holdout = &self.subject.holdout;
        let (rows, count) = (holdout.truth.rows(), self.metrics.len());
        let own = holdout.weights.as_deref();
        let clusters = holdout.clusters.as_deref();
        let plan = Draws {
            replicates: NonZeroU32::new(self.config.bootstrap.replicates)
                .unwrap_or(NonZeroU32::MIN),
            seed: self.config.bootstrap.seed,
            design: clusters.map_or(Design::Unstratified, Design::Clustered),
        };
        let mut weights = vec![0.0; rows];
        let sides = if rival.is_some() { 3 } else { 1 };
        let strata = vec![false; rows];
        let drawn = resample(&strata, count * sides, &plan, |counts, found| {
            for (row, weight) in weights.iter_mut().enumerate() {
                *weight = counts[row] * own.map_or(1.0, |own| own[row]);
            }
            let (ours, theirs) = rayon::join(
                || self.model.read(&weights),
                || rival.map(|rival| rival.read(&weights)),
            );
            for (index, value) in ours.iter().enumerate() {
                let value = value.unwrap_or(f64::NAN);
                found[index] = value;
                if let Some(theirs) = &theirs {
                    let other = theirs[index].unwrap_or(f64::NAN);
                    found[count + index] = other;
                    found[2 * count + index] = value - other;
                }
            }
        })?;
        Ok(drawn)
    }

    fn method(&self) -> &'static str {
        if self.subject.holdout.clusters.is_some() {
            "clustered bootstrap"
        } else {
            "bootstrap"
        }
    }

    /// One model's metrics with their intervals.
    fn recorded(&self, of: &dyn Weighable, drawn: &[Resampled]) -> Metrics {
        let holdout = &self.subject.holdout;
        let whole = || vec![1.0; holdout.truth.rows()];
        let whole = holdout.weights.clone().unwrap_or_else(whole);
        let mut metrics = Metrics::default();
        for ((&metric, value), drawn) in self.metrics.iter().zip(of.read(&whole)).zip(drawn) {
            let ends = drawn
                .enough()
                .and_then(|()| drawn.bca(self.confidence))
                .ok();
            let ends = ends.map(|ends| (ends, self.method()));
            metrics.record(metric, value, ends, self.confidence);
        }
        metrics
    }

    fn differences(&self, rival: Rival<'_>, drawn: &[Resampled]) -> BTreeMap<String, Difference> {
        // A model and itself: other rows could tell nothing either.
        let same = rival.scores.values == self.subject.model.values;
        let difference = |(&metric, drawn): (&Metric, &Resampled)| {
            let margin = rival.margins.get(&metric).copied();
            let tolerated = margin.map_or(0.0, Finite::get);
            let worse = if metric.more_is_better() {
                drawn.p_at_most(-tolerated)
            } else {
                drawn.p_at_least(tolerated)
            };
            let paired = Paired {
                value: drawn.estimate(),
                standard_error: drawn.standard_error().ok(),
                interval: drawn.bca(self.confidence).ok()?,
                method: self.method(),
                worse: worse.ok()?,
                enough: if same { Ok(()) } else { drawn.enough() },
            };
            Some((
                metric.as_str().to_owned(),
                paired.recorded(margin, self.confidence)?,
            ))
        };
        self.metrics
            .iter()
            .zip(drawn)
            .filter_map(difference)
            .collect()
    }

    fn comparison(
        &self,
        rival: Rival<'_>,
        metrics: &Metrics,
        of_champion: Metrics,
        differences: BTreeMap<String, Difference>,
        drawn: &[Resampled],
    ) -> Result<Comparison, GateError> {
        let name = self.primary.as_str();
        let undefined = || GateError::UndefinedMetric {
            rule: format!("{}.{name}", rival.prefix),
            reason: "it has no paired interval".to_owned(),
        };
        let value = |metrics: &Metrics| metrics.estimates.get(name).map(|found| found.value);
        let index = self
            .metrics
            .iter()
            .position(|metric| *metric == self.primary);
        let drawn = index
            .and_then(|index| drawn.get(index))
            .ok_or_else(undefined)?;
        let tail = drawn.p_at_most(0.0)?.min(drawn.p_at_least(0.0)?);
        let difference = differences.get(name).ok_or_else(undefined)?;
        Ok(Comparison {
            champion_sha256: rival.scores.sha256,
            metric: name.to_owned(),
            champion: value(&of_champion).ok_or_else(undefined)?,
            challenger: value(metrics).ok_or_else(undefined)?,
            difference: difference.difference.clone(),
            p_value: Finite::new((2.0 * tail).min(1.0)).ok_or(GateError::NotFinite)?,
            champion_metrics: of_champion.estimates,
            threshold: None,
            differences,
            decisions: None,
        })
    }
}

/// How a part of the rows is measured by the mean of one loss a row: Student's t, entities and weights
/// accounted for.
pub(super) struct PartLoss<'a> {
    pub(super) weights: Option<&'a [f64]>,
    pub(super) clusters: Option<&'a [u32]>,
    pub(super) confidence: Confidence,
    /// The root of the mean is meant, whose errors are those of the mean over twice the root.
    pub(super) root: bool,
}

impl PartLoss<'_> {
    /// The mean loss, or its root. `None` where it leaves no value.
    pub(super) fn mean(&self, losses: &[f64]) -> Result<Option<Estimate>, GateError> {
        let none = vec![0.0; losses.len()];
        let Ok(mean) = mean_difference(losses, &none, self.weights, self.clusters)? else {
            // Fewer than two rows: a value without an interval.
            let value = if self.root {
                losses[0].sqrt()
            } else {
                losses[0]
            };
            return Ok(super::estimate::estimate(value, None, self.confidence));
        };
        if mean.enough().is_err() {
            let value = if self.root {
                mean.value.sqrt()
            } else {
                mean.value
            };
            return Ok(super::estimate::estimate(value, None, self.confidence));
        }
        let ends = mean.interval(self.confidence);
        let (value, lower, upper) = if self.root {
            (
                mean.value.sqrt(),
                ends.lower.max(0.0).sqrt(),
                ends.upper.sqrt(),
            )
        } else {
            (mean.value, ends.lower.max(0.0), ends.upper)
        };
        let ends = Interval { lower, upper };
        Ok(super::estimate::estimate(
            value,
            Some((ends, "student's t")),
            self.confidence,
        ))
    }

    /// How far the mean loss, or its root, is from the champion's.
    pub(super) fn difference(
        &self,
        ours: &[f64],
        theirs: &[f64],
        margin: Option<Finite>,
    ) -> Result<Option<Difference>, GateError> {
        let tolerated = margin.map_or(0.0, Finite::get);
        let found = if self.root {
            let none = vec![0.0; ours.len()];
            let root = |losses: &[f64]| -> Result<Option<f64>, GateError> {
                let mean = mean_difference(losses, &none, self.weights, self.clusters)?;
                Ok(mean.ok().map(|mean| mean.value.sqrt()))
            };
            let (Some(a), Some(b)) = (root(ours)?, root(theirs)?) else {
                return Ok(None);
            };
            // To first order √(m + d) moves by d / (2√m).
            let over = |losses: &[f64], root: f64| -> Vec<f64> {
                losses
                    .iter()
                    .map(|loss| loss / (2.0 * root.max(f64::MIN_POSITIVE)))
                    .collect()
            };
            let (ours, theirs) = (over(ours, a), over(theirs, b));
            let linear = mean_difference(&ours, &theirs, self.weights, self.clusters)?;
            linear.map(|linear| MeanDifference {
                value: a - b,
                studentised: Studentised {
                    value: a - b,
                    ..linear.studentised
                },
                ..linear
            })
        } else {
            mean_difference(ours, theirs, self.weights, self.clusters)?
        };
        let paired = found.ok().map(|found| Paired {
            value: found.value,
            standard_error: Some(found.standard_error),
            interval: found.interval(self.confidence),
            method: "paired t",
            worse: found.p_at_least(tolerated),
            enough: found.enough(),
        });
        Ok(paired.and_then(|paired| paired.recorded(margin, self.confidence)))
    }
}
