//! Where the tools are, and where tests may leave things.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::{repository, variable};

/// Every binary that the line calls.
pub const TOOLS: [&str; 14] = [
    "batch-predict",
    "data-check",
    "drift-check",
    "eval-gate",
    "example-world",
    "fetch-package",
    "forge-report",
    "model-card",
    "promote-model",
    "publish-image",
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

/// A program of some crate's `examples`, built by Cargo where it is not up to date.
///
/// # Errors
/// When it does not build.
pub fn example_program(name: &str) -> Result<PathBuf> {
    // With the environment of whoever runs this: it is a build like that of the test itself.
    let status = Command::new(env!("CARGO"))
        .args([
            "build",
            "--release",
            "--locked",
            "--quiet",
            "--workspace",
            "--example",
            name,
        ])
        .arg("--target-dir")
        .arg(target()?)
        .current_dir(repository()?)
        .status()?;
    ensure!(status.success(), "the example `{name}` cannot be built");
    Ok(target()?.join("release/examples").join(name))
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
