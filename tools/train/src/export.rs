//! A model as a file for another engine.
//!
//! The graph of the folder is that file for every runtime of ONNX. Of trees another engine's file can be
//! made, but the graph holds comparisons in ONNX's terms, so the trees are grown once more, which gives
//! the same trees; the graph that they make must be the model's to the byte, or nothing is written.

use std::path::PathBuf;

use serde::Serialize;
use yard_cli::{Io, Verdict, files};
use yard_contract::{Algorithm, Run, Sha256};
use yard_model::file;

use crate::args::{Engine, ExportArgs};
use crate::boosting;
use crate::checkpoint::Watch;
use crate::data::{self, Training};
use crate::error::TrainError;
use crate::fit;
use crate::plan::Plan;

/// What the columns of the file are.
#[derive(Serialize)]
struct Legend {
    columns: Vec<boosting::ColumnCode>,
}

/// Writes the file. Of trees stdout tells what the file's columns are, since it only counts them.
pub(crate) fn run(args: &ExportArgs, io: &mut Io) -> Result<Verdict, TrainError> {
    match (args.to, &args.data) {
        (Engine::Onnx, None) => graph(args, io),
        // The command line asks for a table where another engine's file is to be made.
        (_, data) => again(args, data.clone().unwrap_or_default(), io),
    }
}

/// Writes the graph as it lies in the folder, once its digest is that of `run.json`.
fn graph(args: &ExportArgs, io: &mut Io) -> Result<Verdict, TrainError> {
    let model = io.read("model", &args.model.join(file::MODEL))?;
    let run = io.read_artifact::<Run>(&args.model.join(file::RUN))?;
    let listed = run.value.body.files.iter();
    let mut listed = listed.filter(|listed| listed.path == file::MODEL);
    if listed.next().map(|listed| listed.sha256) != Some(model.input.sha256) {
        return Err(TrainError::Altered {
            path: model.input.path,
        });
    }
    write_graph(args, &model.bytes, io)
}

fn write_graph(args: &ExportArgs, onnx: &[u8], io: &mut Io) -> Result<Verdict, TrainError> {
    let digest = files::write(&args.out, onnx)?;
    let (out, size) = (args.out.display(), onnx.len());
    io.print(|stdout| writeln!(stdout, "{out}: {size} bytes, sha256 {digest}"))?;
    Ok(Verdict::Pass)
}

/// Fits the model once more, and writes it if it is the folder's.
fn again(args: &ExportArgs, data: PathBuf, io: &mut Io) -> Result<Verdict, TrainError> {
    let plan = Plan::resolve(args.fit(data), io)?;
    if io.print_plan(&plan)? {
        return Ok(Verdict::Pass);
    }
    let config = &plan.config;
    if args.to != Engine::Onnx && config.algorithm != Algorithm::GradientBoosting {
        return Err(TrainError::NoTrees {
            algorithm: config.algorithm.as_str(),
        });
    }
    let model = io.read("model", &plan.model_out.join(file::MODEL))?;
    let source = io.read("table", &plan.data)?;
    let training = data::training(&plan, &source.bytes)?;
    let rounds = u64::from(config.gradient_boosting.rounds);
    let mut watch = Watch::new(None, "model").with_progress(io.progress("fitting", rounds));
    let is_model = |onnx: &[u8]| {
        if Sha256::of(onnx) == model.input.sha256 {
            return Ok(());
        }
        Err(TrainError::OtherModel {
            path: model.input.path.clone(),
        })
    };
    if args.to == Engine::Onnx {
        let fitted = fit::fit(&training, config, &mut watch);
        drop(watch);
        let fitted = fitted?;
        is_model(&fitted.onnx)?;
        return write_graph(args, &fitted.onnx, io);
    }
    let exported = trees(&training, &plan, &mut watch);
    drop(watch);
    let exported = exported?;
    is_model(&exported.onnx)?;
    let text = match args.to {
        Engine::Lightgbm => exported.ensemble.to_lightgbm()?,
        Engine::Onnx | Engine::Xgboost => exported.ensemble.to_xgboost(),
    };
    files::write(&args.out, text.as_bytes())?;
    let legend = Legend {
        columns: exported.columns,
    };
    io.print(|out| {
        serde_json::to_writer_pretty(&mut *out, &legend)?;
        out.write_all(b"\n")
    })?;
    Ok(Verdict::Pass)
}

fn trees(
    training: &Training,
    plan: &Plan,
    watch: &mut Watch<'_>,
) -> Result<boosting::Exported, TrainError> {
    let config = &plan.config;
    let weights = training
        .target
        .weights(training.weights.as_deref(), config.class_weight.as_ref());
    boosting::export(training, weights.as_deref(), config, watch)
}
