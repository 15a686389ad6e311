//! Prediction by column names: a table or rows of named cells in, probabilities out.

use std::collections::BTreeMap;

use rayon::prelude::*;
use yard_contract::{FeatureType, Scalar, Signature};
use yard_table::{ColumnKind, ColumnSpec, Table};

use crate::{Column, Element, Inputs, ModelError, RunError, Session};

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
}

/// Why rows cannot be scored.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum PredictError {
    #[error("the feature `{name}` is missing")]
    MissingFeature { name: String },
    #[error("`{name}` is no feature of this model")]
    UnknownFeature {
        name: String,
        nearest: Option<String>,
    },
    #[error("row {row}, feature `{name}`: {found} where {expected} is expected")]
    Cell {
        row: usize,
        name: String,
        found: String,
        expected: &'static str,
    },
    #[error("the graph failed")]
    Run(#[from] RunError),
    #[error("the graph answers no number for row {row}")]
    NotFinite { row: usize },
}

/// One feature's cells.
enum Cells {
    Numbers(Vec<f32>),
    Texts {
        levels: Vec<String>,
        codes: Vec<u32>,
    },
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
        let output = session
            .outputs()
            .iter()
            .find(|port| port.name == signature.probabilities);
        if !output.is_some_and(|port| port.element == Element::F32 && port.width() == 2) {
            let text = format!(
                "the graph has no output `{}` of two probabilities",
                signature.probabilities
            );
            return Err(ModelError::Signature(text));
        }
        Ok(Self {
            session,
            signature,
            places,
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

    /// The probability of the positive class for each row of a table, which must hold the columns
    /// of [`Self::specs`].
    pub fn predict(&self, table: &Table) -> Result<Vec<f32>, PredictError> {
        let mut columns = Vec::with_capacity(self.places.len());
        for &place in &self.places {
            let feature = &self.signature.features[place];
            let missing = || PredictError::MissingFeature {
                name: feature.name.clone(),
            };
            columns.push(match table.column(&feature.name).ok_or_else(missing)? {
                yard_table::Column::Number(values) => Column::F32(values),
                yard_table::Column::Category(values) => Column::Text {
                    levels: &values.levels,
                    codes: &values.codes,
                },
            });
        }
        self.run(table.rows(), &columns)
    }

    /// The probability of the positive class for each row of named cells. A feature that is not
    /// named is an error, as is a name that is no feature; a missing cell is `null`.
    pub fn predict_rows(
        &self,
        rows: &[BTreeMap<String, Scalar>],
    ) -> Result<Vec<f32>, PredictError> {
        for row in rows {
            if let Some(name) = row.keys().find(|name| self.feature(name).is_none()) {
                return Err(self.unknown(name));
            }
        }
        let cells = self.places.iter().map(|&place| self.cells(place, rows));
        let cells = cells.collect::<Result<Vec<_>, _>>()?;
        let columns: Vec<Column<'_>> = cells
            .iter()
            .map(|cells| match cells {
                Cells::Numbers(values) => Column::F32(values),
                Cells::Texts { levels, codes } => Column::Text { levels, codes },
            })
            .collect();
        self.run(rows.len(), &columns)
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

    fn feature(&self, name: &str) -> Option<&yard_contract::Feature> {
        self.signature
            .features
            .iter()
            .find(|feature| feature.name == name)
    }

    fn unknown(&self, name: &str) -> PredictError {
        let wanted = name.to_lowercase();
        let nearest = self.signature.features.iter().find(|feature| {
            let known = feature.name.to_lowercase();
            known == wanted || known.contains(&wanted) || wanted.contains(&known)
        });
        PredictError::UnknownFeature {
            name: name.to_owned(),
            nearest: nearest.map(|feature| feature.name.clone()),
        }
    }

    fn cells(
        &self,
        place: usize,
        rows: &[BTreeMap<String, Scalar>],
    ) -> Result<Cells, PredictError> {
        let feature = &self.signature.features[place];
        let name = &feature.name;
        let wrong = |row, found: &Scalar, expected| PredictError::Cell {
            row,
            name: name.clone(),
            found: match found {
                Scalar::Text(text) => format!("the text `{text}`"),
                other => format!("`{other}`"),
            },
            expected,
        };
        let cells = rows.iter().map(|row| {
            row.get(name)
                .ok_or_else(|| PredictError::MissingFeature { name: name.clone() })
        });
        match feature.r#type {
            FeatureType::Number => {
                let numbers = cells.enumerate().map(|(row, cell)| match cell? {
                    Scalar::Null => Ok(f32::NAN),
                    Scalar::Bool(value) => Ok(f32::from(u8::from(*value))),
                    found @ Scalar::Number(value) => {
                        #[expect(clippy::cast_possible_truncation, reason = "rounded on purpose")]
                        let number = value.get() as f32;
                        let fits = number.is_finite();
                        fits.then_some(number)
                            .ok_or_else(|| wrong(row, found, "a number of single precision"))
                    }
                    found @ Scalar::Text(_) => Err(wrong(row, found, "a number or null")),
                });
                numbers.collect::<Result<_, _>>().map(Cells::Numbers)
            }
            FeatureType::Category => {
                let texts = cells.enumerate().map(|(row, cell)| match cell? {
                    Scalar::Null => Ok(String::new()),
                    Scalar::Text(text) => Ok(text.trim_ascii().to_owned()),
                    // A table has no types, so a category may look like a number there.
                    Scalar::Number(_) => {
                        Ok(serde_json::to_string(&row_cell(rows, row, name)).unwrap_or_default())
                    }
                    found @ Scalar::Bool(_) => Err(wrong(row, found, "a text or null")),
                });
                let levels = texts.collect::<Result<Vec<String>, _>>()?;
                let codes = (0u32..).take(levels.len()).collect();
                Ok(Cells::Texts { levels, codes })
            }
        }
    }

    fn run(&self, rows: usize, columns: &[Column<'_>]) -> Result<Vec<f32>, PredictError> {
        let starts: Vec<usize> = (0..rows).step_by(BLOCK).collect();
        let block = |&start: &usize| {
            let range = start..(start + BLOCK).min(rows);
            let part = columns
                .iter()
                .map(|column| column.slice(range.clone()))
                .collect();
            let outputs = self.session.run(&Inputs::new(range.len(), part))?;
            let positive = outputs
                .numbers(&self.signature.probabilities, 1)
                .unwrap_or_default();
            match positive
                .iter()
                .position(|probability| !probability.is_finite())
            {
                Some(row) => Err(PredictError::NotFinite { row: start + row }),
                None => Ok(positive.to_vec()),
            }
        };
        let blocks: Result<Vec<Vec<f32>>, PredictError> = if starts.len() < 2 {
            starts.iter().map(block).collect()
        } else {
            starts.par_iter().map(block).collect()
        };
        Ok(blocks?.concat())
    }
}

fn row_cell<'a>(
    rows: &'a [BTreeMap<String, Scalar>],
    row: usize,
    name: &str,
) -> Option<&'a Scalar> {
    rows[row].get(name)
}

impl PredictError {
    /// What the caller can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownFeature {
                nearest: Some(nearest),
                ..
            } => Some(format!("did you mean `{nearest}`?")),
            Self::MissingFeature { .. } => Some("send `null` for a missing value".to_owned()),
            _ => None,
        }
    }
}
