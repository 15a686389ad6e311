//! Probabilities of several classes against one of them.

mod table;

pub use table::ClassTable;

use crate::binary::{Ranked, Scored, all_finite, all_usable, same_length};
use crate::{InputError, Metric, Undefined, sum::Sum};

/// Class labels (from 0), one row of class probabilities each, and optional weights, checked.
#[derive(Clone, Copy, Debug)]
pub struct Classified<'a> {
    labels: &'a [usize],
    /// Row by row, `classes` numbers each.
    probabilities: &'a [f64],
    classes: usize,
    weights: Option<&'a [f64]>,
}

/// How the classes' own numbers become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Average {
    /// Over all decisions together; precision, recall and F1 are then all the accuracy.
    Micro,
    /// The plain mean over classes.
    Macro,
    /// The mean over classes, each counted by its weight among the labels.
    Weighted,
}

impl<'a> Classified<'a> {
    /// Checks the columns once, O(n·classes). `probabilities` holds `classes` numbers a row.
    ///
    /// Fails with the first offending column and row; a label at or above `classes` is
    /// [`InputError::Class`].
    pub fn new(
        labels: &'a [usize],
        probabilities: &'a [f64],
        classes: usize,
        weights: Option<&'a [f64]>,
    ) -> Result<Self, InputError> {
        if labels.is_empty() || classes == 0 {
            return Err(InputError::Empty);
        }
        same_length("probability", labels.len() * classes, probabilities.len())?;
        in_range(labels, classes)?;
        all_finite("probability", probabilities)?;
        if let Some(weights) = weights {
            same_length("weight", labels.len(), weights.len())?;
            all_usable("weight", weights)?;
        }
        Ok(Self {
            labels,
            probabilities,
            classes,
            weights,
        })
    }

    /// The most probable class of each row; of equals the first. O(n·classes).
    pub fn predictions(&self) -> Vec<usize> {
        let rows = self.probabilities.chunks_exact(self.classes);
        rows.map(|row| {
            let first = (0, f64::NEG_INFINITY);
            let better = |best: (usize, f64), (class, &p): (usize, &f64)| {
                if p > best.1 { (class, p) } else { best }
            };
            row.iter().enumerate().fold(first, better).0
        })
        .collect()
    }

    /// The table of labels against the most probable classes. O(n·classes + classes²).
    pub fn table(&self) -> Result<ClassTable, InputError> {
        ClassTable::new(self.labels, &self.predictions(), self.classes, self.weights)
    }

    /// Mean −ln p of the class that came true, clipped to [2⁻⁵², 1 − 2⁻⁵²], in nats. Rows are taken as
    /// they are, whatever they add up to. O(n·classes).
    ///
    /// Undefined where a number is not a probability.
    pub fn log_loss(&self) -> Metric {
        self.all_probabilities()?;
        Ok(self.mean(|label, row| -libm::log(row[label].clamp(f64::EPSILON, 1.0 - f64::EPSILON))))
    }

    /// Mean Σ (pₖ − yₖ)² over the classes k, where yₖ is 1 for the class that came true: in [0, 2], and
    /// twice [`crate::binary::brier`] where there are two classes. G. W. Brier, Monthly Weather Review
    /// 1950. O(n·classes).
    ///
    /// Undefined where a number is not a probability.
    pub fn brier(&self) -> Metric {
        self.all_probabilities()?;
        Ok(self.mean(|label, row| {
            let gap = |(class, &p): (usize, &f64)| p - f64::from(u8::from(class == label));
            let squares = row.iter().enumerate().map(gap).map(|gap| gap * gap);
            squares.collect::<Sum>().value()
        }))
    }

    /// Share of rows whose class is among the `k` most probable; of equals the later classes come first,
    /// as in scikit-learn. 1 where `k` is the number of classes. O(n·classes).
    pub fn top_k_accuracy(&self, k: usize) -> f64 {
        self.mean(|label, row| {
            let ahead =
                |&(class, &p): &(usize, &f64)| p > row[label] || (p >= row[label] && class > label);
            f64::from(u8::from(row.iter().enumerate().filter(ahead).count() < k))
        })
    }

    fn all_probabilities(&self) -> Metric<()> {
        let outside = |p: &f64| !(0.0..=1.0).contains(p);
        if let Some(place) = self.probabilities.iter().position(outside) {
            return Err(Undefined::NotProbability {
                row: place / self.classes,
            });
        }
        Ok(())
    }

    /// Each class against all others: the mean of their [`Ranked::auc`], plain or by the classes' weight.
    /// O(classes · n log n), 13 bytes a row.
    ///
    /// Undefined where a class has no row, or every row; and for [`Average::Micro`].
    pub fn auc_one_vs_rest(&self, average: Average) -> Result<Metric, InputError> {
        if average == Average::Micro {
            return Ok(Err(Undefined::OneOutcome));
        }
        let (mut sum, mut total) = (Sum::default(), Sum::default());
        for class in 0..self.classes {
            let labels: Vec<bool> = self.labels.iter().map(|&label| label == class).collect();
            let scores: Vec<f64> = self.column(class).collect();
            let ranked = Ranked::new(Scored::new(&labels, &scores, self.weights)?)?;
            let share = match average {
                Average::Weighted => ranked.positives(),
                Average::Macro | Average::Micro => 1.0,
            };
            match ranked.auc() {
                Ok(auc) => sum.add(share * auc),
                Err(undefined) => return Ok(Err(undefined)),
            }
            total.add(share);
        }
        Ok(Ok(sum.value() / total.value()))
    }

