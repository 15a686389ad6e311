//! The reusable workflows, job by job: what each event runs, and what it leaves at the forge.

use anyhow::{Context as _, Result};
use e2e::{Called, Checkout, Run};
use serde_json::Value;
use yard_contract::Sha256;

use crate::forge::{Forge, READ_ONLY};
use crate::{Event, consumer, events};

const ALWAYS: [&str; 5] = ["evaluate", "lint", "package", "train", "unit"];

pub(crate) fn of(forge: &Forge, name: &str) -> Result<Event> {
    let found = events(forge)?.into_iter().find(|event| event.name == name);
    found.with_context(|| format!("no event `{name}`"))
}

/// An address that nothing listens at.
pub(crate) fn free() -> Result<String> {
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    Ok(port.to_string())
}

pub(crate) fn model(run: &Run, more: &[(&str, &str)]) -> Result<Called> {
    let listen = free()?;
    let mut with = vec![
        ("name", "churn"),
        ("data", "data/training.csv"),
        ("listen", &listen),
    ];
    if !more.iter().any(|(name, _)| *name == "champion") {
        with.push(("first-model", "Nothing is released yet"));
    }
    with.extend(more);
    run.call("model.yml", &with)
}

pub(crate) fn call(checkout: &Checkout, event: &Event, more: &[(&str, &str)]) -> Result<Called> {
    model(&Run::new(checkout.path(), &event.settings())?, more)
}

pub(crate) fn artifact(run: &Run, name: &str, file: &str) -> Result<Value> {
    let path = run.artifact(name).join(file);
    let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
    Ok(serde_json::from_slice(&bytes)?)
}

#[test]
fn each_event_runs_its_jobs_and_no_others() -> Result<()> {
    let forge = Forge::start();
    let checkout = consumer()?;
    for event in events(&forge)? {
        if event.name == "schedule" {
            continue; // needs a release, and has a test of its own
        }
        let called = call(&checkout, &event, &[])?;
        let mut expected = ALWAYS.to_vec();
        match event.name {
            "tag" => expected.extend(["deploy", "release"]),
            "pull request" | "fork" => expected.push("report"),
            _ => {}
        }
        expected.sort_unstable();
        assert_eq!(
            called.that("success"),
            expected,
            "{}: {}",
            event.name,
            called.log()
        );
        assert!(called.that("failure").is_empty(), "{}", called.log());
        let summary = &called.jobs["evaluate"].summary;
        for said in ["churn", "0.70", "Customer Success"] {
            assert!(
                summary.contains(said),
                "{}: no `{said}` in {summary}",
                event.name
            );
        }
        let wrote = forge.take_log("POST");
        assert_eq!(
            wrote.iter().any(|path| path.contains("upload")),
            event.name == "tag"
        );
    }
    // Who may write has one comment; a fork's run says in the log why there is none.
    assert_eq!(forge.comments("5").len(), 1);
    assert!(forge.comments("5")[0].contains("churn"));
    assert!(forge.comments("6").is_empty());
    Ok(())
}

/// What is deployed is what was released, byte for byte; and a second run of the tag changes nothing.
#[test]
fn a_tag_releases_once_and_deploys_what_it_released() -> Result<()> {
    let forge = Forge::start();
    let checkout = consumer()?;
    let tag = of(&forge, "tag")?;
    let run = Run::new(checkout.path(), &tag.settings())?;
    let called = model(&run, &[("promote", "yes")])?;
    assert_eq!(called.jobs["promote"].result, "success", "{}", called.log());
    assert!(
        called.jobs["deploy"].summary.contains("golden rows"),
        "{}",
        called.log()
    );
    let archive = run
        .artifact("churn-package")
        .join(called.outputs["package"].trim_start_matches("out/"));
    let packed = Sha256::of(&std::fs::read(archive)?).to_string();
    assert_eq!(called.outputs["sha256"], packed);
    assert_eq!(called.outputs["released"], packed);
    let receipt = artifact(&run, "churn-package", "publish-receipt.json")?;
    assert_eq!(receipt["package_version"], "1.2.3");
    let files = forge.files("churn@v1.2.3");
    assert!(
        files.contains(&"churn-1.2.3.tar.gz".to_owned()),
        "{files:?}"
    );

    forge.take_log("POST");
    let again = call(&checkout, &tag, &[("promote", "yes")])?;
    assert!(again.that("failure").is_empty(), "{}", again.log());
    assert_eq!(again.outputs["released"], packed);
    assert_eq!(forge.files("churn@v1.2.3"), files);
    assert!(forge.take_log("POST").is_empty(), "{}", again.log());

    // The champion that was just made is what the next model is held against, by its name.
    let next = call(
        &checkout,
        &of(&forge, "pull request")?,
        &[("champion", "churn@champion")],
    )?;
    assert!(next.that("failure").is_empty(), "{}", next.log());
    Ok(())
}

