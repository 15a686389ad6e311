//! What outlives a pipeline: the champion, the last release, the looks at the holdout. A merge request reads
//! them; what was merged, or a person, writes.

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::consumer::{consumer, run};
use crate::fake_gitlab::GitLab;
use crate::pipeline::Pipeline;
use crate::{BRANCH, MERGE_REQUEST, TAG};

const PROTECTED: [&str; 2] = ["--variable", "CI_COMMIT_REF_PROTECTED=true"];
const NEXT_TAG: [&str; 4] = [
    "--variable",
    "CI_COMMIT_TAG=v1.2.4",
    "--unset-variable",
    "CI_COMMIT_BRANCH",
];

/// A consumer whose champion and last release are what was promoted last, and whose looks are counted.
fn project() -> Result<Option<Pipeline>> {
    let Some(pipeline) = consumer()? else {
        return Ok(None);
    };
    pipeline.checkout.edit(".gitlab-ci.yml", |text| {
        text.replace(
            "name: churn, ",
            "name: churn, champion: churn@champion, release: churn@champion, \
             first_release: Nothing is released yet, ledger: \"yes\", ",
        )
    })?;
    pipeline.checkout.edit("configs/gate.yaml", |_| {
        "at_least: {auc: 0.55}\nchampion:\n  margins: {auc: 0.2}\n\
         release: {margins: {auc: 0.2}}\nlooks: {planned: 4}\n"
            .to_owned()
    })?;
    pipeline.checkout.commit("Count the looks")?;
    Ok(Some(pipeline))
}

fn looks(gitlab: &GitLab, number: u32) -> Result<Vec<Value>> {
    let files = gitlab.files("churn-ledger", &number.to_string());
    assert!(files.len() <= 1, "a look is written once");
    let Some((name, bytes)) = files.first() else {
        return Ok(Vec::new());
    };
    assert_eq!(name, "ledger.json");
    let ledger: Value = serde_json::from_slice(bytes)?;
    assert_eq!(ledger["kind"], "ledger");
    Ok(ledger["looks"].as_array().context("looks")?.clone())
}

#[test]
fn looks_are_counted_where_models_are_merged_and_read_everywhere() -> Result<()> {
    let Some(pipeline) = project()? else {
        return Ok(());
    };
    let gitlab = GitLab::start();
    let only = ["lint", "train", "evaluate"];
    let judge = |event: &[&str]| -> Result<()> {
        let outcome = run(&pipeline, &gitlab, event, &only)?;
        assert_eq!(outcome.code, Some(0), "{}", outcome.log);
        Ok(())
    };

    // A merge request finds nothing, and leaves nothing.
    judge(&MERGE_REQUEST)?;
    assert!(gitlab.take_log("PUT").is_empty());
    let gate = pipeline.json("evaluate", "out/gate.json")?;
    assert_eq!(gate["verdict"], "pass", "{gate}");

    // A default branch that anybody may push to counts for nothing; a protected one does.
    judge(&BRANCH)?;
    assert!(gitlab.take_log("PUT").is_empty());
    judge(&PROTECTED)?;
    assert_eq!(looks(&gitlab, 1)?.len(), 1);
    assert_eq!(gitlab.take_log("PUT").len(), 1);

    // The same candidate again is no new look.
    judge(&PROTECTED)?;
    assert!(gitlab.take_log("PUT").is_empty());

    // Another candidate is, and the look before stays what it was.
    let first = gitlab.files("churn-ledger", "1");
    pipeline.checkout.edit("configs/train.yaml", |text| {
        text.replace("rounds: 200", "rounds: 150")
    })?;
    pipeline.checkout.commit("Another candidate")?;
    judge(&MERGE_REQUEST)?;
    assert!(gitlab.take_log("PUT").is_empty());
    judge(&PROTECTED)?;
    assert_eq!(looks(&gitlab, 2)?[..1], looks(&gitlab, 1)?);
    assert_eq!(looks(&gitlab, 2)?.len(), 2);
    assert_eq!(gitlab.files("churn-ledger", "1"), first);
    assert!(looks(&gitlab, 3)?.is_empty());

    // Who may not read is no first model, and no first look: it is not judged.
    let at = format!("CI_API_V4_URL={}", gitlab.api_url());
    let stranger = [
        &MERGE_REQUEST[..],
        &[
            "--variable",
            &at,
            "--variable",
            "CI_JOB_TOKEN=another",
            "--variable",
            "CI_PROJECT_ID=7",
        ],
    ]
    .concat();
    let outcome = pipeline.run(&stranger, &only)?;
    outcome.assert_state("evaluate", "FAIL");
    assert!(!pipeline.artifact("evaluate", "out/gate.json").exists());
    Ok(())
}

