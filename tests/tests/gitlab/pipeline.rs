//! One copy of the repository, its pipeline, and what came of running it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::{Checkout, command, gitlab_ci_local, repository, search_path, tools};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// What an event sets that GitLab itself would set: not worth a warning in the output.
const OVERRIDDEN: &str = "CI_API_V4_URL,CI_COMMIT_BRANCH,CI_COMMIT_REF_PROTECTED,CI_COMMIT_TAG,CI_JOB_TOKEN,\
     CI_MERGE_REQUEST_IID,CI_MERGE_REQUEST_PROJECT_ID,CI_PIPELINE_SOURCE,CI_PROJECT_ID,GITLAB_CI";

/// The repository's copy, and how its pipeline is started.
pub(crate) struct Pipeline {
    pub(crate) checkout: Checkout,
    script: PathBuf,
    port: u16,
    home: PathBuf,
}

/// What came of one run.
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) log: String,
    /// `PASS`, `WARN` or `FAIL` for every job that ran.
    pub(crate) states: BTreeMap<String, String>,
}

impl Outcome {
    /// Panics unless a job ended so.
    #[track_caller]
    pub(crate) fn assert_state(&self, job: &str, state: &str) {
        let met = self.states.get(job).map(String::as_str);
        assert_eq!(met, Some(state), "{job}\n{}", self.log);
    }
}

impl Pipeline {
    /// `None` where gitlab-ci-local cannot be had.
    pub(crate) fn new() -> Result<Option<Self>> {
        Self::of(Checkout::of_repository()?)
    }

