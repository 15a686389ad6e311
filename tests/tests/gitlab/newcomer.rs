//! Somebody with a table and nothing else: the drafts, three sentences, and a green pipeline with a report.

use std::fs;

use anyhow::{Context as _, Result};
use e2e::{Ran, command, repository, tools};

use crate::MERGE_REQUEST;
use crate::consumer::consumer;

#[test]
fn a_table_becomes_a_green_pipeline_with_a_report() -> Result<()> {
    let Some(pipeline) = consumer()? else {
        return Ok(());
    };
    // An empty project but for the table; the template is still included from beside it.
    let folder = pipeline.checkout.path();
    let include = fs::read_to_string(folder.join(".gitlab-ci.yml"))?;
    fs::remove_dir_all(folder.join("configs"))?;
    fs::remove_file(folder.join(".gitlab-ci.yml"))?;
    fs::remove_file(folder.join(".gitignore"))?;
    let path = e2e::variable("PATH").context("PATH")?;
    let draft = || {
        Ran::of(
            command("sh")
                .arg(repository()?.join("ci-templates/new-project.sh"))
                .args(["data/training.csv", "churned", "1"])
                .current_dir(folder)
                .env("PATH", format!("{}:{path}", tools()?.display())),
        )
    };
    let drafted = draft()?;
    drafted.assert_code(0);
    assert!(drafted.stdout.contains("configs/card.yaml"), "{drafted:?}");
    let six = fs::read_to_string(folder.join(".gitlab-ci.yml"))?;
    assert_eq!(six.lines().count(), 5, "{six}");
    assert!(
        six.contains("ref: v0.1.0") && six.contains("data: data/training.csv"),
        "{six}"
    );
    crate::template::write(&folder.join(".gitlab-ci.yml"), &include)?;
    pipeline.checkout.commit("Draft")?;

    // Nobody has said yet what it is for: the card says so, and the pipeline is red there and nowhere else.
    let outcome = pipeline.run(&MERGE_REQUEST, &[])?;
    for job in ["lint", "unit", "train"] {
        outcome.assert_state(job, "PASS");
    }
    outcome.assert_state("evaluate", "FAIL");
    assert!(outcome.log.contains("intended_use"), "{}", outcome.log);

    pipeline.checkout.edit("configs/card.yaml", |text| {
        text.replace("[TODO]", "[Choosing whom to call first]")
            .replace("TODO ", "A customer is called too often ")
            .replace(
                "mitigation: A customer",
                "mitigation: Calls are capped; a customer",
            )
    })?;
    pipeline.checkout.commit("Say what it is for")?;
    let outcome = pipeline.run(&MERGE_REQUEST, &[])?;
    assert_eq!(outcome.code, Some(0), "{}", outcome.log);
    for job in ["lint", "unit", "train", "evaluate", "report", "package"] {
        outcome.assert_state(job, "PASS");
    }
    assert!(pipeline.artifact("evaluate", "out/report.html").exists());
    assert!(pipeline.artifact("report", "out/forge-report.md").exists());

    // What somebody has written is kept.
    let card = fs::read_to_string(folder.join("configs/card.yaml"))?;
    draft()?.assert_code(0);
    assert_eq!(card, fs::read_to_string(folder.join("configs/card.yaml"))?);
    Ok(())
}
