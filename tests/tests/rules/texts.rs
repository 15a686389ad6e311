//! What no file of ours says.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use e2e::{Ran, command, files_below, repository};

/// Every text that git knows or would know, with its path.
fn texts() -> Result<Vec<(String, String)>> {
    let root = repository()?;
    let ran = Ran::of(
        command("git")
            .args([
                "ls-files",
                "-z",
                "--cached",
                "--others",
                "--exclude-standard",
            ])
            .current_dir(root),
    )?;
    ran.assert_code(0);
    let names = ran.stdout.split('\0').filter(|name| !name.is_empty());
    let texts: Vec<_> = names
        .filter_map(|name| Some((name.to_owned(), fs::read_to_string(root.join(name)).ok()?)))
        .collect();
    assert!(texts.len() > 200, "{}", texts.len());
    Ok(texts)
}

/// Whether a file's name ends in one of these.
fn is_of(name: &str, endings: &[&str]) -> bool {
    let ending = Path::new(name).extension().and_then(OsStr::to_str);
    ending.is_some_and(|ending| endings.contains(&ending))
}

/// Each is put together, so that this file does not name it.
fn joined(parts: &[[&str; 2]]) -> Vec<String> {
    parts.iter().map(|parts| parts.concat()).collect()
}

#[test]
fn no_file_names_a_folder_of_somebodys_machine() -> Result<()> {
    let folders = joined(&[
        ["/ho", "me/"],
        ["/Use", "rs/"],
        ["/ro", "ot/"],
        ["/wo", "rk/"],
        ["/tmp/", "yard"],
    ]);
    for (name, text) in texts()? {
        for folder in &folders {
            let found = text.lines().position(|line| line.contains(folder.as_str()));
            assert!(
                found.is_none(),
                "{name}:{} names `{folder}`",
                found.unwrap_or_default() + 1
            );
        }
    }
    Ok(())
}

/// Mirrors and registries are the user's environment. The lock file names crates.io's index, which
/// is what every mirror replaces.
#[test]
fn no_file_names_a_package_registry() -> Result<()> {
    let hosts = joined(&[
        ["pypi", ".org"],
        ["pythonhosted", ".org"],
        ["npmjs", ".org"],
        ["npmmirror", ".com"],
        ["index.crates", ".io"],
        ["proxy.golang", ".org"],
        ["jfrog", ".io"],
    ]);
    for (name, text) in texts()? {
        for host in &hosts {
            assert!(!text.contains(host.as_str()), "{name} names {host}");
        }
    }
    let lock = fs::read_to_string(repository()?.join("Cargo.lock"))?;
    let mut sources: Vec<&str> = lock
        .lines()
        .filter(|line| line.starts_with("source = "))
        .collect();
    sources.sort_unstable();
    sources.dedup();
    assert_eq!(sources.len(), 1, "{sources:?}");
    assert!(
        sources[0].contains("github.com/rust-lang/crates.io-index"),
        "{sources:?}"
    );
    Ok(())
}

#[test]
fn no_test_is_ignored_no_lint_is_allowed_and_nothing_is_left_to_do() -> Result<()> {
    let marks = joined(&[
        ["#[ign", "ore"],
        ["#[al", "low("],
        ["#![al", "low("],
        ["to", "do!("],
        ["unimpl", "emented!("],
        ["FIX", "ME"],
    ]);
    let sources = texts()?
        .into_iter()
        .filter(|(name, _)| is_of(name, &["rs"]));
    for (name, text) in sources {
        for mark in &marks {
            assert!(!text.contains(mark.as_str()), "{name} has `{mark}`");
        }
    }
    Ok(())
}

/// A bare number could be NaN, which JSON writes as null: the contract's numbers are `Finite`.
#[test]
fn no_field_of_an_artifact_is_a_bare_floating_point_number() -> Result<()> {
    let kinds = repository()?.join("crates/yard-contract/src/kinds");
    for name in files_below(&kinds)? {
        let text = fs::read_to_string(kinds.join(&name))?;
        for line in text
            .lines()
            .map(str::trim)
            .filter(|line| line.starts_with("pub "))
        {
            for bare in ["f64", "f32", "Value"] {
                assert!(!line.contains(bare), "{}: {line}", name.display());
            }
        }
    }
    Ok(())
}

/// Commands that people are told to type are there.
#[test]
fn every_make_target_that_a_text_names_is_there() -> Result<()> {
    let makefile = fs::read_to_string(repository()?.join("Makefile"))?;
    let targets: Vec<&str> = makefile
        .lines()
        .filter_map(|line| line.split_once(':').map(|(name, _)| name))
        .filter(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase()))
        .collect();
    assert!(
        targets.contains(&"demo") && targets.len() <= 12,
        "{targets:?}"
    );
    for (name, text) in texts()? {
        let is_told = is_of(&name, &["md", "sh", "yml"]) || name.starts_with(".ci/");
        for (_, rest) in text
            .match_indices("make ")
            .filter(|_| is_told)
            .map(|(at, word)| text[at..].split_at(word.len()))
        {
            let target: String = rest.chars().take_while(char::is_ascii_lowercase).collect();
            let at = text.len() - rest.len() - "make ".len();
            let is_command = matches!(text[..at].chars().next_back(), Some('`' | '\n'))
                || text[..at].ends_with("$ ")
                || text[..at].ends_with("step ");
            if is_command && !target.is_empty() {
                assert!(
                    targets.contains(&target.as_str()),
                    "{name} names `make {target}`"
                );
            }
        }
    }
    Ok(())
}

/// What `make` calls is there.
#[test]
fn every_script_that_the_makefile_calls_is_there() -> Result<()> {
    let root = repository()?;
    let makefile = fs::read_to_string(root.join("Makefile"))?;
    let scripts = makefile
        .split_whitespace()
        .map(|word| word.trim_start_matches('@'));
    for script in scripts.filter(|word| is_of(word, &["sh"])) {
        let found =
            fs::metadata(root.join(script)).with_context(|| format!("there is no {script}"))?;
        assert!(found.is_file());
    }
    Ok(())
}
