//! `train search`: better parameters, found on the training rows alone.
//!
//! A trial's parameters depend on the seed and its number, its folds on the training configuration's
//! seed, and the winner is the best mean, of equal ones the lower number. So a search cut into shards
//! and merged has the leaderboard of the search in one go, to the byte.

mod board;
mod candidate;
mod config;
mod course;
mod draw;
mod error;
mod report;
mod state;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use serde::Serialize;
use yard_cli::{Io, Verdict, files};
use yard_contract::{
    Better, Document, Finite, Input, Leaderboard, Measurement, Scalar, SearchMethod, Shard, Trial,
    TrialOutcome,
};

pub use error::SearchError;

use crate::args::{SearchArgs, SearchCommand, SearchFitArgs, SearchMergeArgs};
use crate::checkpoint::Checkpoints;
use crate::config::TrainConfig;
use crate::error::TrainError;
use crate::plan::Plan;
use crate::{data, folds, validate};

use config::{Resource, SearchConfig};
use course::{Course, Unit};
use state::State;

/// The schema of `configs/search.yaml`.
pub fn schema() -> String {
    config::schema()
}

/// Everything that a search needs, checked.
#[derive(Serialize)]
struct SearchPlan {
    fit: Plan,
    search: SearchConfig,
    search_input: Input,
    shard: Shard,
    folds: u32,
    budget_seconds: Option<u64>,
    trials: Vec<BTreeMap<String, Scalar>>,
    #[serde(skip)]
    configs: Vec<TrainConfig>,
}

/// Searches, merges, or prints the schema.
pub(crate) fn run(args: SearchArgs, io: &mut Io) -> Result<Verdict, TrainError> {
    match (args.command, args.search) {
        (Some(SearchCommand::Merge(args)), _) => merge(&args, io),
        (Some(SearchCommand::Schema), _) => {
            io.print(|out| out.write_all(schema().as_bytes()))?;
            Ok(Verdict::Pass)
        }
        (None, Some(args)) => {
            let plan = resolve(&args, io)?;
            if io.print_plan(&plan)? {
                return Ok(Verdict::Pass);
            }
            match plan.fit.threads {
                None => search(&plan, &args, io),
                Some(threads) => rayon::ThreadPoolBuilder::new()
                    .num_threads(threads)
                    .build()
                    .map_err(|source| TrainError::Threads { threads, source })?
                    .install(|| search(&plan, &args, io)),
            }
        }
        (None, None) => Err(TrainError::NoData),
    }
}

fn resolve(args: &SearchFitArgs, io: &Io) -> Result<SearchPlan, TrainError> {
    let fit = Plan::resolve(args.into(), io)?;
    let loaded = io.read_config::<SearchConfig>(&args.search)?;
    let search = loaded.value;
    let size = search.size()?;
    let trials = draw::trials(&search, size);
    let configs = candidate::all(&fit.config, &search, &trials)?;
    let folds = fit.config.cross_validation.as_ref().map(|cv| cv.folds);
    let folds = folds.ok_or(TrainError::MissingKey {
        key: "cross_validation",
    })?;
    if args.config_out.is_some() && args.shard.count > 1 {
        return Err(SearchError::ShardWinner.into());
    }
    Ok(SearchPlan {
        fit,
        budget_seconds: args.max_seconds.or(search.max_seconds),
        search,
        search_input: loaded.input,
        shard: args.shard,
        folds,
        trials,
        configs,
    })
}

fn search(plan: &SearchPlan, args: &SearchFitArgs, io: &mut Io) -> Result<Verdict, TrainError> {
    let started = Instant::now();
    let source = io.read("table", &plan.fit.data)?;
    let (training, part) = data::searched(&plan.fit, &source.bytes)?;
    let mut search_input = plan.search_input.clone();
    "search-config".clone_into(&mut search_input.kind);
    let mut inputs = vec![source.input, plan.fit.config_input.clone(), search_input];
    inputs.extend(plan.fit.split.input().cloned());

    let Shard { index, count } = plan.shard;
    let of = format!("search {index}/{count} {:?}", plan.budget_seconds);
    let kept = match &plan.fit.checkpoint {
        Some(checkpoint) => Some(Checkpoints::begin(checkpoint, &inputs, &of, io)?),
        None => None,
    };
    let state = match &kept {
        Some(kept) => resumed(kept, io)?,
        None => State::default(),
    };
    let pauses = plan.search.method == SearchMethod::Halving
        && plan.search.halving.resource == Resource::Rounds;
    let memory = (kept.is_none() && pauses).then(Checkpoints::in_memory);

    let size = u32::try_from(plan.trials.len()).unwrap_or(u32::MAX);
    let units = course::units(&plan.search, size - 1);
    let own = (0..)
        .zip(&units)
        .filter(|(unit, _)| board::is_of(plan.shard, *unit));
    let own: Vec<&Unit> = own.map(|(_, unit)| unit).collect();
    let steps = own
        .iter()
        .map(|unit| unit.steps(plan.search.halving.factor))
        .sum();
    let level = validate::level(&plan.fit.config);
    let metric = validate::metric(&training.target, level);
    let better = if metric == "auc" {
        Better::Higher
    } else {
        Better::Lower
    };
    let mut course = Course {
        training: &training,
        folds: folds::plan(
            &training,
            plan.fit.config.fold_method(),
            plan.folds,
            plan.fit.config.seed,
        )?,
        configs: &plan.configs,
        better,
        halving: &plan.search.halving,
        fits: kept.as_ref().or(memory.as_ref()),
        kept: kept.as_ref(),
        budget: plan.budget_seconds.map(Duration::from_secs),
        started,
        before: state.spent,
        state,
        progress: io.progress("searching", steps),
        judged: 0,
        seconds: BTreeMap::new(),
        notes: Vec::new(),
    };
    let mut trials = BTreeMap::new();
    for unit in own {
        for (trial, outcome) in course.run(unit)? {
            let judged = course.state.trials.get(&trial).cloned().unwrap_or_default();
            let trial = Trial {
                trial,
                bracket: unit.bracket,
                parameters: plan.trials[trial as usize].clone(),
                outcome,
                reason: judged.failed,
                rungs: judged.rungs,
            };
            trials.insert(trial.trial, trial);
        }
    }
    let Course { notes, seconds, .. } = course;
    for note in notes {
        io.note(format_args!("{}", yard_cli::style::line(&note)));
    }
    let trials: Vec<Trial> = trials.into_values().collect();
    let winner = board::winner(&trials, better).filter(|_| count == 1);
    if count == 1 && winner.is_none() {
        return Err(SearchError::NothingFinished.into());
    }
    let leaderboard = Leaderboard {
        method: plan.search.method,
        seed: plan.search.seed,
        metric: metric.to_owned(),
        better,
        folds: plan.folds,
        rows: part.rows,
        rows_sha256: part.rows_sha256,
        size,
        shard: (count > 1).then_some(plan.shard),
        budget_seconds: plan.budget_seconds,
        trials,
        winner,
    };
    let document = io.write_artifact(&args.out, inputs, leaderboard)?;
    if let Some(place) = &args.config_out {
        write_config(place, &plan.fit.config, &document)?;
    }
    if let Some(kept) = &kept {
        kept.remove();
    }
    if let Some(path) = &args.measurement {
        let body = measurement(started.elapsed(), &seconds);
        io.write_artifact(path, Vec::new(), body)?;
    }
    tell(&document, args.format, io)
}

