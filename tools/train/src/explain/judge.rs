//! How good answers are: a loss that falls and a score that rises.

use yard_contract::Finite;
use yard_model::Answers;
use yard_stats::binary::{Ranked, Scored, log_loss};
use yard_stats::multiclass::Classified;
use yard_stats::regression::Regressed;

use super::finite;
use crate::error::TrainError;
use crate::target::Target;

/// Outcomes that answers are held against; rows count by their weights.
pub(super) struct Judge<'a> {
    target: &'a Target,
    weights: Option<&'a [f64]>,
    /// The quantile that is answered, if one is.
    level: Option<f64>,
    /// Each row's class, of several.
    labels: Vec<usize>,
}

/// What answers come to.
pub(super) struct Judged {
    pub(super) loss: Finite,
    /// Absent where these outcomes leave it undefined, whatever is answered.
    pub(super) score: Option<Finite>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(target: &'a Target, weights: Option<&'a [f64]>, level: Option<f64>) -> Self {
        let labels = match target {
            Target::Multiclass { labels, .. } => labels.iter().map(|l| *l as usize).collect(),
            Target::Binary { .. } | Target::Regression(_) => Vec::new(),
        };
        Self {
            target,
            weights,
            level,
            labels,
        }
    }

    /// The loss, by the names of an evaluation.
    pub(super) const fn loss(&self) -> &'static str {
        match self.target {
            Target::Binary { .. } | Target::Multiclass { .. } => "log_loss",
            Target::Regression(_) if self.level.is_some() => "pinball",
            Target::Regression(_) => "rmse",
        }
    }

    /// The score, by the names of an evaluation.
    pub(super) const fn score(&self) -> &'static str {
        match self.target {
            Target::Binary { .. } => "auc",
            Target::Multiclass { .. } => "accuracy",
            Target::Regression(_) => "r2",
        }
    }

    pub(super) fn judge(&self, answers: &Answers) -> Result<Judged, TrainError> {
        let answers: Vec<f64> = answers.values().iter().map(|v| f64::from(*v)).collect();
        let (loss, score) = match self.target {
            Target::Binary { labels, .. } => {
                let scored = Scored::new(labels, &answers, self.weights)?;
                (log_loss(scored)?, Ranked::new(scored)?.auc().ok())
            }
            Target::Multiclass { classes, .. } => {
                let rows = Classified::new(&self.labels, &answers, classes.len(), self.weights)?;
                (rows.log_loss()?, Some(rows.table()?.accuracy()))
            }
            Target::Regression(values) => {
                let rows = Regressed::new(values, &answers, self.weights)?;
                let loss = self.level.map_or_else(
                    || rows.root_mean_squared_error(),
                    |level| rows.pinball_loss(level),
                );
                (loss, rows.r_squared().ok())
            }
        };
        Ok(Judged {
            loss: finite(loss, "loss")?,
            score: score.map(|score| finite(score, "score")).transpose()?,
        })
    }
}
