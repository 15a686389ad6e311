//! What a row's answer is written as, and what the answers of a table come to.

use std::io::Write as _;

use yard_contract::{Answer, ClassCount, Finite, ScoreSummary, Signature};
use yard_model::Predictor;

use crate::columns::cell;

/// The classes as the output has them, in the order of the signature; none of a regression.
pub(crate) struct Lines {
    endings: Vec<Vec<u8>>,
}

impl Lines {
    pub(crate) fn of(signature: &Signature) -> Self {
        let ending = |class: &str| {
            let mut ending = vec![b','];
            cell(&mut ending, class);
            ending.push(b'\n');
            ending
        };
        let classes = signature.answer.classes();
        Self {
            endings: classes.into_iter().map(ending).collect(),
        }
    }

    /// Ends a line: the answer's numbers, then its class where it comes to one.
    pub(crate) fn write(&self, out: &mut Vec<u8>, predictor: &Predictor, answer: &[f32]) {
        for (place, number) in answer.iter().enumerate() {
            let separator = if place > 0 { "," } else { "" };
            // Writing to memory cannot fail. This is the shortest text that reads back the same.
            let _ = write!(out, "{separator}{number}");
        }
        let class = predictor.class(answer);
        let ending = class.and_then(|place| self.endings.get(place));
        out.extend_from_slice(ending.map_or(b"\n", Vec::as_slice));
    }
}

/// What was scored.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Totals {
    pub(crate) rows: u64,
    pub(crate) unseen_categories: u64,
    /// For each number of an answer, its sum in the order of the rows, and the bounds.
    sums: Vec<f64>,
    low: f32,
    high: f32,
    /// How often each class was answered.
    classes: Vec<u64>,
}

impl Totals {
    pub(crate) fn of(signature: &Signature) -> Self {
        let classes = signature.answer.classes().len();
        let width = match &signature.answer {
            Answer::Multiclass(_) => classes,
            Answer::Binary(_) | Answer::Regression(_) => 1,
        };
        Self {
            rows: 0,
            unseen_categories: 0,
            sums: vec![0.0; width],
            low: f32::INFINITY,
            high: f32::NEG_INFINITY,
            classes: vec![0; classes],
        }
    }

    /// Counts a row's answer.
    pub(crate) fn add(&mut self, predictor: &Predictor, answer: &[f32]) {
        self.rows += 1;
        for (sum, number) in self.sums.iter_mut().zip(answer) {
            *sum += f64::from(*number);
            self.low = self.low.min(*number);
            self.high = self.high.max(*number);
        }
        let class = predictor.class(answer);
        if let Some(rows) = class.and_then(|place| self.classes.get_mut(place)) {
            *rows += 1;
        }
    }

    /// What the rows, at least one, come to.
    pub(crate) fn summary(&self, signature: &Signature) -> ScoreSummary {
        let finite = |value: f64| Finite::new(value).unwrap_or_default();
        let means = self.sums.iter().map(|sum| finite(sum / self.rows as f64));
        let mut means = means.chain(std::iter::repeat(Finite::ZERO));
        match &signature.answer {
            Answer::Binary(_) => ScoreSummary::Binary {
                mean_probability: means.next().unwrap_or_default(),
                positives: self.classes.last().copied().unwrap_or(0),
            },
            Answer::Multiclass(several) => {
                let classes = several.classes.iter().zip(&self.classes).zip(means);
                let count = |((class, rows), mean): ((&String, &u64), Finite)| ClassCount {
                    class: class.clone(),
                    rows: *rows,
                    mean_probability: mean,
                };
                ScoreSummary::Multiclass {
                    classes: classes.map(count).collect(),
                }
            }
            Answer::Regression(_) => ScoreSummary::Regression {
                mean: means.next().unwrap_or_default(),
                min: finite(f64::from(self.low)),
                max: finite(f64::from(self.high)),
            },
        }
    }
}
