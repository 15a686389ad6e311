//! A model of a number.

use std::collections::BTreeMap;

use yard_contract::{
    Baseline, ByTask, Comparison, CurvePoint, Difference, Estimate, Finite, NumbersEvaluation,
    ResidualBin,
};
use yard_stats::Undefined;
use yard_stats::interval::Confidence;
use yard_stats::regression::Regressed;

use super::estimate::Metrics;
use super::metric::Metric;
use super::reweighed::{PartLoss, Reweighed, Weighable};
use super::single;
use super::task::{MeasuredTask, Rival, pick, renumbered};
use crate::config::GateConfig;
use crate::error::GateError;
use crate::input::{Scores, Subject};
use crate::plan::Plan;

/// Rows that the chart shows.
const POINTS: usize = 400;
/// Bins of the residuals' histogram.
const RESIDUAL_BINS: usize = 25;

/// What a model of a number is measured from.
pub(super) struct Numbers<'a> {
    targets: &'a [f64],
    subject: &'a Subject,
    config: &'a GateConfig,
    confidence: Confidence,
    model: Answers<'a>,
    champion: Option<Answers<'a>>,
}

/// One model's answers.
struct Answers<'a> {
    targets: &'a [f64],
    predictions: &'a [f64],
    quantile: f64,
}

impl<'a> Numbers<'a> {
    pub(super) fn new(
        targets: &'a [f64],
        subject: &'a Subject,
        plan: &'a Plan,
    ) -> Result<Self, GateError> {
        let quantile = plan.config.measures.quantile.get();
        let of = |scores| Answers::new(targets, scores, quantile);
        Ok(Self {
            targets,
            subject,
            config: &plan.config,
            confidence: plan.confidence,
            model: of(&subject.model)?,
            champion: subject.champion.as_ref().map(of).transpose()?,
        })
    }

    fn reweighed(&self) -> Reweighed<'_> {
        Reweighed {
            metrics: &Metric::NUMBERS,
            primary: self.primary(),
            model: &self.model,
            config: self.config,
            confidence: self.confidence,
            subject: self.subject,
        }
    }
}

impl Weighable for Answers<'_> {
    fn read(&self, weights: &[f64]) -> Vec<Result<f64, Undefined>> {
        let Ok(of) = Regressed::new(self.targets, self.predictions, Some(weights)) else {
            return vec![Err(Undefined::ConstantTarget); Metric::NUMBERS.len()];
        };
        let value = |metric: Metric| match metric {
            Metric::Rmse => Ok(of.root_mean_squared_error()),
            Metric::Mae => Ok(of.mean_absolute_error()),
            Metric::Mape => Ok(of.mean_absolute_percentage_error()),
            Metric::R2 => of.r_squared(),
            Metric::Pinball => Ok(of.pinball_loss(self.quantile)),
            _ => Err(Undefined::ConstantTarget),
        };
        Metric::NUMBERS.into_iter().map(value).collect()
    }
}

impl<'a> Answers<'a> {
    fn new(targets: &'a [f64], scores: &'a Scores, quantile: f64) -> Result<Self, GateError> {
        Regressed::new(targets, &scores.values, None)?;
        Ok(Self {
            targets,
            predictions: &scores.values,
            quantile,
        })
    }

    fn squares(&self) -> Vec<f64> {
        let rows = self.targets.iter().zip(self.predictions);
        rows.map(|(target, prediction)| (target - prediction) * (target - prediction))
            .collect()
    }
}

