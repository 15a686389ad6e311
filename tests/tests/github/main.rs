//! The composite actions, run step by step with the files that GitHub's runner gives them: whole lines
//! for every event, and each action alone with hostile names.

mod actions;
mod again;
mod calls;
#[expect(
    clippy::unwrap_used,
    dead_code,
    reason = "the faults are for the tests of the registry"
)]
#[path = "../../../crates/yard-registry/tests/fake_github/mod.rs"]
mod fake_github;
#[expect(
    dead_code,
    reason = "only what serves is used here; the faults are for the tests of the registry"
)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
#[path = "../../../crates/yard-registry/tests/faulty/mod.rs"]
mod faulty;
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod forge;
mod hostile;
mod lint;
#[expect(
    clippy::unwrap_used,
    dead_code,
    reason = "the rudeness is for the tests of the client"
)]
#[path = "../../../crates/yard-forge/tests/loopback/mod.rs"]
mod loopback;
mod workflow;

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use e2e::{Checkout, Job, Outcome, repository, tools};

use crate::fake_github::TOKEN;
use crate::forge::{Forge, READ_ONLY};

/// What an event sets, as for [`Job::new`].
pub(crate) struct Event {
    pub(crate) name: &'static str,
    pub(crate) variables: Vec<(&'static str, String)>,
    pub(crate) version: Option<&'static str>,
}

impl Event {
    /// The same, borrowed.
    pub(crate) fn settings(&self) -> Vec<(&str, &str)> {
        let variables = self.variables.iter();
        variables
            .map(|(name, value)| (*name, value.as_str()))
            .collect()
    }
}

/// The five events, tied to an API.
pub(crate) fn events(forge: &Forge) -> Result<Vec<Event>> {
    let api = forge.url();
    let path = format!("{}:{}", bin()?, e2e::variable("PATH").context("PATH")?);
    let event = |name, trigger: &str, kind: &str, reference: &str, version, token: &str| {
        let full = match kind {
            "tag" => format!("refs/tags/{reference}"),
            _ if trigger == "pull_request" => format!("refs/pull/{reference}"),
            _ => format!("refs/heads/{reference}"),
        };
        let variables = [
            ("GITHUB_EVENT_NAME", trigger),
            ("GITHUB_REF_TYPE", kind),
            ("GITHUB_REF_NAME", reference),
            ("GITHUB_REF", &full),
            ("GITHUB_SHA", "0123456789abcdef0123456789abcdef01234567"),
            ("GITHUB_REPOSITORY", "o/r"),
            ("GITHUB_RUN_NUMBER", "7"),
            ("GITHUB_API_URL", &api),
            ("github.token", token),
            ("github.event.repository.default_branch", "main"),
            ("PATH", &path),
        ];
        Event {
            name,
            variables: variables
                .map(|(name, value)| (name, value.to_owned()))
                .into(),
            version,
        }
    };
    Ok(vec![
        event(
            "pull request",
            "pull_request",
            "branch",
            "5/merge",
            None,
            TOKEN,
        ),
        event("default branch", "push", "branch", "main", None, TOKEN),
        event("tag", "push", "tag", "v1.2.3", Some("1.2.3"), TOKEN),
        event("schedule", "schedule", "branch", "main", None, TOKEN),
        // A fork's run has no secret and no token that may write.
        event("fork", "pull_request", "branch", "6/merge", None, READ_ONLY),
    ])
}

/// The example project, as a runner has checked it out.
pub(crate) fn consumer() -> Result<Checkout> {
    Checkout::of_folders(&[("ci-templates/examples/github", "")])
}

pub(crate) fn action(name: &str) -> Result<PathBuf> {
    Ok(repository()?.join("ci-templates/github").join(name))
}

pub(crate) fn bin() -> Result<String> {
    Ok(tools()?.to_str().context("a path in UTF-8")?.to_owned())
}

pub(crate) fn line(job: &Job) -> Result<Outcome> {
    job.run(
        &action("line")?,
        &[
            ("name", "churn"),
            ("data", "data/training.csv"),
            ("first-model", "Nothing is released yet"),
            ("tools", &bin()?),
        ],
    )
}

#[test]
fn every_event_ends_with_a_package_that_is_served_and_asked() -> Result<()> {
    let forge = Forge::start();
    for event in events(&forge)? {
        let checkout = consumer()?;
        let job = Job::new(checkout.path(), &event.settings())?;
        let outcome = line(&job)?;
        assert_eq!(outcome.code, 0, "{}: {}", event.name, outcome.log);
        let version = event.version.unwrap_or("0.0.0-g01234567");
        assert_eq!(outcome.outputs["version"], version, "{}", event.name);
        let package = &outcome.outputs["package"];
        assert!(checkout.path().join(package).is_file(), "{package}");
        assert!(outcome.summary.contains("churn"), "{}", outcome.summary);

        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let served = job.run(
            &action("deploy")?,
            &[
                ("package", package.as_str()),
                ("listen", &port.to_string()),
                ("tools", &bin()?),
            ],
        )?;
        assert_eq!(served.code, 0, "{}: {}", event.name, served.log);
        assert_eq!(served.steps, ["Deploy", "Smoke", "Stop"]);
        assert!(
            std::net::TcpStream::connect(port).is_err(),
            "it still serves"
        );
    }
    Ok(())
}

#[test]
fn a_bad_model_is_red_with_its_card_in_the_summary_and_no_package() -> Result<()> {
    let forge = Forge::start();
    for event in events(&forge)? {
        let checkout = consumer()?;
        checkout.edit("configs/gate.yaml", |text| {
            text.replace("auc: 0.70", "auc: 0.99")
        })?;
        let job = Job::new(checkout.path(), &event.settings())?;
        let outcome = line(&job)?;
        assert_eq!(outcome.code, 1, "{}: {}", event.name, outcome.log);
        assert!(!outcome.steps.contains(&"Package".to_owned()));
        assert!(outcome.summary.contains("churn"), "{}", outcome.summary);
        assert!(!checkout.path().join("out/registry").exists());
    }
    Ok(())
}

/// The line by the actions of single tools, whose arguments no shell reads.
#[test]
fn the_tools_one_by_one_make_the_same_package() -> Result<()> {
    let forge = Forge::start();
    let events = events(&forge)?;
    let tag = events
        .iter()
        .find(|event| event.version.is_some())
        .context("a tag")?;
    let checkout = consumer()?;
    let job = Job::new(checkout.path(), &tag.settings())?;
    let bin = bin()?;
    for (tool, arguments) in [
        (
            "data-check",
            "--data\ndata/training.csv\n--config\nconfigs/data.yaml\n--out\nout/data-report.json\n",
        ),
        ("train", "--data\ndata/training.csv\n"),
        (
            "eval-gate",
            "  --model\n  out/model\n  --holdout\n  out/holdout.csv\n  --first-model\n  Nothing is released yet\n  --out\n  out\n",
        ),
        (
            "model-card",
            "--model\nout/model\n--config\nconfigs/card.yaml\n--data-report\nout/data-report.json\n--evaluation\nout/evaluation.json\n--gate\nout/gate.json\n--out\nout/model_card.md",
        ),
        (
            "publish-package",
            "--name\nchurn\n--package-version\n1.2.3\n--target\ndir:out/registry",
        ),
        (
            "batch-predict",
            "--package\nout/registry/churn/1.2.3/churn-1.2.3.tar.gz\n--data\ndata/training.csv\n--out\nout/scored.csv\n",
        ),
    ] {
        let with = [("arguments", arguments), ("tools", bin.as_str())];
        let outcome = job.run(&action(tool)?, &with)?;
        assert_eq!(outcome.code, 0, "{tool}: {}", outcome.log);
        assert_eq!(outcome.outputs["exit-code"], "0", "{tool}");
        assert!(outcome.log.contains("::stop-commands::"), "{tool}");
    }
    assert!(checkout.path().join("out/scored.csv").is_file());
    Ok(())
}

#[test]
fn a_warning_is_red_unless_it_is_let_pass() -> Result<()> {
    let checkout = consumer()?;
    let job = Job::new(checkout.path(), &[])?;
    let arguments = "--data\ndata/training.csv\n--config\nconfigs/data.yaml\n";
    checkout.edit("configs/data.yaml", |text| {
        text.replace(
            "values: [east, north, south, west]",
            "values: [east, north, south]\n    severity: warning",
        )
    })?;
    let bin = bin()?;
    for (on_warning, code) in [("block", 4), ("warn", 0)] {
        let outcome = job.run(
            &action("data-check")?,
            &[
                ("arguments", arguments),
                ("tools", bin.as_str()),
                ("on-warning", on_warning),
            ],
        )?;
        assert_eq!(outcome.code, code, "{}", outcome.log);
        assert_eq!(outcome.outputs["exit-code"], "4");
    }
    Ok(())
}
