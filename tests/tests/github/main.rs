//! The composite actions, run step by step with the files that GitHub's runner gives them: whole lines
//! for every event, and each action alone with hostile names.

mod hostile;
mod lint;

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use e2e::{Checkout, Job, Outcome, repository, tools};

/// What an event sets.
struct Event {
    name: &'static str,
    variables: Vec<(&'static str, &'static str)>,
    version: Option<&'static str>,
}

fn events() -> Vec<Event> {
    let event = |name, trigger, kind, reference, version| Event {
        name,
        variables: vec![
            ("GITHUB_EVENT_NAME", trigger),
            ("GITHUB_REF_TYPE", kind),
            ("GITHUB_REF_NAME", reference),
            ("GITHUB_SHA", "0123456789abcdef0123456789abcdef01234567"),
            ("GITHUB_REPOSITORY", "team/project"),
        ],
        version,
    };
    vec![
        event("pull request", "pull_request", "branch", "5/merge", None),
        event("default branch", "push", "branch", "main", None),
        event("tag", "push", "tag", "v1.2.3", Some("1.2.3")),
        event("schedule", "schedule", "branch", "main", None),
        // A fork's run has no secret and no token that may write.
        event("fork", "pull_request", "branch", "6/merge", None),
    ]
}

/// The example project, as a runner has checked it out.
fn consumer() -> Result<Checkout> {
    Checkout::of_folders(&[("ci-templates/examples/gitlab", "")])
}

fn action(name: &str) -> Result<PathBuf> {
    Ok(repository()?.join("ci-templates/github").join(name))
}

fn bin() -> Result<String> {
    Ok(tools()?.to_str().context("a path in UTF-8")?.to_owned())
}

fn line(job: &Job) -> Result<Outcome> {
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
    for event in events() {
        let checkout = consumer()?;
        let job = Job::new(checkout.path(), &event.variables)?;
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
    for event in events() {
        let checkout = consumer()?;
        checkout.edit("configs/gate.yaml", |text| {
            text.replace("auc: 0.70", "auc: 0.99")
        })?;
        let job = Job::new(checkout.path(), &event.variables)?;
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
    let events = events();
    let tag = events
        .iter()
        .find(|event| event.version.is_some())
        .context("a tag")?;
    let checkout = consumer()?;
    let job = Job::new(checkout.path(), &tag.variables)?;
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
