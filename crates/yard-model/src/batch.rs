//! Rows of named cells, gathered into columns as they arrive.

use yard_contract::{Feature, FeatureType, Finite, Scalar};

use crate::Column;

/// Rows under construction, for a caller who has them one cell at a time and wants no map a row.
///
/// A row is [`Self::claim`] and [`Self::set`] for each feature, in any order, then
/// [`Self::end_row`]. After an error the batch must be cleared; [`Self::clear`] keeps the memory,
/// so that a batch that is used again allocates nothing.
#[derive(Clone, Debug)]
pub struct Batch {
    features: Vec<Feature>,
    missing: Vec<String>,
    columns: Vec<Cells>,
    /// The features' places in byte order of their names.
    sorted: Vec<usize>,
    /// The places in the order in which the last row named them: callers rarely change it.
    order: Vec<usize>,
    claimed: Vec<bool>,
    claims: usize,
    rows: usize,
}

/// One cell of a row, as a caller names it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// Missing.
    Null,
    /// `true` or `false`; a number feature takes it for 1 or 0.
    Bool(bool),
    /// A number; a category feature takes it for the text that a table would have.
    Number(f64),
    /// A text.
    Text(&'a str),
}

/// What training never saw in a feature's cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Oddities {
    /// Categories that did not occur.
    pub unseen: u64,
    /// Missing cells where none was missing.
    pub missing: u64,
    /// Numbers below the smallest or above the largest.
    pub outside: u64,
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum RowError {
    #[error("the feature `{name}` is missing")]
    Missing { name: String },
    #[error("`{name}` is no feature of this model")]
    Unknown {
        name: String,
        nearest: Option<String>,
    },
    #[error("the feature `{name}` is given twice")]
    Twice { name: String },
    #[error("feature `{name}`: {found} where {expected} is expected")]
    Cell {
        name: String,
        found: String,
        expected: &'static str,
    },
}

/// Characters of a caller's text that an error repeats.
const SHOWN: usize = 80;

/// One feature's cells.
#[derive(Clone, Debug)]
enum Cells {
    Numbers(Vec<f32>),
    Texts {
        /// The missing cell, then the categories of training in byte order, then what is new.
        levels: Vec<String>,
        known: usize,
        codes: Vec<u32>,
    },
}

