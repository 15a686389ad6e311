//! What gitlab-ci-local passes over and GitLab shows: every report of every job, on the expanded pipeline.

use anyhow::Result;
use serde_json::{Value, json};

use crate::consumer::consumer;
use crate::template::jobs;

#[test]
fn every_report_is_declared_and_nothing_else() -> Result<()> {
    let Some(pipeline) = consumer()? else {
        return Ok(());
    };
    let expected = json!({
        "evaluate": {
            "junit": "out/gate.junit.xml",
            "codequality": "out/gate.codequality.json",
            "metrics": "out/gate.openmetrics.txt",
        },
        "report": { "annotations": "out/annotations.json" },
        "package": { "dotenv": "package.env", "cyclonedx": "out/gl-sbom-model.cdx.json" },
        "deploy": { "dotenv": "deploy.env" },
        "drift": {
            "junit": "out/drift-report.junit.xml",
            "metrics": "out/drift-report.metrics.txt",
            "annotations": "out/annotations.json",
        },
    });
    let preview = pipeline.preview()?;
    let mut met = serde_json::Map::new();
    for (name, job) in jobs(&preview)? {
        let artifacts = &job["artifacts"];
        if artifacts.is_object() {
            assert_eq!(
                artifacts["when"], "always",
                "{name}: evidence outlives failure"
            );
            assert!(artifacts["expire_in"].is_string(), "{name}");
        }
        if let Some(reports) = artifacts["reports"].as_object() {
            // The schema takes lists too, which is how gitlab-ci-local expands some.
            let reports = reports.iter().map(|(kind, path)| {
                let path = path.as_array().map_or(path, |paths| &paths[0]);
                (kind.clone(), path.clone())
            });
            met.insert(name, Value::Object(reports.collect()));
        }
    }
    assert_eq!(Value::Object(met), expected);
    Ok(())
}

/// A fault in what shows the report is a fault; a forge that is away is none of the merge request's.
#[test]
fn a_report_that_cannot_be_made_is_red() -> Result<()> {
    let Some(pipeline) = consumer()? else {
        return Ok(());
    };
    let preview = pipeline.preview()?;
    let report = &preview["report"];
    assert_eq!(report["allow_failure"], json!({ "exit_codes": [3] }));
    assert!(
        report["retry"]["exit_codes"]
            .as_array()
            .is_some_and(|codes| codes.contains(&json!(3))),
        "{report}"
    );
    for name in ["lint", "unit", "train", "evaluate", "package", "smoke"] {
        assert!(
            [Value::Null, json!(false)].contains(&preview[name]["allow_failure"]),
            "{name}"
        );
    }
    Ok(())
}
