//! Borrowed training and scoring data.

use crate::error::BoostError;

/// The most rows one fit takes: beyond it the packed sums would be too coarse.
pub const MAX_ROWS: usize = 1 << 27;

/// Feature columns of equal length, borrowed. NaN is a missing value; infinity is refused by
/// [`fit`](crate::fit()).
#[derive(Debug, Clone, Copy)]
pub struct Features<'a> {
    columns: &'a [&'a [f32]],
    rows: usize,
}

impl<'a> Features<'a> {
    /// At least one column, all of one length (which may be 0).
    pub fn new(columns: &'a [&'a [f32]]) -> Result<Self, BoostError> {
        let rows = columns.first().ok_or(BoostError::NoColumns)?.len();
        for (index, column) in columns.iter().enumerate() {
            same_length(|| format!("column {index}"), rows, column.len())?;
        }
        Ok(Self { columns, rows })
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The columns, in the order that trees number them.
    pub fn columns(&self) -> &'a [&'a [f32]] {
        self.columns
    }

    /// Names the first infinite value of a column.
    pub(crate) fn check_finite(&self, column: usize) -> Result<(), BoostError> {
        match self.columns[column].iter().position(|x| x.is_infinite()) {
            Some(row) => Err(BoostError::InfiniteFeature { column, row }),
            None => Ok(()),
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
