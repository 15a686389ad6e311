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
    let mut command = command("/bin/sh");
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

/// A folder for PATH with what a small image has, and one program to fetch with.
fn image_with(fetcher: &str, folder: &Path) -> Result<Option<String>> {
    let Some(program) = e2e::search_path(fetcher) else {
        return Ok(None);
    };
    std::fs::create_dir_all(folder)?;
    for name in [
        "cat",
        "cp",
        "grep",
        "gzip",
        "head",
        "mkdir",
        "rm",
        "sed",
        "sh",
        "sha256sum",
        "tail",
        "tar",
        "uname",
    ] {
        let found = e2e::search_path(name).with_context(|| format!("`{name}`"))?;
        std::os::unix::fs::symlink(found, folder.join(name))?;
    }
    // A version manager's stand-in for python needs a shell of its own: ask for the program behind it.
    let program = if fetcher == "python3" {
        let asked = command(program)
            .args(["-c", "import sys; print(sys.executable)"])
            .output()?;
        String::from_utf8(asked.stdout)?.trim().into()
    } else {
        program
    };
    std::os::unix::fs::symlink(program, folder.join(fetcher))?;
    Ok(Some(folder.display().to_string()))
}

/// The job's token goes to the forge's API and not to the storage that it redirects to, whatever the image
/// has to fetch with.
#[test]
fn from_a_registry_the_token_stays_with_the_forge() -> Result<()> {
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
        // `gitlab-ci-token:canary` in base64, or the header of GitLab's own.
        let known = "Basic Z2l0bGFiLWNpLXRva2VuOmNhbmFyeQ==";
        let is = |name: &str, value: &str| request.headers.get(name).is_some_and(|v| v == value);
        if !is("authorization", known) && !is("job-token", "canary") {
            return Reply::new(401, b"");
        }
        Reply::new(302, b"").with("Location", &format!("{to}{}", request.path))
    });
    let base = api.url("/api/v4");
    let url = format!("{base}/projects/7/packages/generic/trainyard/{VERSION}");
    for fetcher in ["curl", "python3", "wget"] {
        let Some(path) = image_with(fetcher, &place.path().join(format!("with {fetcher}")))? else {
            continue;
        };
        let variables = [
            ("TRAINYARD_TOOLS_URL", url.as_str()),
            ("CI_API_V4_URL", &base),
            ("CI_JOB_TOKEN", "canary"),
            ("PATH", &path),
        ];
        let folder = place.path().join(format!("bin of {fetcher}"));
        let output = install(&folder, &variables)?;
        assert!(output.status.success(), "{fetcher}: {output:?}");
        assert!(folder.join("data-check").is_file(), "{archive}");
        assert!(!folder.join("wgetrc").exists());
        let heard = std::mem::take(&mut *heard.lock().unwrap());
        assert_eq!(heard.len(), 2, "{fetcher}: {heard:?}");
        for head in &heard {
            let head = head.to_lowercase();
            assert!(
                !head.contains("authorization") && !head.contains("canary"),
                "{fetcher}: {head}"
            );
        }
        // Who may not read is told apart from who has nothing to fetch with.
        let mut refused = variables;
        refused[2].1 = "another";
        let output = install(&place.path().join("refused"), &refused)?;
        assert_eq!(output.status.code(), Some(3), "{fetcher}: {output:?}");
    }
    let bare = place.path().join("bare");
    image_with("true", &bare)?;
    let path = bare.display().to_string();
    let output = install(
        &place.path().join("nothing"),
        &[("TRAINYARD_TOOLS_URL", url.as_str()), ("PATH", &path)],
    )?;
    assert_eq!(output.status.code(), Some(2), "{output:?}");
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
    // A job with an image has the same `CI_PROJECT_DIR` in every checkout here: the tools of another
    // test would be found there.
    let tools = format!(".trainyard/of-{}", std::process::id());
    pipeline.checkout.edit(".gitlab-ci.yml", |text| {
        text.replace(
            "tools_url: ''",
            &format!("tools_url: '{url}', tools: {tools}"),
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
