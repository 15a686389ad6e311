//! Fits that may be interrupted: what they keep, and how they are asked to stop.
//!
//! A checkpoint is named by the digest of what the fit is made from, so that a run finds its own and
//! never another's; what it holds is checked once more against the rows and the parameters. It is
//! a hint, not an input: a damaged one costs time and changes nothing.

use std::fs;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde::Serialize;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use yard_boost::{BoostError, Dataset, Fit, Params, RoundReport, Stop};
use yard_cli::{Progress, files};
use yard_contract::{Input, Sha256};

use crate::error::TrainError;

/// Where to keep a fit, and how often.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct CheckpointPlan {
    pub(crate) folder: PathBuf,
    /// Every so many rounds, whatever the time.
    pub(crate) rounds: Option<u64>,
    /// After so many seconds.
    pub(crate) seconds: u64,
}

/// The checkpoints of one run: of its model and of the folds of its cross-validation.
pub(crate) struct Checkpoints {
    plan: CheckpointPlan,
    /// The digest of what the run is made from.
    inputs: Sha256,
    /// Set by a signal.
    stopped: Arc<AtomicBool>,
}

impl Checkpoints {
    /// From now on a signal does not end the process: the fit keeps its last round and stops.
    pub(crate) fn begin(plan: &CheckpointPlan, inputs: &[Input]) -> Result<Self, TrainError> {
        let stopped: Arc<AtomicBool> = Arc::default();
        for signal in [SIGTERM, SIGINT] {
            flag::register(signal, Arc::clone(&stopped)).map_err(TrainError::Signals)?;
        }
        let mut made_from = env!("CARGO_PKG_VERSION").to_owned();
        for input in inputs {
            made_from.push('\n');
            made_from.push_str(&input.sha256.to_string());
        }
        Ok(Self {
            plan: plan.clone(),
            inputs: Sha256::of(made_from.as_bytes()),
            stopped,
        })
    }

    fn place(&self, part: &str) -> PathBuf {
        let name = format!("{}.{part}.checkpoint", self.inputs);
        self.plan.folder.join(name)
    }

    /// The run is done: nothing is left to go on with. What cannot be removed harms nobody.
    pub(crate) fn remove(&self) {
        let own = self.inputs.to_string();
        let entries = fs::read_dir(&self.plan.folder);
        for entry in entries.into_iter().flatten().flatten() {
            // A killed run leaves files that it was about to put in place.
            if entry.file_name().to_string_lossy().contains(&own) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// Looks after one fit.
pub(crate) struct Watch<'a> {
    checkpoints: Option<(&'a Checkpoints, PathBuf)>,
    progress: Option<Progress>,
    /// What of the progress was done before this fit.
    before: u64,
    losses: bool,
    saved: Instant,
    failed: Option<yard_cli::Error>,
    /// What people should know.
    pub(crate) notes: Vec<String>,
}

impl<'a> Watch<'a> {
    /// `part` tells the fits of a run apart.
    pub(crate) fn new(checkpoints: Option<&'a Checkpoints>, part: &str) -> Self {
        Self {
            checkpoints: checkpoints.map(|checkpoints| (checkpoints, checkpoints.place(part))),
            progress: None,
            before: 0,
            losses: false,
            saved: Instant::now(),
            failed: None,
            notes: Vec::new(),
        }
    }

    /// Whether rounds are to report the loss of their rows: of the model that is kept they are, of
    /// the folds of a cross-validation nobody looks at them.
    pub(crate) const fn wants_losses(&self) -> bool {
        self.losses
    }

    /// Tells people how far the fit is, and keeps the losses of its rounds.
    pub(crate) fn with_progress(self, progress: Progress) -> Self {
        Self {
            progress: Some(progress),
            losses: true,
            ..self
        }
    }

    /// Tells people how far all the fits of a cross-validation are, of which some are done. The
    /// progress is handed from fit to fit: [`Self::hand_on`] gives it back.
    pub(crate) fn within(self, progress: Option<Progress>, before: u64) -> Self {
        Self {
            progress,
            before,
            ..self
        }
    }

    /// The progress, for the next fit.
    pub(crate) fn hand_on(&mut self) -> Option<Progress> {
        self.progress.take()
    }

    /// Grows trees from the first round on, or from where a checkpoint of the same fit ends. Both
    /// end in the same bits.
    pub(crate) fn boost(
        &mut self,
        dataset: &Dataset<'_>,
        validation: Option<&Dataset<'_>>,
        params: &Params,
    ) -> Result<Fit, TrainError> {
        let found = self.checkpoints.as_ref();
        let found = found.and_then(|(_, place)| Some((fs::read(place).ok()?, place.clone())));
        let resumed = found.and_then(|(bytes, place)| {
            let place = place.display();
            match yard_boost::resume(dataset, validation, params, &bytes, &mut |report| {
                self.round(report, params)
            }) {
                Err(
                    error @ (BoostError::CheckpointDamaged | BoostError::CheckpointOfOther { .. }),
                ) => {
                    self.notes.push(format!("`{place}` is of no use: {error}"));
                    None
                }
                resumed => {
                    self.notes.push(format!("went on from `{place}`"));
                    Some(resumed)
                }
            }
        });
        let fitted = match resumed {
            Some(resumed) => resumed?,
            None => yard_boost::fit(dataset, validation, params, &mut |report| {
                self.round(report, params)
            })?,
        };
        match (self.failed.take(), fitted.stop, &self.checkpoints) {
            (Some(error), ..) => Err(error.into()),
            (None, Stop::Observer, Some((checkpoints, _))) => Err(TrainError::Stopped {
                folder: checkpoints.plan.folder.display().to_string(),
            }),
            _ => Ok(fitted),
        }
    }

    fn round(&mut self, report: &RoundReport<'_>, params: &Params) -> ControlFlow<()> {
        if let Some(progress) = &mut self.progress {
            let losses = report.losses;
            progress.at(self.before + report.round as u64, || {
                let named = [
                    ("training", losses.train),
                    ("validation", losses.validation),
                ];
                let told = named
                    .into_iter()
                    .filter_map(|(name, loss)| Some(format!("{name} loss {:.5}", loss?)));
                told.collect::<Vec<String>>().join(", ")
            });
        }
        let Some((checkpoints, place)) = &self.checkpoints else {
            return ControlFlow::Continue(());
        };
        let plan = &checkpoints.plan;
        let stopped = checkpoints.stopped.load(Ordering::Relaxed);
        let is_last = report.round == params.rounds;
        let is_due = self.saved.elapsed() >= Duration::from_secs(plan.seconds)
            || (plan.rounds).is_some_and(|rounds| (report.round as u64).is_multiple_of(rounds));
        if stopped || is_last || is_due {
            if let Err(error) = files::write(place, &report.checkpoint()) {
                self.failed = Some(error);
                return ControlFlow::Break(());
            }
            self.saved = Instant::now();
        }
        if stopped {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}
