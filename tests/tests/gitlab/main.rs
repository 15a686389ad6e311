//! Our own GitLab pipeline, which includes our own template, run for real by gitlab-ci-local in
//! shell mode: every job in a folder of its own, with nothing but its artifacts.

mod away;
mod consumer;
#[expect(
    clippy::unwrap_used,
    dead_code,
    reason = "the faults are for the tests of the registry"
)]
#[path = "../../../crates/yard-registry/tests/fake_gitlab/mod.rs"]
mod fake_gitlab;
mod hostile;
mod inputs;
mod install;
mod kept;
#[expect(
    clippy::unwrap_used,
    reason = "the rudeness is for the tests of the client"
)]
#[path = "../../../crates/yard-forge/tests/loopback/mod.rs"]
mod loopback;
mod newcomer;
mod own_training;
mod pipeline;
mod released;
mod reports;
mod stopped;
mod sweep;
mod template;
mod toolbox;
mod world;

use std::fs;

use anyhow::{Context as _, Result};
use e2e::repository;
use serde_json::Value;

use pipeline::Pipeline;

const BRANCH: [&str; 0] = [];
const TAG: [&str; 4] = [
    "--variable",
    "CI_COMMIT_TAG=v1.2.3",
    "--unset-variable",
    "CI_COMMIT_BRANCH",
];
/// In our own project, where `v1.2.3` releases the tools.
const MODEL_TAG: [&str; 4] = [
    "--variable",
    "CI_COMMIT_TAG=credit-risk-v1.2.3",
    "--unset-variable",
    "CI_COMMIT_BRANCH",
];
const OTHER_TAG: [&str; 4] = [
    "--variable",
    "CI_COMMIT_TAG=nightly",
    "--unset-variable",
    "CI_COMMIT_BRANCH",
];
const MERGE_REQUEST: [&str; 6] = [
    "--variable",
    "CI_PIPELINE_SOURCE=merge_request_event",
    "--variable",
    "CI_MERGE_REQUEST_IID=5",
    "--unset-variable",
    "CI_COMMIT_BRANCH",
];
const SCHEDULE: [&str; 2] = ["--variable", "CI_PIPELINE_SOURCE=schedule"];

/// The gate's floor for the AUC, raised above anything that this data allows.
fn out_of_reach(gate: &str) -> String {
    let floor = gate
        .lines()
        .skip_while(|line| *line != "at_least:")
        .find(|line| line.starts_with("  auc:"));
    floor.map_or_else(
        || gate.to_owned(),
        |line| gate.replacen(line, "  auc: 0.9999", 1),
    )
}

#[test]
fn the_default_branch_ends_with_a_served_model_that_smoke_has_reached() -> Result<()> {
    let Some(pipeline) = Pipeline::new()? else {
        return Ok(());
    };
    let outcome = pipeline.run(&BRANCH, &["--manual", "deploy"])?;
    let packed = pipeline
        .handed_on("package", "package.env")
        .with_context(|| outcome.log.clone())?;
    let version = &packed["MODEL_VERSION"];
    assert!(version.starts_with("0.0.0-g"), "{version}");
    pipeline.assert_published_and_served(&outcome, version)?;
    pipeline.assert_stops()
}

#[test]
fn a_tag_publishes_its_version() -> Result<()> {
    let Some(pipeline) = Pipeline::new()? else {
        return Ok(());
    };
    let gitlab = fake_gitlab::GitLab::start();
    let by_hand = ["--manual", "deploy", "--manual", "promote"];
    let outcome = consumer::run(&pipeline, &gitlab, &MODEL_TAG, &by_hand)?;
    pipeline.assert_published_and_served(&outcome, "1.2.3")?;
    outcome.assert_state("promote", "PASS");
    pipeline.assert_stops()?;

    // The schedule looks at what was promoted; the example's later applicants did change, a little.
    let scheduled = consumer::run(&pipeline, &gitlab, &SCHEDULE, &[])?;
    scheduled.assert_state("drift", "WARN");
    let drift = pipeline.json("drift", "out/drift-report.json")?;
    assert_eq!(drift["verdict"], "warning", "{}", scheduled.log);
    Ok(())
}

#[test]
fn a_bad_model_stops_at_the_gate_with_the_evidence_and_nothing_is_published() -> Result<()> {
    let Some(pipeline) = Pipeline::new()? else {
        return Ok(());
    };
    pipeline.checkout.edit("configs/gate.yaml", out_of_reach)?;
    // gitlab-ci-local 4.73 lets every failure pass where `allow_failure` names an exit code; GitLab
    // lets pass that one. Without the input, no code is named.
    pipeline.checkout.edit(".gitlab-ci.yml", |text| {
        text.replace("on_warning: warn", "on_warning: block")
    })?;
    pipeline.checkout.commit("Ask too much")?;

    let outcome = pipeline.run(&MODEL_TAG, &["--manual", "deploy"])?;

    pipeline.assert_stopped_at_the_gate(&outcome)?;
    for job in ["package", "deploy", "smoke"] {
        assert!(
            !outcome.states.contains_key(job),
            "{job} ran\n{}",
            outcome.log
        );
    }
    Ok(())
}

