//! `train run`: a fit by any command, under the contract of our own.
//!
//! The command gets the training rows and never those held out, a seed, a time, a folder for what is
//! unfinished and one for what it makes; all else it inherits only if it cannot do without or by name.
//! What it makes is checked and becomes a model folder, or scores for `eval-gate`.

mod environment;
mod error;
mod process;
mod scores;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde::Serialize;
use yard_cli::{Io, Verdict};
use yard_contract::{Algorithm, Finite, Input, Measurement, Scalar, Sha256, Split};

pub use error::BringError;

use crate::adopt::{self, Origin};
use crate::args::{AdoptArgs, Expected, RunArgs};
use crate::data;
use crate::error::TrainError;
use crate::explain::ExplainError;
use crate::plan::Plan;
use crate::store::Place;

use environment::Environment;
use process::{End, Ended};

/// What a command has to write into the folder `TRAINYARD_OUT`.
const ONNX: &str = "model.onnx";
const SCORES: &str = "scores.csv";

/// Everything that a command's run needs, checked.
#[derive(Serialize)]
struct RunPlan {
    fit: Plan,
    command: Vec<String>,
    expect: Expected,
    work: PathBuf,
    budget_seconds: Option<u64>,
    /// Inputs by the name under which the command finds them.
    inputs: BTreeMap<String, PathBuf>,
}

/// Runs the command and makes of its output what comes next in the line.
pub(crate) fn run(args: &RunArgs, io: &mut Io) -> Result<Verdict, TrainError> {
    let fit = Plan {
        explanation: args.explanation.plan(),
        ..Plan::for_command(args.into(), io)?
    };
    if fit.config.algorithm != Algorithm::Command {
        return Err(BringError::Algorithm {
            found: fit.config.algorithm.as_str(),
        }
        .into());
    }
    if args.expect == Expected::Scores && fit.explanation.is_some() {
        return Err(ExplainError::NoGraph.into());
    }
    let plan = RunPlan {
        fit,
        command: args.command.clone(),
        expect: args.expect,
        work: args.work.clone(),
        budget_seconds: args.max_seconds,
        inputs: args.inputs.iter().cloned().collect(),
    };
    if io.print_plan(&plan)? {
        return Ok(Verdict::Pass);
    }
    let word = plan.command.first().map_or("", String::as_str);
    let source = io.read("table", &plan.fit.data)?;
    let split = data::load(&plan.fit, &source.bytes)?.split;
    let mut made_from = vec![source.input.clone(), plan.fit.config_input.clone()];
    io.write_artifact(&plan.fit.split_out, made_from.clone(), split.clone())?;
    made_from.extend(plan.fit.split.input().cloned());
    made_from.extend(code(&plan.command, io)?);
    for (name, path) in &plan.inputs {
        made_from.push(io.read(name, path)?.input);
    }

    let given = Given::prepare(&plan, &source.bytes, &made_from)?;
    let environment = Environment::new(&io.environment(), &args.pass, given.told(&plan, &split)?);
    let program = environment::program(word, environment.variables.get("PATH"));
    let program = program.ok_or_else(|| BringError::NoProgram {
        command: word.to_owned(),
    })?;
    let mut command = Command::new(&program);
    command.args(&plan.command[1..]);
    command.env_clear().envs(&environment.variables);
    let begun = Instant::now();
    let budget = plan.budget_seconds.map(Duration::from_secs);
    let ended = process::run(
        command,
        word,
        budget,
        Duration::from_secs(args.grace_seconds),
    )?;
    let seconds = begun.elapsed();
    judge(&ended, word, &given, plan.budget_seconds)?;
    if ended.overdue {
        io.warn("the command's time was up; what it wrote then is taken");
    }

    let origin = Origin {
        algorithm: Algorithm::Command,
        parameters: parameters(&plan, args, &environment, &program),
        inputs: made_from,
    };
    let produced = given.out.join(plan.expect.file());
    if !produced.is_file() {
        return Err(BringError::NoOutput {
            command: word.to_owned(),
            file: plan.expect.file(),
        }
        .into());
    }
    let said = match plan.expect {
        Expected::Onnx => {
            let made = adopt::folder(&adoption(&plan, args, &given, &produced), Some(origin), io)?;
            let features = made.features;
            let folder = plan.fit.model_out.display();
            format!("{folder}: {features} features, fitted by a command")
        }
        Expected::Scores => {
            let holdout = io.read("holdout", &plan.fit.holdout_out)?.bytes;
            scores::write(args, &plan.fit, &holdout, &produced, origin, &split, io)?
        }
    };
    if let Some(checkpoint) = &given.checkpoint {
        // It is of no more use; what cannot be removed harms nobody.
        let _ = fs::remove_dir_all(checkpoint);
    }
    if let Some(path) = &plan.fit.measurement_out {
        let seconds = Finite::new(seconds.as_secs_f64()).unwrap_or_default();
        let body = Measurement {
            of: "train run".to_owned(),
            seconds: [("command".to_owned(), seconds)].into(),
            milliseconds: [].into(),
            bytes: [].into(),
        };
        io.write_artifact(path, Vec::new(), body)?;
    }
    io.print(|out| writeln!(out, "{said}"))?;
    Ok(Verdict::Pass)
}