/// What an earlier run of the same search knew.
fn resumed(kept: &Checkpoints, io: &mut Io) -> Result<State, TrainError> {
    let Some(bytes) = kept.read(course::STATE)? else {
        return Ok(State::default());
    };
    let place = kept.place(course::STATE);
    let place = yard_cli::style::line(&place);
    let Some(state) = State::from_bytes(&bytes) else {
        io.note(format_args!("`{place}` is of no use: it is damaged"));
        return Ok(State::default());
    };
    let known = state.trials.len();
    io.note(format_args!(
        "went on from `{place}`, which knows {known} trials"
    ));
    Ok(state)
}

fn merge(args: &SearchMergeArgs, io: &mut Io) -> Result<Verdict, TrainError> {
    let mut boards = Vec::new();
    for path in &args.leaderboards {
        let loaded = io.read_artifact::<Leaderboard>(path)?;
        boards.push((loaded.input.path, loaded.value));
    }
    let merged = board::merge(&boards)?;
    if let Some(place) = &args.config_out {
        let config = io.read_config::<TrainConfig>(&args.config)?;
        let known = merged.header.input("config").map(|input| input.sha256);
        if known != Some(config.input.sha256) {
            return Err(SearchError::OtherConfig {
                path: config.input.path,
            }
            .into());
        }
        write_config(place, &config.value, &merged)?;
    }
    files::write(&args.out, &merged.to_bytes())?;
    tell(&merged, args.format, io)
}

/// Writes the winner's configuration, which `train` fits.
fn write_config(
    place: &Path,
    base: &TrainConfig,
    board: &Document<Leaderboard>,
) -> Result<(), TrainError> {
    let body = &board.body;
    let Some(winner) = &body.winner else {
        return Err(SearchError::NothingFinished.into());
    };
    let trial = body.trials.iter().find(|trial| trial.trial == winner.trial);
    let parameters = trial
        .map(|trial| trial.parameters.clone())
        .unwrap_or_default();
    let config = candidate::of(base, winner.trial, &parameters)?;
    let text = candidate::yaml(&config).map_err(|source| SearchError::Shape {
        trial: winner.trial,
        parameters: candidate::shown(&parameters),
        source,
    })?;
    let head = format!(
        "# Trial {} of a search over {}: {} {:.5} ± {:.5} over {} folds.\n",
        winner.trial,
        body.size,
        body.metric,
        winner.mean.get(),
        winner.sd.get(),
        body.folds,
    );
    files::write(place, (head + &text).as_bytes())?;
    Ok(())
}

fn tell(
    board: &Document<Leaderboard>,
    format: yard_cli::Format,
    io: &mut Io,
) -> Result<Verdict, TrainError> {
    let skipped = |trial: &&Trial| trial.outcome == TrialOutcome::Skipped;
    let skipped = board.body.trials.iter().filter(skipped).count();
    if skipped > 0 {
        io.warn(&format!(
            "the time was up before {skipped} trials were judged; another machine may find another winner"
        ));
    }
    io.print(|out| report::render(board, format, out))?;
    Ok(Verdict::Pass)
}

fn measurement(total: Duration, trials: &BTreeMap<u32, f64>) -> Measurement {
    let finite = |seconds| Finite::new(seconds).unwrap_or_default();
    let trials = trials
        .iter()
        .map(|(trial, seconds)| (format!("trial-{trial}"), finite(*seconds)));
    let total = [("total".to_owned(), finite(total.as_secs_f64()))];
    Measurement {
        of: "train search".to_owned(),
        seconds: trials.chain(total).collect(),
        milliseconds: [].into(),
        bytes: [].into(),
    }
}
