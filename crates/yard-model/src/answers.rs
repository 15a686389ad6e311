//! What a model answers, and where in the graph's outputs it lies.

use std::collections::BTreeSet;
use std::ops::Range;

use yard_contract::Answer;

use crate::{Element, ModelError, Outputs, Session};

/// The answers for some rows, in their order: finite numbers, `width` of them a row.
///
/// A row of a model of two classes is the probability of the positive one; of several classes, the
/// probability of each in the signature's order; of a regression, the predicted number.
#[derive(Clone, Debug, PartialEq)]
pub struct Answers {
    width: usize,
    values: Vec<f32>,
}

impl Answers {
    pub(crate) const fn new(width: usize, values: Vec<f32>) -> Self {
        Self { width, values }
    }

    /// Numbers a row, at least 1.
    pub const fn width(&self) -> usize {
        self.width
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.values.len() / self.width
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Each row's numbers.
    pub fn rows(&self) -> std::slice::ChunksExact<'_, f32> {
        self.values.chunks_exact(self.width)
    }

    /// One number of each row: the only one at place 0 of two classes and of a regression.
    pub fn column(&self, place: usize) -> impl Iterator<Item = f32> {
        self.values.iter().copied().skip(place).step_by(self.width)
    }

    /// All numbers, row by row.
    pub fn values(&self) -> &[f32] {
        &self.values
    }
}

/// Columns of one output of a graph.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    output: String,
    columns: Range<usize>,
}

impl Source {
    /// Finds the output that a signature names, of the type and width that its task asks for.
    pub(crate) fn find(session: &Session, answer: &Answer) -> Result<Self, ModelError> {
        let (output, width, what, columns) = match answer {
            Answer::Binary(binary) => {
                if let Some(margin) = &binary.margin {
                    check(session, margin, 1, "one raw score")?;
                }
                (&binary.probabilities, 2, "two probabilities", 1..2)
            }
            Answer::Multiclass(several) => {
                let width = several.classes.len();
                (
                    &several.probabilities,
                    width,
                    "one probability a class",
                    0..width,
                )
            }
            Answer::Regression(number) => (&number.value, 1, "one number", 0..1),
        };
        let classes = answer.classes();
        let distinct: BTreeSet<&&str> = classes.iter().collect();
        if !matches!(answer, Answer::Regression(_)) && (width < 2 || distinct.len() < width) {
            return Err(ModelError::Signature(
                "the classes are not two or more different ones".to_owned(),
            ));
        }
        check(session, output, width, what)?;
        Ok(Self {
            output: output.clone(),
            columns,
        })
    }

    pub(crate) const fn width(&self) -> usize {
        self.columns.end - self.columns.start
    }

    /// The answers of so many rows, row by row.
    pub(crate) fn take(&self, outputs: &Outputs, rows: usize) -> Vec<f32> {
        let width = self.width();
        let mut values = vec![0.0; rows * width];
        for (place, column) in self.columns.clone().enumerate() {
            let numbers = outputs.numbers(&self.output, column).unwrap_or_default();
            let places = values.iter_mut().skip(place).step_by(width);
            for (value, number) in places.zip(numbers) {
                *value = *number;
            }
        }
        values
    }
}

fn check(session: &Session, output: &str, width: usize, what: &str) -> Result<(), ModelError> {
    let fits = session
        .outputs()
        .iter()
        .any(|port| port.name == output && port.element == Element::F32 && port.width() == width);
    if fits {
        return Ok(());
    }
    let text = format!("the graph has no output `{output}` of {what}");
    Err(ModelError::Signature(text))
}

/// The place of the largest number, of equal ones the first.
pub(crate) fn largest(numbers: &[f32]) -> Option<usize> {
    (0..numbers.len()).reduce(|best, place| {
        if numbers[place] > numbers[best] {
            place
        } else {
            best
        }
    })
}