impl Batch {
    pub(crate) fn new(features: &[Feature], missing: &[String]) -> Self {
        let columns = features.iter().map(|feature| match feature.r#type {
            FeatureType::Number => Cells::Numbers(Vec::new()),
            FeatureType::Category => {
                let mut levels = feature.categories.clone();
                levels.push(String::new());
                levels.sort_unstable();
                levels.dedup();
                Cells::Texts {
                    known: levels.len(),
                    levels,
                    codes: Vec::new(),
                }
            }
        });
        let mut sorted: Vec<usize> = (0..features.len()).collect();
        sorted.sort_by_key(|&place| &features[place].name);
        Self {
            columns: columns.collect(),
            order: sorted.clone(),
            sorted,
            claimed: vec![false; features.len()],
            claims: 0,
            rows: 0,
            features: features.to_vec(),
            missing: missing.to_vec(),
        }
    }

    /// Complete rows.
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// The name of the feature at a place.
    pub fn name(&self, place: usize) -> &str {
        &self.features[place].name
    }

    /// Whether a row has begun and not ended.
    pub const fn is_within_row(&self) -> bool {
        self.claims > 0
    }

    /// Forgets all rows.
    pub fn clear(&mut self) {
        for column in &mut self.columns {
            match column {
                Cells::Numbers(numbers) => numbers.clear(),
                Cells::Texts {
                    levels,
                    known,
                    codes,
                } => {
                    levels.truncate(*known);
                    codes.clear();
                }
            }
        }
        self.claimed.fill(false);
        (self.claims, self.rows) = (0, 0);
    }

    /// The place of a feature whose cell comes next in this row.
    pub fn claim(&mut self, name: &str) -> Result<usize, RowError> {
        let guess = self.order.get(self.claims).copied();
        let place = match guess.filter(|&place| self.features[place].name == name) {
            Some(place) => place,
            None => self.find(name)?,
        };
        if self.claimed[place] {
            let name = name.to_owned();
            return Err(RowError::Twice { name });
        }
        self.claimed[place] = true;
        self.order[self.claims] = place;
        self.claims += 1;
        Ok(place)
    }

    fn find(&self, name: &str) -> Result<usize, RowError> {
        let by_name = |place: &usize| self.features[*place].name.as_str().cmp(name);
        if let Ok(at) = self.sorted.binary_search_by(by_name) {
            return Ok(self.sorted[at]);
        }
        let wanted = name.to_lowercase();
        let nearest = self.features.iter().find(|feature| {
            let known = feature.name.to_lowercase();
            known == wanted
                || (wanted.len() > 2 && (known.contains(&wanted) || wanted.contains(&known)))
        });
        Err(RowError::Unknown {
            name: name.chars().take(SHOWN).collect(),
            nearest: nearest.map(|feature| feature.name.clone()),
        })
    }

    /// The cell of a place that was just claimed.
    pub fn set(&mut self, place: usize, cell: Cell<'_>) -> Result<(), RowError> {
        let wrong = |expected| {
            Err(RowError::Cell {
                name: self.features[place].name.clone(),
                found: cell.shown(),
                expected,
            })
        };
        match &mut self.columns[place] {
            Cells::Numbers(numbers) => numbers.push(match cell {
                Cell::Null => f32::NAN,
                Cell::Bool(value) => f32::from(u8::from(value)),
                Cell::Number(value) => {
                    #[expect(clippy::cast_possible_truncation, reason = "rounded on purpose")]
                    let number = value as f32;
                    if !number.is_finite() {
                        return wrong("a number of single precision");
                    }
                    number
                }
                Cell::Text(_) => return wrong("a number or null"),
            }),
            Cells::Texts {
                levels,
                known,
                codes,
            } => {
                let number;
                let text = match cell {
                    Cell::Null => "",
                    Cell::Text(text) => text.trim_ascii(),
                    // A table has no types, so a category may look like a number there.
                    Cell::Number(value) => {
                        number = number_text(value);
                        &number
                    }
                    Cell::Bool(_) => return wrong("a text or null"),
                };
                let is_missing = self.missing.iter().any(|missing| missing == text);
                let text = if is_missing { "" } else { text };
                let found = levels[..*known].binary_search_by(|level| level.as_str().cmp(text));
                let code = found.unwrap_or_else(|_| {
                    levels.push(text.to_owned());
                    levels.len() - 1
                });
                codes.push(u32::try_from(code).unwrap_or(u32::MAX));
            }
        }
        Ok(())
    }

    /// Ends a row, in which every feature must have its cell.
    pub fn end_row(&mut self) -> Result<(), RowError> {
        if self.claims < self.features.len() {
            let absent = self.claimed.iter().position(|claimed| !claimed);
            let name = absent.map(|place| self.features[place].name.clone());
            return Err(RowError::Missing {
                name: name.unwrap_or_default(),
            });
        }
        self.claimed.fill(false);
        self.claims = 0;
        self.rows += 1;
        Ok(())
    }

    /// What training never saw, for each feature in the signature's order.
    pub fn oddities(&self) -> impl Iterator<Item = Oddities> {
        let count = |found: usize| found as u64;
        let columns = self.features.iter().zip(&self.columns);
        columns.map(move |(feature, column)| match column {
            Cells::Numbers(numbers) => {
                let low = feature.min.map_or(f64::NEG_INFINITY, Finite::get);
                let high = feature.max.map_or(f64::INFINITY, Finite::get);
                let outside =
                    |number: &&f32| f64::from(**number) < low || f64::from(**number) > high;
                let missing = numbers.iter().filter(|number| number.is_nan()).count();
                Oddities {
                    unseen: 0,
                    missing: if feature.nullable { 0 } else { count(missing) },
                    outside: count(numbers.iter().filter(outside).count()),
                }
            }
            Cells::Texts { known, codes, .. } => {
                let missing = codes.iter().filter(|code| **code == 0).count();
                Oddities {
                    unseen: count(
                        codes
                            .iter()
                            .filter(|code| **code as usize >= *known)
                            .count(),
                    ),
                    missing: if feature.nullable { 0 } else { count(missing) },
                    outside: 0,
                }
            }
        })
    }

    pub(crate) fn column(&self, place: usize) -> Column<'_> {
        match &self.columns[place] {
            Cells::Numbers(numbers) => Column::F32(numbers),
            Cells::Texts { levels, codes, .. } => Column::Text { levels, codes },
        }
    }
}

