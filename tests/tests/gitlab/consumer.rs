//! A project of somebody else that includes the template with its six lines, against a GitLab on this
//! machine: what each event does, and what it leaves in the package registry.

use anyhow::{Context as _, Result};
use e2e::Checkout;

use crate::fake_gitlab::{GitLab, TOKEN};
use crate::pipeline::{Outcome, Pipeline};
use crate::{BRANCH, MERGE_REQUEST, SCHEDULE, TAG};

/// The example project, with the template beside it as if its project were this one.
pub(crate) fn consumer() -> Result<Option<Pipeline>> {
    of_example("gitlab")
}

/// The same of any example.
pub(crate) fn of_example(name: &str) -> Result<Option<Pipeline>> {
    let checkout = Checkout::of_folders(&[
        (&format!("ci-templates/examples/{name}"), ""),
        ("ci-templates/gitlab", "ci-templates/gitlab"),
    ])?;
    checkout.edit(".gitlab-ci.yml", |text| {
        text.replace(
            "- project: group/trainyard",
            "- local: ci-templates/gitlab/ml-pipeline.yml",
        )
        .replace("    ref: v0.1.0\n", "")
        .replace("    file: ci-templates/gitlab/ml-pipeline.yml\n", "")
        .replace(
            " }",
            ", deployed: churn@1.2.3, fresh: data/training.csv, tools_url: '' }",
        )
    })?;
    checkout.commit("Include what lies here")?;
    Pipeline::of(checkout)
}

/// The variables that tie a pipeline to that GitLab.
pub(crate) fn at(gitlab: &GitLab) -> Vec<String> {
    [
        format!("CI_API_V4_URL={}", gitlab.api_url()),
        "CI_PROJECT_ID=7".to_owned(),
        format!("CI_JOB_TOKEN={TOKEN}"),
        "GITLAB_CI=true".to_owned(),
    ]
    .into_iter()
    .flat_map(|variable| ["--variable".to_owned(), variable])
    .collect()
}

pub(crate) fn run(
    pipeline: &Pipeline,
    gitlab: &GitLab,
    event: &[&str],
    more: &[&str],
) -> Result<Outcome> {
    let at = at(gitlab);
    let at: Vec<&str> = at.iter().map(String::as_str).collect();
    pipeline.run(&[&at[..], event].concat(), more)
}

#[test]
fn a_consumer_declares_no_stages_and_its_merge_request_is_green() -> Result<()> {
    let Some(pipeline) = consumer()? else {
        return Ok(());
    };
    let gitlab = GitLab::start();
    let outcome = run(&pipeline, &gitlab, &MERGE_REQUEST, &[])?;
    assert_eq!(outcome.code, Some(0), "{}", outcome.log);
    for job in ["lint", "unit", "train", "evaluate", "package", "report"] {
        outcome.assert_state(job, "PASS");
    }
    // The job's page links to what people want to read.
    let links = pipeline.json("report", "out/annotations.json")?.to_string();
    for file in ["out/report.html", "out/model_card.md"] {
        assert!(
            links.contains(&format!("/artifacts/file/{file}")),
            "{links}"
        );
        assert!(pipeline.artifact("report", file).exists(), "{file}");
    }
    // Nothing was asked of the registry: a merge request publishes nothing.
    assert!(gitlab.files("churn", "1.2.3").is_empty());
    assert!(gitlab.take_log("PUT").is_empty());
    Ok(())
}

