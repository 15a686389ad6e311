//! Workflows, actions and examples held against each other: who calls what, with which inputs and which
//! rights.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context as _, Result};
use e2e::repository;
use serde_json::Value;

use crate::lint::{action_files, workflows};

/// Where GitHub's examples for others stand: files with the template's place and commit left open.
fn examples() -> Result<Vec<(String, Value)>> {
    let mut found = Vec::new();
    for example in ["github", "github-onnx"] {
        let folder = repository()?.join("ci-templates/examples").join(example);
        for entry in fs::read_dir(folder.join(".github/workflows"))? {
            let path = entry?.path();
            found.push((path.display().to_string(), fs::read_to_string(path)?));
        }
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
            .flat_map(serde_json::Map::values)
        {
            let uses = job["uses"].as_str().unwrap_or_default();
            let Some(target) = called(uses)? else {
                continue;
            };
            let mut asked = BTreeMap::new();
            let jobs = target["jobs"].as_object().context("jobs")?;
            for permissions in jobs.values().map(|job| &job["permissions"]) {
                for (scope, right) in permissions.as_object().context("permissions")? {
                    let held = asked.entry(scope.clone()).or_insert_with(|| right.clone());
                    if right == "write" {
                        held.clone_from(right);
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
            // What is on the default branch was reviewed.
            let is_reviewed = job["if"].as_str().is_some_and(|condition| {
                condition.contains("github.event_name == 'push'")
                    && condition.contains("github.event.repository.default_branch")
            });
            let is_safe = !(has_code && writes) || is_reviewed;
            assert!(is_safe, "{}: {name}", path.display());
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
    let mut pins = BTreeMap::new();
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
