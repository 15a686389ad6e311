//! What a schedule does when the world has changed: the report, the job's page, and a pipeline that trains
//! again.

use std::sync::{Arc, Mutex};

use anyhow::{Context as _, Result};
use serde_json::json;

use crate::consumer::consumer;
use crate::loopback::{Reply, Request, Server};
use crate::pipeline::{Outcome, Pipeline};
use crate::{MERGE_REQUEST, SCHEDULE};

/// A GitLab that knows of no retraining yet and starts one when it is asked.
fn forge(log: &Arc<Mutex<Vec<Request>>>) -> Server {
    let log = Arc::clone(log);
    Server::start(move |request: Request| {
        let (method, path) = (request.method.clone(), request.path.clone());
        let body = match (method.as_str(), path.as_str()) {
            ("GET", "/api/v4/projects/7/packages") => json!([]),
            ("PUT", _) => json!({"id": 1, "package_id": 1, "file_name": "claim", "size": 3}),
            ("POST", "/api/v4/projects/7/trigger/pipeline") => {
                log.lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner)
                    .push(request);
                json!({"id": 9, "status": "created", "web_url": "https://gitlab.example.com/-/pipelines/9"})
            }
            _ => return Reply::new(404, b"{}"),
        };
        Reply::new(200, body.to_string().as_bytes()).with("Date", "Fri, 02 Jan 2026 00:00:00 GMT")
    })
}

/// A project whose package in use lies in it, with fresh rows.
fn project(fresh: impl Fn(&[&str]) -> Option<String>) -> Result<Option<Pipeline>> {
    let Some(pipeline) = consumer()? else {
        return Ok(None);
    };
    let outcome = pipeline.run(&MERGE_REQUEST, &[])?;
    assert_eq!(outcome.code, Some(0), "{}", outcome.log);
    let packed = pipeline.handed_on("package", "package.env")?;
    let folder = pipeline.checkout.path();
    std::fs::copy(
        pipeline.artifact("package", &packed["MODEL_PACKAGE"]),
        folder.join("deployed.tar.gz"),
    )?;
    let table = std::fs::read_to_string(folder.join("data/training.csv"))?;
    let mut lines = table.lines();
    let header = lines.next().context("a header")?;
    let rows = lines.filter_map(|line| fresh(&line.split(',').collect::<Vec<_>>()));
    let fresh: Vec<String> = std::iter::once(header.to_owned()).chain(rows).collect();
    crate::template::write(&folder.join("data/fresh.csv"), &(fresh.join("\n") + "\n"))?;
    pipeline.checkout.edit(".gitlab-ci.yml", |text| {
        text.replace(
            "deployed: churn@1.2.3, fresh: data/training.csv",
            "deployed: deployed.tar.gz, fresh: data/fresh.csv, retrain: \"yes\"",
        )
    })?;
    pipeline.checkout.commit("Look at fresh rows")?;
    Ok(Some(pipeline))
}

fn scheduled(pipeline: &Pipeline, server: &Server) -> Result<Outcome> {
    let at = format!("CI_API_V4_URL={}", server.url("/api/v4"));
    let event = [
        &SCHEDULE[..],
        &["--variable", &at, "--variable", "CI_PROJECT_ID=7"],
        &[
            "--variable",
            "CI_JOB_TOKEN=token",
            "--variable",
            "GITLAB_CI=true",
        ],
    ]
    .concat();
    pipeline.run(&event, &[])
}

#[test]
fn shifted_rows_are_told_and_start_a_training() -> Result<()> {
    // Customers of one plan only, all of whom call a lot.
    let Some(pipeline) = project(|cells| {
        let mut cells: Vec<String> = cells.iter().map(|&cell| cell.to_owned()).collect();
        "plus".clone_into(&mut cells[2]);
        "9".clone_into(&mut cells[6]);
        Some(cells.join(","))
    })?
    else {
        return Ok(());
    };
    let log = Arc::default();
    let server = forge(&log);
    let outcome = scheduled(&pipeline, &server)?;
    assert_eq!(outcome.code, Some(1), "{}", outcome.log);
    outcome.assert_state("drift", "FAIL");
    let report = pipeline.json("drift", "out/drift-report.json")?;
    assert_eq!(report["verdict"], "fail", "{report}");
    let started = log.lock().map_err(|_| anyhow::anyhow!("the log"))?;
    assert_eq!(started.len(), 1, "{}", outcome.log);
    let body = String::from_utf8_lossy(&started[0].body).into_owned();
    assert!(
        body.contains("TRAINYARD_RETRAIN") && body.contains("main"),
        "{body}"
    );
    // The reviewer's page and the job's page.
    let page = std::fs::read_to_string(pipeline.artifact("drift", "out/forge-report.md"))?;
    assert!(page.to_lowercase().contains("drift"), "{page}");
    let links = pipeline.json("drift", "out/annotations.json")?.to_string();
    assert!(
        links.contains("/artifacts/file/out/drift-report.html"),
        "{links}"
    );
    Ok(())
}

#[test]
fn unchanged_rows_start_nothing() -> Result<()> {
    let Some(pipeline) = project(|cells| Some(cells.join(",")))? else {
        return Ok(());
    };
    let log = Arc::default();
    let server = forge(&log);
    let outcome = scheduled(&pipeline, &server)?;
    assert_eq!(outcome.code, Some(0), "{}", outcome.log);
    assert!(
        log.lock()
            .map_err(|_| anyhow::anyhow!("the log"))?
            .is_empty()
    );
    Ok(())
}
