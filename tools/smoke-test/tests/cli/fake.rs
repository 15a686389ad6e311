//! A server that answers as `serve` does, from the package's golden rows, with one fault at most.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;

use serde_json::{Value, json};
use yard_contract::{Document, Golden, Sha256};
use yard_model::specimen;

/// What is wrong with the server.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    None,
    Dying,
    NotReady,
    OtherModel,
    Drifted,
    OtherClass,
    BatchReversed,
    BatchShort,
    Crashing,
    Accepting,
    Silent,
    BadMetrics,
    NotCounting,
}

/// A running server.
pub(crate) struct Fake {
    pub(crate) url: String,
}

struct State {
    fault: Fault,
    sha256: String,
    answers: BTreeMap<String, f64>,
    rows: AtomicU64,
}

impl Fake {
    /// Starts a server, which lives as long as the test.
    pub(crate) fn start(fault: Fault) -> Self {
        let files: BTreeMap<_, _> = specimen::files().into_iter().collect();
        let golden = Document::<Golden>::parse(&files["golden.json"])
            .unwrap()
            .body;
        let named = golden.rows.iter().map(|row| {
            let features = serde_json::to_value(&row.features).unwrap();
            (features.to_string(), row.answer[0].get())
        });
        let model: &[u8] = if fault == Fault::OtherModel {
            b"another"
        } else {
            &files["model.onnx"]
        };
        let state = Arc::new(State {
            fault,
            sha256: Sha256::of(model).to_string(),
            answers: named.collect(),
            rows: AtomicU64::new(0),
        });
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&state);
                thread::spawn(move || state.serve(stream));
            }
        });
        Self { url }
    }
}

impl State {
    fn serve(&self, stream: TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut stream = stream;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            let path = line.split(' ').nth(1).unwrap().to_owned();
            let mut length = 0;
            loop {
                let mut header = String::new();
                reader.read_line(&mut header).unwrap();
                if header.trim().is_empty() {
                    break;
                }
                if let Some(value) = header.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let (status, media, text) = self.answer(&path, &body);
            let length = text.len();
            let head = format!(
                "HTTP/1.1 {status} x\r\ncontent-type: {media}\r\ncontent-length: {length}\r\n\r\n"
            );
            if stream
                .write_all(format!("{head}{text}").as_bytes())
                .is_err()
            {
                return;
            }
        }
    }

    fn answer(&self, path: &str, body: &[u8]) -> (u16, &'static str, String) {
        let json_type = "application/json";
        let health = |fault, status| if self.fault == fault { status } else { 200 };
        match path {
            "/health/live" => (health(Fault::Dying, 500), json_type, "{}".to_owned()),
            "/health/ready" => (health(Fault::NotReady, 503), json_type, "{}".to_owned()),
            "/" => (
                200,
                json_type,
                json!({ "model": { "sha256": self.sha256 } }).to_string(),
            ),
            "/metrics" => {
                let rows = self.rows.load(Relaxed);
                let end = if self.fault == Fault::BadMetrics {
                    "\nrows scored: many"
                } else {
                    ""
                };
                (
                    200,
                    "text/plain; version=0.0.4",
                    format!("trainyard_rows_total {rows}{end}\n"),
                )
            }
            "/predict" => self.predict(body),
            _ => (404, json_type, "{}".to_owned()),
        }
    }

    fn predict(&self, body: &[u8]) -> (u16, &'static str, String) {
        let rows = match serde_json::from_slice::<Value>(body) {
            Ok(Value::Object(mut object)) => match object.remove("rows") {
                Some(Value::Array(rows)) => rows,
                _ => vec![Value::Object(object)],
            },
            _ => Vec::new(),
        };
        let found: Option<Vec<f64>> = rows
            .iter()
            .map(|row| self.answers.get(&row.to_string()).copied())
            .collect();
        let refused = json!({ "error": { "code": "bad", "message": "no" } }).to_string();
        let Some(mut found) = found.filter(|found| !found.is_empty()) else {
            return match self.fault {
                Fault::Crashing => (500, "application/json", refused),
                Fault::Accepting => (200, "application/json", "{}".to_owned()),
                Fault::Silent => (400, "application/json", "{\"detail\": 1}".to_owned()),
                _ => (400, "application/json", refused),
            };
        };
        if self.fault != Fault::NotCounting {
            self.rows.fetch_add(found.len() as u64, Relaxed);
        }
        if self.fault == Fault::Drifted {
            for probability in &mut found {
                *probability += 1e-3;
            }
        }
        if found.len() > 1 && self.fault == Fault::BatchReversed {
            found.reverse();
        }
        if found.len() > 1 && self.fault == Fault::BatchShort {
            found.pop();
        }
        let predictions: Vec<Value> = found
            .iter()
            .map(|probability| {
                let positive = (*probability >= 0.5) != (self.fault == Fault::OtherClass);
                json!({ "probability": probability, "class": if positive { "yes" } else { "no" } })
            })
            .collect();
        let answer = json!({ "model": { "sha256": self.sha256 }, "predictions": predictions });
        (200, "application/json", answer.to_string())
    }
}
