//! Long work: how far it has come, and whether somebody wants it to stop.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use yard_cli::{Io, Progress};

use crate::error::PublishError;

/// Work on files that may be long.
pub(crate) struct Effort {
    /// Set by a signal.
    stopped: Arc<AtomicBool>,
    /// Set when a signal may end the process at once.
    let_go: Arc<AtomicBool>,
    progress: Option<Progress>,
    done: u64,
}

impl Effort {
    /// From now on a signal does not end the process in the middle of a file: the work is asked to
    /// stop and leaves nothing half-written.
    pub(crate) fn begin() -> Result<Self, PublishError> {
        let effort = Self {
            stopped: Arc::default(),
            let_go: Arc::default(),
            progress: None,
            done: 0,
        };
        for signal in [SIGTERM, SIGINT] {
            flag::register_conditional_default(signal, Arc::clone(&effort.let_go))
                .and_then(|_| flag::register(signal, Arc::clone(&effort.stopped)))
                .map_err(PublishError::Signals)?;
        }
        Ok(effort)
    }

    /// So many bytes are to be moved.
    pub(crate) fn expect(&mut self, io: &Io, bytes: u64) {
        self.progress = Some(io.progress("packing", bytes));
    }

    /// So many were moved.
    pub(crate) fn step(&mut self, bytes: u64) -> ControlFlow<()> {
        self.done += bytes;
        let done = self.done;
        if let Some(progress) = &mut self.progress {
            progress.at(done, || "bytes".to_owned());
        }
        if self.stopped.load(Ordering::Relaxed) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    /// The files are done. What comes now may be killed at any moment: publishing looks at what is
    /// there, and the manifest comes last.
    pub(crate) fn finish(self) -> Result<(), PublishError> {
        self.let_go.store(true, Ordering::Relaxed);
        if self.stopped.load(Ordering::Relaxed) {
            return Err(PublishError::Package(yard_package::PackageError::Stopped));
        }
        Ok(())
    }
}
