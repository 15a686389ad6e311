//! A command that is watched: its time, the signals for it, and how it ended.

use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::error::BringError;

/// How often the command is looked at.
const GLANCE: Duration = Duration::from_millis(20);

const TERM: &str = "TERM";
const KILL: &str = "KILL";

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// By itself, with success.
    Done,
    /// By itself, with a code that is none.
    Code(i32),
    /// By a signal.
    Signal(i32),
}

/// What happened to a command.
pub(crate) struct Ended {
    pub(crate) end: End,
    /// Whether somebody asked it to stop.
    pub(crate) stopped: bool,
    /// Whether its time was up.
    pub(crate) overdue: bool,
}

/// Runs a command to its end. Its stdout goes to our stderr, since ours carries the result. A signal
/// for us is one for it and whatever it started; so is the end of its time. Who has not ended some
/// time after that is killed.
pub(crate) fn run(
    mut command: Command,
    name: &str,
    budget: Option<Duration>,
    grace: Duration,
) -> Result<Ended, BringError> {
    let fail = |source| BringError::Start {
        command: name.to_owned(),
        source,
    };
    let stop: Arc<AtomicBool> = Arc::default();
    for signal in [SIGTERM, SIGINT] {
        flag::register(signal, Arc::clone(&stop)).map_err(fail)?;
    }
    let stderr = io::stderr().as_fd().try_clone_to_owned().map_err(fail)?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::from(stderr))
        .process_group(0)
        .spawn()
        .map_err(fail)?;
    let begun = Instant::now();
    let (mut asked, mut stopped, mut overdue) = (None, false, false);
    let status = loop {
        if let Some(status) = child.try_wait().map_err(fail)? {
            break status;
        }
        if asked.is_none() {
            stopped = stop.load(Ordering::Relaxed);
            overdue = !stopped && budget.is_some_and(|budget| begun.elapsed() >= budget);
            if stopped || overdue {
                asked = Some(Instant::now());
                send(&mut child, TERM);
            }
        }
        if asked.is_some_and(|asked| asked.elapsed() >= grace) {
            send(&mut child, KILL);
            break child.wait().map_err(fail)?;
        }
        thread::sleep(GLANCE);
    };
    // What it left behind holds no file open, and no port.
    send(&mut child, KILL);
    Ok(Ended {
        end: end(status),
        stopped,
        overdue,
    })
}

fn end(status: ExitStatus) -> End {
    match (status.code(), status.signal()) {
        (Some(0), _) => End::Done,
        (Some(code), _) => End::Code(code),
        (None, signal) => End::Signal(signal.unwrap_or_default()),
    }
}

/// To the command and all that it started. A signal to another process is a shell's builtin: the call
/// below it is unsafe code, and a crate around that is much to build for one call. Where there is no
/// shell, the command is killed alone; a group that is gone needs no signal.
fn send(child: &mut Child, signal: &str) {
    let group = format!("-{}", child.id());
    let told = Command::new("/bin/sh")
        .args(["-c", "kill -s \"$1\" -- \"$2\"", "kill", signal, &group])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if told.is_err() && signal == KILL {
        let _ = child.kill();
    }
}
