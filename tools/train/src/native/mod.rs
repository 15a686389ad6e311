//! A fitted model before it became a graph: what the graph is held against, and what explains it.

use yard_boost::{Ensemble, Features, Objective};
use yard_table::Table;

use crate::boosting::{Codings, Forest, boosted_columns};
use crate::error::TrainError;
use crate::linear::Coefficients;
use crate::prepare::Preparation;
use crate::target::Target;

/// The fitted parts of a model.
pub(crate) enum Native {
    /// Trees that add up to margins.
    Boosted(Forest),
    /// Trees that add up to shares, or to a number.
    Bagged(Bag),
    /// Weighted sums of a design's columns.
    Linear(Sums),
}

/// Forests of which each answers one score, and what stands in front of them.
pub(crate) struct Bag {
    pub(crate) preparation: Preparation,
    pub(crate) codings: Codings,
    pub(crate) ensembles: Vec<Ensemble>,
}

/// Weighted sums, and what stands in front of them.
pub(crate) struct Sums {
    pub(crate) preparation: Preparation,
    pub(crate) encodings: crate::design::Encodings,
    pub(crate) coefficients: Coefficients,
    /// The mean of each of the design's columns in the rows that were fitted on, by their weights.
    pub(crate) means: Vec<f64>,
}

/// What features add to scores.
pub(crate) struct Contributions {
    /// The features, in the order of the graph's inputs.
    pub(crate) features: Vec<String>,
    /// Scores of a row: one, or one a class of several.
    pub(crate) outputs: usize,
    /// Rows × outputs × features, a row's together and in it an output's.
    pub(crate) values: Vec<f64>,
    /// One an output: its score where nothing is known of a row.
    pub(crate) expected: Vec<f64>,
}

impl Native {
    /// The scores of rows before they become answers, a row's together: the margin of two classes
    /// (of bagged trees the share of positives), one a class of several, or the number (of Poisson's
    /// its logarithm). Computed from the fitted parts alone, sums in double precision.
    pub(crate) fn scores(&self, table: &Table) -> Result<Vec<f64>, TrainError> {
        match self {
            Self::Boosted(forest) => {
                let columns = forest.preparation.apply(table)?;
                with_features(&forest.codings, &columns, |features| {
                    let margins = forest.ensemble.predict_margins(features)?;
                    Ok(margins.into_iter().map(f64::from).collect())
                })
            }
            Self::Bagged(bag) => {
                let columns = bag.preparation.apply(table)?;
                with_features(&bag.codings, &columns, |features| {
                    let of_each: Result<Vec<Vec<f32>>, _> = (bag.ensembles.iter())
                        .map(|ensemble| ensemble.predict_margins(features))
                        .collect();
                    let of_each = of_each?;
                    let row = |row: usize| of_each.iter().map(move |own| f64::from(own[row]));
                    Ok((0..features.rows()).flat_map(row).collect())
                })
            }
            Self::Linear(sums) => {
                let columns = sums.preparation.apply(table)?;
                let design = sums.encodings.apply(&columns);
                let Coefficients {
                    weights,
                    intercepts,
                    ..
                } = &sums.coefficients;
                let outputs = intercepts.len();
                let mut scores = Vec::with_capacity(design.nrows() * outputs);
                for row in design.rows() {
                    let mut own = intercepts.clone();
                    for (x, weights) in row.iter().zip(weights.chunks(outputs)) {
                        own.iter_mut()
                            .zip(weights)
                            .for_each(|(sum, weight)| *sum += x * weight);
                    }
                    scores.extend(own);
                }
                Ok(scores)
            }
        }
    }

    /// What the graph is to answer, as [`yard_model::Predictor`] gives it: the probability of the
    /// positive class, one a class of several, or the number.
    pub(crate) fn answers(&self, table: &Table, target: &Target) -> Result<Vec<f64>, TrainError> {
        let mut scores = self.scores(table)?;
        let bagged = matches!(self, Self::Bagged(_));
        match target {
            Target::Binary { .. } => {
                for score in &mut scores {
                    *score = if bagged {
                        score.clamp(0.0, 1.0)
                    } else {
                        1.0 / (1.0 + libm::exp(-*score))
                    };
                }
            }
            Target::Multiclass { classes, .. } => {
                for row in scores.chunks_mut(classes.len()) {
                    let most = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                    for score in row.iter_mut() {
                        *score = if bagged {
                            // As the graph does: a class that no tree gives anything keeps a little.
                            score.clamp(1e-6, 1.0)
                        } else {
                            libm::exp(*score - most)
                        };
                    }
                    let total: f64 = row.iter().sum();
                    for score in row {
                        *score /= total;
                    }
                }
            }
            Target::Regression(_) => {
                if let Self::Boosted(forest) = self
                    && forest.ensemble.objective() == Objective::Poisson
                {
                    for score in &mut scores {
                        *score = libm::exp(*score);
                    }
                }
            }
        }
        Ok(scores)
    }

