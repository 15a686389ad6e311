//! The second model: the same graph with weights and leaves of eight bits, in a folder of its own.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use yard_cli::{Io, Verdict, files};
use yard_contract::{Input, Precision, Run, Scalar, Sha256, Signature};
use yard_model::{Predictor, Quantized, file};

use super::compare::Subject;
use crate::adopt;
use crate::data::Training;
use crate::error::TrainError;
use crate::{golden, profile};

/// A graph of eight bits.
pub(super) struct Second {
    made: Quantized,
    pub(super) predictor: Predictor,
}

impl Second {
    pub(super) fn of(onnx: &[u8], signature: &Signature) -> Result<Self, TrainError> {
        let made = Quantized::of(onnx)?;
        let predictor = Predictor::new(&made.onnx, signature.clone())?;
        Ok(Self { made, predictor })
    }

    pub(super) fn subject(&self) -> Subject {
        Subject {
            graph: Precision::Int8,
            against: Precision::Float32,
            sha256: Sha256::of(&self.made.onnx),
            bytes: self.made.onnx.len() as u64,
            spread_at_least: true,
        }
    }

    /// Writes the folder: complete where the graph keeps the limits, else the graph alone, to be looked
    /// at. `of` is the run of the model that it was made of.
    pub(super) fn write(
        self,
        folder: &Path,
        verdict: Verdict,
        training: &Training,
        of: &Run,
        from: Vec<Input>,
        io: &Io,
    ) -> Result<(), TrainError> {
        if verdict != Verdict::Pass {
            files::write(&folder.join(file::MODEL), &self.made.onnx)?;
            return Ok(());
        }
        let signature = self.predictor.signature().clone();
        let answers = self.predictor.predict(&training.table)?;
        let profile = profile::of(training, &signature, &answers);
        let golden = golden::of(&training.table, &self.predictor, of.seed)?;
        let mut run = of.clone();
        let count = |count: usize| Scalar::number(count as f64);
        let known = [
            ("quantized", Scalar::from("int8")),
            ("quantized_weights", count(self.made.weights)),
            ("quantized_leaves", count(self.made.leaves)),
        ];
        run.parameters
            .extend(known.map(|(name, value)| (name.to_owned(), value)));
        // They are of the model of single precision.
        run.cross_validation = None;
        run.files.clear();
        let onnx = &self.made.onnx;
        adopt::write(folder, io, from, onnx, signature, profile, golden, run)
    }
}

/// Takes a model back: without `run.json` its folder is none.
pub(super) fn take_back(folder: &Path) -> Result<(), TrainError> {
    let path = folder.join(file::RUN);
    match fs::remove_file(&path) {
        Err(source) if source.kind() != ErrorKind::NotFound => {
            Err(yard_cli::Error::Write { path, source }.into())
        }
        _ => Ok(()),
    }
}
