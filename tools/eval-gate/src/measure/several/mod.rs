//! A model of several classes.

mod answers;

use std::collections::BTreeMap;

use yard_contract::{
    Baseline, ByTask, ClassesEvaluation, Comparison, Difference, Estimate, Finite,
};
use yard_stats::binary::{Ranked, Scored};
use yard_stats::interval::Confidence;

use self::answers::{Answers, Asked, Sorted};
use super::estimate::Metrics;
use super::metric::Metric;
use super::reweighed::{PartLoss, Reweighed, Weighable as _};
use super::single;
use super::task::{MeasuredTask, Rival, pick, renumbered};
use crate::config::GateConfig;
use crate::error::GateError;
use crate::input::{Scores, Subject};
use crate::plan::Plan;

/// What a model of several classes is measured from.
pub(super) struct Several<'a> {
    labels: &'a [usize],
    classes: &'a [String],
    subject: &'a Subject,
    config: &'a GateConfig,
    confidence: Confidence,
    asked: Asked,
    model: Answers,
    champion: Option<Answers>,
}

impl<'a> Several<'a> {
    pub(super) fn new(
        labels: &'a [usize],
        classes: &'a [String],
        subject: &'a Subject,
        plan: &'a Plan,
    ) -> Result<Self, GateError> {
        let asked = Asked::new(&plan.config, classes)?;
        let of = |scores: &Scores| Answers::new(labels, &scores.values, classes.len(), &asked);
        let (model, champion) = (
            of(&subject.model)?,
            subject.champion.as_ref().map(of).transpose()?,
        );
        Ok(Self {
            labels,
            classes,
            subject,
            config: &plan.config,
            confidence: plan.confidence,
            asked,
            model,
            champion,
        })
    }

    fn reweighed<'b>(&'b self, model: &'b Sorted<'_>) -> Reweighed<'b> {
        Reweighed {
            metrics: &self.asked.metrics,
            primary: self.primary(),
            model,
            config: self.config,
            confidence: self.confidence,
            subject: self.subject,
        }
    }

    fn answers(&self, scores: &Scores) -> Result<Answers, GateError> {
        let (labels, classes) = (self.labels, self.classes.len());
        Answers::new(labels, &scores.values, classes, &self.asked)
    }

    fn sorted<'b>(&'b self, answers: &'b Answers) -> Result<Sorted<'b>, GateError> {
        let ranked = |(labels, scores): &'b (Vec<bool>, Vec<f64>)| {
            Ranked::new(Scored::new(labels, scores, None)?)
        };
        Ok(Sorted {
            asked: &self.asked,
            labels: self.labels,
            classes: self.classes.len(),
            answers,
            ranked: answers
                .of_class
                .iter()
                .map(ranked)
                .collect::<Result<_, _>>()?,
        })
    }
}

impl MeasuredTask for Several<'_> {
    fn primary(&self) -> Metric {
        Metric::LogLoss
    }

    fn alone(&self) -> Result<Metrics, GateError> {
        self.reweighed(&self.sorted(&self.model)?).alone()
    }

    fn against(&self, rival: Rival<'_>) -> Result<(Metrics, Comparison), GateError> {
        let theirs = self.answers(rival.scores)?;
        let theirs = self.sorted(&theirs)?;
        self.reweighed(&self.sorted(&self.model)?)
            .against(rival, &theirs)
    }

    fn by_task(&self, _: &Metrics) -> Result<ByTask, GateError> {
        let mut confusion = vec![vec![0; self.classes.len()]; self.classes.len()];
        for (&label, &prediction) in self.labels.iter().zip(&self.model.predictions) {
            confusion[label][prediction] += 1;
        }
        Ok(ByTask::Multiclass(ClassesEvaluation {
            classes: self.classes.to_vec(),
            confusion,
        }))
    }

    /// Always answering the classes' shares, and the best single feature.
    fn baselines(&self) -> Result<Vec<Baseline>, GateError> {
        let weights = self.subject.holdout.weights.as_deref();
        let mut shares = vec![0.0; self.classes.len()];
        for (row, &label) in self.labels.iter().enumerate() {
            shares[label] += weights.map_or(1.0, |weights| weights[row]);
        }
        let total: f64 = shares.iter().sum();
        for share in &mut shares {
            *share /= total;
        }
        let prior = self.labels.iter().flat_map(|_| shares.iter().copied());
        let prior: Vec<f64> = prior.collect();
        let answers = Answers::new(self.labels, &prior, self.classes.len(), &self.asked)?;
        let own = weights.map_or_else(|| vec![1.0; self.labels.len()], <[f64]>::to_vec);
        let values = self.sorted(&answers)?.read(&own);
        let shown = [
            Metric::AucMacro,
            Metric::LogLoss,
            Metric::Brier,
            Metric::Accuracy,
            Metric::ExpectedCost,
        ];
        let metrics = (self.asked.metrics.iter())
            .zip(values)
            .filter_map(|(metric, value)| {
                let value = Finite::new(value.ok()?)?;
                shown
                    .contains(metric)
                    .then(|| (metric.as_str().to_owned(), value))
            });
        let prior = Baseline {
            name: "prior".to_owned(),
            metrics: metrics.collect(),
        };
        let of_class: Vec<Vec<bool>> = (0..self.classes.len())
            .map(|class| self.labels.iter().map(|&label| label == class).collect())
            .collect();
        let features = self.subject.holdout.features.as_ref();
        let single = single::of_several(features, &of_class, weights)?;
        Ok(std::iter::once(prior).chain(single).collect())
    }

    fn losses(&self) -> Vec<f64> {
        self.model.log_losses.clone()
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
            root: false,
        };
        let ours = pick(&self.model.log_losses, rows);
        let named = |metric: Metric, estimate| (metric.as_str().to_owned(), estimate);
        let loss = part.mean(&ours)?;
        let mut metrics: BTreeMap<String, Estimate> = loss
            .map(|loss| named(self.primary(), loss))
            .into_iter()
            .collect();
        if let Some(costs) = &self.model.costs {
            let cost = part.mean(&pick(costs, rows))?;
            metrics.extend(cost.map(|cost| named(Metric::ExpectedCost, cost)));
        }
        let difference = match &self.champion {
            Some(champion) if compared => {
                part.difference(&ours, &pick(&champion.log_losses, rows), margin)?
            }
            _ => None,
        };
        Ok((metrics, difference))
    }

    fn positives(&self, _: &[usize]) -> Option<u64> {
        None
    }
}
