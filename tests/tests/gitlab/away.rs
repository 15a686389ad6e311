//! A spot machine that goes away with its cache: checkpoints among the project's packages.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use anyhow::{Result, ensure};
use e2e::{command, repository, tools};
use yard_contract::Sha256;

use crate::fake_gitlab::{Fault, GitLab, TOKEN};
use crate::loopback::Reply;

/// Long enough to be met in the middle of it.
const CONFIG: &str = "\
target: {column: defaulted, positive: \"1\"}
features:
  numbers: [amount_requested, income_monthly, days_employed, external_score]
  categories: [product, region]
split: {method: stratified, holdout_share: 0.3}
algorithm: gradient-boosting
seed: 7
gradient_boosting: {rounds: 3000, max_leaves: 7}
";
const PACKAGE: &str = "trainyard-checkpoints";

/// `train` on a machine that was never there before.
fn train(folder: &Path, gitlab: &GitLab) -> Result<Command> {
    fs::create_dir_all(folder.join("configs"))?;
    let mut file = fs::File::create(folder.join("configs/train.yaml"))?;
    file.write_all(CONFIG.as_bytes())?;
    let mut command = command(tools()?.join("train"));
    command
        .current_dir(folder)
        .arg("--data")
        .arg(repository()?.join("data/sample/training.csv"))
        .args(["--checkpoint", "gitlab:", "--checkpoint-rounds", "100"])
        .env("GITLAB_CI", "true")
        .env("CI_API_V4_URL", gitlab.api_url())
        .env("CI_PROJECT_ID", "7")
        .env("CI_JOB_TOKEN", TOKEN);
    Ok(command)
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The version that the checkpoints of this table and this configuration have.
fn version(gitlab: &GitLab) -> Option<String> {
    let uploads = gitlab.take_log("PUT");
    let path = uploads.first()?.path.clone();
    let rest = path.split_once(&format!("/generic/{PACKAGE}/"))?.1;
    Some(rest.split('/').next()?.to_owned())
}

#[test]
fn a_fit_goes_on_elsewhere_from_the_projects_packages() -> Result<()> {
    let whole = tempfile::tempdir()?;
    let gitlab = GitLab::start();
    let output = train(whole.path(), &gitlab)?.output()?;
    ensure!(output.status.success(), "{}", said(&output));
    let expected = fs::read(whole.path().join("out/model/model.onnx"))?;
    let version = version(&gitlab).unwrap_or_default();
    ensure!(version.parse::<Sha256>().is_ok(), "{version}");
    assert!(gitlab.files(PACKAGE, &version).is_empty(), "all withdrawn");

    for signal in ["-KILL", "-TERM"] {
        let gone = tempfile::tempdir()?;
        let mut child = train(gone.path(), &gitlab)?.stderr(Stdio::null()).spawn()?;
        while gitlab.files(PACKAGE, &version).is_empty() && child.try_wait()?.is_none() {
            std::thread::yield_now();
        }
        command("kill")
            .args([signal, &child.id().to_string()])
            .status()?;
        let code = child.wait()?.code();
        ensure!(code == Some(75) || signal == "-KILL", "{code:?}");
        assert!(
            !gitlab.is_shown(PACKAGE, &version),
            "people see no package of it"
        );

        let elsewhere = tempfile::tempdir()?;
        let output = train(elsewhere.path(), &gitlab)?.output()?;
        ensure!(output.status.success(), "{}", said(&output));
        ensure!(said(&output).contains("went on from"), "{}", said(&output));
        let resumed = fs::read(elsewhere.path().join("out/model/model.onnx"))?;
        assert_eq!(resumed, expected, "{signal}");
        assert!(gitlab.files(PACKAGE, &version).is_empty(), "all withdrawn");
    }
    assert!(!gitlab.token_reached_the_storage());
    Ok(())
}

#[test]
fn a_server_that_is_away_costs_a_checkpoint_and_not_the_fit() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let gitlab = GitLab::start();
    // One save that gives up.
    let busy = || Fault::Answer(Reply::new(503, b"").with("Retry-After", "0"));
    gitlab.fault("PUT", PACKAGE, busy(), 4);
    let output = train(folder.path(), &gitlab)?.output()?;
    ensure!(output.status.success(), "{}", said(&output));
    let told = said(&output);
    assert!(told.contains("round 100 was not saved"), "{told}");

    // A token that may not is no matter of patience.
    let folder = tempfile::tempdir()?;
    gitlab.fault("PUT", PACKAGE, Fault::Answer(Reply::new(403, b"{}")), 1);
    let output = train(folder.path(), &gitlab)?.output()?;
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    let told = said(&output);
    assert!(
        told.contains("cannot keep checkpoints in `gitlab:`"),
        "{told}"
    );
    assert!(told.contains("needs the Developer role"), "{told}");
    assert!(!told.contains(TOKEN), "{told}");

    // Nor is what was saved begun anew because it cannot be read for a while.
    let folder = tempfile::tempdir()?;
    gitlab.fault("GET", PACKAGE, busy(), 4);
    let output = train(folder.path(), &gitlab)?.output()?;
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));

    let mut elsewhere = train(folder.path(), &gitlab)?;
    let output = elsewhere.env_remove("CI_PROJECT_ID").output()?;
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(
        said(&output).contains("which every GitLab job has"),
        "{}",
        said(&output)
    );
    Ok(())
}