/// What a pipeline lets through, `publish-package` does not: it reads the verdict itself.
#[test]
fn a_bad_model_is_not_published_even_if_the_pipeline_goes_on() -> Result<()> {
    let Some(pipeline) = Pipeline::new()? else {
        return Ok(());
    };
    pipeline.checkout.edit("configs/gate.yaml", out_of_reach)?;
    pipeline.checkout.commit("Ask too much")?;

    let outcome = pipeline.run(&MODEL_TAG, &["--manual", "deploy"])?;

    pipeline.assert_stopped_at_the_gate(&outcome)?;
    assert_eq!(
        outcome.states.get("package").map(String::as_str),
        Some("FAIL"),
        "{}",
        outcome.log
    );
    for job in ["deploy", "smoke"] {
        assert!(
            !outcome.states.contains_key(job),
            "{job} ran\n{}",
            outcome.log
        );
    }
    Ok(())
}

#[test]
fn every_event_gets_the_jobs_it_should() -> Result<()> {
    let Some(pipeline) = Pipeline::new()? else {
        return Ok(());
    };
    let ours = ["format", "clippy", "build"];
    let judging = ["lint", "unit", "train", "evaluate", "package"];
    let running = ["deploy", "smoke", "stop"];
    for (event, expected) in [
        (&BRANCH[..], [&ours[..], &judging, &running].concat()),
        (
            &MODEL_TAG,
            [&ours[..], &judging, &running, &["promote"]].concat(),
        ),
        (&TAG, [&ours[..], &["tools", "toolbox"]].concat()),
        (&MERGE_REQUEST, [&ours[..], &judging, &["report"]].concat()),
        (&SCHEDULE, [&ours[..], &["drift"]].concat()),
        (&OTHER_TAG, ours.to_vec()),
    ] {
        let mut names = pipeline.names(event)?;
        let mut expected: Vec<String> = expected.into_iter().map(str::to_owned).collect();
        names.sort();
        expected.sort();
        assert_eq!(names, expected, "{event:?}");
        // Nobody has to deploy: a pipeline that waits for no hand is green.
        for job in pipeline.list(event)?.iter().filter(|job| {
            ["deploy", "promote", "stop"]
                .map(Value::from)
                .contains(&job["name"])
        }) {
            assert_eq!(
                (&job["when"], &job["allow_failure"]),
                (&"manual".into(), &true.into()),
                "{job}"
            );
        }
    }
    Ok(())
}

/// What gitlab-ci-local passes over, GitLab does: it is asserted on the expanded pipeline.
#[test]
fn the_expanded_pipeline_says_what_gitlab_needs() -> Result<()> {
    let Some(pipeline) = Pipeline::new()? else {
        return Ok(());
    };
    let preview = pipeline.preview()?;

    let stages = [
        "lint", "unit", "train", "evaluate", "package", "deploy", "smoke",
    ];
    let listed = preview["stages"].as_array().context("stages")?;
    assert_eq!(listed[1..listed.len() - 1], stages); // between GitLab's own `.pre` and `.post`
    for (job, stage) in [
        ("lint", "lint"),
        ("clippy", "lint"),
        ("unit", "unit"),
        ("train", "train"),
        ("evaluate", "evaluate"),
        ("package", "package"),
        ("deploy", "deploy"),
        ("smoke", "smoke"),
    ] {
        assert_eq!(preview[job]["stage"], stage, "{job}");
    }
    for job in ["lint", "train", "evaluate", "package", "deploy", "smoke"] {
        assert_eq!(
            preview[job]["artifacts"]["when"], "always",
            "{job}: evidence outlives failure"
        );
        assert!(
            preview[job]["retry"]["exit_codes"]
                .as_array()
                .is_some_and(|codes| codes.contains(&3.into())),
            "{job}: what was the network's fault is tried again"
        );
    }
    for job in ["package", "deploy"] {
        assert!(
            preview[job]["resource_group"].is_string(),
            "{job}: one at a time"
        );
    }
    assert_eq!(
        preview["evaluate"]["allow_failure"]["exit_codes"],
        serde_json::json!([4])
    );
    assert!(preview["evaluate"]["artifacts"]["expose_as"].is_string());
    assert_eq!(preview["deploy"]["environment"]["on_stop"], "stop");
    let needed: Vec<_> = preview["package"]["needs"]
        .as_array()
        .context("needs")?
        .iter()
        .filter_map(|need| need["job"].as_str())
        .collect();
    assert!(
        needed.contains(&"unit"),
        "what fails its tests is not published"
    );
    Ok(())
}

/// An included template must not reach into the project that includes it.
#[test]
fn the_template_sets_no_global_keyword() -> Result<()> {
    let template = fs::read_to_string(repository()?.join("ci-templates/gitlab/ml-pipeline.yml"))?;
    let (_, jobs) = template
        .split_once("\n---\n")
        .context("a header with inputs")?;
    for keyword in [
        "default",
        "stages",
        "variables",
        "workflow",
        "include",
        "image",
        "before_script",
        "cache",
    ] {
        let global = jobs
            .lines()
            .any(|line| line.starts_with(&format!("{keyword}:")));
        assert!(
            !global,
            "`{keyword}:` at the top would change jobs that are not ours"
        );
    }
    Ok(())
}
