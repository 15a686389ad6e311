//! GitHub's API on this machine: the releases of the registry's own stand-in, and beside them what
//! `forge-report` talks to. A token that may only read is refused whatever writes.

use std::sync::{Arc, Mutex};

use anyhow::Result;
use serde_json::{Value, json};

use crate::fake_github::{GitHub, TOKEN};
use crate::faulty::Service as _;
use crate::loopback::{Reply, Request, Server};

/// The token of a fork's run.
pub(crate) const READ_ONLY: &str = "ghs_64_reader";

#[derive(Default)]
struct State {
    releases: Option<GitHub>,
    /// Number, pull request, text.
    comments: Vec<(u64, String, String)>,
    dispatches: Vec<Value>,
    /// What the list of pull requests holds, and for which `head`.
    pulls: Vec<(String, Value)>,
    /// Methods and paths.
    log: Vec<(String, String)>,
}

pub(crate) struct Forge {
    server: Server,
    state: Arc<Mutex<State>>,
}

impl Forge {
    pub(crate) fn start() -> Self {
        let state: Arc<Mutex<State>> = Arc::default();
        let shared = Arc::clone(&state);
        let server = Server::start(move |request: Request| {
            let mut state = shared.lock().unwrap();
            state
                .log
                .push((request.method.clone(), request.path.clone()));
            answer(&mut state, request)
        });
        state.lock().unwrap().releases = Some(GitHub::new(&server.url("")));
        Self { server, state }
    }

    pub(crate) fn url(&self) -> String {
        self.server.url("")
    }

    /// The files of a published release.
    pub(crate) fn files(&self, tag: &str) -> Vec<String> {
        let state = self.state.lock().unwrap();
        state.releases.as_ref().unwrap().files(tag)
    }

    /// The paths that were asked so since the last time.
    pub(crate) fn take_log(&self, method: &str) -> Vec<String> {
        let mut state = self.state.lock().unwrap();
        let log = std::mem::take(&mut state.log);
        let log = log.into_iter().filter(|(used, _)| used == method);
        log.map(|(_, path)| path).collect()
    }

    /// The texts of a pull request's comments.
    pub(crate) fn comments(&self, number: &str) -> Vec<String> {
        let state = self.state.lock().unwrap();
        let comments = state.comments.iter().filter(|(_, of, _)| of == number);
        comments.map(|(_, _, text)| text.clone()).collect()
    }

    pub(crate) fn dispatches(&self) -> Vec<Value> {
        self.state.lock().unwrap().dispatches.clone()
    }

    pub(crate) fn open_pull(&self, head: &str, number: u64, sha: &str) {
        let pull = json!({ "number": number, "head": { "sha": sha, "repo": null } });
        let mut state = self.state.lock().unwrap();
        state.pulls.push((head.to_owned(), pull));
    }
}

fn said(status: u16, value: &Value) -> Reply {
    Reply::new(status, value.to_string().as_bytes()).with("Date", "Fri, 20 Nov 2026 12:00:00 GMT")
}

fn answer(state: &mut State, mut request: Request) -> Reply {
    let proof = request.headers.get("authorization").cloned();
    let may_write = proof == Some(format!("Bearer {TOKEN}"));
    if !may_write && proof != Some(format!("Bearer {READ_ONLY}")) {
        return said(401, &json!({ "message": "Bad credentials" }));
    }
    let writes = request.method != "GET" && request.path != "/graphql";
    if writes && !may_write {
        let why = json!({ "message": "Resource not accessible by integration" });
        return said(403, &why);
    }
    let path = request.path.clone();
    let path: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let text = || -> Result<String> {
        let body: Value = serde_json::from_slice(&request.body)?;
        Ok(body["body"].as_str().unwrap_or_default().to_owned())
    };
    let shown = |(id, _, body): &(u64, String, String)| json!({ "id": id, "body": body, "user": { "login": "github-actions[bot]" } });
    match (request.method.as_str(), path.as_slice()) {
        ("POST", ["graphql"]) => said(
            200,
            &json!({ "data": { "viewer": { "login": "github-actions[bot]" } } }),
        ),
        ("GET", ["repos", "o", "r", "issues", number, "comments"]) => {
            let comments = state.comments.iter().filter(|(_, of, _)| of == number);
            said(200, &comments.map(shown).collect())
        }
        ("POST", ["repos", "o", "r", "issues", number, "comments"]) => {
            let id = 100 + state.comments.len() as u64;
            let comment = (id, (*number).to_owned(), text().unwrap());
            state.comments.push(comment.clone());
            said(201, &shown(&comment))
        }
        ("PATCH", ["repos", "o", "r", "issues", "comments", id]) => {
            let id: u64 = id.parse().unwrap();
            let of_it = state.comments.iter_mut().find(|(found, ..)| *found == id);
            let comment = of_it.unwrap();
            comment.2 = text().unwrap();
            said(200, &shown(comment))
        }
        ("GET", ["repos", "o", "r", "pulls"]) => {
            assert_eq!(request.query["state"], "open");
            let head = request.query["head"].replace("%3A", ":");
            let pulls = state.pulls.iter().filter(|(of, _)| *of == head);
            said(200, &pulls.map(|(_, pull)| pull.clone()).collect())
        }
        ("GET", ["repos", "o", "r", "actions", "workflows", _, "runs"]) => {
            said(200, &json!({ "total_count": 0, "workflow_runs": [] }))
        }
        ("POST", ["repos", "o", "r", "dispatches"]) => {
            let body = serde_json::from_slice(&request.body).unwrap();
            state.dispatches.push(body);
            Reply::new(204, b"")
        }
        _ => {
            let whole = format!("Bearer {TOKEN}");
            request.headers.insert("authorization".to_owned(), whole);
            state.releases.as_mut().unwrap().serve(&request)
        }
    }
}
