//! Images and artifacts at a real registry, looked at by programs that are not ours.

mod connection;

use std::ffi::OsStr;
use std::fs;
use std::process::{Child, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use e2e::{ImageRegistry, Ran, Yard, command, repository, static_serve};
use serde_json::Value;

/// Runs a program that is expected to succeed.
fn ran(program: &str, arguments: &[&str]) -> Result<String> {
    let ran = Ran::of(command(program).args(arguments))?;
    ran.assert_code(0);
    Ok(ran.stdout)
}

/// A yard with a package, at a version, and a static server beside it.
fn prepared() -> Result<Yard> {
    let yard = Yard::prepared()?;
    fs::copy(static_serve()?, yard.path().join("serve"))?;
    Ok(yard)
}

/// Tests that measure time, or start containers, run one after the other.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// `buildah` with stores in a folder of the test.
struct Buildah<'y>(&'y Yard);

impl Buildah<'_> {
    fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = command("buildah");
        command
            .env("HOME", self.0.path())
            .env("XDG_RUNTIME_DIR", self.0.path())
            .args(["--storage-driver", "vfs", "--root"])
            .arg(self.0.path().join("store"))
            .arg("--runroot")
            .arg(self.0.path().join("run"))
            .args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Result<String> {
        let ran = Ran::of(&mut self.command(arguments))?;
        ran.assert_code(0);
        Ok(ran.stdout)
    }

    /// Runs the server of a container as its image says, on a free port, and asks it for a prediction.
    fn answers(&self, container: &str) -> Result<Value> {
        let port = std::net::TcpListener::bind("127.0.0.1:0")?
            .local_addr()?
            .port();
        let listen = format!("127.0.0.1:{port}");
        let mut command = self.command(&["run", "--isolation", "chroot", container, "--"]);
        // The port is the only difference: in a container of its own, 8080 is always free.
        command.args(["/serve", "--package", "/package", "--listen", &listen]);
        let child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut running = Running(child);
        let began = Instant::now();
        while std::net::TcpStream::connect(&listen).is_err() {
            if running.0.try_wait()?.is_some() || began.elapsed() > Duration::from_secs(30) {
                bail!("the container does not serve")
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let row = r#"{"rows": [{"amount_requested": 4750, "income_monthly": 2990, "days_employed": -1428,
            "external_score": null, "bureau_overdue_days_max": null, "product": "cash_loan", "region": "north"}]}"#;
        post(&listen, "/predict", row)
    }
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Whatever it started goes with it: the server is its only child.
        let children = format!("/proc/{0}/task/{0}/children", self.0.id());
        for child in fs::read_to_string(children)
            .unwrap_or_default()
            .split_whitespace()
        {
            let _ = command("kill").arg(child).status();
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn post(address: &str, path: &str, body: &str) -> Result<Value> {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(address)?;
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("an answer")?;
    anyhow::ensure!(head.contains(" 200 "), "{head}\n{body}");
    Ok(serde_json::from_str(body)?)
}

#[test]
fn an_image_is_read_and_run_by_skopeo_umoci_and_buildah() -> Result<()> {
    let Some(registry) = ImageRegistry::start()? else {
        return Ok(());
    };
    let _alone = alone();
    let yard = prepared()?;
    let to = format!("oci://{}/small-serve", registry.host);
    yard.stage("publish-image", &["--target", &to])?
        .assert_code(0);
    let receipt = yard.json("out/image-receipt.json")?;
    let size = receipt["platforms"][0]["size"].as_u64().context("a size")?;
    assert!(size < 20_000_000, "{size} bytes");

    let reference = format!("docker://{}/small-serve:1.0.0", registry.host);
    let seen: Value = serde_json::from_str(&ran(
        "skopeo",
        &["inspect", "--tls-verify=false", &reference],
    )?)?;
    let digest = receipt["image_sha256"].as_str().context("a digest")?;
    assert_eq!(seen["Digest"], format!("sha256:{digest}"));
    assert_eq!(
        seen["Labels"]["trainyard.model.sha256"],
        receipt["model_sha256"]
    );
    assert_eq!(seen["Layers"].as_array().map(Vec::len), Some(2));

    // From the registry to a layout by skopeo, and unpacked by umoci: the package is as published.
    let layout = yard.path().join("copied");
    let copied = format!("oci:{}:1.0.0", layout.display());
    ran(
        "skopeo",
        &[
            "copy",
            "--insecure-policy",
            "--src-tls-verify=false",
            &reference,
            &copied,
        ],
    )?;
    let bundle = yard.path().join("bundle");
    let image = format!("{}:1.0.0", layout.display());
    let bundle_text = bundle.display().to_string();
    ran(
        "umoci",
        &["unpack", "--rootless", "--image", &image, &bundle_text],
    )?;
    let packed = fs::read(bundle.join("rootfs/package/model/model.onnx"))?;
    assert_eq!(packed, yard.read("out/model/model.onnx")?);
    assert_eq!(fs::read(bundle.join("rootfs/serve"))?, yard.read("serve")?);
    let mut top: Vec<_> = fs::read_dir(bundle.join("rootfs"))?
        .map(|entry| Ok(entry?.file_name()))
        .collect::<Result<_>>()?;
    top.sort();
    assert_eq!(top, ["package", "serve"].map(OsStr::new));

    let buildah = Buildah(&yard);
    buildah.run(&["from", "--tls-verify=false", "--name", "served", &reference])?;
    let answer = buildah.answers("served")?;
    assert_eq!(answer["model"]["sha256"], receipt["model_sha256"]);
    assert_eq!(answer["predictions"].as_array().map(Vec::len), Some(1));
    Ok(())
}

#[test]
fn a_new_model_is_a_small_push_within_a_second() -> Result<()> {
    let Some(registry) = ImageRegistry::start()? else {
        return Ok(());
    };
    let _alone = alone();
    let yard = prepared()?;
    let to = format!("oci://{}/small-serve", registry.host);
    yard.stage("publish-image", &["--target", &to])?
        .assert_code(0);
    // Best of five: other tests run at the same time.
    let mut best = Duration::MAX;
    for number in 1..=5 {
        let version = format!("1.0.{number}");
        let archive = format!("out/registry/small/{version}/small-{version}.tar.gz");
        yard.stage(
            "publish-package",
            &["--package-version", &version, "--archive", &archive],
        )?
        .assert_code(0);
        let began = Instant::now();
        let ran = yard.stage("publish-image", &["--package", &archive, "--target", &to])?;
        best = best.min(began.elapsed());
        ran.assert_code(0);
        let receipt = yard.json("out/image-receipt.json")?;
        let sent = receipt["deliveries"][0]["uploaded_bytes"].as_u64();
        let sent = sent.context("bytes")?;
        assert!(sent > 0 && sent < 100_000, "{sent} bytes");
    }
    assert!(best < Duration::from_secs(1), "{best:?}");
    Ok(())
}

#[test]
fn a_package_is_an_artifact_that_skopeo_reads() -> Result<()> {
    let Some(registry) = ImageRegistry::start()? else {
        return Ok(());
    };
    let yard = Yard::prepared()?;
    let to = format!("oci://{}/models", registry.host);
    for action in ["uploaded", "already-there"] {
        yard.stage("publish-package", &["--target", &to])?
            .assert_code(0);
        let receipt = yard.json("out/publish-receipt.json")?;
        let deliveries = receipt["deliveries"].as_array().context("deliveries")?;
        assert!(
            deliveries
                .iter()
                .all(|delivery| delivery["action"] == action),
            "{receipt}"
        );
    }
    yard.stage("publish-package", &["--target", &to, "--epoch", "86400"])?
        .assert_code(1);

    let reference = format!("docker://{}/models/small:1.0.0", registry.host);
    let raw = ran(
        "skopeo",
        &["inspect", "--raw", "--tls-verify=false", &reference],
    )?;
    let manifest: Value = serde_json::from_str(&raw)?;
    assert_eq!(
        manifest["artifactType"],
        "application/vnd.cncf.model.manifest.v1+json"
    );
    let layout = format!("dir:{}", yard.path().join("copied").display());
    ran(
        "skopeo",
        &[
            "copy",
            "--insecure-policy",
            "--src-tls-verify=false",
            &reference,
            &layout,
        ],
    )?;
    let digest = manifest["layers"][0]["digest"]
        .as_str()
        .context("a digest")?;
    let blob = digest.trim_start_matches("sha256:");
    assert_eq!(
        yard.read(format!("copied/{blob}"))?,
        fs::read(yard.package())?
    );
    Ok(())
}

#[test]
fn the_dockerfile_builds_and_serves_without_a_base_image() -> Result<()> {
    let Some(registry) = ImageRegistry::start()? else {
        return Ok(());
    };
    let _alone = alone();
    let yard = prepared()?;
    fs::create_dir_all(yard.path().join("context/package"))?;
    fs::copy(yard.path().join("serve"), yard.path().join("context/serve"))?;
    let (archive, package) = (yard.package(), yard.path().join("context/package"));
    let mut tar = command("tar");
    tar.arg("-xzf").arg(&archive).arg("-C").arg(package);
    Ran::of(&mut tar)?.assert_code(0);

    let buildah = Buildah(&yard);
    let file = repository()?.join("Dockerfile.serve").display().to_string();
    let context = yard.path().join("context").display().to_string();
    buildah.run(&[
        "bud",
        "--isolation",
        "chroot",
        "-f",
        &file,
        "-t",
        "small:1.0.0",
        &context,
    ])?;
    buildah.run(&["from", "--name", "built", "small:1.0.0"])?;
    let seen: Value = serde_json::from_str(&buildah.run(&["inspect", "built"])?)?;
    let config = &seen["OCIv1"]["config"];
    assert_eq!(config["User"], "65534:65534");

    // The image of publish-image says the same of how it is run.
    let to = format!("oci://{}/small-serve", registry.host);
    yard.stage("publish-image", &["--target", &to])?
        .assert_code(0);
    let reference = format!("docker://{}/small-serve:1.0.0", registry.host);
    buildah.run(&["from", "--tls-verify=false", "--name", "ours", &reference])?;
    let ours: Value = serde_json::from_str(&buildah.run(&["inspect", "ours"])?)?;
    for key in ["User", "Entrypoint", "ExposedPorts", "StopSignal"] {
        assert_eq!(ours["OCIv1"]["config"][key], config[key], "{key}");
    }
    buildah.answers("built")?;
    Ok(())
}