    /// The pipeline of another project.
    pub(crate) fn of(checkout: Checkout) -> Result<Option<Self>> {
        let Some(script) = gitlab_ci_local()? else {
            return Ok(None);
        };
        let home = checkout.hidden_folder("home")?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        Ok(Some(Self {
            checkout,
            script,
            port,
            home,
        }))
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Result<Command> {
        let mut command = command("node");
        command
            .arg(&self.script)
            .args([
                "--force-shell-executor",
                "--shell-isolation",
                "--no-artifacts-to-source",
            ])
            .args(["--no-color", "--no-timestamps"])
            .args(["--ignore-predefined-vars", OVERRIDDEN])
            .args(arguments)
            .env("HOME", &self.home)
            .current_dir(self.checkout.path());
        if search_path("rsync").is_none() {
            let mut path = e2e::variable("PATH").context("there is no PATH")?;
            write!(
                path,
                ":{}",
                repository()?.join("tests/gitlab_pipeline").display()
            )?;
            command.env("PATH", path);
        }
        Ok(command)
    }

    /// Runs the jobs of an event, with the tools that were built with this test.
    pub(crate) fn run(&self, event: &[&str], more: &[&str]) -> Result<Outcome> {
        let bin = format!("TRAINYARD_BIN={}", tools()?.display());
        let listen = format!("MODEL_LISTEN=127.0.0.1:{}", self.port);
        let mut variables = vec!["--variable", &bin, "--variable", &listen];
        if !event.iter().any(|word| word.starts_with("CI_API_V4_URL=")) {
            // An empty API address: this job belongs to no GitLab, so packages stay in folders.
            variables.extend(["--variable", "CI_API_V4_URL="]);
        }
        let output = self
            .command(&[&variables[..], event, more].concat())?
            .output()?;
        let log = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        let states = log
            .lines()
            .filter_map(|line| {
                let mut words = line.strip_prefix(' ')?.split_whitespace();
                let state = words
                    .next()
                    .filter(|word| ["PASS", "WARN", "FAIL"].contains(word))?;
                Some((words.next()?.to_owned(), state.to_owned()))
            })
            .collect();
        Ok(Outcome {
            code: output.status.code(),
            log,
            states,
        })
    }

    /// What it prints, on both streams. A file takes it: gitlab-ci-local ends before a pipe has taken more
    /// than its 64 KiB.
    fn says(&self, arguments: &[&str]) -> Result<(String, String)> {
        let said = tempfile::NamedTempFile::new()?;
        let output = self.command(arguments)?.stdout(said.reopen()?).output()?;
        Ok((
            fs::read_to_string(said.path())?,
            String::from_utf8_lossy(&output.stderr).into_owned(),
        ))
    }

    /// The pipeline as it is once everything is included and extended.
    pub(crate) fn preview(&self) -> Result<Value> {
        let (stdout, stderr) = self.says(&["--preview"])?;
        serde_saphyr::from_str(&stdout).context(stderr)
    }

    /// The jobs that an event gets, as gitlab-ci-local expands them, without running any.
    pub(crate) fn list(&self, event: &[&str]) -> Result<Vec<Value>> {
        let (stdout, stderr) = self.says(&[&["--list-json"], event].concat())?;
        let mut jobs: Vec<Value> = serde_json::from_str(&stdout).context(stderr)?;
        jobs.retain(|job| job["when"] != "never");
        Ok(jobs)
    }

    pub(crate) fn names(&self, event: &[&str]) -> Result<Vec<String>> {
        self.list(event)?
            .iter()
            .map(|job| Ok(job["name"].as_str().context("a name")?.to_owned()))
            .collect()
    }

    /// A file that a job left as artifact.
    pub(crate) fn artifact(&self, job: &str, path: &str) -> PathBuf {
        // What a file's name may not have, gitlab-ci-local writes in base64: of `candidate: [a.yaml]` too.
        let folder = job
            .replace(": [", "OiBb")
            .replace('.', "Lg")
            .replace(']', "XQ");
        self.checkout
            .path()
            .join(".gitlab-ci-local/artifacts")
            .join(folder)
            .join(path)
    }

    pub(crate) fn json(&self, job: &str, path: &str) -> Result<Value> {
        let path = self.artifact(job, path);
        let bytes = fs::read(&path).with_context(|| format!("reading `{}`", path.display()))?;
        Ok(serde_json::from_slice(&bytes)?)
    }

    /// What a job's dotenv report hands to the jobs after it.
    pub(crate) fn handed_on(&self, job: &str, file: &str) -> Result<BTreeMap<String, String>> {
        let path = self.artifact(job, ".gitlab-ci-reports/dotenv").join(file);
        let text =
            fs::read_to_string(&path).with_context(|| format!("reading `{}`", path.display()))?;
        text.lines()
            .map(|line| {
                let (name, value) = line.split_once('=').with_context(|| format!("`{line}`"))?;
                Ok((name.to_owned(), value.to_owned()))
            })
            .collect()
    }

    /// The first line of the answer to `GET path`, from whatever serves at the pipeline's address.
    pub(crate) fn ask(&self, path: &str) -> Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.lines().next().unwrap_or_default().to_owned())
    }

    /// Everything that holds after a pipeline whose gate let the model through: what was published
    /// is what is served, and smoke has reached it.
    pub(crate) fn assert_published_and_served(
        &self,
        outcome: &Outcome,
        version: &str,
    ) -> Result<()> {
        let log = &outcome.log;
        assert_eq!(outcome.code, Some(0), "{log}");
        for job in [
            "format", "build", "lint", "train", "package", "deploy", "smoke",
        ] {
            assert_eq!(
                outcome.states.get(job).map(String::as_str),
                Some("PASS"),
                "{job}\n{log}"
            );
        }
        // Exit code 4, which the example project lets pass, shows as a warning.
        let evaluate = outcome.states.get("evaluate").map(String::as_str);
        assert!(
            matches!(evaluate, Some("PASS" | "WARN")),
            "{evaluate:?}\n{log}"
        );
        assert!(
            !outcome.states.contains_key("stop"),
            "nobody asked to stop\n{log}"
        );

        for (job, path) in [
            ("lint", "out/data-report.json"),
            ("train", "out/model/model.onnx"),
            ("train", "out/holdout.csv"),
            ("train", "out/split.json"),
            ("train", "out/explanation.json"),
            ("evaluate", "out/evaluation.json"),
            ("evaluate", "out/metrics.json"),
            ("evaluate", "out/model_card.md"),
            ("evaluate", "out/charts"),
            ("smoke", "out/smoke-measurement.json"),
        ] {
            assert!(
                self.artifact(job, path).exists(),
                "{job} left no `{path}`\n{log}"
            );
        }

        let package = format!("out/registry/credit-risk/{version}/credit-risk-{version}.tar.gz");
        let packed = self.handed_on("package", "package.env")?;
        assert_eq!(packed["MODEL_VERSION"], version);
        assert_eq!(packed["MODEL_PACKAGE"], package);
        assert_eq!(
            packed["MODEL_SHA256"],
            sha256(&self.artifact("package", &package))?
        );
        let receipt = self.json("package", "out/publish-receipt.json")?;
        assert_eq!(receipt["kind"], "publish-receipt");
        assert_eq!(receipt["verdict"], "pass");
        assert_eq!(receipt["archive_sha256"], packed["MODEL_SHA256"]);

        // What runs is the process that deploy named, on the package that was published …
        let deployed = self.handed_on("deploy", "deploy.env")?;
        assert_eq!(
            deployed["MODEL_URL"],
            format!("http://127.0.0.1:{}", self.port)
        );
        assert!(self.ask("/health/ready")?.contains(" 200"), "{log}");
        let arguments = fs::read_to_string(format!("/proc/{}/cmdline", deployed["MODEL_PID"]))?;
        assert!(arguments.contains(&package), "{arguments:?}");

        // … and smoke heard from it that it runs the model that the gate judged.
        let gate = self.json("evaluate", "out/gate.json")?;
        let smoke = self.json("smoke", "out/smoke-report.json")?;
        assert_eq!(smoke["kind"], "smoke-report");
        assert_eq!(smoke["verdict"], "pass");
        assert_eq!(smoke["model_sha256"], gate["model_sha256"]);
        assert!(smoke["golden_rows"].as_u64() > Some(0), "{smoke}");
        Ok(())
    }

    /// The gate said no: exit code 1, the evidence is there, and nothing is published or served.
    pub(crate) fn assert_stopped_at_the_gate(&self, outcome: &Outcome) -> Result<()> {
        let log = &outcome.log;
        assert_eq!(outcome.code, Some(1), "{log}");
        assert_eq!(
            outcome.states.get("evaluate").map(String::as_str),
            Some("FAIL"),
            "{log}"
        );
        let end = log
            .lines()
            .find(|line| line.starts_with("evaluate ") && line.contains("finished in"));
        assert!(
            end.is_some_and(|line| line.trim_end().ends_with("FAIL 1")),
            "{end:?}\n{log}"
        );
        assert_eq!(self.json("evaluate", "out/gate.json")?["verdict"], "fail");
        for path in ["out/evaluation.json", "out/model_card.md"] {
            assert!(
                self.artifact("evaluate", path).exists(),
                "no `{path}`\n{log}"
            );
        }
        for (job, path) in [
            ("package", "out/registry"),
            ("deploy", "out"),
            ("smoke", "out"),
        ] {
            assert!(
                !self.artifact(job, path).exists(),
                "{job} left `{path}`\n{log}"
            );
        }
        assert!(self.ask("/health/live").is_err(), "something serves\n{log}");
        Ok(())
    }

    /// The job that GitLab runs when an environment is stopped.
    pub(crate) fn assert_stops(&self) -> Result<()> {
        let stopped = self.run(&[], &["stop"])?;
        assert_eq!(
            stopped.states.get("stop").map(String::as_str),
            Some("PASS"),
            "{}",
            stopped.log
        );
        ensure!(
            self.ask("/health/live").is_err(),
            "it still answers\n{}",
            stopped.log
        );
        Ok(())
    }
}

/// A failed test leaves no server behind.
impl Drop for Pipeline {
    fn drop(&mut self) {
        if let Ok(deployed) = self.handed_on("deploy", "deploy.env")
            && let Some(pid) = deployed.get("MODEL_PID")
            && fs::read_to_string(format!("/proc/{pid}/comm"))
                .is_ok_and(|name| name.trim() == "serve")
        {
            let _ = command("kill").arg(pid).status();
        }
    }
}

fn sha256(path: &Path) -> Result<String> {
    let bytes = fs::read(path).with_context(|| format!("reading `{}`", path.display()))?;
    Sha256::digest(bytes)
        .iter()
        .try_fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}")?;
            Ok(text)
        })
}
