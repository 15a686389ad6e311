//! The trees of a model as another engine's file.
//!
//! The graph holds comparisons in ONNX's terms, so the trees are grown once more, which gives the same
//! trees; the graph that they make must be the model's to the byte, or nothing is written.

use serde::Serialize;
use yard_cli::{Io, Verdict, files};
use yard_contract::{Algorithm, Sha256};
use yard_model::file;

use crate::args::{Engine, ExportArgs};
use crate::boosting;
use crate::checkpoint::Watch;
use crate::data;
use crate::error::TrainError;
use crate::plan::Plan;

/// What the columns of the file are.
#[derive(Serialize)]
struct Legend {
    columns: Vec<boosting::ColumnCode>,
}

/// Writes the trees; stdout tells what the file's columns are, since it only counts them.
pub(crate) fn run(args: ExportArgs, io: &mut Io) -> Result<Verdict, TrainError> {
    let (to, out) = (args.to, args.out.clone());
    let plan = Plan::resolve(args.into(), io)?;
    if io.print_plan(&plan)? {
        return Ok(Verdict::Pass);
    }
    let config = &plan.config;
    if config.algorithm != Algorithm::GradientBoosting {
        return Err(TrainError::NoTrees {
            algorithm: config.algorithm.as_str(),
        });
    }
    let model = io.read("model", &plan.model_out.join(file::MODEL))?;
    let source = io.read("table", &plan.data)?;
    let training = data::training(&plan, &source.bytes)?;
    let weights = training
        .target
        .weights(training.weights.as_deref(), config.class_weight.as_ref());
    let rounds = u64::from(config.gradient_boosting.rounds);
    let mut watch = Watch::new(None, "model").with_progress(io.progress("fitting", rounds));
    let exported = boosting::export(&training, weights.as_deref(), config, &mut watch)?;
    drop(watch);
    if Sha256::of(&exported.onnx) != model.input.sha256 {
        return Err(TrainError::OtherModel {
            path: model.input.path,
        });
    }
    let text = match to {
        Engine::Lightgbm => exported.ensemble.to_lightgbm()?,
        Engine::Xgboost => exported.ensemble.to_xgboost(),
    };
    files::write(&out, text.as_bytes())?;
    let legend = Legend {
        columns: exported.columns,
    };
    io.print(|out| {
        serde_json::to_writer_pretty(&mut *out, &legend)?;
        out.write_all(b"\n")
    })?;
    Ok(Verdict::Pass)
}
