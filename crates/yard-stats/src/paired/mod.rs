//! Two models on the same rows: is the challenger different from the champion?

mod delong;
mod loss;
mod mcnemar;
mod studentised;

pub use delong::{Auc, AucDifference, delong, delong_difference};
pub use loss::{Loss, MeanDifference, loss_difference, mean_difference};
pub use mcnemar::{Discordant, decision_difference};
pub use studentised::Studentised;

use crate::InputError;
use crate::binary::{Ranked, Scored};

/// A challenger and a champion scored on the same rows, both ranked.
///
/// Differences throughout are challenger − champion.
#[derive(Clone, Debug)]
pub struct Pair<'a> {
    challenger: Ranked<'a>,
    champion: Ranked<'a>,
}

impl<'a> Pair<'a> {
    /// Checks and ranks both score columns against the one label (and weight) column. O(n) for continuous
    /// scores, O(n log n) at worst.
    ///
    /// Fails as [`Scored::new`] and [`Ranked::new`] do; the message calls a bad column of the
    /// champion `champion score`.
    pub fn new(
        labels: &'a [bool],
        challenger: &'a [f64],
        champion: &'a [f64],
        weights: Option<&'a [f64]>,
    ) -> Result<Self, InputError> {
        let challenger = Scored::new(labels, challenger, weights)?;
        let champion =
            Scored::new(labels, champion, weights).map_err(InputError::of_the_champion)?;
        Ok(Self {
            challenger: Ranked::new(challenger)?,
            champion: Ranked::new(champion)?,
        })
    }

    /// Whether both models give every row the same score: then there is nothing to learn from other
    /// rows either. O(n), and no more than one row where they differ early.
    pub fn same_scores(&self) -> bool {
        self.challenger.scored().scores() == self.champion.scored().scores()
    }

    /// The model that wants to be released. O(1).
    pub fn challenger(&self) -> &Ranked<'a> {
        &self.challenger
    }

    /// The model that is released. O(1).
    pub fn champion(&self) -> &Ranked<'a> {
        &self.champion
    }
}
