//! Several configurations side by side, the best of which is judged.

use anyhow::Result;

use crate::MERGE_REQUEST;
use crate::consumer::{consumer, run};
use crate::fake_gitlab::GitLab;
use crate::pipeline::Pipeline;

fn sweeping() -> Result<Option<Pipeline>> {
    let Some(pipeline) = consumer()? else {
        return Ok(None);
    };
    pipeline.checkout.edit(".gitlab-ci.yml", |text| {
        text.replace(
            "name: churn, ",
            "name: churn, sweep: \"yes\", sweep_configs: [train.yaml, stump.yaml], ",
        )
    })?;
    // One that can hardly learn anything.
    let train = std::fs::read_to_string(pipeline.checkout.path().join("configs/train.yaml"))?;
    let stump = train
        .replace("rounds: 200", "rounds: 2")
        .replace("max_leaves: 7", "max_leaves: 2");
    crate::template::write(&pipeline.checkout.path().join("configs/stump.yaml"), &stump)?;
    pipeline.checkout.commit("Sweep")?;
    Ok(Some(pipeline))
}

#[test]
fn the_best_of_the_cross_validation_is_what_train_hands_on() -> Result<()> {
    let Some(pipeline) = sweeping()? else {
        return Ok(());
    };
    let gitlab = GitLab::start();
    let outcome = run(&pipeline, &gitlab, &MERGE_REQUEST, &[])?;
    assert_eq!(outcome.code, Some(0), "{}", outcome.log);
    outcome.assert_state("package", "PASS");
    let mean = |name: &str| -> Result<f64> {
        let job = format!("candidate: [{name}.yaml]");
        let run = pipeline.json(&job, &format!("out/candidates/{name}/model/run.json"))?;
        Ok(run["cross_validation"]["mean"].as_f64().unwrap_or_default())
    };
    assert!(mean("train")? > mean("stump")?, "{}", outcome.log);
    let taken = std::fs::read(pipeline.artifact("train", "out/model/model.onnx"))?;
    let best = pipeline.artifact(
        "candidate: [train.yaml]",
        "out/candidates/train/model/model.onnx",
    );
    assert_eq!(taken, std::fs::read(best)?);
    let table = std::fs::read_to_string(pipeline.artifact("train", "out/sweep.txt"))?;
    assert_eq!(table.lines().count(), 2, "{table}");
    assert!(
        outcome.log.contains("the sweep's best by auc is train"),
        "{}",
        outcome.log
    );
    Ok(())
}

#[test]
fn candidates_that_cannot_be_compared_are_no_sweep() -> Result<()> {
    for (from, to, said) in [
        ("  folds: 5\n", "", "was not cross-validated"),
        (
            "holdout_share: 0.2",
            "holdout_share: 0.3",
            "hold other rows out",
        ),
    ] {
        let Some(pipeline) = sweeping()? else {
            return Ok(());
        };
        pipeline.checkout.edit("configs/stump.yaml", |text| {
            let text = text.replace(from, to);
            if to.is_empty() {
                text.replace("cross_validation:\n", "")
            } else {
                text
            }
        })?;
        pipeline.checkout.commit("Make them differ")?;
        let gitlab = GitLab::start();
        let outcome = run(
            &pipeline,
            &gitlab,
            &MERGE_REQUEST,
            &["lint", "candidate", "train"],
        )?;
        outcome.assert_state("train", "FAIL");
        assert!(outcome.log.contains(said), "{}", outcome.log);
    }
    Ok(())
}

#[test]
fn a_search_is_shared_by_jobs_and_what_has_won_is_fitted() -> Result<()> {
    let Some(pipeline) = consumer()? else {
        return Ok(());
    };
    pipeline.checkout.edit(".gitlab-ci.yml", |text| {
        text.replace(
            "name: churn, ",
            "name: churn, sweep: search, search_shards: 3, ",
        )
    })?;
    crate::template::write(
        &pipeline.checkout.path().join("configs/search.yaml"),
        "method: random\ntrials: 5\nseed: 1\nparameters:\n  \
         gradient_boosting.learning_rate: {log_uniform: [0.02, 0.2]}\n",
    )?;
    pipeline.checkout.commit("Search")?;
    let gitlab = GitLab::start();
    let outcome = run(&pipeline, &gitlab, &MERGE_REQUEST, &[])?;
    assert_eq!(outcome.code, Some(0), "{}", outcome.log);
    outcome.assert_state("package", "PASS");
    let board = pipeline.json("train", "out/leaderboard.json")?;
    assert_eq!(board["kind"], "leaderboard", "{board}");
    assert!(pipeline.artifact("train", "out/train.yaml").exists());
    assert!(pipeline.artifact("evaluate", "out/model_card.md").exists());
    Ok(())
}
