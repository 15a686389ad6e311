//! Namespaces: a process that has no network, or files of its own.

use std::ffi::OsStr;
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Result, bail};

use crate::{Ran, command, variable};

/// The command for a program that has no network at all, its own loopback device included, which is
/// down.
///
/// `None`, with a line on stderr, where no such namespace can be made: inside some containers.
///
/// # Errors
/// As there, where this is a CI job (`CI` is set) that was told to have them (`TRAINYARD_SOAK`).
pub fn without_network(program: impl AsRef<OsStr>) -> Result<Option<Command>> {
    isolated(&["--map-root-user", "--net"], program)
}

/// The command for a program that may mount what nobody else sees, and whose network is its own.
///
/// # Errors
/// As [`without_network`].
pub fn with_own_mounts(program: impl AsRef<OsStr>) -> Result<Option<Command>> {
    isolated(&["--map-root-user", "--net", "--mount"], program)
}

#[expect(clippy::print_stderr, reason = "a test that is skipped has to say so")]
fn isolated(namespaces: &[&str], program: impl AsRef<OsStr>) -> Result<Option<Command>> {
    static POSSIBLE: OnceLock<Result<(), String>> = OnceLock::new();
    let possible = POSSIBLE.get_or_init(|| {
        let mut unshare = command("unshare");
        unshare.args(["--map-root-user", "--net", "--mount", "true"]);
        match Ran::of(&mut unshare) {
            Ok(ran) if ran.code == Some(0) => Ok(()),
            Ok(ran) => Err(ran.stderr.trim().to_owned()),
            Err(error) => Err(error.to_string()),
        }
    });
    if let Err(why) = possible {
        if variable("CI").is_some() && variable("TRAINYARD_SOAK").is_some() {
            bail!("the soak run needs namespaces, and there are none: {why}");
        }
        eprintln!("SKIPPED: there are no namespaces here, so nothing was isolated: {why}");
        return Ok(None);
    }
    let mut unshare = command("unshare");
    unshare.args(namespaces).arg(program);
    Ok(Some(unshare))
}
