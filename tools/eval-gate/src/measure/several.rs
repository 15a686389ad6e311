//! A model of several classes.

use std::collections::BTreeMap;

use yard_contract::{
    Baseline, ByTask, ClassesEvaluation, Comparison, Difference, Estimate, Finite,
};
use yard_stats::Undefined;
use yard_stats::binary::{Ranked, Scored};
use yard_stats::interval::Confidence;
use yard_stats::multiclass::{Average, ClassTable, Classified};

use super::estimate::Metrics;
use super::metric::Metric;
use super::reweighed::{PartLoss, Reweighed, Weighable};
use super::single;
use super::task::{MeasuredTask, Rival, pick, renumbered};
use crate::config::GateConfig;
use crate::error::GateError;
use crate::input::{Scores, Subject};
use crate::plan::Plan;

/// Bins of the calibration error.
const BINS: usize = 10;

/// What a model of several classes is measured from.
pub(super) struct Several<'a> {
    labels: &'a [usize],
    classes: &'a [String],
    subject: &'a Subject,
    config: &'a GateConfig,
    confidence: Confidence,
    model: Answers,
    champion: Option<Answers>,
}

/// One model's answers, with what each row costs.
struct Answers {
    predictions: Vec<usize>,
    log_losses: Vec<f64>,
    squares: Vec<f64>,
    /// 1 where the row's class is among the most probable.
    near: Vec<f64>,
    /// The bin that the largest probability falls into, and how far it lies above being right (1) or not (0).
    confidence: Vec<(usize, f64)>,
    /// Each class's probability, and whether the row is of it.
    of_class: Vec<(Vec<bool>, Vec<f64>)>,
}

/// Answers in order, so that no weighing sorts again.
struct Sorted<'a> {
    labels: &'a [usize],
    classes: usize,
    answers: &'a Answers,
    ranked: Vec<Ranked<'a>>,
}

impl<'a> Several<'a> {
    pub(super) fn new(
        labels: &'a [usize],
        classes: &'a [String],
        subject: &'a Subject,
        plan: &'a Plan,
    ) -> Result<Self, GateError> {
        let of = |scores| answers(labels, classes, scores, &plan.config);
        Ok(Self {
            labels,
            classes,
            subject,
            config: &plan.config,
            confidence: plan.confidence,
            model: of(&subject.model)?,
            champion: subject.champion.as_ref().map(of).transpose()?,
        })
    }

    fn reweighed<'b>(&'b self, model: &'b Sorted<'_>) -> Reweighed<'b> {
        Reweighed {
            metrics: &Metric::CLASSES,
            primary: self.primary(),
            model,
            config: self.config,
            confidence: self.confidence,
            subject: self.subject,
        }
    }

    fn answers(&self, scores: &Scores) -> Result<Answers, GateError> {
        answers(self.labels, self.classes, scores, self.config)
    }

    fn sorted<'b>(&'b self, answers: &'b Answers) -> Result<Sorted<'b>, GateError> {
        let ranked = |(labels, scores): &'b (Vec<bool>, Vec<f64>)| {
            Ranked::new(Scored::new(labels, scores, None)?)
        };
        Ok(Sorted {
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

fn answers(
    labels: &[usize],
    classes: &[String],
    scores: &Scores,
    config: &GateConfig,
) -> Result<Answers, GateError> {
    let top = config.measures.top_k as usize;
    Answers::new(labels, &scores.values, classes.len(), top)
}

impl Answers {
    fn new(
        labels: &[usize],
        probabilities: &[f64],
        classes: usize,
        top: usize,
    ) -> Result<Self, GateError> {
        let predictions = Classified::new(labels, probabilities, classes, None)?.predictions();
        let rows = || labels.iter().zip(probabilities.chunks_exact(classes));
        let log_loss = |(&label, row): (&usize, &[f64])| {
            -libm::log(row[label].clamp(f64::EPSILON, 1.0 - f64::EPSILON))
        };
        let square = |(&label, row): (&usize, &[f64])| {
            let gaps = row.iter().enumerate();
            gaps.map(|(class, p)| {
                let gap = p - f64::from(u8::from(class == label));
                gap * gap
            })
            .sum()
        };
        // Of equals the later classes come first, as in scikit-learn.
        let near = |(&label, row): (&usize, &[f64])| {
            let own = row[label];
            let ahead = |&(class, &p): &(usize, &f64)| p > own || (p >= own && class > label);
            f64::from(u8::from(row.iter().enumerate().filter(ahead).count() < top))
        };
        let confidence = |((&label, row), &said): ((&usize, &[f64]), &usize)| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "the number of a bin of [0, 1]"
            )]
            let bin = ((row[said] * BINS as f64) as usize).min(BINS - 1);
            (bin, row[said] - f64::from(u8::from(said == label)))
        };
        let confidence = rows().zip(&predictions).map(confidence).collect();
        let of_class = |class: usize| {
            let is = labels.iter().map(|&label| label == class);
            let column = probabilities.iter().skip(class).step_by(classes);
            (is.collect(), column.copied().collect())
        };
        Ok(Self {
            predictions,
            log_losses: rows().map(log_loss).collect(),
            squares: rows().map(square).collect(),
            near: rows().map(near).collect(),
            confidence,
            of_class: (0..classes).map(of_class).collect(),
        })
    }
}

