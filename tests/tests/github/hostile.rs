//! Names that a contributor chooses reach the actions' scripts as text.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::Result;
use e2e::{Job, files_below, references, repository};
use serde_json::Value;

/// Tools that do nothing: what is looked for is a script that does too much.
#[expect(clippy::disallowed_methods, reason = "files of a throw-away folder")]
fn stand_ins(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    let mut names: Vec<String> = vec!["curl".to_owned()];
    for entry in fs::read_dir(repository()?.join("tools"))? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    for name in names {
        let path = folder.join(name);
        fs::write(&path, "#!/bin/sh\nexit 0\n")?;
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
            job.run(&action, &with)?;
            ran += 1;
            let made = files_below(folder.path())?;
            assert!(
                !made.iter().any(|file| file.ends_with("canary")),
                "{}: {name:?} ran: {made:?}",
                action.display()
            );
        }
    }
    assert!(ran >= 40 * 10, "{ran}");
    Ok(())
}
