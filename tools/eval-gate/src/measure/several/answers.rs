//! One model's answers on rows of several classes, and what is read of them under any weights of the rows.

use yard_stats::Undefined;
use yard_stats::binary::Ranked;
use yard_stats::multiclass::{Average, ClassTable, Classified};

use super::super::metric::Metric;
use super::super::reweighed::Weighable;
use crate::config::GateConfig;
use crate::error::GateError;

/// Bins of the calibration error.
const BINS: usize = 10;

/// What is asked of every model's answers.
pub(super) struct Asked {
    /// The metrics, in the order in which they are read.
    pub(super) metrics: Vec<Metric>,
    /// The class must be among so many.
    top: usize,
    /// What calling a row of one class each other costs, class by class.
    costs: Option<Vec<f64>>,
}

impl Asked {
    pub(super) fn new(config: &GateConfig, classes: &[String]) -> Result<Self, GateError> {
        let costs = config.costs.as_ref();
        let costs = costs.map(|costs| costs.matrix(classes)).transpose()?;
        let metrics = Metric::CLASSES.into_iter();
        let metrics = metrics.filter(|metric| costs.is_some() || *metric != Metric::ExpectedCost);
        Ok(Self {
            metrics: metrics.collect(),
            top: config.measures.top_k as usize,
            costs,
        })
    }
}

/// One model's answers, with what each row costs.
pub(super) struct Answers {
    pub(super) predictions: Vec<usize>,
    pub(super) log_losses: Vec<f64>,
    squares: Vec<f64>,
    /// 1 where the row's class is among the most probable.
    near: Vec<f64>,
    /// The bin that the largest probability falls into, and how far it lies above being right (1) or not (0).
    confidence: Vec<(usize, f64)>,
    /// What each decision costs, where costs are given.
    pub(super) costs: Option<Vec<f64>>,
    /// Each class's probability, and whether the row is of it.
    pub(super) of_class: Vec<(Vec<bool>, Vec<f64>)>,
}

/// Answers in order, so that no weighing sorts again.
pub(super) struct Sorted<'a> {
    pub(super) asked: &'a Asked,
    pub(super) labels: &'a [usize],
    pub(super) classes: usize,
    pub(super) answers: &'a Answers,
    pub(super) ranked: Vec<Ranked<'a>>,
}

impl Answers {
    pub(super) fn new(
        labels: &[usize],
        probabilities: &[f64],
        classes: usize,
        asked: &Asked,
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
            f64::from(u8::from(
                row.iter().enumerate().filter(ahead).count() < asked.top,
            ))
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
        let costs = asked.costs.as_ref().map(|costs| {
            let rows = labels.iter().zip(&predictions);
            rows.map(|(&label, &said)| costs[label * classes + said])
                .collect()
        });
        Ok(Self {
            costs,
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
            return vec![Err(Undefined::OneOutcome); self.asked.metrics.len()];
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
            Metric::ExpectedCost => {
                let costs = self.asked.costs.as_deref().unwrap_or_default();
                table
                    .expected_cost(costs)
                    .map_err(|_| Undefined::OneOutcome)
            }
            _ => Err(Undefined::OneOutcome),
        };
        self.asked.metrics.iter().copied().map(value).collect()
    }
}
