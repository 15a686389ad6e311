//! Where the tools are.

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};

use crate::variable;

/// Every binary that the line calls.
pub const TOOLS: [&str; 9] = [
    "batch-predict",
    "data-check",
    "eval-gate",
    "example-world",
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
        None => std::env::current_exe()?
            .ancestors()
            .nth(2)
            .context("the test lies in no target folder")?
            .to_owned(),
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
