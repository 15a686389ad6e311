//! Stand-ins for both forges' comments, on this machine: written from their documented behaviour,
//! pages of a hundred, several writers, and refusals included.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::pipelines::{self, Pipelines};

/// Who the token belongs to: GitLab's number and GitHub's login.
pub(crate) const ME: (u64, &str) = (7, "github-actions[bot]");

/// A comment as the forge keeps it.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) id: u64,
    pub(crate) author: String,
    pub(crate) body: String,
    pub(crate) system: bool,
}

/// What the forge holds and how it behaves.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) comments: Vec<Kept>,
    /// Method and path of every request, with its token.
    pub(crate) requests: Vec<(String, String)>,
    /// Every request is answered with this status.
    pub(crate) refuse: Option<u16>,
    /// Requests that write are answered with this status.
    pub(crate) refuse_writes: Option<u16>,
    /// So many requests are answered with 503 first.
    pub(crate) busy: u32,
    /// A comment of another job that appears right before the first one that is created.
    pub(crate) rival: Option<Kept>,
    pub(crate) next: u64,
    /// What is known of pipelines.
    pub(crate) pipelines: Pipelines,
}

/// A running stand-in.
pub(crate) struct Forge {
    pub(crate) url: String,
    pub(crate) state: Arc<Mutex<State>>,
}

impl Forge {
    pub(crate) fn start(state: State) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let next = state.comments.iter().map(|kept| kept.id).max().unwrap_or(0) + 1000;
        let state = Arc::new(Mutex::new(State { next, ..state }));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, state) = (stream.unwrap(), Arc::clone(&shared));
                std::thread::spawn(move || drop(serve(stream, &state)));
            }
        });
        Self { url, state }
    }

    pub(crate) fn comments(&self) -> Vec<Kept> {
        self.state.lock().unwrap().comments.clone()
    }

    /// How often a method was used.
    pub(crate) fn count(&self, method: &str) -> usize {
        let state = self.state.lock().unwrap();
        let requests = state.requests.iter();
        requests
            .filter(|(request, _)| request.starts_with(method))
            .count()
    }
}

fn serve(mut stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Ok(());
        }
    }
    let header = |name: &str| {
        head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then(|| value.to_owned())
        })
    };
    let length = header("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut first = head.lines().next().unwrap().split(' ');
    let (method, target) = (first.next().unwrap(), first.next().unwrap());
    if length > 0 && !target.contains("/packages/generic/") {
        assert_eq!(header("content-type").as_deref(), Some("application/json"));
    }
    let token = header("private-token")
        .or_else(|| header("job-token"))
        .or_else(|| header("authorization"))
        .unwrap_or_default();
    let answer = answer(&mut state.lock().unwrap(), method, target, &token, &body);
    let (status, headers, body) = answer;
    write!(
        stream,
        "HTTP/1.1 {status} Told\r\nconnection: close\r\ncontent-type: application/json\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )?;
    stream.flush()
}

fn answer(
    state: &mut State,
    method: &str,
    target: &str,
    token: &str,
    body: &[u8],
) -> (u16, String, String) {
    state
        .requests
        .push((format!("{method} {target}"), token.to_owned()));
    let plain = |status: u16, message: &str| {
        (
            status,
            String::new(),
            json!({ "message": message }).to_string(),
        )
    };
    if state.busy > 0 {
        state.busy -= 1;
        return (503, "retry-after: 0\r\n".to_owned(), String::new());
    }
    if let Some(status) = state.refuse {
        return plain(status, "insufficient_scope");
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    if let Some(answer) = pipelines::answer(&mut state.pipelines, method, path, body) {
        return answer;
    }
    let is_gitlab = path.starts_with("/api/v4/");
    if path == "/api/v4/user" {
        return (
            200,
            String::new(),
            json!({ "id": ME.0, "username": "bot" }).to_string(),
        );
    }
    if path == "/graphql" {
        let told = json!({ "data": { "viewer": { "login": ME.1 } } });
        return (200, String::new(), told.to_string());
    }
    let collection = if is_gitlab {
        "/api/v4/projects/42/merge_requests/5/notes"
    } else {
        "/repos/o/r/issues/5/comments"
    };
    let one = if is_gitlab {
        collection
    } else {
        "/repos/o/r/issues/comments"
    };
    let shown = |kept: &Kept| {
        if is_gitlab {
            json!({ "id": kept.id, "body": kept.body, "system": kept.system,
                "author": { "id": kept.author.parse::<u64>().unwrap_or(0), "username": "x" } })
        } else {
            json!({ "id": kept.id, "body": kept.body, "user": { "login": kept.author } })
        }
    };
    if let Some(status) = state.refuse_writes.filter(|_| method != "GET") {
        return plain(status, "Resource not accessible by integration");
    }
    let text = || -> String {
        let body: Value = serde_json::from_slice(body).unwrap();
        body["body"].as_str().unwrap().to_owned()
    };
    if path == collection && method == "GET" {
        let page: usize = query
            .split('&')
            .find_map(|pair| pair.strip_prefix("page="))
            .map_or(1, |page| page.parse().unwrap());
        let rest: Vec<Value> = state
            .comments
            .iter()
            .skip(100 * (page - 1))
            .map(shown)
            .collect();
        let more = rest.len() > 100;
        let entries = Value::Array(rest.into_iter().take(100).collect());
        let headers = match (is_gitlab, more) {
            (true, true) => format!("x-next-page: {}\r\n", page + 1),
            (true, false) => "x-next-page: \r\n".to_owned(),
            (false, true) => format!("link: <http://x/?page={}>; rel=\"next\"\r\n", page + 1),
            (false, false) => String::new(),
        };
        return (200, headers, entries.to_string());
    }
    if path == collection && method == "POST" {
        if let Some(rival) = state.rival.take() {
            state.comments.push(rival);
        }
        let author = if is_gitlab {
            ME.0.to_string()
        } else {
            ME.1.to_owned()
        };
        let kept = Kept {
            id: state.next,
            author,
            body: text(),
            system: false,
        };
        state.next += 1;
        state.comments.push(kept.clone());
        return (201, String::new(), shown(&kept).to_string());
    }
    let id = path
        .strip_prefix(one)
        .and_then(|rest| rest.strip_prefix('/'));
    let place = id
        .and_then(|id| id.parse::<u64>().ok())
        .and_then(|id| state.comments.iter().position(|kept| kept.id == id));
    match (method, place) {
        (_, None) => plain(404, "404 Not found"),
        ("DELETE", Some(place)) => {
            state.comments.remove(place);
            (204, String::new(), String::new())
        }
        ("PUT" | "PATCH", Some(place)) => {
            assert_eq!(method == "PUT", is_gitlab);
            state.comments[place].body = text();
            let kept = state.comments[place].clone();
            (200, String::new(), shown(&kept).to_string())
        }
        _ => plain(405, "no"),
    }
}
