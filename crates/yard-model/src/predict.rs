//! Prediction by column names: a table or rows of named cells in, answers out.

use std::collections::BTreeMap;

use rayon::prelude::*;
use yard_contract::{Answer, FeatureType, Scalar, Signature};
use yard_table::{ColumnKind, ColumnSpec, Table};

use crate::answers::{self, Source};
use crate::{Answers, Batch, Column, Element, Inputs, ModelError, RowError, RunError, Session};

/// Rows that one thread scores at a time: large enough that a step's overhead does not show, small
/// enough that a block's columns stay in the second-level cache.
const BLOCK: usize = 2048;

/// A loaded graph and its signature. It is `Sync`; scoring shards rows over the caller's pool and
/// the result does not depend on how many threads that has.
#[derive(Debug)]
pub struct Predictor {
    session: Session,
    signature: Signature,
    /// For each input of the graph, the place of its feature in the signature.
    places: Vec<usize>,
    /// Where in the graph's outputs the answer lies.
    source: Source,
}

/// Why rows cannot be scored.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum PredictError {
    #[error("the table lacks the feature `{name}`")]
    MissingFeature { name: String },
    #[error("row {row} cannot be scored")]
    Row { row: usize, source: RowError },
    #[error("the graph failed")]
    Run(#[from] RunError),
    #[error("the graph answers no number for row {row}")]
    NotFinite { row: usize },
}

