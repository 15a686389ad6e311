//! The image with the tools and a shell: built of files, pushed to a registry, and a job of the template in
//! it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use e2e::{ImageRegistry, Ran, command, repository, static_tool};

use crate::consumer::consumer;
use crate::template::{script, write};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What a release packs, with one real tool, and scripts that know their version for the others: what is
/// tried is the image.
fn release(out: &Path) -> Result<()> {
    let bin = tempfile::tempdir()?;
    for entry in fs::read_dir(repository()?.join("tools"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let path = bin.path().join(&name);
        write(&path, &format!("#!/bin/sh\necho \"{name} {VERSION}\"\n"))?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    }
    fs::copy(static_tool("data-check")?, bin.path().join("data-check"))?;
    let packed = Ran::of(
        command("sh")
            .arg(repository()?.join("ci-templates/pack.sh"))
            .args([bin.path(), out]),
    )?;
    packed.assert_code(0);
    Ok(())
}

#[test]
fn a_job_runs_in_the_image_that_a_release_builds() -> Result<()> {
    if e2e::search_path("busybox").is_none() {
        return Ok(());
    }
    let (Some(registry), Some(pipeline)) = (ImageRegistry::start()?, consumer()?) else {
        return Ok(());
    };
    let place = tempfile::tempdir()?;
    let out = place.path().join("release");
    release(&out)?;
    let image = format!("{}/group/trainyard/toolbox", registry.host);
    let storage = place.path().join("storage");
    let build = || {
        Ran::of(
            command("sh")
                .arg(repository()?.join("ci-templates/toolbox.sh"))
                .arg(&out)
                .arg(&image)
                .env("BUILDAH_PUSH", "--tls-verify=false")
                .env("XDG_RUNTIME_DIR", place.path())
                .env("STORAGE_OPTS", "")
                .env("CONTAINERS_STORAGE_CONF", storage_conf(&storage)?),
        )
    };
    let built = build()?;
    built.assert_code(0);
    let digest = fs::read_to_string(out.join("toolbox.digest"))?;
    assert!(
        built.stdout.contains(&format!("{image}@{digest}")),
        "{built:?}"
    );
    // Built again, it is the same image.
    build()?.assert_code(0);
    assert_eq!(digest, fs::read_to_string(out.join("toolbox.digest"))?);

    // What `lint` does on a runner with containers: this script, in this image, in the checkout.
    let preview = pipeline.preview()?;
    let lint = &preview["lint"];
    let rootfs = unpack(&image, place.path())?;
    let work = rootfs.join("builds");
    let copied = command("cp")
        .arg("-R")
        .arg(pipeline.checkout.path())
        .arg(&work)
        .output()?;
    assert!(copied.status.success(), "{copied:?}");
    let chroot = e2e::search_path("chroot").context("`chroot` is part of coreutils")?;
    let mut job = command(chroot);
    job.arg(&rootfs)
        .args(["/bin/sh", "-c"])
        .arg(format!("set -e; cd /builds\n{}", script(lint)))
        .env("PATH", "/usr/local/bin:/bin")
        .env("CI_PROJECT_DIR", "/builds");
    for (name, value) in lint["variables"].as_object().context("variables")? {
        job.env(name, value.as_str().unwrap_or_default());
    }
    Ran::of(&mut job)?.assert_code(0);
    let report = fs::read_to_string(work.join("out/data-report.json"))?;
    assert!(report.contains("\"data-report\""), "{report}");
    Ok(())
}

/// Storage of this test's own.
fn storage_conf(storage: &Path) -> Result<std::path::PathBuf> {
    let conf = storage.with_extension("conf");
    let folder = storage.display();
    write(
        &conf,
        &format!(
            "[storage]\ndriver = \"vfs\"\ngraphroot = \"{folder}/graph\"\nrunroot = \"{folder}/run\"\n"
        ),
    )?;
    Ok(conf)
}

/// The image's files, as umoci unpacks them from the registry.
fn unpack(image: &str, place: &Path) -> Result<std::path::PathBuf> {
    let layout = place.join("layout");
    let copied = Ran::of(
        command("skopeo")
            .args(["copy", "--src-tls-verify=false"])
            .arg(format!("docker://{image}:{VERSION}"))
            .arg(format!("oci:{}:toolbox", layout.display())),
    )?;
    copied.assert_code(0);
    let bundle = place.join("bundle");
    let unpacked = Ran::of(
        command("umoci")
            .args(["unpack", "--image"])
            .arg(format!("{}:toolbox", layout.display()))
            .arg(&bundle),
    )?;
    unpacked.assert_code(0);
    Ok(bundle.join("rootfs"))
}
