//! Fit a model that is one ONNX graph, the same bytes on every machine.
//!
//! [`run`] is the table of contents: read, divide, fit, try the graph on the rows it was fitted on,
//! write the folder. Preparation and model are one graph, and everything after the fit (profile,
//! golden rows, cross-validation) asks that graph, never the fitted parts.
//!
//! `model.onnx` depends on table, configuration and seed alone: all sums have a fixed order, all
//! draws come from the seed and the row, and nothing asks a clock.
#![warn(missing_docs)]

mod adopt;
mod alone;
mod args;
mod baseline;
mod boosting;
mod bring;
mod checkpoint;
mod config;
mod data;
mod design;
mod error;
mod explain;
mod export;
mod fit;
mod folds;
mod golden;
mod guess;
mod init;
mod least_squares;
mod linear;
mod logistic;
mod multinomial;
mod native;
mod parity;
mod plan;
mod prepare;
mod profile;
mod ranks;
mod report;
mod search;
mod split;
mod store;
mod symmetric;
mod target;
mod toolchain;
mod validate;

use std::time::Instant;

use yard_cli::{Io, Verdict, files};
use yard_contract::{
    Algorithm, ExplainedSide, Finite, Input, ManifestFile, Measurement, Run, Sha256, Task,
};
use yard_model::{ML_OPSET, OPSET, Predictor, file};

pub use crate::args::Args;
use crate::args::Command;
pub use crate::bring::BringError;
use crate::checkpoint::{Checkpoints, Watch};
pub use crate::config::schema;
pub use crate::error::TrainError;
pub use crate::explain::ExplainError;
use crate::plan::Plan;
pub use crate::search::{SearchError, schema as search_schema};

/// Fits a model, or writes a first configuration.
pub fn run(args: Args, io: &mut Io) -> Result<Verdict, TrainError> {
    match (args.command, args.fit) {
        (Some(Command::Init(init)), _) => init::run(&init, io),
        (Some(Command::Adopt(args)), _) => adopt::run(&args, io),
        (Some(Command::Export(export)), _) => export::run(&export, io),
        (Some(Command::Run(args)), _) => bring::run(&args, io),
        (Some(Command::Search(args)), _) => search::run(args, io),
        (Some(Command::Schema), _) => {
            io.print(|out| out.write_all(schema().as_bytes()))?;
            Ok(Verdict::Pass)
        }
        (None, Some(fit)) => {
            let plan = Plan {
                explanation: args.explanation.plan(),
                ..Plan::resolve(fit, io)?
            };
            if io.print_plan(&plan)? {
                return Ok(Verdict::Pass);
            }
            match plan.threads {
                None => train(&plan, io),
                Some(threads) => rayon::ThreadPoolBuilder::new()
                    .num_threads(threads)
                    .build()
                    .map_err(|source| TrainError::Threads { threads, source })?
                    .install(|| train(&plan, io)),
            }
        }
        (None, None) => Err(TrainError::NoData),
    }
}

/// So many suspicious columns are warned of; `run.json` has them all.
const WARNINGS: usize = 8;

