//! The course of a search: unit by unit, rung by rung.
//!
//! A unit is what a shard takes whole: a trial that stands alone, or a bracket of trials that are halved
//! among themselves. No unit knows of another, so it does not matter who runs which.

use std::time::{Duration, Instant};

use yard_cli::Progress;
use yard_contract::{Algorithm, Better, Finite, Rung, SearchMethod, TrialOutcome};
use yard_model::Predictor;

use super::config::{Resource, SearchConfig};
use super::state::State;
use crate::checkpoint::{Checkpoints, Watch};
use crate::config::TrainConfig;
use crate::data::Training;
use crate::error::TrainError;
use crate::folds::Fold;
use crate::{fit, split, validate};

/// Trials that are judged together.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Unit {
    /// Its bracket, where it is one.
    pub(crate) bracket: Option<u32>,
    pub(crate) trials: Vec<u32>,
    /// The share of the resource at each rung, the last being 1.
    pub(crate) shares: Vec<f64>,
}

impl Unit {
    /// How often one of its trials is judged.
    pub(crate) fn steps(&self, factor: u32) -> u64 {
        let mut alive = self.trials.len();
        let mut steps = 0;
        for _ in &self.shares {
            steps += alive as u64;
            alive = alive.div_ceil(factor as usize);
        }
        steps
    }
}

/// All units of a search, in their order. Trial 0 is one of its own and judged in full.
pub(crate) fn units(config: &SearchConfig, size: u32) -> Vec<Unit> {
    let alone = |trial| Unit {
        bracket: None,
        trials: vec![trial],
        shares: vec![1.0],
    };
    if config.method != SearchMethod::Halving {
        return (0..=size).map(alone).collect();
    }
    let halving = &config.halving;
    let factor = f64::from(halving.factor);
    let shares = (0..halving.rungs).rev();
    let shares: Vec<f64> = shares
        .map(|left| (0..left).fold(1.0, |share, _| share / factor))
        .collect();
    let bracket = |bracket| Unit {
        bracket: Some(bracket),
        trials: (1..=size)
            .filter(|trial| (trial - 1) % halving.brackets == bracket)
            .collect(),
        shares: shares.clone(),
    };
    std::iter::once(alone(0))
        .chain((0..halving.brackets).map(bracket))
        .collect()
}

/// What a search goes by, and what it knows.
pub(crate) struct Course<'a> {
    pub(crate) training: &'a Training,
    pub(crate) folds: Vec<Fold>,
    pub(crate) configs: &'a [TrainConfig],
    pub(crate) better: Better,
    pub(crate) halving: &'a super::config::HalvingConfig,
    /// Where unfinished fits are kept.
    pub(crate) fits: Option<&'a Checkpoints>,
    /// Where the state is kept, and who asks to stop.
    pub(crate) kept: Option<&'a Checkpoints>,
    pub(crate) budget: Option<Duration>,
    pub(crate) started: Instant,
    /// Seconds that earlier runs of the same search took.
    pub(crate) before: f64,
    pub(crate) state: State,
    pub(crate) progress: Progress,
    pub(crate) judged: u64,
    /// How long each trial took in this run.
    pub(crate) seconds: std::collections::BTreeMap<u32, f64>,
    pub(crate) notes: Vec<String>,
}

/// The name under which the state is kept.
pub(crate) const STATE: &str = "search";

