//! Metrics of rows that are drawn again and again, for the intervals that have no closed form.

use std::num::NonZeroU32;

use rayon::prelude::*;
use yard_stats::binary::Ranked;
use yard_stats::bootstrap::{Bootstrap, Design, Plan, Resampler, Statistic};
use yard_stats::interval::{Confidence, Interval};
use yard_stats::paired::Pair;

use super::super::estimate::Paired;
use super::super::metric::Metric;
use super::settings::Settings;
use super::values::{has_closed_form, statistic};
use crate::config::BootstrapConfig;
use crate::error::GateError;

/// Replicates that one thread computes at a time: a multiple of 64, which costs least.
const PORTION: u32 = 128;

/// How rows are drawn: within each class, or whole entities where they are named.
#[derive(Clone, Copy)]
pub(super) struct Draws<'a> {
    config: BootstrapConfig,
    settings: Settings<'a>,
}

/// Which of the two models a number is of.
#[derive(Clone, Copy)]
pub(super) enum Side {
    Challenger,
    Champion,
}

/// The replicates of some metrics.
pub(super) struct Replicas {
    bootstrap: Bootstrap,
    /// Each with what its numbers are multiplied by.
    metrics: Vec<(Metric, f64)>,
    /// The place of the cheapest threshold, after the metrics, where it was drawn.
    threshold: Option<usize>,
    /// Whether closed forms do not hold, so that every interval comes from the draws.
    all: bool,
    clustered: bool,
}

impl<'a> Draws<'a> {
    pub(super) const fn new(config: BootstrapConfig, settings: Settings<'a>) -> Self {
        Self { config, settings }
    }

    /// The same draws of other rows.
    pub(super) const fn with(self, settings: Settings<'a>) -> Self {
        Self {
            config: self.config,
            settings,
        }
    }

    /// Of one model: metrics without a closed form, and all of them where none holds.
    pub(super) fn of(self, ranked: &Ranked<'_>, threshold: f64) -> Result<Replicas, GateError> {
        let wanted = |metric: &Metric| !self.settings.independent || !has_closed_form(*metric);
        let metrics = self.settings.metrics().filter(wanted).collect();
        self.of_metrics(ranked, threshold, metrics)
    }

    /// Of one model's AUC alone.
    pub(super) fn of_auc(self, ranked: &Ranked<'_>, threshold: f64) -> Result<Replicas, GateError> {
        self.of_metrics(ranked, threshold, vec![Metric::Auc])
    }

    fn of_metrics(
        self,
        ranked: &Ranked<'_>,
        threshold: f64,
        metrics: Vec<Metric>,
    ) -> Result<Replicas, GateError> {
        let (metrics, statistics) = self.statistics(metrics, (threshold, threshold));
        let resampler = Resampler::of(ranked, &statistics, &self.plan())?;
        Ok(self.run(&resampler, metrics, statistics.len()))
    }

    /// Of two models on the same draws, each at its own threshold: metrics whose difference has no closed
    /// form, and all of them where none holds.
    pub(super) fn of_pair(
        self,
        pair: &Pair<'_>,
        thresholds: (f64, f64),
    ) -> Result<Replicas, GateError> {
        let closed = [Metric::Auc, Metric::Gini, Metric::LogLoss, Metric::Brier];
        let wanted = |metric: &Metric| !self.settings.independent || !closed.contains(metric);
        let metrics = self.settings.metrics().filter(wanted).collect();
        self.of_pair_metrics(pair, thresholds, metrics)
    }

    /// Of two models' AUC alone, which knows no threshold.
    pub(super) fn of_pair_auc(self, pair: &Pair<'_>) -> Result<Replicas, GateError> {
        self.of_pair_metrics(pair, (0.5, 0.5), vec![Metric::Auc])
    }

    fn of_pair_metrics(
        self,
        pair: &Pair<'_>,
        thresholds: (f64, f64),
        metrics: Vec<Metric>,
    ) -> Result<Replicas, GateError> {
        let (metrics, statistics) = self.statistics(metrics, thresholds);
        let resampler = Resampler::of_pair(pair, &statistics, &self.plan())?;
        Ok(self.run(&resampler, metrics, statistics.len()))
    }

    fn statistics(
        self,
        metrics: Vec<Metric>,
        thresholds: (f64, f64),
    ) -> (Vec<(Metric, f64)>, Vec<Statistic>) {
        let priced = metrics.contains(&Metric::ExpectedCost);
        let found = metrics.into_iter().filter_map(|metric| {
            let (statistic, scale) = statistic(metric, &self.settings, thresholds)?;
            Some(((metric, scale), statistic))
        });
        let (metrics, mut statistics): (Vec<_>, Vec<_>) = found.unzip();
        if let Some((false_positive, false_negative)) = self.settings.costs
            && priced
        {
            statistics.push(Statistic::CheapestThreshold {
                false_positive,
                false_negative,
            });
        }
        (metrics, statistics)
    }

