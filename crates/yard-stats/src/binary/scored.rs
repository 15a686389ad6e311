use crate::{InputError, sum::Sum};

/// Labels, scores and optional weights of the same rows, checked.
///
/// Holding one means: at least one row, equal lengths, every score finite, every weight finite and
/// not negative, and a positive total weight. Copying it copies three references.
#[derive(Clone, Copy, Debug)]
pub struct Scored<'a> {
    labels: &'a [bool],
    scores: &'a [f64],
    weights: Option<&'a [f64]>,
}

impl<'a> Scored<'a> {
    /// Checks the columns once, O(n).
    ///
    /// Fails with the first offending column and row: [`InputError::Empty`], [`InputError::Length`],
    /// [`InputError::NotFinite`], [`InputError::Negative`] or [`InputError::NoTotal`].
    pub fn new(
        labels: &'a [bool],
        scores: &'a [f64],
        weights: Option<&'a [f64]>,
    ) -> Result<Self, InputError> {
        if labels.is_empty() {
            return Err(InputError::Empty);
        }
        same_length("score", labels.len(), scores.len())?;
        all_finite("score", scores)?;
        if let Some(weights) = weights {
            same_length("weight", labels.len(), weights.len())?;
            all_usable("weight", weights)?;
        }
        Ok(Self {
            labels,
            scores,
            weights,
        })
    }

    /// Number of rows, those of weight 0 included. O(1).
    pub fn rows(&self) -> usize {
        self.labels.len()
    }

    /// True where the outcome is positive. O(1).
    pub fn labels(&self) -> &'a [bool] {
        self.labels
    }

    /// One finite score a row; larger means more likely positive. O(1).
    pub fn scores(&self) -> &'a [f64] {
        self.scores
    }

    /// One weight a row, where rows are weighted. O(1).
    pub fn weights(&self) -> Option<&'a [f64]> {
        self.weights
    }

    /// Rows with a weight above zero.
    pub(crate) fn weighted_rows(&self) -> impl Iterator<Item = Row> + use<'a> {
        let Self {
            labels,
            scores,
            weights,
        } = *self;
        labels
            .iter()
            .zip(scores)
            .enumerate()
            .map(move |(index, (&label, &score))| Row {
                label,
                score,
                weight: weights.map_or(1.0, |weights| weights[index]),
            })
            .filter(|row| row.weight > 0.0)
    }
}

/// One row of a [`Scored`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) label: bool,
    pub(crate) score: f64,
    pub(crate) weight: f64,
}

pub(crate) fn same_length(
    column: &'static str,
    expected: usize,
    found: usize,
) -> Result<(), InputError> {
    if expected == found {
        Ok(())
    } else {
        Err(InputError::Length {
            column,
            expected,
            found,
        })
    }
}

pub(crate) fn all_finite(column: &'static str, values: &[f64]) -> Result<(), InputError> {
    match values.iter().position(|value| !value.is_finite()) {
        Some(row) => Err(InputError::NotFinite { column, row }),
        None => Ok(()),
    }
}

/// Finite, not negative, and with a sum that can be divided by, which is returned.
pub(crate) fn all_usable(column: &'static str, values: &[f64]) -> Result<f64, InputError> {
    all_finite(column, values)?;
    if let Some(row) = values.iter().position(|&value| value < 0.0) {
        return Err(InputError::Negative { column, row });
    }
    let total = values.iter().copied().collect::<Sum>().value();
    if total > 0.0 && total.is_finite() {
        Ok(total)
    } else {
        Err(InputError::NoTotal { column })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_first_bad_row() {
        let labels = [true, false, true];
        let bad = |scores: &[f64], weights: Option<&[f64]>| {
            Scored::new(&labels[..], scores, weights)
                .map(|_| ())
                .unwrap_err()
        };
        assert_eq!(
            bad(&[0.1, f64::NAN, f64::INFINITY], None),
            InputError::NotFinite {
                column: "score",
                row: 1
            }
        );
        assert_eq!(
            bad(&[0.1, 0.2], None),
            InputError::Length {
                column: "score",
                expected: 3,
                found: 2
            }
        );
        assert_eq!(
            bad(&[0.1, 0.2, 0.3], Some(&[1.0, 1.0, -1.0])),
            InputError::Negative {
                column: "weight",
                row: 2
            }
        );
        assert_eq!(
            bad(&[0.1, 0.2, 0.3], Some(&[0.0; 3])),
            InputError::NoTotal { column: "weight" }
        );
        assert_eq!(
            Scored::new(&[], &[], None).map(|_| ()),
            Err(InputError::Empty)
        );
    }
}
