//! A real MLflow server on this machine.

use std::fs::File;
use std::net::TcpListener;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use tempfile::TempDir;

use crate::command;
use crate::peers::python_with;

/// How long it may take to come up: it imports half of Python's data tools.
const PATIENCE: Duration = Duration::from_secs(240);

/// A running server, with a database and files of its own.
#[derive(Debug)]
pub struct MlflowServer {
    child: Child,
    /// `http://127.0.0.1:PORT`.
    pub url: String,
    _folder: TempDir,
}

impl MlflowServer {
    /// Starts one. `None`, with a line on stderr, where `tests/peers.sh mlflow` skips.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn start() -> Result<Option<Self>> {
        let Some(python) = python_with(&["mlflow"])? else {
            return Ok(None);
        };
        let folder = tempfile::tempdir()?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let host = format!("127.0.0.1:{port}");
        let log = folder.path().join("log");
        let database = format!("sqlite:///{}", folder.path().join("mlflow.db").display());
        let mut server = command(&python);
        server
            .args([
                "-m",
                "mlflow",
                "server",
                "--host",
                "127.0.0.1",
                "--workers",
                "1",
            ])
            .args([
                "--port",
                &port.to_string(),
                "--backend-store-uri",
                &database,
            ])
            .arg("--artifacts-destination")
            .arg(folder.path().join("files"))
            .env("PATH", python.parent().unwrap_or(&python))
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log)?);
        // It starts others, which are to end with it.
        std::os::unix::process::CommandExt::process_group(&mut server, 0);
        let mut running = Self {
            child: server.spawn()?,
            url: format!("http://{host}"),
            _folder: folder,
        };
        let began = Instant::now();
        while std::net::TcpStream::connect(&host).is_err() {
            let over = running.child.try_wait()?.is_some();
            if over || began.elapsed() > PATIENCE {
                bail!("MLflow does not come up: {}", std::fs::read_to_string(log)?);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(Some(running))
    }
}

impl Drop for MlflowServer {
    fn drop(&mut self) {
        // The whole group: the server's own workers outlive it otherwise.
        let group = format!("-{}", self.child.id());
        let _ = command("kill").args(["-KILL", "--", &group]).status();
        let _ = self.child.wait();
    }
}