    /// What each feature adds to the scores of rows, all columns that were made of it together: exact
    /// Shapley values of trees (see [`Ensemble::contributions`]); of weighted sums, whose columns are
    /// taken as independent, the coefficient times the column's distance from its mean.
    pub(crate) fn contributions(&self, table: &Table) -> Result<Contributions, TrainError> {
        match self {
            Self::Boosted(forest) => {
                let columns = forest.preparation.apply(table)?;
                with_features(&forest.codings, &columns, |features| {
                    let owners: Vec<&str> = columns.iter().map(|column| column.feature).collect();
                    let outputs = forest.ensemble.outputs();
                    let of_columns = forest.ensemble.contributions(features)?;
                    Ok(Contributions::of(&owners, outputs, &[of_columns]))
                })
            }
            Self::Bagged(bag) => {
                let columns = bag.preparation.apply(table)?;
                with_features(&bag.codings, &columns, |features| {
                    let owners: Vec<&str> = columns.iter().map(|column| column.feature).collect();
                    let of_each: Result<Vec<Vec<f64>>, _> = (bag.ensembles.iter())
                        .map(|ensemble| ensemble.contributions(features))
                        .collect();
                    Ok(Contributions::of(&owners, 1, &of_each?))
                })
            }
            Self::Linear(sums) => {
                let columns = sums.preparation.apply(table)?;
                let design = sums.encodings.apply(&columns);
                let owners: Vec<&str> = sums.encodings.owners().collect();
                let Coefficients {
                    weights,
                    intercepts,
                    ..
                } = &sums.coefficients;
                let outputs = intercepts.len();
                let of = |column: usize, output: usize| weights[column * outputs + output];
                let mut of_columns =
                    Vec::with_capacity(design.nrows() * outputs * (owners.len() + 1));
                for row in design.rows() {
                    for (output, intercept) in intercepts.iter().enumerate() {
                        let mut expected = *intercept;
                        for (column, (x, mean)) in row.iter().zip(&sums.means).enumerate() {
                            of_columns.push((x - mean) * of(column, output));
                            expected += mean * of(column, output);
                        }
                        of_columns.push(expected);
                    }
                }
                Ok(Contributions::of(&owners, outputs, &[of_columns]))
            }
        }
    }
}

impl Contributions {
    /// Adds up the columns that belong to a feature. Of each part: rows × outputs × (columns + 1), the
    /// last of a row's being its expected score; the parts' outputs stand side by side.
    fn of(owners: &[&str], outputs: usize, parts: &[Vec<f64>]) -> Self {
        let mut features: Vec<String> = Vec::new();
        let place_of: Vec<usize> = (owners.iter())
            .map(|owner| {
                // The columns of a feature stand side by side.
                if features.last().is_none_or(|last| last != owner) {
                    features.push((*owner).to_owned());
                }
                features.len() - 1
            })
            .collect();
        let width = owners.len() + 1;
        let rows = parts
            .first()
            .map_or(0, |part| part.len() / (outputs * width));
        let mut values = Vec::with_capacity(rows * outputs * parts.len() * features.len());
        let mut expected = Vec::with_capacity(outputs * parts.len());
        for row in 0..rows {
            for part in parts {
                for output in part[row * outputs * width..][..outputs * width].chunks(width) {
                    let start = values.len();
                    values.resize(start + features.len(), 0.0);
                    for (value, place) in output.iter().zip(&place_of) {
                        values[start + place] += value;
                    }
                    if row == 0 {
                        expected.push(output[width - 1]);
                    }
                }
            }
        }
        Self {
            features,
            outputs: outputs * parts.len(),
            values,
            expected,
        }
    }
}

/// Shows rows as trees see them.
fn with_features<T>(
    codings: &Codings,
    columns: &[crate::prepare::Prepared<'_>],
    ask: impl FnOnce(Features<'_>) -> Result<T, TrainError>,
) -> Result<T, TrainError> {
    let prepared = codings.apply(columns);
    let columns = boosted_columns(&prepared);
    ask(Features::mixed(&columns)?)
}

#[cfg(test)]
mod tests;
