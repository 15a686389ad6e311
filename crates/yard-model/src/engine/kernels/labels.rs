//! The classes of a classifier.

use super::super::value::{Cell, Cells, TextCells};
use crate::ModelError;
use crate::graph::{Element, NodeView};

/// The class labels of a classifier.
#[derive(Debug)]
pub(in super::super) enum Labels {
    Text(Vec<String>),
    I64(Vec<i64>),
}

impl Labels {
    pub(in super::super) fn read(
        node: &NodeView<'_>,
        texts: &str,
        numbers: &str,
    ) -> Result<Self, ModelError> {
        match (node.strings(texts)?, node.ints(numbers)?) {
            (Some(labels), None) if !labels.is_empty() => Ok(Self::Text(labels)),
            (None, Some(labels)) if !labels.is_empty() => Ok(Self::I64(labels.to_vec())),
            _ => Err(node.fail("expected exactly one list of class labels")),
        }
    }

    pub(in super::super) fn len(&self) -> usize {
        match self {
            Self::Text(labels) => labels.len(),
            Self::I64(labels) => labels.len(),
        }
    }

    pub(in super::super) fn element(&self) -> Element {
        match self {
            Self::Text(_) => Element::Text,
            Self::I64(_) => Element::I64,
        }
    }

    /// The column of labels for a class index a row.
    pub(in super::super) fn column(&self, classes: Vec<u32>) -> Cell<'_> {
        match self {
            Self::Text(levels) => Cell::Text(TextCells {
                levels,
                codes: Cells::from(classes),
            }),
            Self::I64(labels) => Cell::I64(Cells::from(
                classes
                    .into_iter()
                    .map(|class| labels[class as usize])
                    .collect::<Vec<_>>(),
            )),
        }
    }
}

/// The first of the largest scores of every row.
pub(in super::super) fn arg_max(scores: &[Vec<f32>], rows: usize) -> Vec<u32> {
    (0..rows)
        .map(|row| {
            let mut best = (0, scores[0][row]);
            for (class, scores) in (0..).zip(scores).skip(1) {
                if scores[row] > best.1 {
                    best = (class, scores[row]);
                }
            }
            best.0
        })
        .collect()
}