/// The files among a command's words: what it runs is what the model was made from.
fn code(command: &[String], io: &Io) -> Result<Vec<Input>, TrainError> {
    let words = command.iter().skip(1).map(Path::new);
    let files = words.filter(|path| path.is_file());
    files.map(|path| Ok(io.read("code", path)?.input)).collect()
}

/// What lies ready for a command.
struct Given {
    data: PathBuf,
    score: Option<PathBuf>,
    out: PathBuf,
    checkpoint: Option<PathBuf>,
}

impl Given {
    /// Writes the rows, and removes what an earlier run has made: it would be taken for this one's.
    fn prepare(plan: &RunPlan, table: &[u8], made_from: &[Input]) -> Result<Self, TrainError> {
        let absolute = |path: &Path| {
            std::path::absolute(path).map_err(|source| {
                TrainError::from(yard_cli::Error::Write {
                    path: path.to_owned(),
                    source,
                })
            })
        };
        let folder = |path: &Path| -> Result<(), TrainError> {
            fs::create_dir_all(path).map_err(|source| {
                yard_cli::Error::Write {
                    path: path.to_owned(),
                    source,
                }
                .into()
            })
        };
        let work = absolute(&plan.work)?;
        let data = work.join("train.csv");
        data::write_part(&plan.fit, table, &data)?;
        let out = work.join("out");
        folder(&out)?;
        for name in [ONNX, SCORES] {
            let _ = fs::remove_file(out.join(name));
        }
        let score = work.join("score.csv");
        let score = match plan.expect {
            Expected::Onnx => None,
            Expected::Scores => {
                scores::questions(&plan.fit, &score)?;
                Some(score)
            }
        };
        let checkpoint = match &plan.fit.checkpoint {
            None => None,
            Some(kept) => {
                let Place::Folder(at) = &kept.place else {
                    return Err(BringError::NoFolder {
                        place: kept.place.to_string(),
                    }
                    .into());
                };
                // Of other inputs or by another command there is nothing to go on from.
                let digests = made_from.iter().map(|input| input.sha256.to_string());
                let words = plan.command.iter().cloned();
                let name: Vec<String> = digests.chain(words).collect();
                let name = Sha256::of(name.join("\n").as_bytes()).to_string();
                let place = absolute(at)?.join(name);
                if !kept.resume {
                    let _ = fs::remove_dir_all(&place);
                }
                folder(&place)?;
                Some(place)
            }
        };
        Ok(Self {
            data,
            score,
            out,
            checkpoint,
        })
    }