fn train(plan: &Plan, io: &mut Io) -> Result<Verdict, TrainError> {
    let start = Instant::now();
    let source = io.read("table", &plan.data)?;
    let divided = data::load(plan, &source.bytes)?;
    let (training, held_out, split) = (divided.training, divided.held_out, divided.split);
    let read = start.elapsed();

    let config = &plan.config;
    let mut from = vec![source.input, plan.config_input.clone()];
    from.extend(plan.split.input().cloned());
    let suspicious = alone::suspicious(&training, config.seed);
    for (suspicion, words) in suspicious.iter().take(WARNINGS) {
        let name = yard_cli::style::line(&suspicion.feature);
        io.warn(&format!(
            "`{name}` alone {words}; is it known before the target is?"
        ));
    }
    // Linear models are solved in one go: there is nothing to keep.
    let keeps = match config.algorithm {
        Algorithm::GradientBoosting => true,
        Algorithm::RandomForest => config.task != Task::Multiclass,
        _ => false,
    };
    let checkpoints = match plan.checkpoint.as_ref().filter(|_| keeps) {
        Some(checkpoint) => Some(Checkpoints::begin(checkpoint, &from, "fit", io)?),
        None => None,
    };
    let rounds = u64::from(config.gradient_boosting.rounds);
    if let Some(more) = suspicious
        .len()
        .checked_sub(WARNINGS)
        .filter(|more| *more > 0)
    {
        io.warn(&format!(
            "and {more} more columns do: `run.json` lists them"
        ));
    }
    let mut watch =
        Watch::new(checkpoints.as_ref(), "model").with_progress(io.progress("fitting", rounds));
    let fitted = fit::fit(&training, config, &mut watch);
    let useless = watch.useless();
    for note in useless.into_iter().chain(std::mem::take(&mut watch.notes)) {
        io.note(format_args!("{}", yard_cli::style::line(&note)));
    }
    drop(watch);
    let fitted = fitted?;
    let fit_time = start.elapsed().saturating_sub(read);
    let (cross_validation, trivial) = match &config.cross_validation {
        Some(cv) => {
            let progress = io.progress("cross-validating", u64::from(cv.folds) * rounds);
            let kept = checkpoints.as_ref();
            let progress = Some(progress);
            let validated = validate::cross_validate(&training, config, cv.folds, kept, progress)?;
            (Some(validated.model), validated.trivial)
        }
        None => (None, validate::trivial(&training, config)?),
    };

    let signature = fit::signature(&training, config);
    let predictor = Predictor::new(&fitted.onnx, signature.clone())?;
    let answers = predictor.predict(&training.table)?;
    let profile = profile::of(&training, &signature, &answers);
    let golden = golden::of(&training.table, &predictor, config.seed)?;
    if let Some(asked) = &plan.explanation {
        let model = explain::Model {
            predictor: &predictor,
            sha256: Sha256::of(&fitted.onnx),
            profile: &profile,
            algorithm: config.algorithm,
            importance: &fitted.importance,
            level: validate::level(config),
            native: Some(&fitted.native),
            seed: config.seed,
        };
        let known = explain::Known {
            side: ExplainedSide::HeldOut,
            table: &held_out.table,
            target: &held_out.target,
            weights: held_out.weights.as_deref(),
        };
        let explanation = explain::of(&model, &known, asked)?;
        let mut inputs = vec![Input::new("model", file::MODEL, model.sha256)];
        inputs.extend(from.iter().cloned());
        io.write_artifact(&asked.path, inputs, explanation)?;
    }

    let model = Input::new(
        "model",
        file::MODEL,
        files::write(&plan.model_out.join(file::MODEL), &fitted.onnx)?,
    );
    let judged = parity::judge(
        &parity::Fit {
            plan,
            held_out: &held_out,
            split: &split,
            fitted: &fitted,
            signature: &signature,
            predictor: &predictor,
            model: &model,
            from: &from,
        },
        io,
    )?;
    if let Some(judged) = judged.as_ref().filter(|judged| !judged.is_usable()) {
        if let Some(checkpoints) = &checkpoints {
            checkpoints.remove();
        }
        judged.say(plan, io)?;
        return Ok(judged.verdict());
    }
    let mut written = vec![ManifestFile {
        path: file::MODEL.to_owned(),
        size: fitted.onnx.len() as u64,
        sha256: model.sha256,
    }];
    let mut note = |name: &str, bytes: &[u8]| {
        written.push(ManifestFile {
            path: name.to_owned(),
            size: bytes.len() as u64,
            sha256: Sha256::of(bytes),
        });
    };
    let of_model = || vec![model.clone()];
    let at = |name: &str| plan.model_out.join(name);
    note(
        file::SIGNATURE,
        &io.write_artifact(&at(file::SIGNATURE), of_model(), signature)?
            .to_bytes(),
    );
    note(
        file::PROFILE,
        &io.write_artifact(&at(file::PROFILE), from.clone(), profile)?
            .to_bytes(),
    );
    note(
        file::GOLDEN,
        &io.write_artifact(&at(file::GOLDEN), of_model(), golden)?
            .to_bytes(),
    );
    io.write_artifact(&plan.split_out, from.clone(), split.clone())?;
    let run = Run {
        algorithm: config.algorithm,
        parameters: fitted.parameters,
        seed: config.seed,
        commit: plan.commit.clone(),
        environment: toolchain::environment(io.producer().version.clone(), OPSET, ML_OPSET),
        rows: training.target.rows() as u64,
        validation_rows: fitted.validation_rows,
        history: fitted.history,
        importance: fitted.importance,
        cross_validation,
        trivial,
        suspicious: suspicious.into_iter().map(|(found, _)| found).collect(),
        files: written,
    };
    let document = io.write_artifact(&at(file::RUN), from.clone(), run)?;
    if let Some(checkpoints) = &checkpoints {
        checkpoints.remove();
    }
    if let Some(path) = &plan.measurement_out {
        let seconds = [
            ("read", read),
            ("fit", fit_time),
            ("total", start.elapsed()),
        ];
        let seconds = seconds.map(|(phase, time)| {
            (
                phase.to_owned(),
                Finite::new(time.as_secs_f64()).unwrap_or_default(),
            )
        });
        let body = Measurement {
            of: "train".to_owned(),
            seconds: seconds.into(),
            milliseconds: [].into(),
            bytes: [("model".to_owned(), fitted.onnx.len() as u64)].into(),
        };
        io.write_artifact(path, of_model(), body)?;
    }
    io.print(|out| report::render(&document, &split, plan, out))?;
    let Some(judged) = judged else {
        return Ok(Verdict::Pass);
    };
    judged.say(plan, io)?;
    let verdict = judged.verdict();
    judged.finish(plan, &training, &document.body, &model, from, io)?;
    Ok(verdict)
}
