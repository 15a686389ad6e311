//! The whole line on the example project, as `make demo` runs it in a fresh clone.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::{Checkout, Ran, command, tools};

/// A copy of the repository in which `tests/demo.sh` has run, and what came of it.
#[derive(Debug)]
pub struct Line {
    /// The copy.
    pub checkout: Checkout,
    /// What came of the run.
    pub ran: Ran,
}

impl Line {
    /// Runs the line in a copy of the repository, with these settings.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn run(checkout: Checkout, settings: &[(&str, &str)]) -> Result<Self> {
        let mut command = command(checkout.path().join("tests/demo.sh"));
        command
            .env("BIN", tools()?)
            .envs(settings.iter().copied())
            .current_dir(checkout.path());
        let ran = Ran::of(&mut command)?;
        Ok(Self { checkout, ran })
    }

    /// The line again, over what it left.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn again(self, settings: &[(&str, &str)]) -> Result<Self> {
        Self::run(self.checkout, settings)
    }

    /// The folder of everything that was made.
    pub fn out(&self) -> PathBuf {
        self.checkout.path().join("out")
    }

    /// The folder of the example's data.
    pub fn world(&self) -> PathBuf {
        self.checkout.path().join("data/world")
    }

    /// The package that was published.
    pub fn package(&self) -> PathBuf {
        self.out()
            .join("registry/credit-risk/1.0.0/credit-risk-1.0.0.tar.gz")
    }

    /// A JSON file that the line left.
    ///
    /// # Errors
    /// When it is not there, or no JSON.
    pub fn json(&self, name: &str) -> Result<Value> {
        let path = self.out().join(name);
        let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
        serde_json::from_slice(&bytes).with_context(|| path.display().to_string())
    }
}

/// One run of the line on the example project that ended well, for tests to look at and not to
/// change. Tests at the same time share it; the last one takes it away.
///
/// # Errors
/// When the line failed.
pub fn example() -> Result<Arc<Line>> {
    static LINE: Mutex<Weak<Line>> = Mutex::new(Weak::new());
    let mut shared = LINE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(line) = shared.upgrade() {
        return Ok(line);
    }
    let line = Line::run(Checkout::of_repository()?, &[])?;
    let ran = &line.ran;
    ensure!(
        ran.code == Some(0),
        "the line failed: {}{}",
        ran.stdout,
        ran.stderr
    );
    let line = Arc::new(line);
    *shared = Arc::downgrade(&line);
    Ok(line)
}
