//! Where the tools are, and where tests may leave things.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};

use crate::variable;

/// Every binary that the line calls.
pub const TOOLS: [&str; 11] = [
    "batch-predict",
    "data-check",
    "drift-check",
    "eval-gate",
    "example-world",
    "forge-report",
    "model-card",
    "publish-package",
    "serve",
    "smoke-test",
    "train",
];

/// The folder with the tools: `TRAINYARD_BIN`, or the profile's folder that this test was built in.
///
/// # Errors
/// When a tool is missing there: a test of an absent tool has shown nothing.
pub fn tools() -> Result<PathBuf> {
    let folder = match variable("TRAINYARD_BIN") {
        Some(folder) => PathBuf::from(folder),
        None => profile()?,
    };
    for tool in TOOLS {
        let path = folder.join(tool);
        ensure!(
            path.is_file(),
            "`{}` is missing: run `cargo build --workspace --bins --release` before",
            path.display()
        );
    }
    Ok(folder.canonicalize()?)
}

/// Cargo's target folder, that of this test.
///
/// # Errors
/// When the test lies in none.
pub fn target() -> Result<PathBuf> {
    let profile = profile()?;
    let target = profile.parent().context("a profile lies in a folder")?;
    Ok(target.canonicalize()?)
}

/// A folder in the target folder for what several tests use.
///
/// # Errors
/// When it cannot be made.
pub fn scratch(name: &str) -> Result<PathBuf> {
    let folder = target()?.join("tmp").join(name);
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn profile() -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    let folder = test
        .ancestors()
        .nth(2)
        .context("the test lies in no target folder")?;
    Ok(folder.to_owned())
}
