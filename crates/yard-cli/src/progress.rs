//! Progress of long work: a bar on a terminal, a line every ten seconds elsewhere.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How long a log is silent before it says how far the work is.
const PERIOD: Duration = Duration::from_secs(10);

/// Tells people how far some work is. Never writes to stdout.
pub struct Progress {
    bar: ProgressBar,
    log: Option<Log>,
}

struct Log {
    what: String,
    total: u64,
    last: Instant,
}

impl Progress {
    pub(crate) fn new(what: &str, total: u64, terminal: bool, quiet: bool) -> Self {
        let target = if terminal && !quiet {
            ProgressDrawTarget::stderr_with_hz(8)
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(total), target);
        if let Ok(style) = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} {eta}") {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        let log = (!terminal && !quiet).then(|| Log {
            what: what.to_owned(),
            total,
            last: Instant::now(),
        });
        Self { bar, log }
    }

    /// The work has come this far. `detail` is only asked for where a line is due.
    #[expect(clippy::print_stderr, reason = "progress is for people, and only here")]
    pub fn at(&mut self, done: u64, detail: impl FnOnce() -> String) {
        self.bar.set_position(done);
        if let Some(log) = self.log.as_mut().filter(|log| log.last.elapsed() >= PERIOD) {
            eprintln!("{}: {done}/{} {}", log.what, log.total, detail());
            log.last = Instant::now();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