#[test]
fn a_release_that_was_tried_becomes_the_champion_that_the_next_one_is_held_to() -> Result<()> {
    let Some(pipeline) = project()? else {
        return Ok(());
    };
    let gitlab = GitLab::start();
    let by_hand = ["--manual", "deploy", "--manual", "promote"];
    let outcome = run(&pipeline, &gitlab, &TAG, &by_hand)?;
    assert_eq!(outcome.code, Some(0), "{}", outcome.log);
    outcome.assert_state("promote", "PASS");
    let moved = pipeline.json("promote", "out/alias-move.json")?;
    assert_eq!(
        (&moved["alias"], &moved["package_version"]),
        (&"champion".into(), &"1.2.3".into())
    );
    pipeline.assert_stops()?;
    let first = pipeline.json("evaluate", "out/gate.json")?;

    // The next model is compared with it, as champion and as the last release.
    pipeline.checkout.edit("configs/train.yaml", |text| {
        text.replace("rounds: 200", "rounds: 150")
    })?;
    pipeline.checkout.commit("Another candidate")?;
    // In the merge request of a fork too: the target project's registry is asked, not the fork's.
    let fork = [
        &MERGE_REQUEST[..],
        &["--variable", "CI_MERGE_REQUEST_PROJECT_ID=7"],
    ]
    .concat();
    let at = format!("CI_API_V4_URL={}", gitlab.api_url());
    let token = format!("CI_JOB_TOKEN={}", crate::fake_gitlab::TOKEN);
    let fork = [
        &fork[..],
        &[
            "--variable",
            &at,
            "--variable",
            &token,
            "--variable",
            "CI_PROJECT_ID=8",
            "--variable",
            "GITLAB_CI=true",
        ],
    ]
    .concat();
    let outcome = pipeline.run(&fork, &["lint", "train", "evaluate"])?;
    assert_eq!(outcome.code, Some(0), "{}", outcome.log);
    let evaluation = pipeline.json("evaluate", "out/evaluation.json")?;
    assert_eq!(
        evaluation["comparison"]["champion_sha256"], first["model_sha256"],
        "{evaluation}"
    );

    let outcome = run(&pipeline, &gitlab, &NEXT_TAG, &by_hand)?;
    assert_eq!(outcome.code, Some(0), "{}", outcome.log);
    pipeline.assert_stops()?;
    let second = pipeline.json("evaluate", "out/gate.json")?;
    assert_ne!(first["model_sha256"], second["model_sha256"]);
    let moved = pipeline.json("promote", "out/alias-move.json")?;
    assert_eq!(
        (&moved["package_version"], &moved["previous"]),
        (&"1.2.4".into(), &"1.2.3".into())
    );
    Ok(())
}

#[test]
fn a_release_is_signed_where_there_is_a_key_and_refused_where_one_is_asked_for() -> Result<()> {
    let Some(pipeline) = consumer()? else {
        return Ok(());
    };
    pipeline.checkout.edit(".gitlab-ci.yml", |text| {
        text.replace("name: churn, ", "name: churn, signing: required, ")
    })?;
    pipeline.checkout.commit("Ask for a signature")?;
    let gitlab = GitLab::start();
    let only = ["lint", "unit", "train", "evaluate", "package"];
    let outcome = run(&pipeline, &gitlab, &TAG, &only)?;
    outcome.assert_state("package", "FAIL");
    assert!(
        outcome.log.contains("TRAINYARD_SIGNING_KEY"),
        "{}",
        outcome.log
    );
    assert!(gitlab.files("churn", "1.2.3").is_empty());
    // A merge request has no protected variable, and releases nothing.
    let outcome = run(&pipeline, &gitlab, &MERGE_REQUEST, &only)?;
    outcome.assert_state("package", "PASS");

    let keys = tempfile::tempdir()?;
    let key = keys.path().join("team.key");
    let made = e2e::command(e2e::tools()?.join("publish-package"))
        .args(["keygen", "--out"])
        .arg(&key)
        .output()?;
    assert!(made.status.success(), "{made:?}");
    let private = format!("TRAINYARD_SIGNING_KEY={}", key.display());
    let public = format!("TRAINYARD_PUBLIC_KEY={}.pub", key.display());
    let signed = [&TAG[..], &["--variable", &private, "--variable", &public]].concat();
    let outcome = run(&pipeline, &gitlab, &signed, &only)?;
    outcome.assert_state("package", "PASS");
    let published = gitlab.files("churn", "1.2.3");
    let (name, archive) = published
        .iter()
        .find(|(name, _)| name == "churn-1.2.3.tar.gz")
        .context("the archive")?;
    let archive_file = keys.path().join(name);
    e2e_write(&archive_file, archive)?;
    let verified = e2e::command(e2e::tools()?.join("publish-package"))
        .arg("verify")
        .arg(&archive_file)
        .arg("--public-key")
        .arg(keys.path().join("team.key.pub"))
        .output()?;
    assert!(verified.status.success(), "{verified:?}");
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a file of a throw-away folder")]
fn e2e_write(path: &std::path::Path, bytes: &[u8]) -> Result<()> {
    Ok(std::fs::write(path, bytes)?)
}
