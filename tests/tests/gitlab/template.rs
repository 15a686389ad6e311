//! The template as a text and as GitLab expands it: schemas, embedded scripts, hostile names.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use e2e::{command, files_below, python, references, repository, stages};
use serde_json::Value;

use crate::consumer::consumer;
use crate::pipeline::Pipeline;
use crate::{BRANCH, MERGE_REQUEST, SCHEDULE, TAG};

/// The expanded jobs of every event, each once.
fn jobs(pipeline: &Pipeline) -> Result<Vec<(String, Value)>> {
    let preview = pipeline.preview()?;
    let preview = preview.as_object().context("a mapping")?;
    Ok(preview
        .iter()
        .filter(|(_, job)| job["script"].is_array())
        .map(|(name, job)| (name.clone(), job.clone()))
        .collect())
}

fn script(job: &Value) -> String {
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
        .split_once("# 0: the tools")
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

#[test]
fn each_stage_can_be_included_alone() -> Result<()> {
    let folder = repository()?.join("ci-templates/gitlab/stages");
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let Some(pipeline) = consumer()? else {
            return Ok(());
        };
        let text =
            fs::read_to_string(repository()?.join("ci-templates/gitlab/stages").join(&name))?;
        // Only the inputs that this stage has may be given to it.
        let given: Vec<String> = [("name", "churn"), ("data", "data/training.csv")]
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
        let names: Vec<String> = [&BRANCH[..], &MERGE_REQUEST, &TAG, &SCHEDULE]
            .iter()
            .map(|event| pipeline.names(event))
            .collect::<Result<Vec<_>>>()?
            .concat();
        let stage = name.trim_end_matches(".yml");
        assert!(names.iter().any(|job| job == stage), "{name}: {names:?}");
    }
    Ok(())
}

#[test]
fn the_expanded_pipeline_follows_gitlab_s_schema() -> Result<()> {
    let (Some(pipeline), Some(python)) = (consumer()?, python()?) else {
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("expanded.yml");
    let mut preview = pipeline.preview()?;
    // gitlab-ci-local adds two stages that GitLab has anyway.
    preview
        .as_object_mut()
        .context("a mapping")?
        .remove("stages");
    write(&file, &serde_json::to_string(&preview)?)?;
    let output = command(python.with_file_name("check-jsonschema"))
        // An environment's URL may be a variable, which is no URI.
        .args([
            "--builtin-schema",
            "vendor.gitlab-ci",
            "--disable-formats",
            "uri",
        ])
        .arg(&file)
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");

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

#[test]
fn shellcheck_finds_nothing_in_any_job() -> Result<()> {
    let (Some(pipeline), Some(python)) = (consumer()?, python()?) else {
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    let mut files = Vec::new();
    for (name, job) in jobs(&pipeline)? {
        let file = folder.path().join(format!("{name}.sh"));
        write(&file, &format!("#!/bin/sh\n{}", script(&job)))?;
        files.push(file);
    }
    assert!(files.len() >= 10, "{files:?}");
    let output = command(python.with_file_name("shellcheck"))
        .args(&files)
        .output()?;
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    Ok(())
}

#[test]
fn no_name_of_a_branch_or_tag_runs_as_code_in_any_job() -> Result<()> {
    let Some(pipeline) = consumer()? else {
        return Ok(());
    };
    let jobs = jobs(&pipeline)?;
    let mut ran = 0;
    for (name, job) in &jobs {
        let script = script(job);
        for reference in references() {
            let folder = tempfile::tempdir()?;
            let bin = folder.path().join("bin");
            stand_ins(&bin)?;
            let work = folder.path().join("work/deep");
            fs::create_dir_all(&work)?;
            let mut shell = command("sh");
            shell
                .arg("-c")
                .arg(format!("set -e\n{script}"))
                .current_dir(&work)
                .env("CI_PROJECT_DIR", &work)
                .env("TRAINYARD_BIN", &bin);
            for (variable, value) in job["variables"].as_object().into_iter().flatten() {
                shell.env(variable, value.as_str().unwrap_or_default());
            }
            for variable in [
                "CI_COMMIT_TAG",
                "CI_COMMIT_BRANCH",
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
                shell.env(variable, &reference);
            }
            // A hostile package does not exist, so that no server is waited for.
            shell.env("MODEL_SHA256", "0").env("MODEL_PID", "0");
            shell.output()?;
            ran += 1;
            let made = files_below(folder.path())?;
            assert!(
                !made.iter().any(|file| file.ends_with("canary")),
                "{name}: {reference:?} ran: {made:?}"
            );
        }
    }
    assert!(ran >= 40 * 10, "{ran}");
    Ok(())
}

/// Tools that do nothing: what is looked for is a script that does too much.
fn stand_ins(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    let mut names: Vec<String> = vec!["curl".to_owned(), "nohup".to_owned(), "setsid".to_owned()];
    for entry in fs::read_dir(repository()?.join("tools"))? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    for name in names {
        let path = folder.join(name);
        let version = env!("CARGO_PKG_VERSION");
        write(
            &path,
            &format!(
                "#!/bin/sh\nif [ \"$1\" = --version ]; then echo \"${{0##*/}} {version}\"; fi\n"
            ),
        )?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a file of a throw-away folder")]
fn write(path: &Path, text: &str) -> Result<()> {
    Ok(fs::write(path, text)?)
}
