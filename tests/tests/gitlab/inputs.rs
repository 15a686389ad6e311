//! The template's inputs: what is refused, what is taken, and every way in which a project includes it.

use std::fs;

use anyhow::{Context as _, Result};
use e2e::{command, repository};
use serde_json::{Value, json};

use crate::consumer::consumer;
use crate::pipeline::Pipeline;
use crate::template::{assert_no_complaint_of_shellcheck, assert_schema, expanded};
use crate::{BRANCH, MERGE_REQUEST, SCHEDULE, TAG};

/// Texts that no input may hold, whatever it is for: they would be expanded, or end a line.
const HOSTILE: [&str; 7] = [
    "$(touch canary)",
    "$CI_JOB_TOKEN",
    "a\nb: c",
    "a\r\nb",
    "`touch canary`",
    "a\"; touch canary; \"",
    "a'b",
];

fn header() -> Result<serde_json::Map<String, Value>> {
    let template = fs::read_to_string(repository()?.join("ci-templates/gitlab/ml-pipeline.yml"))?;
    let (header, _) = template
        .split_once("\n---\n")
        .context("a header with inputs")?;
    let header: Value = serde_saphyr::from_str(header)?;
    Ok(header["spec"]["inputs"]
        .as_object()
        .context("inputs")?
        .clone())
}

