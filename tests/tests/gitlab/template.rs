//! The template as a text and as GitLab expands it: its parts, its schema, its scripts.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use e2e::{command, files_below, python, repository, stages};
use serde_json::Value;

use crate::consumer::consumer;
use crate::pipeline::Pipeline;
use crate::{SCHEDULE, TAG};

/// The expanded jobs of every event, each once.
pub(crate) fn jobs(preview: &Value) -> Result<Vec<(String, Value)>> {
    let preview = preview.as_object().context("a mapping")?;
    Ok(preview
        .iter()
        .filter(|(_, job)| job["script"].is_array())
        .map(|(name, job)| (name.clone(), job.clone()))
        .collect())
}

pub(crate) fn script(job: &Value) -> String {
    let lines: Vec<&str> = ["before_script", "script"]
        .iter()
        .flat_map(|key| job[*key].as_array().into_iter().flatten())
        .filter_map(Value::as_str)
        .collect();
    lines.join("\n") + "\n"
}

#[test]
fn the_stages_files_are_cut_out_of_the_whole() -> Result<()> {
    let folder = repository()?.join("ci-templates/gitlab");
    let whole = fs::read_to_string(folder.join("ml-pipeline.yml"))?;
    for (name, text) in stages(&whole)? {
        let written =
            fs::read_to_string(folder.join("stages").join(&name)).context(name.clone())?;
        assert_eq!(written, text, "`make bless` writes `{name}`");
    }
    Ok(())
}

#[test]
fn the_template_installs_as_install_sh_does_and_both_are_of_our_version() -> Result<()> {
    let templates = repository()?.join("ci-templates");
    let install = fs::read_to_string(templates.join("install.sh"))?;
    let (_, function) = install
        .split_once("# 0: all tools")
        .context("the function's comment")?;
    let (function, _) = function
        .split_once("\ninstall_tools \"$1\"")
        .context("its call")?;
    let whole = fs::read_to_string(templates.join("gitlab/ml-pipeline.yml"))?;
    let text = |text: &str| -> Vec<String> { text.lines().map(|l| l.trim().to_owned()).collect() };
    let (wanted, carried) = (text(function.trim_end()), text(&whole));
    let found = carried
        .windows(wanted.len())
        .any(|lines| lines[1..] == wanted[1..]);
    assert!(
        found,
        "the template's install_tools is not that of install.sh"
    );

    let version = env!("CARGO_PKG_VERSION");
    let default = format!("      default: {version}\n");
    assert!(whole.contains(&default), "the input `version`");
    let setup = fs::read_to_string(templates.join("github/setup/action.yml"))?;
    assert!(setup.contains(&format!("    default: {version}\n")));
    Ok(())
}

/// A consumer of each stage's file, by the stage's name.
fn alone() -> Result<Vec<(String, Pipeline)>> {
    let folder = repository()?.join("ci-templates/gitlab/stages");
    let mut all = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let Some(pipeline) = consumer()? else {
            break;
        };
        let text = fs::read_to_string(folder.join(&name))?;
        // Only the inputs that this stage has may be given to it.
        let given: Vec<String> = [
            ("name", "churn"),
            ("data", "data/training.csv"),
            ("fresh", "data/training.csv"),
        ]
        .iter()
        .filter(|(input, _)| text.contains(&format!("\n    {input}:\n")))
        .map(|(input, value)| format!("{input}: {value}"))
        .collect();
        let own = format!(
            "include:\n  - local: ci-templates/gitlab/stages/{name}\n    inputs: {{ {} }}\n",
            given.join(", ")
        );
        pipeline.checkout.edit(".gitlab-ci.yml", |_| own)?;
        pipeline.checkout.commit("Include a stage alone")?;
        all.push((name.trim_end_matches(".yml").to_owned(), pipeline));
    }
    Ok(all)
}

#[test]
fn each_stage_can_be_included_alone() -> Result<()> {
    for (stage, pipeline) in alone()? {
        let event = if stage == "drift" {
            &SCHEDULE[..]
        } else {
            &TAG
        };
        let names = pipeline.names(event)?;
        assert!(names.contains(&stage), "{stage}: {names:?}");
    }
    Ok(())
}

/// Every way in which somebody includes a file of ours, each as gitlab-ci-local expands it: the whole,
/// each stage alone, and our own pipeline.
pub(crate) fn expanded() -> Result<Option<Vec<(String, Value)>>> {
    let (Some(whole), Some(own)) = (consumer()?, Pipeline::new()?) else {
        return Ok(None);
    };
    let mut all = vec![
        ("the example".to_owned(), whole.preview()?),
        ("our own".to_owned(), own.preview()?),
    ];
    for (name, pipeline) in alone()? {
        all.push((name, pipeline.preview()?));
    }
    Ok(Some(all))
}

/// GitLab's own schema, as check-jsonschema carries it.
pub(crate) fn assert_schema(pipelines: &[(String, Value)]) -> Result<()> {
    let Some(python) = python()? else {
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    let mut check = command(python.with_file_name("check-jsonschema"));
    // An environment's URL may be a variable, which is no URI.
    check.args([
        "--builtin-schema",
        "vendor.gitlab-ci",
        "--disable-formats",
        "uri",
    ]);
    for (name, preview) in pipelines {
        let file = folder.path().join(format!("{name}.yml"));
        let mut preview = preview.clone();
        // gitlab-ci-local adds two stages that GitLab has anyway.
        preview
            .as_object_mut()
            .context("a mapping")?
            .remove("stages");
        write(&file, &serde_json::to_string(&preview)?)?;
        check.arg(file);
    }
    let output = check.output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    Ok(())
}

/// Every script of every job.
pub(crate) fn assert_no_complaint_of_shellcheck(pipelines: &[(String, Value)]) -> Result<()> {
    let Some(python) = python()? else {
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    let mut check = command(python.with_file_name("shellcheck"));
    for (pipeline, preview) in pipelines {
        for (name, job) in jobs(preview)? {
            let file = folder.path().join(format!("{pipeline} {name}.sh"));
            write(&file, &format!("#!/bin/sh\n{}", script(&job)))?;
            check.arg(file);
        }
    }
    let output = check.output()?;
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    Ok(())
}

#[test]
fn every_input_says_what_it_is_for() -> Result<()> {
    // The header of inputs is a document of its own.
    for path in templates()? {
        let text = fs::read_to_string(&path)?;
        let (header, _) = text.split_once("\n---\n").context("two documents")?;
        let parsed: Value = serde_saphyr::from_str(header)?;
        for (name, input) in parsed["spec"]["inputs"].as_object().context("inputs")? {
            let described = input["description"].as_str().unwrap_or_default();
            assert!(
                (10..=1024).contains(&described.len()),
                "{}: `{name}`",
                path.display()
            );
        }
    }
    Ok(())
}

fn templates() -> Result<Vec<PathBuf>> {
    let files = files_below(&repository()?.join("ci-templates/gitlab"))?;
    Ok(files
        .into_iter()
        .map(|file| Ok(repository()?.join("ci-templates/gitlab").join(file)))
        .collect::<Result<Vec<_>>>()?
        .into_iter()
        .filter(|file| file.extension().is_some_and(|extension| extension == "yml"))
        .collect())
}

#[expect(clippy::disallowed_methods, reason = "a file of a throw-away folder")]
pub(crate) fn write(path: &Path, text: &str) -> Result<()> {
    Ok(fs::write(path, text)?)
}
