//! What came of a command.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context as _, Result};

/// A command that has ended.
#[derive(Clone, Debug)]
pub struct Ran {
    /// The command line, for messages.
    pub what: String,
    /// The exit code; `None` after a signal.
    pub code: Option<i32>,
    /// What it said on stdout.
    pub stdout: String,
    /// What it said on stderr.
    pub stderr: String,
}

impl Ran {
    /// Runs a command to its end.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn of(command: &mut Command) -> Result<Self> {
        let what = format!("{command:?}");
        let output = command
            .output()
            .with_context(|| format!("starting {what}"))?;
        Ok(Self::ended(what, &output))
    }

    /// What came of a command that somebody else ran.
    pub fn ended(what: String, output: &Output) -> Self {
        Self {
            what,
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Panics with everything it said unless it ended with this code.
    #[track_caller]
    pub fn assert_code(&self, code: i32) {
        assert_eq!(
            self.code,
            Some(code),
            "{}\nstdout: {}\nstderr: {}",
            self.what,
            self.stdout,
            self.stderr
        );
    }

    /// Panics unless it ended with this code and an error that says all of `words`.
    #[track_caller]
    pub fn assert_refused(&self, code: i32, words: &[&str]) {
        self.assert_code(code);
        assert!(
            self.stderr.contains("error: "),
            "{}: {}",
            self.what,
            self.stderr
        );
        for word in words {
            assert!(
                self.stderr.contains(word),
                "{} does not say `{word}`: {}",
                self.what,
                self.stderr
            );
        }
    }
}

/// Every file below a folder, as sorted paths relative to it.
///
/// # Errors
/// When a folder cannot be read.
pub fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).with_context(|| format!("reading {}", next.display()))? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else {
                files.push(entry.path().strip_prefix(folder)?.to_owned());
            }
        }
    }
    files.sort();
    Ok(files)
}
