//! What a fit has done so far.

use std::cell::OnceCell;

use crate::checkpoint::{self, Inputs, Saved};
use crate::data::Dataset;
use crate::error::BoostError;
use crate::fingerprint;
use crate::fit::RoundLoss;
use crate::params::Params;
use crate::tree::Tree;

/// Rounds and trees so far, and what they were made from.
#[derive(Debug)]
pub(crate) struct Progress<'a> {
    train: &'a Dataset<'a>,
    validation: Option<&'a Dataset<'a>>,
    params: &'a Params,
    /// Found when first asked for: reading all of the table takes a moment.
    inputs: OnceCell<Inputs>,
    pub(crate) history: Vec<RoundLoss>,
    pub(crate) trees: Vec<Tree>,
}

impl<'a> Progress<'a> {
    pub(crate) fn new(
        train: &'a Dataset<'a>,
        validation: Option<&'a Dataset<'a>>,
        params: &'a Params,
    ) -> Self {
        Self {
            train,
            validation,
            params,
            inputs: OnceCell::new(),
            history: Vec::new(),
            trees: Vec::new(),
        }
    }

    /// Takes up what a checkpoint holds, if it was made from the same inputs.
    pub(crate) fn restore(&mut self, bytes: &[u8]) -> Result<(), BoostError> {
        let Saved {
            inputs,
            history,
            trees,
        } = checkpoint::read(bytes, self.train.features().width())?;
        let own = self.inputs();
        for (what, own, saved) in [
            ("parameters", own.params, inputs.params),
            ("training rows", own.train, inputs.train),
            ("validation rows", own.validation, inputs.validation),
        ] {
            if own != saved {
                return Err(BoostError::CheckpointOfOther { what });
            }
        }
        if (self.params.pause_after).is_some_and(|pause| history.len() > pause) {
            return Err(BoostError::CheckpointOfOther {
                what: "rounds after the pause",
            });
        }
        let outputs = self.params.objective.outputs();
        if history.len() > self.params.rounds || trees.len() != history.len() * outputs {
            return Err(BoostError::CheckpointDamaged);
        }
        self.history = history;
        self.trees = trees;
        Ok(())
    }

    pub(crate) fn checkpoint(&self) -> Vec<u8> {
        checkpoint::write(self.inputs(), &self.history, &self.trees)
    }

    fn inputs(&self) -> Inputs {
        *self.inputs.get_or_init(|| Inputs {
            params: fingerprint::of_params(&Params {
                pause_after: None,
                ..self.params.clone()
            }),
            train: fingerprint::of_dataset(self.train),
            validation: self.validation.map_or(0, fingerprint::of_dataset),
        })
    }
}
