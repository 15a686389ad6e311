//! The environment of whatever a test starts.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// What is passed on: where programs are.
const KEPT: [&str; 4] = ["PATH", "TMPDIR", "LD_LIBRARY_PATH", "RUSTUP_TOOLCHAIN"];

/// The value of an environment variable that is set and not empty.
#[expect(
    clippy::disallowed_methods,
    reason = "a test has no command line to declare it on"
)]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// A command with a scrubbed environment and without input: no `CI_*`, no tokens, no locale.
///
/// Rust's own folders are named outright, so that `HOME` can be set to an empty folder.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("LC_ALL", "C.UTF-8")
        .env("TZ", "UTC")
        .stdin(Stdio::null());
    for name in KEPT {
        if let Some(value) = variable(name) {
            command.env(name, value);
        }
    }
    if let Some(home) = variable("HOME") {
        for (name, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
            let place =
                variable(name).map_or_else(|| PathBuf::from(&home).join(folder), PathBuf::from);
            command.env(name, place);
        }
        command.env("HOME", home);
    }
    command
}

/// Where a program is found on the search path, if anywhere.
pub fn search_path(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&variable("PATH")?)
        .map(|folder| folder.join(program))
        .find(|candidate| candidate.is_file())
}