#[test]
fn what_is_no_release_is_neither_released_nor_deployed() -> Result<()> {
    let forge = Forge::start();
    let checkout = consumer()?;
    for name in [
        "vnext",
        "v1.2",
        "1.2.3",
        "v1.2.3.4",
        "v1.2.3+x",
        "version1.2.3",
    ] {
        let mut event = of(&forge, "tag")?;
        for (variable, value) in &mut event.variables {
            if *variable == "GITHUB_REF_NAME" {
                name.clone_into(value);
            }
        }
        let called = call(&checkout, &event, &[])?;
        assert_eq!(called.jobs["package"].outputs["release"], "false", "{name}");
        assert_eq!(called.outputs["version"], "0.0.0-g01234567", "{name}");
        for job in ["release", "deploy", "promote"] {
            assert_eq!(
                called.jobs[job].result,
                "skipped",
                "{name}: {}",
                called.log()
            );
        }
    }
    assert!(forge.take_log("POST").is_empty());
    Ok(())
}

#[test]
fn a_release_that_fails_deploys_nothing() -> Result<()> {
    let forge = Forge::start();
    let mut tag = of(&forge, "tag")?;
    for (name, value) in &mut tag.variables {
        if *name == "github.token" {
            READ_ONLY.clone_into(value);
        }
    }
    let called = call(&consumer()?, &tag, &[])?;
    assert_eq!(called.that("failure"), ["release"], "{}", called.log());
    assert_eq!(called.jobs["deploy"].result, "skipped");
    assert_eq!(called.outputs["released"], "");
    Ok(())
}

#[test]
fn a_bad_model_stops_the_line_and_its_reviewer_knows() -> Result<()> {
    let forge = Forge::start();
    let checkout = consumer()?;
    checkout.edit("configs/gate.yaml", |text| {
        text.replace("auc: 0.70", "auc: 0.99")
    })?;
    for event in events(&forge)? {
        let called = call(&checkout, &event, &[])?;
        assert_eq!(
            called.that("failure"),
            ["evaluate"],
            "{}: {}",
            event.name,
            called.log()
        );
        for job in ["package", "release", "deploy"] {
            assert_eq!(called.jobs[job].result, "skipped", "{}", event.name);
        }
        let log = &called.jobs["evaluate"].log;
        assert!(
            log.lines().any(|line| line.starts_with("::error ")),
            "{log}"
        );
    }
    assert!(
        forge.comments("5")[0].contains("Fail"),
        "{:?}",
        forge.comments("5")
    );
    Ok(())
}

/// Version, by hand, on a dispatch or a schedule: the default branch, and nothing else.
#[test]
fn a_version_that_the_workflow_names_is_released_from_the_default_branch_alone() -> Result<()> {
    let forge = Forge::start();
    let checkout = consumer()?;
    for (trigger, reference, is_release) in [
        ("push", "main", true),
        ("schedule", "main", true),
        ("repository_dispatch", "main", true),
        ("push", "feature", false),
        ("workflow_dispatch", "feature", false),
        ("pull_request", "main", false),
    ] {
        let mut event = of(&forge, "default branch")?;
        for (name, value) in &mut event.variables {
            match *name {
                "GITHUB_EVENT_NAME" => trigger.clone_into(value),
                "GITHUB_REF_NAME" => reference.clone_into(value),
                _ => {}
            }
        }
        let called = call(&checkout, &event, &[("release-as", "1.4.7")])?;
        let expected = if is_release { "success" } else { "skipped" };
        assert_eq!(
            called.jobs["release"].result,
            expected,
            "{trigger}: {}",
            called.log()
        );
        assert_eq!(
            called.jobs["deploy"].result,
            expected,
            "{trigger}: {}",
            called.log()
        );
    }
    assert!(!forge.files("churn@v1.4.7").is_empty());
    Ok(())
}
