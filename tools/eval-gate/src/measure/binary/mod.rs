//! A model of two classes.

mod calibration;
mod cheapest;
mod compare;
mod curves;
mod flips;
mod replicas;
mod settings;
mod values;

pub(crate) use self::curves::rival_curves;
pub(super) use self::flips::flips;

use std::collections::BTreeMap;

use yard_contract::{Baseline, BinaryEvaluation, ByTask, Comparison, Difference, Estimate, Finite};
use yard_stats::binary::{Ranked, Scored, brier, log_loss};
use yard_stats::paired::Pair;

use self::replicas::{Draws, Side};
use self::settings::Settings;
use super::estimate::Metrics;
use super::metric::Metric;
use super::single;
use super::task::{MeasuredTask, Rival, pick, renumbered};
use crate::error::GateError;
use crate::input::{Scores, Subject};
use crate::plan::Plan;

/// What a model of two classes is measured from.
pub(super) struct Binary<'a> {
    labels: &'a [bool],
    subject: &'a Subject,
    model: &'a Scores,
    weights: Option<&'a [f64]>,
    settings: Settings<'a>,
    draws: Draws<'a>,
}

impl<'a> Binary<'a> {
    pub(super) fn new(labels: &'a [bool], subject: &'a Subject, plan: &Plan) -> Self {
        let weights = subject.holdout.weights.as_deref();
        let clusters = subject.holdout.clusters.as_deref();
        let settings = Settings::new(&plan.config, plan.confidence, weights.is_some(), clusters);
        Self {
            labels,
            subject,
            model: &subject.model,
            weights,
            settings,
            draws: Draws::new(plan.config.bootstrap, settings),
        }
    }

    fn ranked(&self) -> Result<Ranked<'_>, GateError> {
        Ok(Ranked::new(Scored::new(
            self.labels,
            &self.model.values,
            self.weights,
        )?)?)
    }
}

impl MeasuredTask for Binary<'_> {
    fn primary(&self) -> Metric {
        Metric::Auc
    }

    fn alone(&self) -> Result<Metrics, GateError> {
        let ranked = self.ranked()?;
        let threshold = self.model.threshold.get();
        let replicas = self.draws.of(&ranked, threshold)?;
        let alone = Some((&replicas, Side::Challenger));
        let metrics = values::all(&ranked, threshold, &self.settings, alone);
        Ok(Metrics {
            cheapest: replicas.threshold(self.settings.confidence),
            ..metrics
        })
    }

    fn against(&self, rival: Rival<'_>) -> Result<(Metrics, Comparison), GateError> {
        compare::compare(self, rival)
    }

    fn by_task(&self, found: &Metrics) -> Result<ByTask, GateError> {
        // Charts count rows, whatever they weigh.
        let rows = Ranked::new(Scored::new(self.labels, &self.model.values, None)?)?;
        let weighed = self.ranked()?;
        let cheapest = (self.settings.costs)
            .and_then(|costs| cheapest::threshold(&weighed, costs, found.cheapest, &self.settings));
        Ok(ByTask::Binary(Box::new(BinaryEvaluation {
            positives: positives(self.labels),
            threshold: self.model.threshold,
            confusion: curves::confusion(&rows, self.model.threshold.get()),
            cheapest,
            curves: curves::curves(&rows)?,
        })))
    }

    fn baselines(&self) -> Result<Vec<Baseline>, GateError> {
        let rows = self.ranked()?;
        let prior = vec![rows.prevalence(); self.labels.len()];
        let scored = Scored::new(self.labels, &prior, self.weights)?;
        let found = [
            (Metric::Auc, Ranked::new(scored)?.auc()),
            (Metric::LogLoss, log_loss(scored)),
            (Metric::Brier, brier(scored)),
        ];
        let metrics = found.into_iter().filter_map(|(metric, value)| {
            Some((metric.as_str().to_owned(), Finite::new(value.ok()?)?))
        });
        let prior = Baseline {
            name: "prior".to_owned(),
            metrics: metrics.collect(),
        };
        let features = self.subject.holdout.features.as_ref();
        let single = single::of_two(features, self.labels, self.weights)?;
        Ok(std::iter::once(prior).chain(single).collect())
    }

    fn losses(&self) -> Vec<f64> {
        let rows = self.labels.iter().zip(&self.model.values);
        rows.map(|(&label, &score)| values::log_loss_of(label, score))
            .collect()
    }

    fn part(
        &self,
        rows: &[usize],
        compared: bool,
        margin: Option<Finite>,
    ) -> Result<(BTreeMap<String, Estimate>, Option<Difference>), GateError> {
        let labels = pick(self.labels, rows);
        let scores = pick(&self.model.values, rows);
        let weights = self.weights.map(|weights| pick(weights, rows));
        // Rows of one entity hang together within a part too.
        let clusters = self
            .settings
            .clusters
            .map(|clusters| renumbered(clusters, rows));
        let settings = self.settings.of_part(clusters.as_deref());
        let draws = (!settings.independent).then(|| self.draws.with(settings));
        let ranked = Ranked::new(Scored::new(&labels, &scores, weights.as_deref())?)?;
        let threshold = self.model.threshold.get();
        let replicas = draws
            .map(|draws| draws.of_auc(&ranked, threshold))
            .transpose()?;
        let replicas = replicas
            .as_ref()
            .map(|replicas| (replicas, Side::Challenger));
        let difference = match &self.subject.champion {
            Some(champion) if compared => {
                let theirs = pick(&champion.values, rows);
                let pair = Pair::new(&labels, &scores, &theirs, weights.as_deref())?;
                compare::auc_difference(&pair, draws, margin, settings.confidence)?
            }
            _ => None,
        };
        let metrics = values::all(&ranked, threshold, &settings, replicas).estimates;
        Ok((metrics, difference))
    }

    fn positives(&self, rows: &[usize]) -> Option<u64> {
        Some(positives(&pick(self.labels, rows)))
    }
}

fn positives(labels: &[bool]) -> u64 {
    labels.iter().filter(|label| **label).count() as u64
}