    fn plan(self) -> Plan<'a> {
        Plan {
            replicates: NonZeroU32::new(self.config.replicates).unwrap_or(NonZeroU32::MIN),
            seed: self.config.seed,
            design: (self.settings.clusters).map_or(Design::Stratified, Design::Clustered),
        }
    }

    /// Portions on all threads, put together in order: the same bits on any number of them.
    fn run(
        self,
        resampler: &Resampler<'_>,
        metrics: Vec<(Metric, f64)>,
        statistics: usize,
    ) -> Replicas {
        let replicates = self.config.replicates;
        let portions: Vec<Vec<f64>> = (0..replicates.div_ceil(PORTION))
            .into_par_iter()
            .map(|portion| {
                let first = portion * PORTION;
                resampler.draw(first..(first + PORTION).min(replicates))
            })
            .collect();
        Replicas {
            bootstrap: resampler.collect(portions.concat()),
            threshold: (statistics > metrics.len()).then_some(metrics.len()),
            metrics,
            all: !self.settings.independent,
            clustered: self.settings.clusters.is_some(),
        }
    }
}

impl Replicas {
    /// Whether one model's interval comes from the draws, rather than from a closed form.
    pub(super) fn decides(&self, metric: Metric) -> bool {
        self.place(metric).is_some() && (self.all || !has_closed_form(metric))
    }

    fn place(&self, metric: Metric) -> Option<(usize, f64)> {
        let index = self
            .metrics
            .iter()
            .position(|(known, _)| *known == metric)?;
        Some((index, self.metrics[index].1))
    }

    const fn method(&self) -> &'static str {
        if self.clustered {
            "clustered bootstrap"
        } else {
            "bootstrap"
        }
    }

    /// The bias-corrected and accelerated interval of one model's metric, with its name.
    pub(super) fn interval(
        &self,
        metric: Metric,
        side: Side,
        confidence: Confidence,
    ) -> Option<(Interval, &'static str)> {
        let (index, scale) = self.place(metric)?;
        let resampled = match side {
            Side::Challenger => self.bootstrap.challenger(index),
            Side::Champion => self.bootstrap.champion(index),
        };
        let resampled = resampled.ok()?;
        resampled.enough().ok()?;
        let ends = resampled.bca(confidence).ok()?;
        Some((scaled(ends, scale), self.method()))
    }

    /// Where the challenger's cheapest threshold lies, with the method's name. The percentile interval: the
    /// corrections of the others are for what moves smoothly with the rows.
    pub(super) fn threshold(&self, confidence: Confidence) -> Option<(Interval, &'static str)> {
        let resampled = self.bootstrap.challenger(self.threshold?).ok()?;
        resampled.enough().ok()?;
        let method = if self.clustered {
            "clustered percentile bootstrap"
        } else {
            "percentile bootstrap"
        };
        Some((resampled.percentile(confidence).ok()?, method))
    }

    /// Whether a metric was drawn.
    pub(super) fn has(&self, metric: Metric) -> bool {
        self.place(metric).is_some()
    }

    /// The difference of both models' metric; `None` where the draws leave it undefined.
    pub(super) fn difference(
        &self,
        metric: Metric,
        margin: f64,
        confidence: Confidence,
    ) -> Option<Paired> {
        let (index, scale) = self.place(metric)?;
        let resampled = self.bootstrap.difference(index).ok()?;
        let worse = if metric.more_is_better() {
            resampled.p_at_most(-margin / scale)
        } else {
            resampled.p_at_least(margin / scale)
        };
        Some(Paired {
            value: scale * resampled.estimate(),
            standard_error: resampled.standard_error().ok().map(|error| scale * error),
            interval: scaled(resampled.bca(confidence).ok()?, scale),
            method: self.method(),
            worse: worse.ok()?,
            enough: resampled.enough(),
        })
    }

    /// Two-sided p-value of "no difference".
    pub(super) fn p_value(&self, metric: Metric) -> Option<f64> {
        let (index, _) = self.place(metric)?;
        let resampled = self.bootstrap.difference(index).ok()?;
        let tail = resampled
            .p_at_most(0.0)
            .ok()?
            .min(resampled.p_at_least(0.0).ok()?);
        Some((2.0 * tail).min(1.0))
    }
}

fn scaled(ends: Interval, scale: f64) -> Interval {
    Interval {
        lower: scale * ends.lower,
        upper: scale * ends.upper,
    }
}
