//! Our own tag pipeline releases the tools, and a consumer that names our project gets those very files.

use anyhow::{Context as _, Result};
use e2e::{Ran, command, tools};

use crate::consumer::{at, consumer};
use crate::fake_gitlab::GitLab;
use crate::pipeline::Pipeline;

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn tag(version: &str) -> [String; 4] {
    [
        "--variable".to_owned(),
        format!("CI_COMMIT_TAG=v{version}"),
        "--unset-variable".to_owned(),
        "CI_COMMIT_BRANCH".to_owned(),
    ]
}

fn release(pipeline: &Pipeline, gitlab: &GitLab, version: &str, more: &[&str]) -> Result<Ran> {
    let bin = format!("TRAINYARD_BIN={}", tools()?.display());
    let arguments = [at(gitlab), tag(version).to_vec()].concat();
    let mut arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    arguments.extend(["--variable", &bin]);
    arguments.extend(more);
    arguments.push("tools");
    Ran::of(&mut pipeline.command(&arguments)?)
}

#[test]
fn what_our_tag_releases_a_consumer_installs_from_our_project() -> Result<()> {
    let (Some(own), Some(pipeline)) = (Pipeline::new()?, consumer()?) else {
        return Ok(());
    };
    let gitlab = GitLab::start();

    // A tag that is not the tools' version releases nothing.
    let ran = release(&own, &gitlab, "9.9.9", &[])?;
    assert_ne!(ran.code, Some(0), "{ran:?}");
    assert!(gitlab.files("trainyard", VERSION).is_empty());

    let keys = tempfile::tempdir()?;
    let key = keys.path().join("team.key");
    let made = command(tools()?.join("publish-package"))
        .args(["keygen", "--out"])
        .arg(&key)
        .output()?;
    assert!(made.status.success(), "{made:?}");
    let key = format!("TRAINYARD_SIGNING_KEY={}", key.display());
    let signed = ["--variable", key.as_str()];
    let ran = release(&own, &gitlab, VERSION, &signed)?;
    ran.assert_code(0);
    let released = gitlab.files("trainyard", VERSION);
    let names: Vec<&str> = released.iter().map(|(name, _)| name.as_str()).collect();
    let archive = format!(
        "trainyard-{VERSION}-{}-linux.tar.gz",
        std::env::consts::ARCH
    );
    assert_eq!(names, [archive.as_str(), "SHA256SUMS.sig", "SHA256SUMS"]);
    assert!(!gitlab.token_reached_the_storage());

    // Once more changes nothing; with another key, or other bytes, it is refused.
    gitlab.take_log("PUT");
    release(&own, &gitlab, VERSION, &signed)?.assert_code(0);
    assert!(gitlab.take_log("PUT").is_empty());
    for (name, bytes) in &released {
        std::fs::File::create(keys.path().join(name))
            .and_then(|mut file| std::io::Write::write_all(&mut file, bytes))?;
    }
    let verified = command("sh")
        .arg("-c")
        .arg(
            "openssl dgst -sha256 -verify team.key.pub -signature SHA256SUMS.sig SHA256SUMS \
             && sha256sum -c SHA256SUMS",
        )
        .current_dir(keys.path())
        .output()?;
    assert!(verified.status.success(), "{verified:?}");
    gitlab.store("trainyard", VERSION, "SHA256SUMS", b"0  other\n");
    let ran = release(&own, &gitlab, VERSION, &signed)?;
    assert_ne!(ran.code, Some(0), "{ran:?}");
    gitlab.store("trainyard", VERSION, "SHA256SUMS", &released[2].1);

    // The consumer's six lines name our project; nothing else is on its PATH.
    let arguments = at(&gitlab);
    let mut arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    arguments.push("lint");
    let ran = Ran::of(&mut pipeline.command(&arguments)?)?;
    ran.assert_code(0);
    let report = pipeline.json("lint", "out/data-report.json")?;
    assert_eq!(report["produced_by"]["version"], VERSION, "{report}");
    assert!(!gitlab.token_reached_the_storage());
    Ok(())
}

/// What the pipeline's `build` hands on is what the jobs call, and what a release packs.
#[test]
fn our_build_hands_on_every_tool_that_a_job_calls() -> Result<()> {
    let Some(own) = Pipeline::new()? else {
        return Ok(());
    };
    let preview = own.preview()?;
    let paths = preview["build"]["artifacts"]["paths"]
        .as_array()
        .context("paths")?;
    let mut handed: Vec<&str> = paths
        .iter()
        .filter_map(|path| path.as_str()?.strip_prefix("target/release/"))
        .collect();
    handed.sort_unstable();
    let packed = std::fs::read_to_string(e2e::repository()?.join("ci-templates/pack.sh"))?;
    let (_, packed) = packed
        .split_once("tools=\"")
        .context("the list of pack.sh")?;
    let (packed, _) = packed.split_once('"').context("its end")?;
    let mut packed: Vec<&str> = packed.split_whitespace().collect();
    packed.sort_unstable();
    assert_eq!(handed, packed);

    let install = std::fs::read_to_string(e2e::repository()?.join("ci-templates/install.sh"))?;
    let (_, checked) = install.split_once("for tool in ").context("the loop")?;
    let (checked, _) = checked.split_once("; do").context("its end")?;
    let mut checked: Vec<&str> = checked
        .split_whitespace()
        .filter(|word| *word != "\\")
        .collect();
    checked.sort_unstable();
    assert_eq!(checked, packed, "install.sh looks for every tool");

    for (name, job) in crate::template::jobs(&preview)? {
        let script = crate::template::script(&job);
        for tool in e2e::TOOLS {
            let calls = script.lines().any(|line| {
                line.trim_start().starts_with(&format!("{tool} "))
                    || line.contains(&format!("$({tool} "))
            });
            assert!(
                !calls || packed.contains(&tool),
                "{name} calls `{tool}`, which no artifact brings"
            );
        }
    }
    Ok(())
}
