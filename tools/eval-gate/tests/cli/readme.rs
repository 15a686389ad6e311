//! The README's example, run as it is written.

use std::env;
use std::path::Path;
use std::process::Command;

const README: &str = include_str!("../../README.md");

/// The first block of a language under a heading.
fn block(heading: &str, language: &str) -> &'static str {
    let (_, section) = README.split_once(heading).unwrap();
    let fence = format!("```{language}\n");
    let (_, block) = section.split_once(&fence).unwrap();
    block.split_once("```").unwrap().0
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a shell needs its tools")]
fn three_scored_files_meet_the_three_verdicts() {
    let heading = "## Three verdicts\n";
    let folder = tempfile::tempdir().unwrap();
    let own = Path::new(env!("CARGO_BIN_EXE_eval-gate")).parent().unwrap();
    let path = env::var_os("PATH").unwrap_or_default();
    let places = std::iter::once(own.to_owned()).chain(env::split_paths(&path));
    let output = Command::new("sh")
        .args(["-c", block(heading, "sh")])
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", env::join_paths(places).unwrap())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        block(heading, "text")
    );
}