impl MeasuredTask for Numbers<'_> {
    fn primary(&self) -> Metric {
        Metric::Rmse
    }

    fn alone(&self) -> Result<Metrics, GateError> {
        self.reweighed().alone()
    }

    fn against(&self, rival: Rival<'_>) -> Result<(Metrics, Comparison), GateError> {
        let theirs = Answers::new(self.targets, rival.scores, self.model.quantile)?;
        self.reweighed().against(rival, &theirs)
    }

    fn by_task(&self, _: &Metrics) -> Result<ByTask, GateError> {
        let count = self.targets.len() as f64;
        let mean = self.targets.iter().sum::<f64>() / count;
        let spread = self
            .targets
            .iter()
            .map(|target| (target - mean) * (target - mean));
        let sd = (spread.sum::<f64>() / (count - 1.0).max(1.0)).sqrt();
        let finite = |value| Finite::new(value).ok_or(GateError::NotFinite);
        let rows: Vec<(f64, f64)> = (self.model.predictions.iter().copied())
            .zip(self.targets.iter().copied())
            .collect();
        let step = rows.len().div_ceil(POINTS);
        let points = rows.iter().step_by(step).filter_map(|&(x, y)| {
            Some(CurvePoint {
                x: Finite::new(x)?,
                y: Finite::new(y)?,
            })
        });
        Ok(ByTask::Regression(NumbersEvaluation {
            mean: finite(mean)?,
            sd: finite(sd)?,
            points: points.collect(),
            residuals: residuals(&rows),
        }))
    }

    /// Always answering the mean, and the best single feature.
    fn baselines(&self) -> Result<Vec<Baseline>, GateError> {
        let weights = self.subject.holdout.weights.as_deref();
        let own = weights.map_or_else(|| vec![1.0; self.targets.len()], <[f64]>::to_vec);
        let total: f64 = own.iter().sum();
        let sum: f64 = self
            .targets
            .iter()
            .zip(&own)
            .map(|(target, weight)| target * weight)
            .sum();
        let mean = vec![sum / total; self.targets.len()];
        let answers = Answers {
            targets: self.targets,
            predictions: &mean,
            quantile: self.model.quantile,
        };
        let values = answers.read(&own);
        let metrics = Metric::NUMBERS
            .into_iter()
            .zip(values)
            .filter_map(|(metric, value)| {
                Some((metric.as_str().to_owned(), Finite::new(value.ok()?)?))
            });
        let mean = Baseline {
            name: "mean".to_owned(),
            metrics: metrics.collect(),
        };
        let features = self.subject.holdout.features.as_ref();
        let single = single::of_number(features, self.targets, weights)?;
        Ok(std::iter::once(mean).chain(single).collect())
    }

    fn losses(&self) -> Vec<f64> {
        self.model.squares()
    }

    fn part(
        &self,
        rows: &[usize],
        compared: bool,
        margin: Option<Finite>,
    ) -> Result<(BTreeMap<String, Estimate>, Option<Difference>), GateError> {
        let holdout = &self.subject.holdout;
        let weights = holdout.weights.as_ref().map(|weights| pick(weights, rows));
        let clusters = holdout
            .clusters
            .as_ref()
            .map(|clusters| renumbered(clusters, rows));
        let part = PartLoss {
            weights: weights.as_deref(),
            clusters: clusters.as_deref(),
            confidence: self.confidence,
            root: true,
        };
        let ours = pick(&self.model.squares(), rows);
        let estimate = part.mean(&ours)?;
        let named = |estimate| (self.primary().as_str().to_owned(), estimate);
        let difference = match &self.champion {
            Some(champion) if compared => {
                part.difference(&ours, &pick(&champion.squares(), rows), margin)?
            }
            _ => None,
        };
        Ok((estimate.map(named).into_iter().collect(), difference))
    }

    fn positives(&self, _: &[usize]) -> Option<u64> {
        None
    }
}

/// Actual minus predicted, in bins of equal width.
fn residuals(rows: &[(f64, f64)]) -> Vec<ResidualBin> {
    let gaps = || rows.iter().map(|(predicted, actual)| actual - predicted);
    let lowest = gaps().fold(f64::INFINITY, f64::min);
    let highest = gaps().fold(f64::NEG_INFINITY, f64::max);
    let width = (highest - lowest) / RESIDUAL_BINS as f64;
    let mut counts = [0_u64; RESIDUAL_BINS];
    for gap in gaps() {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a bin's number"
        )]
        let bin = if width > 0.0 {
            ((gap - lowest) / width) as usize
        } else {
            0
        };
        counts[bin.min(RESIDUAL_BINS - 1)] += 1;
    }
    let edge = |bin: usize| Finite::new(lowest + width * bin as f64);
    let bins = counts.into_iter().enumerate().filter_map(|(bin, rows)| {
        Some(ResidualBin {
            from: edge(bin)?,
            to: edge(bin + 1)?,
            rows,
        })
    });
    bins.collect()
}
