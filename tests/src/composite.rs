//! A runner of composite actions, narrow: it does what GitHub's does with `env`, `id`, `if`, `shell:
//! bash` and the files that steps write to, and refuses what it does not know.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use tempfile::TempDir;

/// A job's folder and what its steps share.
#[derive(Debug)]
pub struct Job {
    workspace: PathBuf,
    files: TempDir,
    environment: BTreeMap<String, String>,
}

/// What came of an action.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The exit code of the step that failed, or 0.
    pub code: i32,
    /// stdout and stderr of all steps.
    pub log: String,
    /// The action's outputs.
    pub outputs: BTreeMap<String, String>,
    /// What its steps wrote into the job's summary.
    pub summary: String,
    /// The names of the steps that ran.
    pub steps: Vec<String>,
}

impl Job {
    /// A job in a folder, with variables that the event sets and that go to every step.
    ///
    /// # Errors
    /// When the folder for the steps' files cannot be made.
    pub fn new(workspace: &Path, event: &[(&str, &str)]) -> Result<Self> {
        let files = tempfile::tempdir()?;
        let mut environment = BTreeMap::from([
            ("CI".to_owned(), "true".to_owned()),
            ("GITHUB_ACTIONS".to_owned(), "true".to_owned()),
            ("GITHUB_WORKSPACE".to_owned(), text(workspace)?),
            ("RUNNER_TEMP".to_owned(), text(files.path())?),
        ]);
        let event = event.iter();
        environment.extend(event.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Ok(Self {
            workspace: workspace.to_owned(),
            files,
            environment,
        })
    }

    /// Runs an action's steps until one fails, and then those that always run.
    ///
    /// # Errors
    /// When the action uses what this runner does not know, or a step cannot be started.
    pub fn run(&self, action: &Path, with: &[(&str, &str)]) -> Result<Outcome> {
        let parsed: Value =
            serde_saphyr::from_str(&fs::read_to_string(action.join("action.yml"))?)?;
        let mut known = inputs(&parsed, with)?;
        let mut outcome = Outcome::default();
        let steps = parsed["runs"]["steps"].as_array().context("steps")?;
        for (number, step) in steps.iter().enumerate() {
            let name = step["name"].as_str().context("a step has a name")?;
            if !wanted(step["if"].as_str(), &known, outcome.code)? {
                continue;
            }
            let environment = step["env"].as_object().into_iter().flatten();
            let environment = environment
                .map(|(name, value)| {
                    let value = value.as_str().context("a text")?;
                    Ok((name.clone(), expanded(value, &known)?))
                })
                .collect::<Result<BTreeMap<_, _>>>()?;
            let script = step["run"].as_str().context("a step runs a script")?;
            anyhow::ensure!(
                !script.contains("${{"),
                "`{name}` pastes a value into its script"
            );
            let code = self.step(action, number, script, &environment, &mut outcome)?;
            if let Some(id) = step["id"].as_str() {
                for (key, value) in self.written(number, "output")? {
                    known.insert(format!("steps.{id}.outputs.{key}"), value);
                }
            }
            outcome.summary.push_str(&self.file(number, "summary")?);
            outcome.steps.push(name.to_owned());
            if outcome.code == 0 {
                outcome.code = code;
            }
        }
        for (name, output) in parsed["outputs"].as_object().into_iter().flatten() {
            let value = output["value"].as_str().context("an output has a value")?;
            let value = expanded(value, &known)?;
            outcome.outputs.insert(name.clone(), value);
        }
        Ok(outcome)
    }

    #[expect(clippy::disallowed_methods, reason = "files of a throw-away folder")]
    fn step(
        &self,
        action: &Path,
        number: usize,
        script: &str,
        environment: &BTreeMap<String, String>,
        outcome: &mut Outcome,
    ) -> Result<i32> {
        let path = |what: &str| self.files.path().join(format!("{number}.{what}"));
        for what in ["output", "env", "path", "summary"] {
            fs::write(path(what), "")?;
        }
        fs::write(path("sh"), script)?;
        let mut command: Command = crate::command("bash");
        command
            .args(["--noprofile", "--norc", "-e", "-o", "pipefail"])
            .arg(path("sh"))
            .current_dir(&self.workspace)
            .envs(&self.environment)
            .envs(environment)
            .env("GITHUB_ACTION_PATH", action)
            .env("GITHUB_OUTPUT", path("output"))
            .env("GITHUB_ENV", path("env"))
            .env("GITHUB_PATH", path("path"))
            .env("GITHUB_STEP_SUMMARY", path("summary"));
        let output = command.output().context("starting bash")?;
        outcome
            .log
            .push_str(&String::from_utf8_lossy(&output.stdout));
        outcome
            .log
            .push_str(&String::from_utf8_lossy(&output.stderr));
        for what in ["env", "path"] {
            let written = self.file(number, what)?;
            anyhow::ensure!(written.is_empty(), "a step changes later steps: {written}");
        }
        output.status.code().context("a step was killed")
    }

    fn file(&self, number: usize, what: &str) -> Result<String> {
        let path = self.files.path().join(format!("{number}.{what}"));
        Ok(fs::read_to_string(path)?)
    }

    fn written(&self, number: usize, what: &str) -> Result<Vec<(String, String)>> {
        self.file(number, what)?
            .lines()
            .map(|line| {
                let (name, value) = line.split_once('=').with_context(|| format!("`{line}`"))?;
                Ok((name.to_owned(), value.to_owned()))
            })
            .collect()
    }
}

fn inputs(action: &Value, with: &[(&str, &str)]) -> Result<BTreeMap<String, String>> {
    let declared = action["inputs"].as_object().context("inputs")?;
    if let Some((name, _)) = with.iter().find(|(name, _)| !declared.contains_key(*name)) {
        bail!("the action has no input `{name}`");
    }
    declared
        .iter()
        .map(|(name, input)| {
            let given = with.iter().find(|(given, _)| given == name);
            let value = match (given, input["default"].as_str()) {
                (Some((_, value)), _) => (*value).to_owned(),
                (None, Some(default)) => default.to_owned(),
                (None, None) => bail!("the input `{name}` is missing"),
            };
            Ok((format!("inputs.{name}"), value))
        })
        .collect()
}

/// Every `${{ NAME }}` of a text replaced; an output that no step has written is empty.
fn expanded(text: &str, known: &BTreeMap<String, String>) -> Result<String> {
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${{") {
        let (name, after) = after.split_once("}}").context("an open expression")?;
        let name = name.trim();
        result.push_str(before);
        match known.get(name) {
            Some(value) => result.push_str(value),
            None if name.starts_with("steps.") => (),
            None => bail!("this runner does not know `{name}`"),
        }
        rest = after;
    }
    result.push_str(rest);
    Ok(result)
}

/// Whether a step runs: without a condition, as long as nothing failed.
fn wanted(condition: Option<&str>, known: &BTreeMap<String, String>, code: i32) -> Result<bool> {
    let Some(condition) = condition else {
        return Ok(code == 0);
    };
    let condition = condition
        .trim()
        .trim_start_matches("${{")
        .trim_end_matches("}}");
    let mut always = false;
    let mut holds = true;
    for term in condition.split("&&").map(str::trim) {
        if term == "always()" {
            always = true;
        } else if let Some(name) = term.strip_suffix(" != ''") {
            holds &= known.get(name).is_some_and(|value| !value.is_empty());
        } else {
            bail!("this runner does not know the condition `{term}`");
        }
    }
    Ok(holds && (always || code == 0))
}

fn text(path: &Path) -> Result<String> {
    Ok(path.to_str().context("a path in UTF-8")?.to_owned())
}