impl Course<'_> {
    /// Runs a unit to its end, and answers what became of its trials.
    pub(crate) fn run(&mut self, unit: &Unit) -> Result<Vec<(u32, TrialOutcome)>, TrainError> {
        let mut outcomes = Vec::new();
        let mut alive = unit.trials.clone();
        let last = unit.shares.len() - 1;
        for (rung, &share) in unit.shares.iter().enumerate() {
            for &trial in &alive {
                self.step(trial, rung, share)?;
            }
            let state = &self.state;
            let failed = |trial: &u32| state.trials.get(trial).is_some_and(|t| t.failed.is_some());
            let mean_of = |trial: &u32| Some(state.trials.get(trial)?.rungs.get(rung)?.mean);
            outcomes.extend(
                alive
                    .extract_if(.., |trial| failed(trial))
                    .map(|trial| (trial, TrialOutcome::Failed)),
            );
            // Without all of a rung nobody knows who goes on.
            if alive.iter().any(|trial| mean_of(trial).is_none()) {
                let unknown = |trial: &u32| rung < last || mean_of(trial).is_none();
                let skipped = alive.extract_if(.., |trial| unknown(trial));
                outcomes.extend(skipped.map(|trial| (trial, TrialOutcome::Skipped)));
            }
            if rung == last || alive.is_empty() {
                break;
            }
            let better = self.better;
            alive.sort_by(|a, b| {
                let (a, b) = ((mean_of(a), a), (mean_of(b), b));
                super::board::order(better, a.0, b.0).then(a.1.cmp(b.1))
            });
            let kept = alive.len().div_ceil(self.halving.factor as usize);
            for trial in alive.split_off(kept) {
                self.forget(trial);
                outcomes.push((trial, TrialOutcome::Dropped));
            }
            alive.sort_unstable();
        }
        for trial in alive {
            outcomes.push((trial, TrialOutcome::Finished));
        }
        for &trial in &unit.trials {
            self.forget(trial);
        }
        Ok(outcomes)
    }

    fn forget(&self, trial: u32) {
        if let Some(fits) = self.fits {
            fits.forget(&format!("trial-{trial}."));
        }
    }

    /// Judges a trial at a rung, unless that is known, it has failed, or the time is up.
    fn step(&mut self, trial: u32, rung: usize, share: f64) -> Result<(), TrainError> {
        let stopped = self.kept.filter(|kept| kept.is_stopped());
        if let Some(kept) = stopped {
            return Err(kept.stop());
        }
        let known = self.state.trials.entry(trial).or_default();
        if known.failed.is_some() || known.rungs.len() > rung {
            self.tell();
            return Ok(());
        }
        let spent = self.before + self.started.elapsed().as_secs_f64();
        if self
            .budget
            .is_some_and(|budget| spent >= budget.as_secs_f64())
        {
            return Ok(());
        }
        let begun = Instant::now();
        let outcome = self.judge(trial, share);
        let known = self.state.trials.entry(trial).or_default();
        match outcome {
            Ok(rung) => known.rungs.push(rung),
            Err(error @ (TrainError::Cli(_) | TrainError::Stopped { .. })) => return Err(error),
            // The configuration as it stands has to be one that can be fitted.
            Err(error) if trial == 0 => return Err(error),
            Err(error) => known.failed = Some(causes(&error)),
        }
        *self.seconds.entry(trial).or_default() += begun.elapsed().as_secs_f64();
        self.state.spent = self.before + self.started.elapsed().as_secs_f64();
        if let Some(kept) = self.kept {
            kept.write(STATE, &self.state.to_bytes())?;
        }
        self.tell();
        Ok(())
    }

    fn tell(&mut self) {
        self.judged += 1;
        let means = self
            .state
            .trials
            .values()
            .filter_map(|t| Some(t.rungs.last()?.mean));
        let best = means.min_by(|a, b| super::board::order(self.better, Some(*a), Some(*b)));
        self.progress.at(self.judged, || {
            best.map_or_else(String::new, |best| format!("best so far {:.5}", best.get()))
        });
    }

    /// The trial's metric on every fold, with a share of the resource.
    fn judge(&mut self, trial: u32, share: f64) -> Result<Rung, TrainError> {
        let config = &self.configs[trial as usize];
        let of_rows = self.halving.resource == Resource::Rows;
        let pause = (share < 1.0 && !of_rows).then(|| part(config.gradient_boosting.rounds, share));
        // Fits of some of the rows are fits of other rows: they have names of their own.
        let rows = if of_rows {
            format!("{share:.6}.")
        } else {
            String::new()
        };
        let keeps = config.algorithm == Algorithm::GradientBoosting;
        let fits = self.fits.filter(|_| keeps);
        let mut values = Vec::with_capacity(self.folds.len());
        for (number, fold) in self.folds.iter().enumerate() {
            let mut inside = self.training.take(&fold.inside);
            if share < 1.0 && of_rows {
                let taken = split::share_of(&inside.target.codes(), share, config.seed);
                let taken: Vec<usize> = (0..taken.len()).filter(|&row| taken[row]).collect();
                inside = inside.take(&taken);
            }
            let out = self.training.take(&fold.out);
            let name = format!("trial-{trial}.{rows}fold-{number}");
            let mut watch = Watch::new(fits, &name).until(pause);
            let value = value_of(&inside, &out, config, &mut watch);
            self.notes.extend(watch.useless());
            values.push(value?);
            if let Some(kept) = self.kept.filter(|kept| kept.is_stopped()) {
                return Err(kept.stop());
            }
        }
        Ok(rung(share, &values))
    }
}

/// What the configured model, fitted on some rows, comes to on others, through the graph.
fn value_of(
    inside: &Training,
    out: &Training,
    config: &TrainConfig,
    watch: &mut Watch<'_>,
) -> Result<f64, TrainError> {
    let fitted = fit::fit(inside, config, watch)?;
    let predictor = Predictor::new(&fitted.onnx, fit::signature(inside, config))?;
    let answers = validate::answers(&predictor, out)?;
    validate::measure(out, &answers, validate::level(config))
}

/// So many of the rounds, at least one.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a count"
)]
fn part(rounds: u32, share: f64) -> usize {
    ((f64::from(rounds) * share).ceil() as usize).max(1)
}

/// Values on folds, with their mean and standard deviation.
fn rung(share: f64, values: &[f64]) -> Rung {
    let (mean, sd) = super::board::mean_and_sd(values);
    let finite = |value| Finite::new(value).unwrap_or_default();
    Rung {
        share: finite(share),
        values: values.iter().copied().map(finite).collect(),
        mean: finite(mean),
        sd: finite(sd),
    }
}

/// An error and its causes on one line.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
