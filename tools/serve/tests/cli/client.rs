//! A server under test, and the plainest client there is: bytes out, bytes in.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use yard_cli::files;
use yard_contract::Task;
use yard_model::specimen;

/// A row of the specimen that is fine.
pub(crate) const ROW: &str = r#"{"amount": 250.5, "region": "south"}"#;

/// A folder with a model.
pub(crate) struct Case {
    folder: tempfile::TempDir,
}

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Case {
    pub(crate) fn new() -> Self {
        Self::of(Task::Binary)
    }

    /// A folder with a model of a task.
    pub(crate) fn of(task: Task) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in specimen::files_of(task) {
            files::write(&folder.path().join("model").join(name), &bytes).unwrap();
        }
        Self { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    pub(crate) fn command(&self, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_serve"));
        command
            .args(["--package", "model", "--port-file", "port"])
            .args(more);
        if !more.contains(&"--listen") {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        command.current_dir(self.folder.path()).env_clear();
        command
    }

    pub(crate) fn start(&self, more: &[&str]) -> Server {
        self.start_with(more, |command| {
            command.stdout(Stdio::null()).stderr(Stdio::null());
        })
    }

    pub(crate) fn start_with(&self, more: &[&str], set: impl FnOnce(&mut Command)) -> Server {
        let mut command = self.command(more);
        set(&mut command);
        let child = command.spawn().unwrap();
        let port = until("the port file", || {
            fs::read_to_string(self.path("port")).ok()
        });
        let port = port.trim().parse().unwrap();
        Server { child, port }
    }

    /// Runs a server that does not come to serving, and gives what it said.
    pub(crate) fn fails(&self, more: &[&str]) -> String {
        let output = self.command(more).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        stderr
    }
}

impl Server {
    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        stream
    }

    /// Sends bytes and reads until the server closes.
    pub(crate) fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect();
        // Who is refused in the middle of a body cannot send the rest.
        let _ = stream.write_all(bytes);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        Reply::parse(&self.raw(request.as_bytes()))
    }

    pub(crate) fn predict(&self, body: &[u8]) -> Reply {
        Reply::parse(&self.raw(&post(body, "connection: close\r\n")))
    }

    /// One sample of the metrics.
    pub(crate) fn metric(&self, series: &str) -> f64 {
        let text = self.get("/metrics").body;
        let value = text
            .lines()
            .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        value
            .unwrap_or_else(|| panic!("no {series} in {text}"))
            .parse()
            .unwrap()
    }

    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill")
            .args(["-s", name, &id])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    pub(crate) fn wait(mut self) -> Option<i32> {
        let code = until("the end", || self.child.try_wait().unwrap());
        code.code()
    }

    pub(crate) fn terminate(self) -> Option<i32> {
        self.signal("TERM");
        self.wait()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Reply {
    pub(crate) fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        Self {
            status: status.unwrap_or_else(|| panic!("no answer: {text:?}")),
            head: head.to_ascii_lowercase(),
            body: body.to_owned(),
        }
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.body))
    }
}

/// A request for predictions.
pub(crate) fn post(body: &[u8], more: &str) -> Vec<u8> {
    let length = body.len();
    let mut request = format!(
        "POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n{more}\r\n"
    )
    .into_bytes();
    request.extend_from_slice(body);
    request
}

/// Waits for something to be there.
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(
            start.elapsed() < Duration::from_secs(30),
            "waited for {what}"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}