impl Answers {
    /// Mean distance of the largest probability from how often it is right, over ten bins of equal width: the
    /// expected calibration error of the top label. C. Guo et al., "On calibration of modern neural networks",
    /// ICML 2017.
    fn calibration_error(&self, weights: &[f64]) -> f64 {
        let mut gaps = [0.0_f64; BINS];
        let mut total = 0.0;
        for ((bin, gap), weight) in self.confidence.iter().zip(weights) {
            gaps[*bin] += weight * gap;
            total += weight;
        }
        gaps.iter().map(|gap| gap.abs()).sum::<f64>() / total
    }
}

impl Sorted<'_> {
    /// The mean over classes of the average precision of each against the others.
    fn precisions(&self, weights: &[f64]) -> Result<f64, Undefined> {
        let mut total = 0.0;
        for ranked in &self.ranked {
            total += ranked.average_precision_weighed(weights)?;
        }
        Ok(total / self.classes as f64)
    }

    /// The AUC of each class against the others: their plain mean, and by the classes' weight.
    fn areas(&self, weights: &[f64]) -> Result<(f64, f64), Undefined> {
        let mut of_class = vec![0.0; self.classes];
        for (&label, weight) in self.labels.iter().zip(weights) {
            of_class[label] += weight;
        }
        let (mut plain, mut weighted, mut total) = (0.0, 0.0, 0.0);
        for (ranked, weight) in self.ranked.iter().zip(of_class) {
            let area = ranked.auc_weighed(weights)?;
            plain += area;
            weighted += weight * area;
            total += weight;
        }
        Ok((plain / self.classes as f64, weighted / total))
    }
}

impl Weighable for Sorted<'_> {
    fn read(&self, weights: &[f64]) -> Vec<Result<f64, Undefined>> {
        let answers = self.answers;
        let table = ClassTable::new(
            self.labels,
            &answers.predictions,
            self.classes,
            Some(weights),
        );
        let Ok(table) = table else {
            return vec![Err(Undefined::OneOutcome); Metric::CLASSES.len()];
        };
        let areas = self.areas(weights);
        let total: f64 = weights.iter().sum();
        let mean = |values: &[f64]| {
            let sum: f64 = values
                .iter()
                .zip(weights)
                .map(|(value, weight)| value * weight)
                .sum();
            Ok(sum / total)
        };
        let value = |metric: Metric| match metric {
            Metric::AucMacro => areas.map(|areas| areas.0),
            Metric::AucWeighted => areas.map(|areas| areas.1),
            Metric::LogLoss => mean(&answers.log_losses),
            Metric::Brier => mean(&answers.squares),
            Metric::Accuracy => Ok(table.accuracy()),
            Metric::BalancedAccuracy => Ok(table.balanced_accuracy()),
            Metric::PrAucMacro => self.precisions(weights),
            Metric::Ece => Ok(answers.calibration_error(weights)),
            Metric::TopKAccuracy => mean(&answers.near),
            Metric::PrecisionMacro => Ok(table.precision(Average::Macro)),
            Metric::PrecisionWeighted => Ok(table.precision(Average::Weighted)),
            Metric::PrecisionMicro => Ok(table.precision(Average::Micro)),
            Metric::RecallMacro => Ok(table.recall(Average::Macro)),
            Metric::RecallWeighted => Ok(table.recall(Average::Weighted)),
            Metric::RecallMicro => Ok(table.recall(Average::Micro)),
            Metric::F1Macro => Ok(table.f1(Average::Macro)),
            Metric::F1Weighted => Ok(table.f1(Average::Weighted)),
            Metric::F1Micro => Ok(table.f1(Average::Micro)),
            Metric::Mcc => table.matthews(),
            Metric::Kappa => table.kappa(),
            _ => Err(Undefined::OneOutcome),
        };
        Metric::CLASSES.into_iter().map(value).collect()
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
        let answers = Answers::new(self.labels, &prior, self.classes.len(), 1)?;
        let own = weights.map_or_else(|| vec![1.0; self.labels.len()], <[f64]>::to_vec);
        let values = self.sorted(&answers)?.read(&own);
        let shown = [
            Metric::AucMacro,
            Metric::LogLoss,
            Metric::Brier,
            Metric::Accuracy,
        ];
        let metrics = Metric::CLASSES
            .into_iter()
            .zip(values)
            .filter_map(|(metric, value)| {
                let value = Finite::new(value.ok()?)?;
                shown
                    .contains(&metric)
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
        let estimate = part.mean(&ours)?;
        let named = |estimate| (self.primary().as_str().to_owned(), estimate);
        let difference = match &self.champion {
            Some(champion) if compared => {
                part.difference(&ours, &pick(&champion.log_losses, rows), margin)?
            }
            _ => None,
        };
        Ok((estimate.map(named).into_iter().collect(), difference))
    }

    fn positives(&self, _: &[usize]) -> Option<u64> {
        None
    }
}
