//! A runner of reusable workflows, narrow: jobs in the order of their needs, each in a folder of its
//! own, that hand each other artifacts and outputs and nothing else. Steps are our own actions, run for
//! real, and GitHub's checkout, upload and download, as they are documented.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::artifacts::{Artifacts, copy};
use crate::composite::{Known, inputs};
use crate::expression::{expand, holds};
use crate::{Job, repository};

/// One run: an event on a checkout, and the artifacts that its jobs leave.
#[derive(Debug)]
pub struct Run {
    checkout: PathBuf,
    event: Vec<(String, String)>,
    artifacts: Artifacts,
}

/// What came of a job.
#[derive(Debug, Default)]
pub struct Ended {
    /// `success`, `failure` or `skipped`.
    pub result: &'static str,
    /// What its steps printed.
    pub log: String,
    /// Its summary.
    pub summary: String,
    /// Its outputs.
    pub outputs: BTreeMap<String, String>,
}

/// What came of a workflow.
#[derive(Debug)]
pub struct Called {
    /// Its jobs, by their names in the file.
    pub jobs: BTreeMap<String, Ended>,
    /// Its outputs.
    pub outputs: BTreeMap<String, String>,
}

impl Called {
    /// The jobs that ended so.
    pub fn that(&self, result: &str) -> Vec<&str> {
        let jobs = self.jobs.iter().filter(|(_, job)| job.result == result);
        jobs.map(|(name, _)| name.as_str()).collect()
    }

    /// What all jobs printed, for messages.
    pub fn log(&self) -> String {
        let logs = self.jobs.iter();
        let logs = logs.map(|(name, job)| format!("== {name}: {}\n{}\n", job.result, job.log));
        logs.collect()
    }
}

impl Run {
    /// A run of an event, which is said as for [`Job::new`].
    ///
    /// # Errors
    /// When the folder for artifacts cannot be made.
    pub fn new(checkout: &Path, event: &[(&str, &str)]) -> Result<Self> {
        let owned = event
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Ok(Self {
            checkout: checkout.to_owned(),
            event: owned.collect(),
            artifacts: Artifacts::new()?,
        })
    }

    /// A later run of another event that may look at this run's artifacts.
    #[must_use]
    pub fn then(&self, event: &[(&str, &str)]) -> Self {
        let owned = event
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self {
            checkout: self.checkout.clone(),
            event: owned.collect(),
            artifacts: self.artifacts.clone(),
        }
    }

    /// The folder of an artifact.
    pub fn artifact(&self, name: &str) -> PathBuf {
        self.artifacts.of(name)
    }

    /// Calls a workflow of `.github/workflows`.
    ///
    /// # Errors
    /// When it uses what this runner does not know.
    pub fn call(&self, workflow: &str, with: &[(&str, &str)]) -> Result<Called> {
        let path = repository()?.join(".github/workflows").join(workflow);
        let parsed: Value = serde_saphyr::from_str(&fs::read_to_string(&path)?)?;
        let call = &parsed["on"]["workflow_call"];
        let given = inputs(call["inputs"].as_object().context("inputs")?, with)?;
        let declared = parsed["jobs"].as_object().context("jobs")?;
        let mut jobs: BTreeMap<String, Ended> = BTreeMap::new();
        while jobs.len() < declared.len() {
            let before = jobs.len();
            for (name, job) in declared {
                let needs = words(&job["needs"]);
                let is_next = !jobs.contains_key(name)
                    && needs.iter().all(|needed| jobs.contains_key(needed));
                if is_next {
                    let success = ancestors(declared, &needs)
                        .iter()
                        .all(|name| jobs.get(name).is_some_and(|job| job.result == "success"));
                    let mut values = given.clone();
                    for needed in &needs {
                        values.extend(told(&format!("needs.{needed}"), &jobs[needed]));
                    }
                    let ended = self
                        .jobs(job, &values, success)
                        .with_context(|| format!("the job `{name}`"))?;
                    jobs.insert(name.clone(), ended);
                }
            }
            ensure!(jobs.len() > before, "the jobs wait for each other");
        }
        let mut values = given;
        for (name, job) in &jobs {
            values.extend(told(&format!("jobs.{name}"), job));
        }
        let scope = self.scope(true);
        let outputs = call["outputs"].as_object().into_iter().flatten();
        let outputs = outputs
            .map(|(name, output)| {
                let text = output["value"].as_str().context("a value")?;
                Ok((name.clone(), expand(text, &scope.known(&values))?))
            })
            .collect::<Result<_>>()?;
        Ok(Called { jobs, outputs })
    }

    /// A job, or one for each value of its matrix; together they have succeeded or not.
    fn jobs(&self, job: &Value, values: &BTreeMap<String, String>, success: bool) -> Result<Ended> {
        let Some(matrix) = job["strategy"]["matrix"].as_object() else {
            return self.job(job, values.clone(), success);
        };
        let (name, list) = matrix.iter().next().context("a matrix of one name")?;
        let list = list.as_str().context("a text")?.trim();
        let list = list
            .strip_prefix("${{ fromJSON(")
            .and_then(|rest| rest.strip_suffix(") }}"))
            .context("a list of an input")?;
        let list: Vec<String> = serde_json::from_str(&values[list])?;
        let mut together = Ended {
            result: "success",
            ..Ended::default()
        };
        for (number, value) in list.into_iter().enumerate() {
            let mut values = values.clone();
            values.insert(format!("matrix.{name}"), value);
            values.insert("strategy.job-index".to_owned(), number.to_string());
            let ended = self.job(job, values, success)?;
            together.log.push_str(&ended.log);
            together.summary.push_str(&ended.summary);
            if ended.result != "success" {
                together.result = ended.result;
            }
        }
        Ok(together)
    }