/// A number as a table would have it: without a decimal point where it is whole.
fn number_text(value: f64) -> String {
    serde_json::to_string(&Scalar::number(value)).unwrap_or_default()
}

impl Cell<'_> {
    fn shown(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(value) => format!("`{value}`"),
            Self::Number(value) => format!("`{}`", number_text(*value)),
            Self::Text(text) => {
                let text: String = text.chars().take(SHOWN).collect();
                format!("the text `{text}`")
            }
        }
    }
}

impl<'a> From<&'a Scalar> for Cell<'a> {
    fn from(scalar: &'a Scalar) -> Self {
        match scalar {
            Scalar::Null => Self::Null,
            Scalar::Bool(value) => Self::Bool(*value),
            Scalar::Number(value) => Self::Number(value.get()),
            Scalar::Text(text) => Self::Text(text),
        }
    }
}

impl RowError {
    /// The feature, or the name that is none.
    pub fn feature(&self) -> &str {
        match self {
            Self::Missing { name }
            | Self::Unknown { name, .. }
            | Self::Twice { name }
            | Self::Cell { name, .. } => name,
        }
    }

    /// What the caller can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown { nearest, .. } => nearest
                .as_ref()
                .map(|near| format!("did you mean `{near}`?")),
            Self::Missing { .. } => Some("send `null` for a missing value".to_owned()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feature(name: &str, r#type: FeatureType, categories: &[&str]) -> Feature {
        Feature {
            name: name.to_owned(),
            r#type,
            nullable: false,
            min: Finite::new(0.0),
            max: Finite::new(10.0),
            categories: categories.iter().map(|&text| text.to_owned()).collect(),
        }
    }

    fn batch() -> Batch {
        let features = [
            feature("amount", FeatureType::Number, &[]),
            feature("region", FeatureType::Category, &["north", "south"]),
        ];
        Batch::new(&features, &["?".to_owned()])
    }

    fn row(batch: &mut Batch, cells: &[(&str, Cell<'_>)]) -> Result<(), RowError> {
        for (name, cell) in cells {
            let place = batch.claim(name)?;
            batch.set(place, *cell)?;
        }
        batch.end_row()
    }

    #[test]
    fn rows_come_in_any_order_and_oddities_are_counted() {
        let mut batch = batch();
        let (amount, region) = ("amount", "region");
        for _ in 0..2 {
            batch.clear();
            let first = [(amount, Cell::Number(11.0)), (region, Cell::Text("west"))];
            let second = [(region, Cell::Text(" north ")), (amount, Cell::Null)];
            let third = [(region, Cell::Text("?")), (amount, Cell::Bool(true))];
            for cells in [&first, &second, &third] {
                row(&mut batch, cells).unwrap();
            }
            assert_eq!(batch.rows(), 3);
            let Column::Text { levels, codes } = batch.column(1) else {
                panic!("a category")
            };
            assert_eq!(levels, ["", "north", "south", "west"]);
            assert_eq!(codes, [3, 1, 0]);
            let found: Vec<Oddities> = batch.oddities().collect();
            assert_eq!((found[0].outside, found[0].missing), (1, 1));
            assert_eq!((found[1].unseen, found[1].missing), (1, 1));
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let amount = ("amount", Cell::Null);
        for (cells, message) in [
            (&[amount][..], "the feature `region` is missing"),
            (&[amount, amount], "the feature `amount` is given twice"),
            (
                &[("Amount", Cell::Null)],
                "`Amount` is no feature of this model",
            ),
            (
                &[("amount", Cell::Text("x"))],
                "feature `amount`: the text `x` where a number or null is expected",
            ),
            (
                &[("amount", Cell::Number(1e300))],
                "feature `amount`: `1e+300` where a number of single precision is expected",
            ),
            (
                &[("region", Cell::Bool(true))],
                "feature `region`: `true` where a text or null is expected",
            ),
        ] {
            assert_eq!(row(&mut batch(), cells).unwrap_err().to_string(), message);
        }
        let near = row(&mut batch(), &[("Amount", Cell::Null)]).unwrap_err();
        assert_eq!(near.hint().as_deref(), Some("did you mean `amount`?"));
    }
}
