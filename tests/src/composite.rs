//! A runner of composite actions, narrow: it does what GitHub's does with `env`, `id`, `if`, `shell:
//! bash` and the files that steps write to, and refuses what it does not know.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value};
use tempfile::TempDir;

use crate::expression::{Scope, expand, holds};

/// A job's folder and what its steps share.
#[derive(Debug)]
pub struct Job {
    workspace: PathBuf,
    files: TempDir,
    environment: BTreeMap<String, String>,
    contexts: BTreeMap<String, String>,
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
    /// A job in a folder, with what the event sets: variables, which go to every step, and, where a
    /// name has a dot, values of the runner's contexts, such as `github.token`.
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
        let mut contexts = BTreeMap::new();
        for (name, value) in event {
            let values = if name.contains('.') {
                &mut contexts
            } else {
                &mut environment
            };
            values.insert((*name).to_owned(), (*value).to_owned());
        }
        Ok(Self {
            workspace: workspace.to_owned(),
            files,
            environment,
            contexts,
        })
    }

    /// Runs an action's steps until one fails, and then those that always run.
    ///
    /// # Errors
    /// When the action uses what this runner does not know, or a step cannot be started.
    pub fn run(&self, action: &Path, with: &[(&str, &str)]) -> Result<Outcome> {
        let parsed: Value =
            serde_saphyr::from_str(&fs::read_to_string(action.join("action.yml"))?)?;
        let declared = parsed["inputs"].as_object().context("inputs")?;
        let mut known = inputs(declared, with)?;
        let mut outcome = Outcome::default();
        let steps = parsed["runs"]["steps"].as_array().context("steps")?;
        for (number, step) in steps.iter().enumerate() {
            let name = step["name"].as_str().context("a step has a name")?;
            let scope = self.scope(&known, outcome.code == 0);
            if !holds(step["if"].as_str(), &scope)? {
                continue;
            }
            let environment = step["env"].as_object().into_iter().flatten();
            let environment = environment
                .map(|(name, value)| {
                    let value = value.as_str().context("a text")?;
                    Ok((name.clone(), expand(value, &scope)?))
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
            let value = expand(value, &self.scope(&known, true))?;
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

    fn scope<'a>(&'a self, values: &'a BTreeMap<String, String>, success: bool) -> Known<'a> {
        Known {
            values,
            contexts: &self.contexts,
            environment: &self.environment,
            success,
        }
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

/// The values of an action's or workflow's inputs, by their whole names.
pub(crate) fn inputs(
    declared: &Map<String, Value>,
    with: &[(&str, &str)],
) -> Result<BTreeMap<String, String>> {
    if let Some((name, _)) = with.iter().find(|(name, _)| !declared.contains_key(*name)) {
        bail!("there is no input `{name}`");
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

/// What expressions see: an output that no step has written is empty, and so is the result of a job
/// that is not waited for.
pub(crate) struct Known<'a> {
    pub(crate) values: &'a BTreeMap<String, String>,
    pub(crate) contexts: &'a BTreeMap<String, String>,
    pub(crate) environment: &'a BTreeMap<String, String>,
    pub(crate) success: bool,
}

impl Scope for Known<'_> {
    fn value(&self, name: &str) -> Result<String> {
        if let Some(value) = self.values.get(name).or_else(|| self.contexts.get(name)) {
            return Ok(value.clone());
        }
        // `github.ref_name` is the variable GITHUB_REF_NAME.
        let variable = name.strip_prefix("github.").map(str::to_ascii_uppercase);
        let value = variable.and_then(|name| self.environment.get(&format!("GITHUB_{name}")));
        let may_be_absent = [
            "steps.",
            "needs.",
            "jobs.",
            "github.event.",
            "github.action_repository",
        ];
        match value {
            Some(value) => Ok(value.clone()),
            None if may_be_absent.iter().any(|start| name.starts_with(start)) => Ok(String::new()),
            None => bail!("this runner does not know `{name}`"),
        }
    }

    fn success(&self) -> bool {
        self.success
    }
}

fn text(path: &Path) -> Result<String> {
    Ok(path.to_str().context("a path in UTF-8")?.to_owned())
}