impl Predictor {
    /// Loads a graph and checks that its inputs and outputs are those of the signature.
    pub fn new(onnx: &[u8], signature: Signature) -> Result<Self, ModelError> {
        let session = Session::load(onnx)?;
        let mut places = Vec::with_capacity(session.inputs().len());
        for port in session.inputs() {
            let found = signature
                .features
                .iter()
                .position(|feature| feature.name == port.name);
            let place = found.ok_or_else(|| {
                ModelError::Signature(format!(
                    "the graph takes `{}`, the signature does not",
                    port.name
                ))
            })?;
            let expected = match signature.features[place].r#type {
                FeatureType::Number => Element::F32,
                FeatureType::Category => Element::Text,
            };
            if port.element != expected || port.width() != 1 {
                let text = format!(
                    "`{}` is another type in the graph than in the signature",
                    port.name
                );
                return Err(ModelError::Signature(text));
            }
            places.push(place);
        }
        if let Some(feature) = signature
            .features
            .iter()
            .find(|f| session.inputs().iter().all(|port| port.name != f.name))
        {
            let text = format!(
                "the signature has `{}`, the graph does not take it",
                feature.name
            );
            return Err(ModelError::Signature(text));
        }
        let source = Source::find(&session, &signature.answer)?;
        Ok(Self {
            session,
            signature,
            places,
            source,
        })
    }

    /// What the model takes and answers.
    pub const fn signature(&self) -> &Signature {
        &self.signature
    }

    /// The features as columns to read from a table.
    pub fn specs(&self) -> Vec<ColumnSpec> {
        let kind = |kind| match kind {
            FeatureType::Number => ColumnKind::Number,
            FeatureType::Category => ColumnKind::Category,
        };
        let features = self.signature.features.iter();
        features
            .map(|feature| ColumnSpec::new(&feature.name, kind(feature.r#type)))
            .collect()
    }

    /// The answer for each row of a table, which must hold the columns of [`Self::specs`].
    pub fn predict(&self, table: &Table) -> Result<Answers, PredictError> {
        let mut columns = Vec::with_capacity(self.places.len());
        // A table of thousands of columns is asked for each of them.
        let mut named = BTreeMap::new();
        for (name, column) in table.columns() {
            named.entry(name).or_insert(column);
        }
        for &place in &self.places {
            let feature = &self.signature.features[place];
            let missing = || PredictError::MissingFeature {
                name: feature.name.clone(),
            };
            let column = named.get(feature.name.as_str());
            columns.push(match *column.ok_or_else(missing)? {
                yard_table::Column::Number(values) => Column::F32(values),
                yard_table::Column::Category(values) => Column::Text {
                    levels: &values.levels,
                    codes: &values.codes,
                },
            });
        }
        self.run(table.rows(), &columns)
    }

    /// The answer for each row of named cells. A feature that is not named is an error, as is a
    /// name that is no feature; a missing cell is `null`.
    pub fn predict_rows(&self, rows: &[BTreeMap<String, Scalar>]) -> Result<Answers, PredictError> {
        let mut batch = self.batch();
        for (row, cells) in rows.iter().enumerate() {
            let fail = |source| PredictError::Row { row, source };
            for (name, cell) in cells {
                let place = batch.claim(name).map_err(fail)?;
                batch.set(place, cell.into()).map_err(fail)?;
            }
            batch.end_row().map_err(fail)?;
        }
        self.predict_batch(&batch)
    }

    /// No rows yet of this model's features.
    pub fn batch(&self) -> Batch {
        Batch::new(&self.signature.features, &self.signature.missing)
    }

    /// The answer for each row of a batch that [`Self::batch`] began.
    pub fn predict_batch(&self, batch: &Batch) -> Result<Answers, PredictError> {
        let places = self.places.iter();
        let columns: Vec<Column<'_>> = places.map(|&place| batch.column(place)).collect();
        self.run(batch.rows(), &columns)
    }

    /// Whether a probability counts as the positive class: compared in double precision, as the
    /// evaluation compares it. Never of a model that has no positive class.
    pub fn is_positive(&self, probability: f32) -> bool {
        let threshold = self.signature.binary().map(|binary| binary.threshold);
        threshold.is_some_and(|threshold| f64::from(probability) >= threshold.get())
    }

    /// The class that a row's answer comes to, as its place among [`Answer::classes`]: by the
    /// threshold of two classes, by the largest probability of several, of equal ones the first.
    /// `None` where the answer is a number.
    pub fn class(&self, answer: &[f32]) -> Option<usize> {
        match &self.signature.answer {
            Answer::Binary(_) => answer.first().map(|p| usize::from(self.is_positive(*p))),
            Answer::Multiclass(_) => answers::largest(answer),
            Answer::Regression(_) => None,
        }
    }

    /// How many cells of a table's categorical columns hold a category that training never saw.
    pub fn unseen_categories(&self, table: &Table) -> u64 {
        let features = self.signature.features.iter();
        let counts = features.filter_map(|feature| Some((feature, table.category(&feature.name)?)));
        counts
            .map(|(feature, column)| {
                let unseen: Vec<bool> = column
                    .levels
                    .iter()
                    .map(|level| !level.is_empty() && !feature.categories.contains(level))
                    .collect();
                column
                    .codes
                    .iter()
                    .filter(|code| unseen[**code as usize])
                    .count() as u64
            })
            .sum()
    }

    fn run(&self, rows: usize, columns: &[Column<'_>]) -> Result<Answers, PredictError> {
        let starts: Vec<usize> = (0..rows).step_by(BLOCK).collect();
        let block = |&start: &usize| {
            let range = start..(start + BLOCK).min(rows);
            let part = columns
                .iter()
                .map(|column| column.slice(range.clone()))
                .collect();
            let outputs = self.session.run(&Inputs::new(range.len(), part))?;
            let values = self.source.take(&outputs, range.len());
            match values.iter().position(|value| !value.is_finite()) {
                Some(at) => Err(PredictError::NotFinite {
                    row: start + at / self.source.width(),
                }),
                None => Ok(values),
            }
        };
        let blocks: Result<Vec<Vec<f32>>, PredictError> = if starts.len() < 2 {
            starts.iter().map(block).collect()
        } else {
            starts.par_iter().map(block).collect()
        };
        Ok(Answers::new(self.source.width(), blocks?.concat()))
    }
}

impl PredictError {
    /// What the caller can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Row { source, .. } => source.hint(),
            _ => None,
        }
    }
}
