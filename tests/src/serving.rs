//! A server that runs as long as a test looks at it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Output, Stdio};
use std::time::Duration;

use anyhow::{Result, bail};
use tempfile::TempDir;

use crate::{Ran, command, tools};

/// A running `serve`.
#[derive(Debug)]
pub struct Serving {
    child: Option<Child>,
    /// Where it listens.
    pub url: String,
    _folder: TempDir,
}

impl Serving {
    /// Serves a package or model folder on any free port.
    ///
    /// # Errors
    /// When it ends, or opens no port.
    pub fn start(package: &Path) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let port_file: PathBuf = folder.path().join("port");
        let mut child = command(tools()?.join("serve"))
            .args(["--listen", "127.0.0.1:0", "--port-file"])
            .arg(&port_file)
            .arg("--package")
            .arg(package)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        for _ in 0..1000 {
            // The file appears whole: it is renamed into its place.
            if let Ok(port) = fs::read_to_string(&port_file) {
                return Ok(Self {
                    child: Some(child),
                    url: format!("http://127.0.0.1:{}", port.trim()),
                    _folder: folder,
                });
            }
            if child.try_wait()?.is_some() {
                let output = child.wait_with_output()?;
                bail!("serve ended: {}", String::from_utf8_lossy(&output.stderr));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        child.kill()?;
        child.wait()?;
        bail!("serve opened no port within ten seconds")
    }

    /// Asks it to end, and waits until it has.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub fn stop(mut self) -> Result<Ran> {
        let Some(child) = self.child.take() else {
            bail!("it has ended before")
        };
        command("kill").arg(child.id().to_string()).status()?;
        let output: Output = child.wait_with_output()?;
        Ok(Ran::ended("serve".to_owned(), &output))
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
