//! Fits that may be interrupted: what they keep, and how they are asked to stop.
//!
//! A checkpoint is named by the digest of what the fit is made from, so that a run finds its own and
//! never another's; what it holds is checked once more against the rows and the parameters. It is
//! a hint, not an input: a damaged one costs time and changes nothing.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde::Serialize;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use yard_boost::{BoostError, Dataset, Fit, Params, RoundReport, Stop};
use yard_cli::{Io, Progress};
use yard_contract::{Input, Sha256};

use crate::error::TrainError;
use crate::store::{Place, Store, StoreError};

/// Where to keep a fit, and how often.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct CheckpointPlan {
    pub(crate) place: Place,
    /// Whether to go on from what is there.
    pub(crate) resume: bool,
    /// Every so many rounds, whatever the time.
    pub(crate) rounds: Option<u64>,
    /// After so many seconds.
    pub(crate) seconds: u64,
}

/// The checkpoints of one run: of its model, of the folds of its cross-validation, of a search's trials.
pub(crate) struct Checkpoints {
    store: Store,
    /// Every so many rounds, whatever the time.
    rounds: Option<u64>,
    /// After so long.
    period: Duration,
    /// The digest of what the run is made from.
    inputs: Sha256,
    /// Set by a signal.
    stopped: Arc<AtomicBool>,
}

impl Checkpoints {
    /// From now on a signal does not end the process: the fit keeps its last round and stops. `of`
    /// tells runs of the same inputs apart.
    pub(crate) fn begin(
        plan: &CheckpointPlan,
        inputs: &[Input],
        of: &str,
        io: &Io,
    ) -> Result<Self, TrainError> {
        let stopped: Arc<AtomicBool> = Arc::default();
        for signal in [SIGTERM, SIGINT] {
            flag::register(signal, Arc::clone(&stopped)).map_err(TrainError::Signals)?;
        }
        let mut made_from = format!("{}\n{of}", env!("CARGO_PKG_VERSION"));
        for input in inputs {
            made_from.push('\n');
            made_from.push_str(&input.sha256.to_string());
        }
        let begun = Self {
            store: Store::open(&plan.place, io)?,
            rounds: plan.rounds,
            period: Duration::from_secs(plan.seconds),
            inputs: Sha256::of(made_from.as_bytes()),
            stopped,
        };
        if !plan.resume {
            begun.remove();
        }
        Ok(begun)
    }

    /// For fits that pause: what they have is kept until the process ends.
    pub(crate) fn in_memory() -> Self {
        Self {
            store: Store::memory(),
            rounds: None,
            period: Duration::MAX,
            inputs: Sha256::of(b""),
            stopped: Arc::default(),
        }
    }

    fn name(&self, part: &str) -> String {
        format!("{}.{part}.checkpoint", self.inputs)
    }

    /// What was kept of a part, whoever wrote it.
    pub(crate) fn read(&self, part: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.read(&self.name(part))
    }

    /// Keeps a part.
    pub(crate) fn write(&self, part: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.store.write(&self.name(part), bytes)
    }

    /// Where a part is kept, as people are told it.
    pub(crate) fn place(&self, part: &str) -> String {
        self.store.place(&self.name(part))
    }

    /// These parts are of no more use.
    pub(crate) fn forget(&self, parts: &str) {
        self.store.remove(&format!("{}.{parts}", self.inputs));
    }

    /// The run is done: nothing is left to go on with.
    pub(crate) fn remove(&self) {
        self.store.remove(&self.inputs.to_string());
    }

    /// Whether a signal asks the run to stop.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// What a stopped run answers.
    pub(crate) fn stop(&self) -> TrainError {
        TrainError::Stopped {
            folder: self.store.whole(),
        }
    }
}

/// Looks after one fit.
pub(crate) struct Watch<'a> {
    checkpoints: Option<(&'a Checkpoints, String)>,
    pause_after: Option<usize>,
    progress: Option<Progress>,
    /// What of the progress was done before this fit.
    before: u64,
    losses: bool,
    saved: Instant,
    failed: Option<StoreError>,
    /// What people should know.
    pub(crate) notes: Vec<String>,
    useless: Vec<String>,
}

impl<'a> Watch<'a> {
    /// `part` tells the fits of a run apart.
    pub(crate) fn new(checkpoints: Option<&'a Checkpoints>, part: &str) -> Self {
        Self {
            checkpoints: checkpoints.map(|checkpoints| (checkpoints, part.to_owned())),
            pause_after: None,
            progress: None,
            before: 0,
            losses: false,
            saved: Instant::now(),
            failed: None,
            notes: Vec::new(),
            useless: Vec::new(),
        }
    }

    /// Lets the fit rest after so many rounds, from where another watch of the same part goes on.
    pub(crate) fn until(self, rounds: Option<usize>) -> Self {
        Self {
            pause_after: rounds,
            ..self
        }
    }

    /// What was found and could not be gone on from.
    pub(crate) fn useless(&mut self) -> Vec<String> {
        std::mem::take(&mut self.useless)
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
        let params = &Params {
            pause_after: self.pause_after,
            ..params.clone()
        };
        let found = match &self.checkpoints {
            Some((kept, part)) => kept.read(part)?.map(|bytes| (bytes, kept.place(part))),
            None => None,
        };
        let resumed = found.and_then(|(bytes, place)| {
            match yard_boost::resume(dataset, validation, params, &bytes, &mut |report| {
                self.round(report, params)
            }) {
                Err(
                    error @ (BoostError::CheckpointDamaged | BoostError::CheckpointOfOther { .. }),
                ) => {
                    self.useless
                        .push(format!("`{place}` is of no use: {error}"));
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
            (None, Stop::Observer, Some((checkpoints, _))) => Err(checkpoints.stop()),
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
        let Some((checkpoints, part)) = &self.checkpoints else {
            return ControlFlow::Continue(());
        };
        let stopped = checkpoints.is_stopped();
        let is_last = report.round == params.pause_after.unwrap_or(params.rounds);
        let is_due = self.saved.elapsed() >= checkpoints.period
            || (checkpoints.rounds)
                .is_some_and(|rounds| (report.round as u64).is_multiple_of(rounds));
        if stopped || is_last || is_due {
            match checkpoints.write(part, &report.checkpoint()) {
                // A server that is away for a while costs nothing unless this machine goes now.
                Err(error) if error.is_transient() && !stopped => {
                    self.notes
                        .push(format!("round {} was not saved: {error}", report.round));
                }
                Err(error) => {
                    self.failed = Some(error);
                    return ControlFlow::Break(());
                }
                Ok(()) => {}
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