/// Which of the values each expression matches, by node's engine, whose syntax these share with RE2.
fn matches(cases: &Value) -> Result<Value> {
    const PROGRAM: &str = "const cases = JSON.parse(process.argv[1]);
        console.log(JSON.stringify(cases.map(([regex, value]) => new RegExp(regex).test(value))))";
    let output = command("node")
        .args(["-e", PROGRAM])
        .arg(cases.to_string())
        .output()?;
    serde_json::from_slice(&output.stdout)
        .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn every_free_text_is_held_to_an_expression_that_hostile_values_fail() -> Result<()> {
    if e2e::search_path("node").is_none() {
        return Ok(());
    }
    let mut cases = Vec::new();
    let mut told = Vec::new();
    for (name, input) in header()? {
        if input["options"].is_array() || input["type"].is_string() {
            continue;
        }
        let regex = input["regex"]
            .as_str()
            .with_context(|| format!("`{name}` is free: it needs `regex` or `options`"))?;
        let mut refuse: Vec<&str> = HOSTILE.to_vec();
        // Reasons are people's sentences; only what a runner would expand, or a line's end, is refused.
        if ["first_model", "first_release"].contains(&name.as_str()) {
            refuse.retain(|value| value.contains(['$', '\n']));
        }
        // Names that a runner expands on purpose.
        if ["image", "environment"].contains(&name.as_str()) {
            refuse.retain(|value| !value.starts_with("$CI"));
        }
        if !["first_model", "first_release", "tools_project", "prefix"].contains(&name.as_str()) {
            refuse.extend(["-rf", "--out=canary"]);
        }
        for value in refuse {
            cases.push(json!([regex, value]));
            told.push((name.clone(), value.to_owned(), false));
        }
        if let Some(default) = input["default"].as_str() {
            cases.push(json!([regex, default]));
            told.push((name.clone(), default.to_owned(), true));
        }
    }
    for (name, value) in [
        ("data", "data/2026 Q1/training.csv"),
        ("champion", "churn@champion"),
        ("champion", "models/churn-1.2.0+b.tar.gz"),
        (
            "first_model",
            "Nothing is released yet; see the team's plan (Q3)",
        ),
        (
            "image",
            "$CI_REGISTRY_IMAGE/toolbox@sha256:0123456789abcdef",
        ),
        ("image", "registry.example.com:5000/group/python:3.12-slim"),
        ("environment", "review/$CI_COMMIT_REF_SLUG"),
        (
            "tools_url",
            "https://mirror.example.com:8443/trainyard/0.1.0",
        ),
        ("tools_url", "/opt/trainyard"),
        ("setup_job", "prepare: data"),
        ("stage_lint", ".pre"),
    ] {
        cases.push(json!([header()?[name]["regex"], value]));
        told.push((name.to_owned(), value.to_owned(), true));
    }
    for (name, value) in [
        ("tools_url", "http://mirror.example.com/trainyard"),
        ("tools_url", "ftp://mirror.example.com/trainyard"),
        ("tools_sha256", "0123"),
        ("listen", "127.0.0.1"),
        ("name", "a/b"),
        ("version", "latest"),
    ] {
        cases.push(json!([header()?[name]["regex"], value]));
        told.push((name.to_owned(), value.to_owned(), false));
    }
    let met = matches(&json!(cases))?;
    for (index, (name, value, wanted)) in told.iter().enumerate() {
        assert_eq!(met[index], *wanted, "`{name}`: {value:?}");
    }
    Ok(())
}

#[test]
fn a_bad_value_is_refused_before_anything_runs() -> Result<()> {
    for (input, value) in [
        ("data", "'$(touch canary)'"),
        ("on_warning", "ignore"),
        ("runner_tags", "gpu"),
        ("stage_drift", "\"a\\nb\""),
    ] {
        let Some(pipeline) = consumer()? else {
            return Ok(());
        };
        pipeline.checkout.edit(".gitlab-ci.yml", |text| {
            let text = text.replace("data: data/training.csv, ", "");
            let data = if input == "data" {
                ""
            } else {
                "data: data/training.csv, "
            };
            text.replace(
                "name: churn, ",
                &format!("name: churn, {data}runner: tagged, {input}: {value}, "),
            )
        })?;
        pipeline.checkout.commit("Give a bad value")?;
        let output = pipeline.command(&["--list"])?.output()?;
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(!output.status.success(), "{input}: {said}");
        assert!(said.contains(input), "{input}: {said}");
    }
    Ok(())
}

/// Everything at once that an input can change, and a second model beside the first.
pub(crate) fn with_everything() -> Result<Option<Pipeline>> {
    let Some(pipeline) = consumer()? else {
        return Ok(None);
    };
    pipeline.checkout.edit(".gitlab-ci.yml", |text| {
        let second = "
  - local: ci-templates/gitlab/ml-pipeline.yml
    inputs:
      name: churn-fees
      prefix: fees-
      data: data/training.csv
      first_model: Nothing is released yet
      tag_prefix: fees-v
      champion: churn-fees@champion
      release: churn-fees@champion
      first_release: Nothing is released yet
      ledger: \"yes\"
      sweep: \"yes\"
      sweep_configs: [train.yaml, other.yaml]
      overrides: configs/overrides.yaml
      retrains: retrains
      promote: always
      signing: required
      on_warning: warn
      runner: tagged
      runner_tags: [gpu, large]
      image: registry.example.com/toolbox@sha256:00
      stage_lint: .pre
      environment: production
      fresh: data/training.csv
      deployed: churn-fees@champion
      retrain: \"yes\"
";
        format!("{}{second}", text.trim_end())
    })?;
    pipeline.checkout.commit("Include a second model")?;
    Ok(Some(pipeline))
}

#[test]
fn a_prefix_keeps_two_models_apart_and_tags_choose_the_runner() -> Result<()> {
    let Some(pipeline) = with_everything()? else {
        return Ok(());
    };
    let preview = pipeline.preview()?;
    let own = preview["evaluate"].as_object().context("the first model")?;
    assert!(own.get("tags").is_none() && own.get("resource_group").is_none());
    let names: Vec<&String> = preview.as_object().context("jobs")?.keys().collect();
    for job in [
        "lint", "unit", "train", "evaluate", "report", "package", "deploy", "smoke", "promote",
        "stop", "drift",
    ] {
        let second = &preview[format!("fees-{job}")];
        assert_eq!(second["tags"], json!(["gpu", "large"]), "{job}: {names:?}");
        let image = second["image"]["name"]
            .as_str()
            .or(second["image"].as_str());
        assert_eq!(
            image,
            Some("registry.example.com/toolbox@sha256:00"),
            "{job}"
        );
        for need in second["needs"].as_array().into_iter().flatten() {
            let need = need["job"].as_str().context("a need")?;
            assert!(
                need == "setup" || need.starts_with("fees-"),
                "{job}: {need}"
            );
        }
    }
    for (job, group) in [
        ("fees-evaluate", "churn-fees-ledger"),
        ("fees-package", "churn-fees-publish"),
        ("fees-deploy", "churn-fees-deploy"),
        ("fees-promote", "churn-fees-promote"),
        ("package", "churn-publish"),
    ] {
        assert_eq!(preview[job]["resource_group"], group, "{job}");
    }
    assert_eq!(
        preview["fees-deploy"]["environment"]["on_stop"],
        "fees-stop"
    );
    assert_eq!(preview["fees-lint"]["stage"], ".pre");

    // Each has its own tags, and both run for merge requests.
    let tag = pipeline.names(&TAG)?;
    assert!(tag.contains(&"package".to_owned()) && !tag.contains(&"fees-package".to_owned()));
    let other = [
        "--variable",
        "CI_COMMIT_TAG=fees-v1.0.0",
        "--unset-variable",
        "CI_COMMIT_BRANCH",
    ];
    let other = pipeline.names(&other)?;
    assert!(other.contains(&"fees-package".to_owned()) && !other.contains(&"package".to_owned()));
    let both = pipeline.names(&MERGE_REQUEST)?;
    assert!(both.contains(&"fees-report".to_owned()) && both.contains(&"report".to_owned()));
    assert!(
        both.contains(&"fees-candidate: [other.yaml]".to_owned()),
        "{both:?}"
    );

    let all = [("everything".to_owned(), preview)];
    assert_schema(&all)?;
    assert_no_complaint_of_shellcheck(&all)
}

/// What a person, another pipeline or a trigger starts on a branch is judged like a merge request, and
/// nothing more.
#[test]
fn what_is_started_by_hand_on_a_branch_is_judged_and_not_deployed() -> Result<()> {
    let Some(pipeline) = consumer()? else {
        return Ok(());
    };
    let judged = ["evaluate", "lint", "package", "train", "unit"];
    for source in ["web", "trigger", "pipeline"] {
        let source = format!("CI_PIPELINE_SOURCE={source}");
        let event = [
            "--variable",
            &source,
            "--variable",
            "CI_COMMIT_BRANCH=topic",
        ];
        let mut names = pipeline.names(&event)?;
        names.sort();
        assert_eq!(names, judged, "{source}");
    }
    let push = [
        "--variable",
        "CI_PIPELINE_SOURCE=push",
        "--variable",
        "CI_COMMIT_BRANCH=topic",
    ];
    assert!(pipeline.names(&push)?.is_empty(), "merge requests do that");
    Ok(())
}

/// A component lies in its project's `templates/`: a mirror of the one file is all it takes.
#[test]
fn the_file_is_a_component_as_it_is() -> Result<()> {
    let Some(pipeline) = consumer()? else {
        return Ok(());
    };
    let template = fs::read_to_string(repository()?.join("ci-templates/gitlab/ml-pipeline.yml"))?;
    let folder = pipeline.checkout.path().join("templates");
    fs::create_dir_all(&folder)?;
    crate::template::write(&folder.join("ml-pipeline.yml"), &template)?;
    pipeline.checkout.edit(".gitlab-ci.yml", |text| {
        text.replace(
            "- local: ci-templates/gitlab/ml-pipeline.yml",
            "- component: $CI_SERVER_FQDN/$CI_PROJECT_PATH/ml-pipeline@$CI_COMMIT_SHA",
        )
    })?;
    pipeline.checkout.commit("Include a component")?;
    assert_eq!(pipeline.names(&SCHEDULE)?, ["drift"]);
    assert!(pipeline.names(&BRANCH)?.contains(&"deploy".to_owned()));
    Ok(())
}

/// By its address, from a machine that is no GitLab; `integrity` is what GitLab compares.
#[test]
fn the_file_is_included_by_its_address_too() -> Result<()> {
    let Some(pipeline) = consumer()? else {
        return Ok(());
    };
    let template = fs::read(repository()?.join("ci-templates/gitlab/ml-pipeline.yml"))?;
    assert!(
        template.len() < 1_000_000,
        "GitLab expands no longer text than 1 MB"
    );
    let served = template.clone();
    let server = crate::loopback::Server::start(move |_: crate::loopback::Request| {
        crate::loopback::Reply::new(200, &served)
    });
    // As the README makes it: openssl dgst -sha256 -binary ml-pipeline.yml | base64
    let output = command("sh")
        .arg("-c")
        .arg("openssl dgst -sha256 -binary ci-templates/gitlab/ml-pipeline.yml | base64")
        .current_dir(repository()?)
        .output()?;
    let integrity = String::from_utf8(output.stdout)?;
    let integrity = format!("sha256-{}", integrity.trim());
    assert_eq!(integrity.len(), 51, "{integrity}");
    let url = server.url("/ml-pipeline.yml");
    pipeline.checkout.edit(".gitlab-ci.yml", |text| {
        text.replace(
            "- local: ci-templates/gitlab/ml-pipeline.yml",
            &format!("- remote: {url}\n    integrity: {integrity}"),
        )
    })?;
    pipeline.checkout.commit("Include an address")?;
    assert_eq!(pipeline.names(&SCHEDULE)?, ["drift"]);
    Ok(())
}

/// Every way to include, every stage alone, our own pipeline: GitLab's schema and shellcheck.
#[test]
fn what_is_expanded_follows_the_schema_and_its_scripts_are_clean() -> Result<()> {
    let Some(all) = expanded()? else {
        return Ok(());
    };
    assert!(all.len() >= 10, "{}", all.len());
    assert_schema(&all)?;
    assert_no_complaint_of_shellcheck(&all)
}
