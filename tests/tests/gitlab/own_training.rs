//! A project that fits its model in Python, in an image of its own, and brings it as ONNX.

use anyhow::{Context as _, Result};
use e2e::{command, python};

use crate::TAG;
use crate::consumer::{of_example, run};
use crate::fake_gitlab::GitLab;

#[test]
fn a_model_of_scikit_learn_goes_all_the_way() -> Result<()> {
    let (Some(pipeline), Some(python)) = (of_example("gitlab-onnx")?, python()?) else {
        return Ok(());
    };
    // The tables are what the script beside them makes.
    let made = command(&python)
        .arg("data/make.py")
        .current_dir(pipeline.checkout.path())
        .output()?;
    assert!(made.status.success(), "{made:?}");
    let changed = command("git")
        .args(["status", "--porcelain"])
        .current_dir(pipeline.checkout.path())
        .output()?;
    assert!(changed.stdout.is_empty(), "{changed:?}");

    // python and pip are those of the peers, which have what requirements.txt asks for.
    let folder = python.parent().context("a folder")?.display().to_string();
    let path = e2e::variable("PATH").context("PATH")?;
    let path = format!("PATH={folder}:{path}");
    let gitlab = GitLab::start();
    let event = [&TAG[..], &["--variable", &path]].concat();
    let outcome = run(&pipeline, &gitlab, &event, &["--manual", "deploy"])?;
    assert_eq!(outcome.code, Some(0), "{}", outcome.log);
    for job in [
        "lint", "unit", "train", "evaluate", "package", "deploy", "smoke",
    ] {
        outcome.assert_state(job, "PASS");
    }
    pipeline.assert_stops()?;
    let gate = pipeline.json("evaluate", "out/gate.json")?;
    assert_eq!(gate["verdict"], "pass", "{gate}");
    let card = std::fs::read_to_string(pipeline.artifact("evaluate", "out/model_card.md"))?;
    assert!(card.contains("pumps"), "{card}");
    assert!(!gitlab.files("pumps", "1.2.3").is_empty());
    Ok(())
}

/// What a job of the consumer's says goes before the template's, and all else stays: so a training that
/// needs no tool of ours can be without them.
#[test]
fn a_training_of_one_s_own_may_leave_the_tools_out() -> Result<()> {
    let Some(pipeline) = of_example("gitlab-onnx")? else {
        return Ok(());
    };
    pipeline.checkout.edit(".gitlab-ci.yml", |text| {
        text.replace(
            "  image: python:3.12-slim\n",
            "  image: python:3.12-slim\n  before_script: []\n",
        )
    })?;
    let train = &pipeline.preview()?["train"];
    assert_eq!(
        train["before_script"].as_array().map(Vec::len),
        Some(0),
        "{train}"
    );
    let image = train["image"]["name"].as_str().or(train["image"].as_str());
    assert_eq!(image, Some("python:3.12-slim"));
    assert!(
        train["artifacts"]["paths"]
            .as_array()
            .is_some_and(|paths| paths.len() >= 3)
    );
    assert!(train["needs"].is_array() && train["rules"].is_array());
    Ok(())
}