    /// Each pair of classes on the rows of those two: the mean of (A(i|j) + A(j|i))/2, plain or by the
    /// pairs' number of rows. O(classes · n log n).
    ///
    /// D. J. Hand, R. J. Till, "A simple generalisation of the area under the ROC curve for multiple
    /// class classification problems", 2001. Undefined with weights, with a class without rows, and for
    /// [`Average::Micro`].
    pub fn auc_one_vs_one(&self, average: Average) -> Result<Metric, InputError> {
        if self.weights.is_some() {
            return Ok(Err(Undefined::Weighted));
        }
        if average == Average::Micro || self.classes < 2 {
            return Ok(Err(Undefined::OneOutcome));
        }
        let (mut sum, mut total) = (Sum::default(), Sum::default());
        for first in 0..self.classes {
            for second in first + 1..self.classes {
                let rows: Vec<usize> = (0..self.labels.len())
                    .filter(|&row| [first, second].contains(&self.labels[row]))
                    .collect();
                let auc_of = |class: usize| -> Result<Metric, InputError> {
                    let labels: Vec<bool> =
                        rows.iter().map(|&row| self.labels[row] == class).collect();
                    let score = |&row: &usize| self.probabilities[row * self.classes + class];
                    let scores: Vec<f64> = rows.iter().map(score).collect();
                    if labels.is_empty() {
                        return Ok(Err(Undefined::NoPositives));
                    }
                    Ok(Ranked::new(Scored::new(&labels, &scores, None)?)?.auc())
                };
                let (Ok(one), Ok(other)) = (auc_of(first)?, auc_of(second)?) else {
                    return Ok(Err(Undefined::NoPositives));
                };
                let share = match average {
                    Average::Weighted => rows.len() as f64,
                    Average::Macro | Average::Micro => 1.0,
                };
                sum.add(share * 0.5 * (one + other));
                total.add(share);
            }
        }
        Ok(Ok(sum.value() / total.value()))
    }

    fn column(&self, class: usize) -> impl Iterator<Item = f64> {
        self.probabilities
            .iter()
            .skip(class)
            .step_by(self.classes)
            .copied()
    }

    fn mean(&self, of: impl Fn(usize, &[f64]) -> f64) -> f64 {
        let (mut sum, mut total) = (Sum::default(), Sum::default());
        let rows = self.probabilities.chunks_exact(self.classes);
        for (row, (&label, probabilities)) in self.labels.iter().zip(rows).enumerate() {
            let weight = self.weights.map_or(1.0, |weights| weights[row]);
            sum.add(weight * of(label, probabilities));
            total.add(weight);
        }
        sum.value() / total.value()
    }
}

fn in_range(labels: &[usize], classes: usize) -> Result<(), InputError> {
    match labels.iter().position(|&class| class >= classes) {
        Some(row) => Err(InputError::Class {
            row,
            class: labels[row],
            classes,
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABELS: [usize; 5] = [0, 1, 2, 2, 1];
    const PROBABILITIES: [f64; 15] = [
        0.7, 0.2, 0.1, //
        0.3, 0.4, 0.3, //
        0.2, 0.2, 0.6, //
        0.5, 0.1, 0.4, //
        0.2, 0.5, 0.3,
    ];

    #[test]
    fn known_by_hand() {
        let rows = Classified::new(&LABELS, &PROBABILITIES, 3, None).unwrap();
        assert_eq!(rows.predictions(), [0, 1, 2, 0, 1]);
        let table = rows.table().unwrap();
        assert_eq!(table.accuracy(), 0.8);
        assert_eq!(table.f1(Average::Micro), 0.8);
        assert!((table.balanced_accuracy() - 2.5 / 3.0).abs() < 1e-15);
        assert!((table.precision(Average::Macro) - 2.5 / 3.0).abs() < 1e-15);
        assert_eq!(rows.top_k_accuracy(2), 1.0);
        // One row of class 2 is taken for class 0.
        let costs = [0.5, 1.0, 1.0, 1.0, 0.5, 1.0, 7.0, 1.0, 0.5];
        assert!((table.expected_cost(&costs).unwrap() - 9.0 / 5.0).abs() < 1e-15);
        assert!(table.expected_cost(&costs[1..]).is_err());
        assert_eq!(rows.auc_one_vs_rest(Average::Macro).unwrap(), Ok(1.0));
    }

    #[test]
    fn of_two_classes_it_is_the_binary_case() {
        let labels = [0, 1, 1, 0, 1];
        let scores = [0.2, 0.7, 0.4, 0.6, 0.9];
        let both: Vec<f64> = scores.iter().flat_map(|p| [1.0 - p, *p]).collect();
        let weights = [1.0, 2.0, 0.5, 1.0, 3.0];
        let rows = Classified::new(&labels, &both, 2, Some(&weights)).unwrap();
        let positive = labels.map(|label| label == 1);
        let scored = Scored::new(&positive, &scores, Some(&weights)).unwrap();
        let confusion = crate::binary::Confusion::at(scored, 0.5);
        let table = rows.table().unwrap();
        let near = |a: Metric, b: Metric| assert!((a.unwrap() - b.unwrap()).abs() < 1e-14);
        near(rows.log_loss(), crate::binary::log_loss(scored));
        near(table.matthews(), confusion.matthews());
        near(table.kappa(), confusion.kappa());
        near(
            rows.auc_one_vs_rest(Average::Macro).unwrap(),
            Ranked::new(scored).unwrap().auc(),
        );
        assert_eq!(
            rows.auc_one_vs_one(Average::Macro).unwrap(),
            Err(Undefined::Weighted)
        );
    }

    #[test]
    fn a_class_too_many_is_named() {
        let error = Classified::new(&[0, 3], &[0.5; 4], 2, None)
            .map(|_| ())
            .unwrap_err();
        assert_eq!(error.to_string(), "row 1 has class 3 of 2");
    }
}
