//! Borrowed training and scoring data.

use rayon::prelude::*;

use crate::error::BoostError;

/// The most rows one fit takes: beyond it the packed sums would be too coarse.
pub const MAX_ROWS: usize = 1 << 27;

/// The code of a missing category.
pub const MISSING_CATEGORY: u32 = u32::MAX;

/// Codes of categories lie below this, so that every one is a whole `f32`: exported models compare
/// them in `f32`.
pub const CATEGORY_LIMIT: u32 = 1 << 24;

/// One feature column, borrowed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Column<'a> {
    /// Ordered values; NaN is missing, infinity is refused by [`fit`](crate::fit()).
    Numbers(&'a [f32]),
    /// Codes of levels without order, below [`CATEGORY_LIMIT`]; [`MISSING_CATEGORY`] is missing. Which
    /// level has which code does not matter, but training and scoring must agree on it.
    Categories(&'a [u32]),
}

impl Column<'_> {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        match self {
            Self::Numbers(values) => values.len(),
            Self::Categories(codes) => codes.len(),
        }
    }
}

/// Feature columns of equal length, borrowed.
#[derive(Debug, Clone, Copy)]
pub struct Features<'a> {
    columns: Columns<'a>,
    rows: usize,
}

#[derive(Debug, Clone, Copy)]
enum Columns<'a> {
    Numbers(&'a [&'a [f32]]),
    Mixed(&'a [Column<'a>]),
}

impl<'a> Features<'a> {
    /// Columns of numbers: at least one, all of one length (which may be 0).
    pub fn new(columns: &'a [&'a [f32]]) -> Result<Self, BoostError> {
        Self::checked(Columns::Numbers(columns))
    }

    /// Columns of numbers and of categories: at least one, all of one length (which may be 0).
    pub fn mixed(columns: &'a [Column<'a>]) -> Result<Self, BoostError> {
        Self::checked(Columns::Mixed(columns))
    }

    fn checked(columns: Columns<'a>) -> Result<Self, BoostError> {
        let unmeasured = Self { columns, rows: 0 };
        if unmeasured.width() == 0 {
            return Err(BoostError::NoColumns);
        }
        let rows = unmeasured.column(0).rows();
        for index in 0..unmeasured.width() {
            let found = unmeasured.column(index).rows();
            same_length(|| format!("column {index}"), rows, found)?;
        }
        Ok(Self { columns, rows })
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns, at least 1.
    pub fn width(&self) -> usize {
        match self.columns {
            Columns::Numbers(columns) => columns.len(),
            Columns::Mixed(columns) => columns.len(),
        }
    }

    /// A column, by the number that trees give it: its position, below [`Self::width`].
    pub fn column(&self, index: usize) -> Column<'a> {
        match self.columns {
            Columns::Numbers(columns) => Column::Numbers(columns[index]),
            Columns::Mixed(columns) => columns[index],
        }
    }

    /// Names the first value that no model can learn from, by columns.
    pub(crate) fn check(&self) -> Result<(), BoostError> {
        let checks: Vec<Result<(), BoostError>> = (0..self.width())
            .into_par_iter()
            .map(|column| self.check_column(column))
            .collect();
        checks.into_iter().collect()
    }

    fn check_column(&self, column: usize) -> Result<(), BoostError> {
        match self.column(column) {
            Column::Numbers(values) => match values.iter().position(|x| x.is_infinite()) {
                Some(row) => Err(BoostError::InfiniteFeature { column, row }),
                None => Ok(()),
            },
            Column::Categories(codes) => {
                let refused = |&code: &u32| code >= CATEGORY_LIMIT && code != MISSING_CATEGORY;
                match codes.iter().position(refused) {
                    Some(row) => Err(BoostError::CategoryCode {
                        column,
                        row,
                        code: codes[row],
                    }),
                    None => Ok(()),
                }
            }
        }
    }
}

/// Rows to learn from, or to judge rounds on: features, one label a row and, if wanted, one weight
/// a row.
#[derive(Debug, Clone, Copy)]
pub struct Dataset<'a> {
    features: Features<'a>,
    labels: &'a [f32],
    weights: Option<&'a [f32]>,
}

impl<'a> Dataset<'a> {
    /// Rows of weight 1.
    pub fn new(features: Features<'a>, labels: &'a [f32]) -> Result<Self, BoostError> {
        same_length(|| "labels".to_owned(), features.rows(), labels.len())?;
        match features.rows() {
            0 => Err(BoostError::NoRows),
            rows if rows > MAX_ROWS => Err(BoostError::TooManyRows {
                rows,
                limit: MAX_ROWS,
            }),
            _ => Ok(Self {
                features,
                labels,
                weights: None,
            }),
        }
    }

    /// The same rows with weights: finite, at least 0, not all 0.
    pub fn with_weights(self, weights: &'a [f32]) -> Result<Self, BoostError> {
        same_length(|| "weights".to_owned(), self.features.rows(), weights.len())?;
        let refused = |w: &f32| !(w.is_finite() && *w >= 0.0);
        if let Some(row) = weights.iter().position(refused) {
            return Err(BoostError::Weight {
                row,
                weight: weights[row],
            });
        }
        if weights.iter().all(|&w| w == 0.0) {
            return Err(BoostError::NoWeight);
        }
        Ok(Self {
            weights: Some(weights),
            ..self
        })
    }

    /// The feature columns.
    pub fn features(&self) -> Features<'a> {
        self.features
    }

    /// One label a row.
    pub fn labels(&self) -> &'a [f32] {
        self.labels
    }

    /// One weight a row, unless all are 1.
    pub fn weights(&self) -> Option<&'a [f32]> {
        self.weights
    }

    /// Number of rows, at least 1.
    pub fn rows(&self) -> usize {
        self.labels.len()
    }

    /// Weight of a row.
    pub(crate) fn weight(&self, row: usize) -> f32 {
        self.weights.map_or(1.0, |w| w[row])
    }
}

fn same_length(
    what: impl FnOnce() -> String,
    expected: usize,
    found: usize,
) -> Result<(), BoostError> {
    if expected == found {
        Ok(())
    } else {
        Err(BoostError::Length {
            what: what(),
            expected,
            found,
        })
    }
}
