//! Names of branches and tags that want to be code, in every script to its very end.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use e2e::{command, files_below, references, repository};
use serde_json::Value;

use crate::inputs::with_everything;
use crate::template::{jobs, script, write};

/// Stands for every tool, and for the programs that would reach out of the job. It leaves what the real
/// one leaves, so that what a script does afterwards runs too.
const STAND_IN: &str = r#"#!/bin/sh
tool=${0##*/}
if [ "$1" = --version ]; then echo "$tool VERSION"; exit 0; fi
case "$tool" in
  sha256sum) echo "0000  -"; exit 0 ;;
  curl)
    for last; do :; done
    case "$*" in
      *--upload-file*) printf 201 ;;
      *--write-out*) case "$last" in *ledger/1/ledger.json) printf 200 ;; *ledger.json) printf 404 ;; *) printf 200 ;; esac ;;
    esac
    case "$last" in */health/live) exit 7 ;; esac ;;
esac
out=""
while [ $# -gt 0 ]; do
  case "$1" in
    --name) name=$2 ;;
    --package-version) version=$2 ;;
    --ledger-out) echo '{"looks": 2}' > "$2" ;;
    --out | --output | --archive | --annotations) out=$2; mkdir -p "$(dirname "$2")"; [ -d "$2" ] || echo '{}' > "$2" ;;
  esac
  shift
done
case "$tool" in
  eval-gate) for file in gate evaluation metrics; do echo '{}' > "out/$file.json"; done ;;
  publish-package)
    if [ -n "${version+set}" ]; then
      package="out/registry/$name/$version/$name-$version.tar.gz"
      mkdir -p "${package%/*}"
      echo '{}' > bom.cdx.json
      tar -czf "$package" bom.cdx.json
    fi ;;
esac
"#;

/// Everything that a job may have from the jobs before it.
fn earlier(work: &Path) -> Result<()> {
    for (path, text) in [
        ("out/report.html", "<p>"),
        ("out/data-report.json", "{}"),
        ("out/split.json", "{}"),
        ("out/explanation.json", "{}"),
        ("out/gate.json", "{}"),
        ("configs/card.yaml", "{}"),
        ("configs/train.yaml", "{}"),
        ("configs/drift.yaml", "{}"),
        ("out/candidates/a/holdout.csv", "x"),
        ("out/candidates/a/split.json", "{}"),
        (
            "out/candidates/a/model/run.json",
            "{\n  \"cross_validation\": {\n    \"metric\": \"auc\",\n    \"mean\": 0.7\n  }\n}\n",
        ),
        ("retrains/seed-1.json", "{}"),
    ] {
        let path = work.join(path);
        fs::create_dir_all(path.parent().context("a folder")?)?;
        write(&path, text)?;
    }
    Ok(())
}

/// How a script ends, and the files that are there then.
fn run(job: &Value, reference: &str) -> Result<(Option<i32>, String, Vec<std::path::PathBuf>)> {
    let folder = tempfile::tempdir()?;
    let bin = folder.path().join("bin");
    stand_ins(&bin)?;
    let work = folder.path().join("work/deep");
    fs::create_dir_all(&work)?;
    earlier(&work)?;
    let mut shell = command("sh");
    shell
        .arg("-c")
        .arg(format!(
            "set -e\n{}\necho 'to the very end'\n",
            script(job).replace("exit 0\n", "echo 'to the very end'; exit 0\n")
        ))
        .current_dir(&work)
        .env("CI_PROJECT_DIR", &work)
        .env("CI_API_V4_URL", "http://127.0.0.1:9/api/v4")
        .env("CI_PROJECT_ID", "7")
        .env("CI_JOB_TOKEN", "token")
        .env("CI_COMMIT_REF_PROTECTED", "true")
        .env("TRAINYARD_SIGNING_KEY", "key")
        .env("TRAINYARD_PUBLIC_KEY", "key")
        .env("TRAINYARD_BIN", &bin)
        .env("TRAINYARD_CANDIDATE", "a.yaml")
        .env("MODEL_SHA256", "0")
        .env("MODEL_PID", "0");
    for (variable, value) in job["variables"].as_object().into_iter().flatten() {
        shell.env(variable, value.as_str().unwrap_or_default());
    }
    for variable in [
        "CI_COMMIT_TAG",
        "CI_COMMIT_BRANCH",
        "CI_DEFAULT_BRANCH",
        "CI_COMMIT_REF_NAME",
        "CI_COMMIT_TITLE",
        "CI_COMMIT_MESSAGE",
        "CI_COMMIT_AUTHOR",
        "CI_COMMIT_SHORT_SHA",
        "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
        "CI_MERGE_REQUEST_TITLE",
        "GITLAB_USER_NAME",
        // What an earlier job hands on follows from the tag.
        "MODEL_VERSION",
        "MODEL_PACKAGE",
        "MODEL_URL",
    ] {
        shell.env(variable, reference);
    }
    let output = shell.output()?;
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    Ok((output.status.code(), said, files_below(folder.path())?))
}

#[test]
fn no_name_of_a_branch_or_tag_runs_as_code_in_any_job() -> Result<()> {
    let Some(pipeline) = with_everything()? else {
        return Ok(());
    };
    let preview = pipeline.preview()?;
    // Of the first model what the second one does otherwise: neither sweep nor ledger.
    let jobs: Vec<_> = jobs(&preview)?
        .into_iter()
        .filter(|(name, _)| name.starts_with("fees-") || name == "train" || name == "evaluate")
        .collect();
    assert!(jobs.len() >= 14, "{}", jobs.len());
    let mut ran = 0;
    for (name, job) in &jobs {
        for reference in references() {
            let (code, said, made) = run(job, &reference)?;
            ran += 1;
            assert!(
                !made.iter().any(|file| file.ends_with("canary")),
                "{name}: {reference:?} ran: {made:?}"
            );
            // A deployment that left no address is nothing to ask.
            if reference.is_empty() && name == "fees-smoke" {
                assert_eq!(code, Some(2), "{name}: {said}");
                continue;
            }
            assert_eq!(code, Some(0), "{name}: {reference:?}: {said}");
            let judged = name.ends_with("evaluate") || name.ends_with("drift");
            assert!(judged || said.contains("to the very end"), "{name}: {said}");
            // What comes after the verdict has run as well.
            let left = |file: &str| made.iter().any(|made| made.ends_with(file));
            match name.as_str() {
                "fees-evaluate" => assert!(
                    left("out/model_card.md") && said.contains("this look is"),
                    "{reference:?}: {said}"
                ),
                "fees-package" => assert!(left("package.env"), "{reference:?}: {said}"),
                "fees-deploy" => assert!(left("deploy.env"), "{reference:?}: {said}"),
                "fees-drift" => assert!(left("out/annotations.json"), "{reference:?}: {said}"),
                _ => {}
            }
        }
    }
    assert!(ran >= 40 * 14, "{ran}");
    Ok(())
}

fn stand_ins(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    let mut names: Vec<String> = ["curl", "nohup", "setsid", "sha256sum"]
        .map(str::to_owned)
        .to_vec();
    for entry in fs::read_dir(repository()?.join("tools"))? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    let one = folder.join(".stand-in");
    write(
        &one,
        &STAND_IN.replace("VERSION", env!("CARGO_PKG_VERSION")),
    )?;
    fs::set_permissions(&one, fs::Permissions::from_mode(0o755))?;
    for name in names {
        std::os::unix::fs::symlink(&one, folder.join(name))?;
    }
    Ok(())
}
