//! How the tools reach a job: packed as a release packs them, installed as a consumer installs them.

use std::path::Path;
use std::process::Output;
use std::sync::{Arc, Mutex};

use anyhow::{Context as _, Result};
use e2e::{command, repository, tools};

use crate::consumer::consumer;
use crate::loopback::{Reply, Request, Server};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The archive and SHA256SUMS, as the release leaves them.
fn release(out: &Path) -> Result<String> {
    let output = command("sh")
        .arg(repository()?.join("ci-templates/pack.sh"))
        .arg(tools()?)
        .arg(out)
        .output()?;
    assert!(output.status.success(), "{output:?}");
    let sums = std::fs::read_to_string(out.join("SHA256SUMS"))?;
    Ok(sums.split_whitespace().last().context("a name")?.to_owned())
}

fn install(folder: &Path, variables: &[(&str, &str)]) -> Result<Output> {
    let mut command = command("sh");
    command
        .arg(repository()?.join("ci-templates/install.sh"))
        .arg(folder)
        .env("PATH", "/usr/bin:/bin")
        .env("TRAINYARD_VERSION", VERSION);
    for (name, value) in variables {
        command.env(name, value);
    }
    Ok(command.output()?)
}

#[test]
fn what_a_release_packs_a_consumer_installs_and_nothing_else() -> Result<()> {
    let place = tempfile::tempdir()?;
    let out = place.path().join("release");
    let archive = release(&out)?;
    let again = place.path().join("again");
    release(&again)?;
    let bytes = std::fs::read(out.join(&archive))?;
    assert_eq!(bytes, std::fs::read(again.join(&archive))?, "packed twice");

    let url = out.to_str().context("a path in UTF-8")?;
    let folder = place.path().join("bin");
    let output = install(&folder, &[("TRAINYARD_TOOLS_URL", url)])?;
    assert!(output.status.success(), "{output:?}");
    let shown = command(folder.join("train")).arg("--version").output()?;
    assert_eq!(
        String::from_utf8(shown.stdout)?,
        format!("train {VERSION}\n")
    );
    assert!(!folder.join(&archive).exists(), "the archive is not kept");

    // Another digest than was announced: nothing is unpacked.
    let other = place.path().join("other");
    let wrong = "0".repeat(64);
    let output = install(
        &other,
        &[
            ("TRAINYARD_TOOLS_URL", url),
            ("TRAINYARD_TOOLS_SHA256", &wrong),
        ],
    )?;
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert_eq!(std::fs::read_dir(&other)?.count(), 0);

    // Nobody says where they are, or another version is there already.
    let output = install(&other, &[])?;
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let path = format!("{}:/usr/bin:/bin", folder.display());
    let output = install(&other, &[("PATH", &path), ("TRAINYARD_VERSION", "9.9.9")])?;
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("another version"), "{said}");
    Ok(())
}

/// The job's token goes to the forge's API and not to the storage that it redirects to.
#[test]
fn from_a_registry_the_token_stays_with_the_forge() -> Result<()> {
    if e2e::search_path("curl").is_none() {
        return Ok(());
    }
    let place = tempfile::tempdir()?;
    let out = place.path().join("release");
    let archive = release(&out)?;
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let files = out.clone();
    let log = Arc::clone(&heard);
    let storage = Server::start(move |request: Request| {
        log.lock().unwrap().push(request.head.clone());
        let name = request
            .path
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .to_owned();
        std::fs::read(files.join(name))
            .map_or(Reply::new(404, b""), |bytes| Reply::new(200, &bytes))
    });
    let to = storage.url("");
    let api = Server::start(move |request: Request| {
        // `gitlab-ci-token:canary` in base64.
        let known = "Basic Z2l0bGFiLWNpLXRva2VuOmNhbmFyeQ==";
        if request.headers.get("authorization").map(String::as_str) != Some(known) {
            return Reply::new(401, b"");
        }
        Reply::new(302, b"").with("Location", &format!("{to}{}", request.path))
    });
    let base = api.url("/api/v4");
    let url = format!("{base}/projects/7/packages/generic/trainyard/{VERSION}");
    let folder = place.path().join("bin");
    let output = install(
        &folder,
        &[
            ("TRAINYARD_TOOLS_URL", &url),
            ("CI_API_V4_URL", &base),
            ("CI_JOB_TOKEN", "canary"),
        ],
    )?;
    assert!(output.status.success(), "{output:?}");
    assert!(folder.join("data-check").is_file(), "{archive}");
    let heard = heard.lock().unwrap();
    assert_eq!(heard.len(), 2, "{heard:?}");
    for head in heard.iter() {
        assert!(!head.to_lowercase().contains("authorization"), "{head}");
    }
    Ok(())
}

#[test]
fn a_consumer_s_job_installs_the_release_by_itself() -> Result<()> {
    let Some(pipeline) = consumer()? else {
        return Ok(());
    };
    let place = tempfile::tempdir()?;
    release(place.path())?;
    let url = place.path().display().to_string();
    pipeline.checkout.edit(".gitlab-ci.yml", |text| {
        text.replace(
            "tools_project: group/trainyard",
            &format!("tools_url: '{url}'"),
        )
    })?;
    pipeline.checkout.commit("Take the tools from a folder")?;
    let output = pipeline
        .command(&["--variable", "CI_API_V4_URL=", "lint"])?
        .output()?;
    let log = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{log}");
    let report = pipeline.json("lint", "out/data-report.json")?;
    assert_eq!(report["produced_by"]["version"], VERSION, "{report}");
    Ok(())
}