    /// The variables that tell a command what it needs to know.
    fn told(&self, plan: &RunPlan, split: &Split) -> Result<BTreeMap<String, String>, TrainError> {
        let config = &plan.fit.config;
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let task = config.task.as_str();
        let seed = config.seed.to_string();
        let digest = file_digest(&self.data)?;
        let mut told: BTreeMap<String, String> = [
            ("DATA", text(&self.data)),
            ("DATA_SHA256", digest.to_string()),
            ("ROWS_SHA256", split.train.rows_sha256.to_string()),
            ("CONFIG_SHA256", plan.fit.config_input.sha256.to_string()),
            ("TASK", task.to_owned()),
            ("TARGET", config.target.column.clone()),
            ("NUMBERS", config.features.numbers.join(",")),
            ("CATEGORIES", config.features.categories.join(",")),
            ("SEED", seed),
            ("OUT", text(&self.out)),
            ("EXPECTED", plan.expect.file().to_owned()),
        ]
        .map(|(name, value)| (format!("TRAINYARD_{name}"), value))
        .into();
        let mut more = |name: &str, value: Option<String>| {
            told.extend(value.map(|value| (format!("TRAINYARD_{name}"), value)));
        };
        more("POSITIVE", config.target.positive.clone());
        more("SCORE", self.score.as_deref().map(text));
        more("CHECKPOINT", self.checkpoint.as_deref().map(text));
        more("BUDGET_SECONDS", plan.budget_seconds.map(|s| s.to_string()));
        for (name, path) in &plan.inputs {
            let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
            more(&format!("INPUT_{}", name.to_uppercase()), Some(text(&path)));
        }
        // Python's own order of sets and texts: a seed of its own, which takes 32 bits.
        let hash = (config.seed % (1 << 32)).to_string();
        told.insert("PYTHONHASHSEED".to_owned(), hash);
        Ok(told)
    }
}

fn file_digest(path: &Path) -> Result<Sha256, TrainError> {
    let bytes = fs::read(path).map_err(|source| yard_cli::Error::Read {
        path: path.to_owned(),
        source,
    })?;
    Ok(Sha256::of(&bytes))
}

/// How the command ended, by the table of exit codes: 75 and 3 mean what they mean everywhere.
fn judge(ended: &Ended, word: &str, given: &Given, budget: Option<u64>) -> Result<(), BringError> {
    let command = word.to_owned();
    let saved = || {
        let entries = given.checkpoint.as_ref().map(fs::read_dir);
        entries.is_some_and(|entries| entries.is_ok_and(|mut entries| entries.next().is_some()))
    };
    Err(match ended.end {
        End::Done => return Ok(()),
        End::Code(75) => BringError::Saved { command },
        // It did not answer the signal, but there is something to go on from.
        End::Signal(_) | End::Code(_) if ended.stopped && saved() => BringError::Saved { command },
        _ if ended.overdue => BringError::Overdue {
            command,
            seconds: budget.unwrap_or_default(),
        },
        End::Code(3) => BringError::Transient { command },
        End::Code(code) => BringError::Code { command, code },
        End::Signal(signal) => BringError::Signal { command, signal },
    })
}

/// What `run.json` records of the command, so that it can be run again; no value of a variable that was
/// passed on is in it.
fn parameters(
    plan: &RunPlan,
    args: &RunArgs,
    environment: &Environment,
    program: &Path,
) -> BTreeMap<String, Scalar> {
    let mut known = environment::described(program);
    let texts = [
        ("command", environment.line(&plan.command)),
        ("environment_sha256", environment.sha256.to_string()),
        ("classes", args.classes.join(",")),
        ("pass", args.pass.join(",")),
    ];
    let texts = texts.iter().filter(|(_, text)| !text.is_empty());
    known.extend(texts.map(|(name, text)| ((*name).to_owned(), Scalar::from(text.as_str()))));
    // What it makes may depend on how long it has.
    let seconds = plan.budget_seconds.map(|seconds| seconds as f64);
    known.extend(seconds.map(|seconds| ("max_seconds".to_owned(), Scalar::number(seconds))));
    known
}

fn adoption(plan: &RunPlan, args: &RunArgs, given: &Given, onnx: &Path) -> AdoptArgs {
    let config = &plan.fit.config;
    let features = &config.features;
    AdoptArgs {
        onnx: onnx.to_owned(),
        data: given.data.clone(),
        target: config.target.column.clone(),
        positive: config.target.positive.clone(),
        classes: args.classes.clone(),
        features: features
            .numbers
            .iter()
            .chain(&features.categories)
            .cloned()
            .collect(),
        exclude: Vec::new(),
        missing: config.missing.clone(),
        threshold: config.threshold,
        seed: config.seed,
        model: plan.fit.model_out.clone(),
        explanation: args.explanation.clone(),
        held_out: Some(plan.fit.holdout_out.clone()),
        commit: plan.fit.commit.clone(),
    }
}

impl Expected {
    /// What it is called in the folder for outputs.
    const fn file(self) -> &'static str {
        match self {
            Self::Onnx => ONNX,
            Self::Scores => SCORES,
        }
    }
}