#[test]
fn a_tag_publishes_once_and_a_second_run_of_it_changes_nothing() -> Result<()> {
    let Some(pipeline) = consumer()? else {
        return Ok(());
    };
    let gitlab = GitLab::start();
    let outcome = run(&pipeline, &gitlab, &TAG, &["--manual", "deploy"])?;
    assert_eq!(outcome.code, Some(0), "{}", outcome.log);
    let published = gitlab.files("churn", "1.2.3");
    let archive = published
        .iter()
        .find(|(name, _)| name == "churn-1.2.3.tar.gz")
        .context("the archive is in the registry")?;
    // What is served is what was published, byte for byte.
    let packed = pipeline.handed_on("package", "package.env")?;
    assert_eq!(
        packed["MODEL_SHA256"],
        yard_contract::Sha256::of(&archive.1).to_string()
    );
    outcome.assert_state("deploy", "PASS");
    outcome.assert_state("smoke", "PASS");
    pipeline.assert_stops()?;

    // On a schedule, what is deployed is fetched by its version and fresh rows are held to it.
    let scheduled = run(&pipeline, &gitlab, &SCHEDULE, &[])?;
    assert_eq!(scheduled.code, Some(0), "{}", scheduled.log);
    let drift = pipeline.json("drift", "out/drift-report.json")?;
    assert_eq!(drift["kind"], "drift-report", "{}", scheduled.log);

    assert!(!gitlab.take_log("PUT").is_empty());
    let again = run(&pipeline, &gitlab, &TAG, &["--manual", "deploy"])?;
    assert_eq!(again.code, Some(0), "{}", again.log);
    pipeline.assert_stops()?;
    assert_eq!(gitlab.files("churn", "1.2.3"), published);
    assert!(gitlab.take_log("PUT").is_empty(), "{}", again.log);
    Ok(())
}

#[test]
fn the_default_branch_of_a_consumer_serves_what_it_has_packed_and_publishes_nothing() -> Result<()>
{
    let Some(pipeline) = consumer()? else {
        return Ok(());
    };
    let gitlab = GitLab::start();
    let outcome = run(&pipeline, &gitlab, &BRANCH, &["--manual", "deploy"])?;
    assert_eq!(outcome.code, Some(0), "{}", outcome.log);
    for job in ["unit", "package", "deploy", "smoke"] {
        outcome.assert_state(job, "PASS");
    }
    assert!(!outcome.states.contains_key("promote"), "{}", outcome.log);
    let packed = pipeline.handed_on("package", "package.env")?;
    assert!(packed["MODEL_VERSION"].starts_with("0.0.0-g"), "{packed:?}");
    assert!(gitlab.take_log("PUT").is_empty());
    // What is in the package, for whoever collects bills of materials.
    let bom = pipeline.json("package", "out/gl-sbom-model.cdx.json")?;
    assert_eq!(bom["bomFormat"], "CycloneDX", "{bom}");
    pipeline.assert_stops()
}

#[test]
fn a_fork_has_no_variables_and_is_judged_all_the_same() -> Result<()> {
    let Some(pipeline) = consumer()? else {
        return Ok(());
    };
    // No token, and an API that nobody may use.
    let event = [
        &MERGE_REQUEST[..],
        &["--variable", "CI_API_V4_URL=http://127.0.0.1:9/api/v4"],
    ]
    .concat();
    let outcome = pipeline.run(&event, &[])?;
    assert_eq!(outcome.code, Some(0), "{}", outcome.log);
    for job in ["lint", "unit", "train", "evaluate", "package", "report"] {
        outcome.assert_state(job, "PASS");
    }
    Ok(())
}

#[test]
fn a_bad_model_of_a_consumer_is_not_published() -> Result<()> {
    let Some(pipeline) = consumer()? else {
        return Ok(());
    };
    pipeline.checkout.edit("configs/gate.yaml", |text| {
        text.replace("auc: 0.70", "auc: 0.99")
    })?;
    pipeline.checkout.commit("Ask too much")?;
    let gitlab = GitLab::start();
    let outcome = run(&pipeline, &gitlab, &TAG, &["--manual", "deploy"])?;
    assert_eq!(outcome.code, Some(1), "{}", outcome.log);
    outcome.assert_state("evaluate", "FAIL");
    assert!(!outcome.states.contains_key("package"), "{}", outcome.log);
    assert!(gitlab.files("churn", "1.2.3").is_empty());
    assert!(gitlab.take_log("PUT").is_empty());
    Ok(())
}

#[test]
fn the_default_branch_waits_for_a_hand_and_a_schedule_measures_drift_only() -> Result<()> {
    let Some(pipeline) = consumer()? else {
        return Ok(());
    };
    let mut branch = pipeline.names(&BRANCH)?;
    branch.sort();
    assert_eq!(
        branch,
        [
            "deploy", "evaluate", "lint", "package", "smoke", "stop", "train", "unit"
        ]
    );
    assert_eq!(pipeline.names(&SCHEDULE)?, ["drift"]);
    for job in pipeline.list(&BRANCH)? {
        let stage = job["stage"].as_str().context("a stage")?;
        assert!(["test", "deploy"].contains(&stage), "{job}");
    }
    Ok(())
}
