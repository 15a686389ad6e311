//! A real registry, real readers of images, and a server that needs no libraries.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use tempfile::TempDir;

use crate::{command, repository, search_path, target, variable};

/// Debian's packages, each a program of the same name.
const PROGRAMS: [&str; 4] = ["docker-registry", "skopeo", "umoci", "buildah"];

/// A running registry on this machine.
#[derive(Debug)]
pub struct ImageRegistry {
    child: Child,
    /// `127.0.0.1:PORT`.
    pub host: String,
    _folder: TempDir,
}

impl ImageRegistry {
    /// Starts one. `None`, with a line on stderr, where it or the readers of images are not
    /// installed; `tests/peers.sh` installs them as root.
    ///
    /// # Errors
    /// When it does not come up, and where it is not installed although this is a CI job (`CI` is
    /// set): there, a test that did not run must not look like one that passed.
    pub fn start() -> Result<Option<Self>> {
        Self::start_with(None)
    }

    /// Starts one that speaks TLS, with a certificate and a key in PEM files.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn start_encrypted(certificate: &Path, key: &Path) -> Result<Option<Self>> {
        Self::start_with(Some((certificate, key)))
    }

    #[expect(clippy::print_stderr, reason = "a test that is skipped has to say so")]
    fn start_with(tls: Option<(&Path, &Path)>) -> Result<Option<Self>> {
        let missing: Vec<_> = PROGRAMS
            .into_iter()
            .filter(|program| search_path(program).is_none())
            .collect();
        if !missing.is_empty() {
            if variable("CI").is_some() {
                bail!("{} not installed, and CI is set", missing.join(", "));
            }
            eprintln!("SKIPPED: {} not installed", missing.join(", "));
            return Ok(None);
        }
        let folder = tempfile::tempdir()?;
        // Whoever takes the port in between makes the start fail, and the next one is tried.
        for _ in 0..5 {
            let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
            let host = format!("127.0.0.1:{port}");
            let config = folder.path().join("config.yml");
            let tls = tls.map_or_else(String::new, |(certificate, key)| {
                let (certificate, key) = (certificate.display(), key.display());
                format!(", tls: {{certificate: {certificate}, key: {key}}}")
            });
            let text = format!(
                "version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\n\
                 storage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: \"{host}\"{tls}}}\n",
                folder.path().join("data").display()
            );
            std::io::Write::write_all(&mut File::create(&config)?, text.as_bytes())?;
            let mut child = command("docker-registry")
                .arg("serve")
                .arg(&config)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()?;
            for _ in 0..500 {
                if std::net::TcpStream::connect(&host).is_ok() {
                    return Ok(Some(Self {
                        child,
                        host,
                        _folder: folder,
                    }));
                }
                if child.try_wait()?.is_some() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            let _ = child.kill();
            child.wait()?;
        }
        bail!("docker-registry does not come up")
    }
}

impl Drop for ImageRegistry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `serve`, linked statically: that of `TRAINYARD_STATIC_SERVE`, or built once.
///
/// # Errors
/// When it cannot be built.
pub fn static_serve() -> Result<PathBuf> {
    match variable("TRAINYARD_STATIC_SERVE") {
        Some(path) => Ok(PathBuf::from(path)),
        None => static_tool("serve"),
    }
}

/// A tool, linked statically, built once into `target/static`.
///
/// # Errors
/// When it cannot be built.
pub fn static_tool(tool: &str) -> Result<PathBuf> {
    let triple = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let folder = target()?.join("static");
    fs::create_dir_all(&folder)?;
    // Tests are threads and processes: one builds, the others wait and find it.
    let lock = File::create(folder.join("build.lock"))?;
    lock.lock()?;
    let output = Command::new("cargo")
        .args([
            "build",
            "--release",
            "--locked",
            "--quiet",
            "-p",
            tool,
            "--target",
            &triple,
        ])
        .env("CARGO_TARGET_DIR", &folder)
        .env("RUSTFLAGS", "-C target-feature=+crt-static")
        .current_dir(repository()?)
        .stdin(Stdio::null())
        .output()
        .context("starting cargo")?;
    ensure!(
        output.status.success(),
        "{tool} cannot be built statically: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(folder.join(triple).join("release").join(tool))
}
