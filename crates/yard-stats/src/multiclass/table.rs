//! Labels against predicted classes, and the rates read from them.

use super::{Average, in_range};
use crate::binary::{all_finite, all_usable, same_length};
use crate::{InputError, Metric, Undefined, sum::Sum};

/// Weight of each (label, prediction) pair of classes.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassTable {
    classes: usize,
    /// Label by label.
    cells: Vec<f64>,
}

impl ClassTable {
    /// Counts (weighs) labels against predicted classes. O(n + classes²).
    pub fn new(
        labels: &[usize],
        predictions: &[usize],
        classes: usize,
        weights: Option<&[f64]>,
    ) -> Result<Self, InputError> {
        if labels.is_empty() {
            return Err(InputError::Empty);
        }
        same_length("prediction", labels.len(), predictions.len())?;
        in_range(labels, classes)?;
        in_range(predictions, classes)?;
        if let Some(weights) = weights {
            same_length("weight", labels.len(), weights.len())?;
            all_usable("weight", weights)?;
        }
        let mut cells = vec![Sum::default(); classes * classes];
        for (row, (label, prediction)) in labels.iter().zip(predictions).enumerate() {
            let weight = weights.map_or(1.0, |weights| weights[row]);
            cells[label * classes + prediction].add(weight);
        }
        Ok(Self {
            classes,
            cells: cells.into_iter().map(Sum::value).collect(),
        })
    }

    /// Weight of rows labelled `label` and predicted `prediction`. O(1).
    pub fn cell(&self, label: usize, prediction: usize) -> f64 {
        self.cells[label * self.classes + prediction]
    }

    /// Share of rows that are predicted rightly. O(classes²).
    pub fn accuracy(&self) -> f64 {
        self.right() / self.total()
    }

    /// Mean recall over the classes that have rows. O(classes²).
    pub fn balanced_accuracy(&self) -> f64 {
        let recalls = (0..self.classes).filter(|&class| self.labelled(class) > 0.0);
        let recalls: Vec<f64> = recalls
            .map(|class| self.cell(class, class) / self.labelled(class))
            .collect();
        recalls.iter().copied().collect::<Sum>().value() / recalls.len() as f64
    }

    /// How many of those predicted a class are of it. A class that is never predicted counts as 0, as in
    /// scikit-learn; a class neither labelled nor predicted is left out. O(classes²).
    pub fn precision(&self, average: Average) -> f64 {
        self.average(average, |class| {
            (self.cell(class, class), self.predicted(class))
        })
    }

    /// How many of a class are predicted as such. O(classes²).
    pub fn recall(&self, average: Average) -> f64 {
        self.average(average, |class| {
            (self.cell(class, class), self.labelled(class))
        })
    }

    /// 2TP / (2TP + FP + FN) of each class. O(classes²).
    pub fn f1(&self, average: Average) -> f64 {
        self.average(average, |class| {
            let both = self.labelled(class) + self.predicted(class);
            (2.0 * self.cell(class, class), both)
        })
    }

    /// Matthews correlation of several classes, in [−1, 1]:
    /// (c·s − Σ pₖtₖ) / √((s² − Σ pₖ²)(s² − Σ tₖ²)). O(classes²).
    ///
    /// J. Gorodkin, "Comparing two K-category assignments by a K-category correlation coefficient", 2004.
    /// Undefined where labels or predictions are all of one class (scikit-learn answers 0).
    pub fn matthews(&self) -> Metric {
        let total = self.total();
        let sums = |of: &dyn Fn(usize) -> f64| (0..self.classes).map(of).collect::<Sum>().value();
        let product = sums(&|class| self.predicted(class) * self.labelled(class));
        let predicted = total * total - sums(&|class| self.predicted(class).powi(2));
        let labelled = total * total - sums(&|class| self.labelled(class).powi(2));
        let spread = (predicted.max(0.0)).sqrt() * (labelled.max(0.0)).sqrt();
        if spread > total * total * f64::EPSILON {
            Ok(((self.right() * total - product) / spread).clamp(-1.0, 1.0))
        } else {
            Err(Undefined::OneOutcome)
        }
    }

    /// Cohen's kappa: 1 − disagreement / expected disagreement by chance. O(classes²).
    ///
    /// Undefined where labels and predictions are all of the same one class.
    pub fn kappa(&self) -> Metric {
        let total = self.total();
        let classes = || 0..self.classes;
        let labelled: Vec<f64> = classes().map(|class| self.labelled(class)).collect();
        let predicted: Vec<f64> = classes().map(|class| self.predicted(class)).collect();
        let (mut found, mut expected) = (Sum::default(), Sum::default());
        for label in classes() {
            for prediction in classes().filter(|&prediction| prediction != label) {
                found.add(self.cell(label, prediction));
                expected.add(labelled[label] * predicted[prediction] / total);
            }
        }
        if expected.value() > 0.0 {
            Ok(1.0 - found.value() / expected.value())
        } else {
            Err(Undefined::OneOutcome)
        }
    }

    /// Mean cost per row (per unit of weight), Σ wᵢⱼcᵢⱼ / Σ wᵢⱼ, where `costs` has, class by class of the
    /// labels, what predicting each class costs, in any one unit. What a right decision costs is on the diagonal,
    /// mostly 0. O(classes²). C. Elkan, "The foundations of cost-sensitive learning", IJCAI 2001.
    ///
    /// Fails where there is not one finite cost a pair of classes.
    pub fn expected_cost(&self, costs: &[f64]) -> Result<f64, InputError> {
        same_length("cost", self.cells.len(), costs.len())?;
        all_finite("cost", costs)?;
        let priced = self.cells.iter().zip(costs);
        let sum = priced.map(|(weight, cost)| weight * cost).collect::<Sum>();
        Ok(sum.value() / self.total())
    }

    fn average(&self, average: Average, ratio: impl Fn(usize) -> (f64, f64)) -> f64 {
        let (mut sum, mut total) = (Sum::default(), Sum::default());
        for class in 0..self.classes {
            let (part, whole) = ratio(class);
            match average {
                Average::Micro => {
                    sum.add(part);
                    total.add(whole);
                }
                Average::Macro if self.labelled(class) + self.predicted(class) > 0.0 => {
                    total.add(1.0);
                    sum.add(if whole > 0.0 { part / whole } else { 0.0 });
                }
                Average::Weighted => {
                    let weight = self.labelled(class);
                    total.add(weight);
                    sum.add(if whole > 0.0 {
                        weight * part / whole
                    } else {
                        0.0
                    });
                }
                Average::Macro => {}
            }
        }
        sum.value() / total.value()
    }

    fn labelled(&self, class: usize) -> f64 {
        let row = &self.cells[class * self.classes..(class + 1) * self.classes];
        row.iter().copied().collect::<Sum>().value()
    }

    fn predicted(&self, class: usize) -> f64 {
        let column = self.cells.iter().skip(class).step_by(self.classes);
        column.copied().collect::<Sum>().value()
    }

    fn right(&self) -> f64 {
        (0..self.classes)
            .map(|class| self.cell(class, class))
            .collect::<Sum>()
            .value()
    }

    fn total(&self) -> f64 {
        self.cells.iter().copied().collect::<Sum>().value()
    }
}
