//! Metrics of rows that are drawn again and again, for the intervals that have no closed form.

use std::num::NonZeroU32;

use rayon::prelude::*;
use yard_stats::binary::Ranked;
use yard_stats::bootstrap::{Bootstrap, Design, Plan, Resampled, Resampler};
use yard_stats::interval::{Confidence, Interval};
use yard_stats::paired::Pair;

use super::metric::{Metric, has_closed_form};
use crate::config::BootstrapConfig;
use crate::error::GateError;

/// Replicates that one thread computes at a time: a multiple of 64, which costs least.
const PORTION: u32 = 128;

/// How rows are drawn: within each class, or whole entities where they are named.
#[derive(Clone, Copy)]
pub(crate) struct Draws<'a> {
    config: BootstrapConfig,
    clusters: Option<&'a [u32]>,
}

/// Which of the two models a number is of.
#[derive(Clone, Copy)]
pub(crate) enum Side {
    Challenger,
    Champion,
}

/// The replicates of some metrics.
pub(crate) struct Replicas {
    bootstrap: Bootstrap,
    metrics: Vec<Metric>,
    clustered: bool,
}

impl<'a> Draws<'a> {
    pub(crate) const fn new(config: BootstrapConfig, clusters: Option<&'a [u32]>) -> Self {
        Self { config, clusters }
    }

    /// The same draws of other rows.
    pub(crate) const fn with(self, clusters: &'a [u32]) -> Self {
        Self {
            config: self.config,
            clusters: Some(clusters),
        }
    }

    /// The entities of some of the rows, numbered again without gaps.
    pub(crate) fn clusters_of(self, rows: &[usize]) -> Option<Vec<u32>> {
        let clusters = self.clusters?;
        let mut known = std::collections::BTreeMap::new();
        let number = |&row: &usize| {
            let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
            *known.entry(clusters[row]).or_insert(next)
        };
        Some(rows.iter().map(number).collect())
    }

    /// Of one model: metrics without a closed form, and all of them where rows are clustered.
    pub(crate) fn of(self, ranked: &Ranked<'_>, threshold: f64) -> Result<Replicas, GateError> {
        let wanted = |metric: &Metric| self.clusters.is_some() || !has_closed_form(*metric);
        let metrics: Vec<Metric> = Metric::ALL.into_iter().filter(wanted).collect();
        self.of_metrics(ranked, threshold, metrics)
    }

    /// Of one model's AUC alone.
    pub(crate) fn of_auc(self, ranked: &Ranked<'_>, threshold: f64) -> Result<Replicas, GateError> {
        self.of_metrics(ranked, threshold, vec![Metric::Auc])
    }

    fn of_metrics(
        self,
        ranked: &Ranked<'_>,
        threshold: f64,
        metrics: Vec<Metric>,
    ) -> Result<Replicas, GateError> {
        let statistics: Vec<_> = metrics
            .iter()
            .map(|metric| metric.statistic(threshold, threshold))
            .collect();
        let resampler = Resampler::of(ranked, &statistics, &self.plan())?;
        Ok(self.run(&resampler, metrics))
    }

    /// Of two models on the same draws, each at its own threshold: metrics whose difference has no closed
    /// form, and all of them where rows are clustered.
    pub(crate) fn of_pair(
        self,
        pair: &Pair<'_>,
        (challenger, champion): (f64, f64),
    ) -> Result<Replicas, GateError> {
        let closed = [Metric::Auc, Metric::Gini, Metric::LogLoss, Metric::Brier];
        let wanted = |metric: &Metric| self.clusters.is_some() || !closed.contains(metric);
        let metrics: Vec<Metric> = Metric::ALL.into_iter().filter(wanted).collect();
        self.of_pair_metrics(pair, (challenger, champion), metrics)
    }

    /// Of two models' AUC alone, which knows no threshold.
    pub(crate) fn of_pair_auc(self, pair: &Pair<'_>) -> Result<Replicas, GateError> {
        self.of_pair_metrics(pair, (0.5, 0.5), vec![Metric::Auc])
    }

    fn of_pair_metrics(
        self,
        pair: &Pair<'_>,
        (challenger, champion): (f64, f64),
        metrics: Vec<Metric>,
    ) -> Result<Replicas, GateError> {
        let statistics: Vec<_> = metrics
            .iter()
            .map(|metric| metric.statistic(challenger, champion))
            .collect();
        let resampler = Resampler::of_pair(pair, &statistics, &self.plan())?;
        Ok(self.run(&resampler, metrics))
    }

    fn plan(self) -> Plan<'a> {
        Plan {
            replicates: NonZeroU32::new(self.config.replicates).unwrap_or(NonZeroU32::MIN),
            seed: self.config.seed,
            design: self.clusters.map_or(Design::Stratified, Design::Clustered),
        }
    }

    /// Portions on all threads, put together in order: the same bits on any number of them.
    fn run(self, resampler: &Resampler<'_>, metrics: Vec<Metric>) -> Replicas {
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
            metrics,
            clustered: self.clusters.is_some(),
        }
    }
}

impl Replicas {
    /// Whether one model's interval comes from the draws, rather than from a closed form.
    pub(crate) fn decides(&self, metric: Metric) -> bool {
        self.metrics.contains(&metric) && (self.clustered || !has_closed_form(metric))
    }

    const fn method(&self) -> &'static str {
        if self.clustered {
            "clustered bootstrap"
        } else {
            "bootstrap"
        }
    }

    /// The bias-corrected and accelerated interval of one model's metric, with its name.
    pub(crate) fn interval(
        &self,
        metric: Metric,
        side: Side,
        confidence: Confidence,
    ) -> Option<(Interval, &'static str)> {
        let index = self.metrics.iter().position(|known| *known == metric)?;
        let resampled = match side {
            Side::Challenger => self.bootstrap.challenger(index),
            Side::Champion => self.bootstrap.champion(index),
        };
        Some((resampled.ok()?.bca(confidence).ok()?, self.method()))
    }

    /// The difference of both models' metric, with the name of the method.
    pub(crate) fn difference(&self, metric: Metric) -> Option<(Resampled, &'static str)> {
        let index = self.metrics.iter().position(|known| *known == metric)?;
        Some((self.bootstrap.difference(index).ok()?, self.method()))
    }
}