    fn job(
        &self,
        job: &Value,
        mut values: BTreeMap<String, String>,
        success: bool,
    ) -> Result<Ended> {
        let mut ended = Ended::default();
        let scope = self.scope(success);
        if !holds(job["if"].as_str(), &scope.known(&values))? {
            ended.result = "skipped";
            return Ok(ended);
        }
        if let Some(uses) = job["uses"].as_str() {
            return self.nested(job, uses, &values, &scope);
        }
        let folder = tempfile::tempdir()?;
        let mut is_green = true;
        for step in job["steps"].as_array().context("steps")? {
            let scope = self.scope(is_green);
            let known = scope.known(&values);
            if !holds(step["if"].as_str(), &known)? {
                continue;
            }
            let uses = step["uses"].as_str().context("a step uses an action")?;
            let with = step["with"].as_object().into_iter().flatten();
            let with = with
                .map(|(name, value)| {
                    let text = value
                        .as_str()
                        .map_or_else(|| value.to_string(), str::to_owned);
                    Ok((name.clone(), expand(&text, &known)?))
                })
                .collect::<Result<BTreeMap<_, _>>>()?;
            let whose = uses.split('@').next().unwrap_or(uses);
            let done = match whose {
                "actions/checkout" => {
                    ensure!(with["persist-credentials"] == "false", "a token on disk");
                    copy(&self.checkout, folder.path()).map(|()| true)
                }
                "actions/upload-artifact" => self.artifacts.upload(&with, folder.path()),
                "actions/download-artifact" => self.artifacts.download(&with, folder.path()),
                // It signs at GitHub.
                "actions/attest" => Ok(true),
                ours => {
                    let action = ours.strip_prefix("$/").context(ours.to_owned())?;
                    let with: Vec<_> = with.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
                    let outcome = Job::new(folder.path(), &self.event())?
                        .run(&repository()?.join(action), &with)?;
                    ended.log.push_str(&outcome.log);
                    ended.summary.push_str(&outcome.summary);
                    if let Some(id) = step["id"].as_str() {
                        for (name, value) in &outcome.outputs {
                            values.insert(format!("steps.{id}.outputs.{name}"), value.clone());
                        }
                    }
                    Ok(outcome.code == 0)
                }
            };
            let may_fail = step["continue-on-error"] == true;
            is_green &= may_fail
                | done.unwrap_or_else(|error| {
                    let said = format!("{error:#}");
                    ended.log.extend([uses, ": ", said.as_str(), "\n"]);
                    false
                });
        }
        ended.result = if is_green { "success" } else { "failure" };
        let outputs = job["outputs"].as_object().into_iter().flatten();
        for (name, value) in outputs {
            let value = value.as_str().context("a text")?;
            let value = expand(value, &scope.known(&values))?;
            ended.outputs.insert(name.clone(), value);
        }
        Ok(ended)
    }

    fn nested(
        &self,
        job: &Value,
        uses: &str,
        values: &BTreeMap<String, String>,
        scope: &Scoped,
    ) -> Result<Ended> {
        let file = uses
            .strip_prefix("$/.github/workflows/")
            .with_context(|| format!("`{uses}` is not ours"))?;
        let with = job["with"].as_object().into_iter().flatten();
        let with = with
            .map(|(name, value)| {
                let text = value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned);
                Ok((name.clone(), expand(&text, &scope.known(values))?))
            })
            .collect::<Result<Vec<_>>>()?;
        let with: Vec<_> = with.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let called = self.call(file, &with)?;
        let failed = !called.that("failure").is_empty();
        Ok(Ended {
            result: if failed { "failure" } else { "success" },
            log: called.log(),
            summary: called
                .jobs
                .values()
                .map(|job| job.summary.as_str())
                .collect(),
            outputs: called.outputs,
        })
    }

    fn event(&self) -> Vec<(&str, &str)> {
        let event = self.event.iter();
        event
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect()
    }

    fn scope(&self, success: bool) -> Scoped {
        let event = self.event.iter().cloned();
        let (contexts, environment) = event.partition(|(name, _)| name.contains('.'));
        Scoped {
            contexts,
            environment,
            success,
        }
    }
}

/// What conditions and values of a job see.
struct Scoped {
    contexts: BTreeMap<String, String>,
    environment: BTreeMap<String, String>,
    success: bool,
}

impl Scoped {
    const fn known<'a>(&'a self, values: &'a BTreeMap<String, String>) -> Known<'a> {
        Known {
            values,
            contexts: &self.contexts,
            environment: &self.environment,
            success: self.success,
        }
    }
}

/// A job's result and outputs, under a prefix.
fn told(prefix: &str, job: &Ended) -> Vec<(String, String)> {
    let outputs = job.outputs.iter();
    let mut told: Vec<_> = outputs
        .map(|(name, value)| (format!("{prefix}.outputs.{name}"), value.clone()))
        .collect();
    told.push((format!("{prefix}.result"), job.result.to_owned()));
    told
}

/// All jobs that jobs wait for, directly or not: one that was skipped skips whoever does not say
/// otherwise, at any distance.
fn ancestors(declared: &serde_json::Map<String, Value>, needs: &[String]) -> BTreeSet<String> {
    let mut all: BTreeSet<String> = needs.iter().cloned().collect();
    let mut open: Vec<String> = needs.to_vec();
    while let Some(next) = open.pop() {
        for name in declared
            .get(&next)
            .map(|job| words(&job["needs"]))
            .unwrap_or_default()
        {
            if all.insert(name.clone()) {
                open.push(name);
            }
        }
    }
    all
}

fn words(value: &Value) -> Vec<String> {
    match value {
        Value::String(word) => vec![word.clone()],
        Value::Array(words) => {
            let words = words.iter().filter_map(Value::as_str);
            words.map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}
