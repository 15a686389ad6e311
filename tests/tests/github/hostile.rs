//! Names that a contributor chooses reach the actions' scripts as text.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::Result;
use e2e::{Job, files_below, references, repository};
use serde_json::Value;

/// Tools that write what they are told to write and end with the code in `CODE`: what is looked for is a
/// script that does more than it should.
const STAND_IN: &str = r#"#!/bin/bash
name= version= target=
while [ $# -gt 0 ]; do
  case "$1" in
    --out | --archive | --measurement | --holdout)
      case "$2" in
        *.json | *.gz | *.md | *.csv) mkdir -p "$(dirname "$2")" && echo "{}" > "$2" ;;
      esac
      ;;
    --name) name=$2 ;;
    --package-version) version=$2 ;;
    --target) target=$2 ;;
  esac
  shift
done
case "${0##*/}" in
  train) mkdir -p out/model && touch out/model/model.onnx ;;
  eval-gate) echo "{}" > out/gate.json ;;
  publish-package)
    case "$target" in
      dir:*)
        folder="${target#dir:}/$name/$version"
        mkdir -p "$folder" && echo package > "$folder/$name-$version.tar.gz"
        ;;
    esac
    ;;
esac
exit "${CODE:-0}"
"#;

#[expect(clippy::disallowed_methods, reason = "files of a throw-away folder")]
fn stand_ins(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    let mut names: Vec<String> = vec!["curl".to_owned()];
    for entry in fs::read_dir(repository()?.join("tools"))? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    for name in names {
        let path = folder.join(name);
        fs::write(&path, STAND_IN)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

#[test]
fn no_name_of_a_branch_or_tag_and_no_input_runs_as_code() -> Result<()> {
    let mut ran = 0;
    for entry in fs::read_dir(repository()?.join("ci-templates/github"))? {
        let action = entry?.path();
        let Ok(text) = fs::read_to_string(action.join("action.yml")) else {
            continue;
        };
        if action.ends_with("setup") {
            continue; // its inputs are of the workflow's author; install.sh has a test of its own
        }
        let parsed: Value = serde_saphyr::from_str(&text)?;
        for name in references() {
            let folder = tempfile::tempdir()?;
            let bin = folder.path().join("bin");
            stand_ins(&bin)?;
            let work = folder.path().join("work/deep");
            fs::create_dir_all(&work)?;
            let job = Job::new(
                &work,
                &[
                    ("GITHUB_REF_NAME", &name),
                    ("GITHUB_HEAD_REF", &name),
                    ("GITHUB_REF_TYPE", "tag"),
                    ("GITHUB_ACTOR", &name),
                    ("GITHUB_SHA", "0123456789abcdef"),
                ],
            )?;
            let bin = bin.to_string_lossy();
            let with: Vec<(&str, &str)> = parsed["inputs"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(input, _)| match input.as_str() {
                    "tools" => ("tools", &*bin),
                    input => (input, name.as_str()),
                })
                .collect();
            let outcome = job.run(&action, &with)?;
            // Nothing but what the runner knows: a value of several lines would be a second output.
            let declared = parsed["outputs"].as_object();
            let declared = declared.map_or(0, serde_json::Map::len);
            assert!(outcome.outputs.len() <= declared, "{:?}", outcome.outputs);
            ran += 1;
            let made = files_below(folder.path())?;
            assert!(
                !made.iter().any(|file| file.ends_with("canary")),
                "{}: {name:?} ran: {made:?}",
                action.display()
            );
        }
    }
    assert!(ran >= 40 * 20, "{ran}");
    Ok(())
}

/// A tag that is no release gives the package a version of ours, whatever it is called; and the names
/// that end up in outputs are the version's and the model's own.
#[test]
fn a_hostile_tag_is_packed_under_a_version_of_ours() -> Result<()> {
    for name in references() {
        let folder = tempfile::tempdir()?;
        let bin = folder.path().join("bin");
        stand_ins(&bin)?;
        let work = folder.path().join("work");
        fs::create_dir_all(&work)?;
        let settings = [
            ("GITHUB_REF_NAME", name.as_str()),
            ("GITHUB_REF_TYPE", "tag"),
            ("GITHUB_EVENT_NAME", "push"),
            ("GITHUB_SHA", "0123456789abcdef"),
        ];
        let job = Job::new(&work, &settings)?;
        let bin = bin.to_string_lossy();
        let action = repository()?.join("ci-templates/github/stage-package");
        let outcome = job.run(&action, &[("name", "churn"), ("tools", &bin)])?;
        assert_eq!(outcome.code, 0, "{name:?}: {}", outcome.log);
        assert_eq!(outcome.outputs["version"], "0.0.0-g01234567", "{name:?}");
        assert_eq!(outcome.outputs["release"], "false", "{name:?}");
        let package = "out/registry/churn/0.0.0-g01234567/churn-0.0.0-g01234567.tar.gz";
        assert_eq!(outcome.outputs["package"], package, "{name:?}");
        // As the model's name, the prefix of its tags or a version, it is refused by name.
        for with in [
            [
                ("name", name.as_str()),
                ("tag-prefix", "v"),
                ("release-as", ""),
            ],
            [
                ("name", "churn"),
                ("tag-prefix", name.as_str()),
                ("release-as", ""),
            ],
        ] {
            let with = [&with[..], &[("tools", &*bin)]].concat();
            let outcome = job.run(&action, &with)?;
            assert_eq!(outcome.code, 2, "{with:?}: {}", outcome.log);
            assert!(outcome.log.contains("error: the input"), "{}", outcome.log);
        }
    }
    Ok(())
}

/// A tool's exit code is the step's, and nothing that failed is let pass but a warning that may be.
#[test]
fn every_exit_code_of_a_tool_is_the_step_s() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let bin = folder.path().join("bin");
    stand_ins(&bin)?;
    let bin = bin.to_string_lossy();
    for code in [0, 1, 2, 3, 4, 75, 101] {
        let text = code.to_string();
        let settings = [
            ("CODE", text.as_str()),
            ("GITHUB_SHA", "0123456789abcdef"),
            ("GITHUB_REF_TYPE", "branch"),
            ("GITHUB_REF_NAME", "main"),
        ];
        for (action, with, may_warn) in [
            ("data-check", vec![("arguments", "--data\nx")], true),
            (
                "forge-report",
                vec![("arguments", "--format\ngithub")],
                true,
            ),
            ("stage-train", vec![("data", "t.csv")], false),
            ("stage-package", vec![("name", "churn")], false),
            ("retrain", vec![("name", "churn"), ("token", "t")], false),
        ] {
            for on_warning in ["block", "warn"] {
                let work = tempfile::tempdir()?;
                let job = Job::new(work.path(), &settings)?;
                let mut with = [&with[..], &[("tools", &*bin)]].concat();
                if may_warn {
                    with.push(("on-warning", on_warning));
                }
                let path = repository()?.join("ci-templates/github").join(action);
                let outcome = job.run(&path, &with)?;
                let passes = may_warn && on_warning == "warn" && code == 4;
                let expected = if passes { 0 } else { code };
                assert_eq!(outcome.code, expected, "{action}: {}", outcome.log);
                if may_warn {
                    assert_eq!(outcome.outputs["exit-code"], text, "{action}");
                }
            }
        }
    }
    Ok(())
}
