//! GitLab's generic packages as documented, meanly: files of one name pile up, the search by name
//! is fuzzy, pages are small, downloads leave for another origin, and any request can be made to
//! fail in any way.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::json;
use yard_contract::Sha256;

use crate::loopback::{Handler, Reply, Request, Server};

pub(crate) const TOKEN: &str = "glcbt-64_canary";

/// The same token as curl sends it: `gitlab-ci-token:` and the token, in base64.
const BASIC: &str = "Basic Z2l0bGFiLWNpLXRva2VuOmdsY2J0LTY0X2NhbmFyeQ==";

/// Project 7 by its path, as an address names it.
const PATH: &str = "/projects/group%2Ftrainyard/";

/// What goes wrong with a request.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// Answered so, and nothing done.
    Answer(Reply),
    /// Done, and answered so all the same.
    DoneBut(Reply),
    /// Done, and hung up without an answer.
    DoneAndSilent,
    /// Hung up after so many bytes of the body.
    CutUpload(usize),
    /// Answered with only so many bytes of the body.
    CutAnswer(usize),
    /// Answered with another content of the same length.
    OtherBytes,
    /// Answered as if the newest files were not there yet.
    StaleListing,
}

/// A fault for requests of a method whose path contains a text, so many times.
#[derive(Clone, Debug)]
struct Rule {
    method: &'static str,
    path: &'static str,
    fault: Fault,
    times: usize,
}

#[derive(Clone, Debug)]
struct Stored {
    id: u64,
    package: u64,
    name: String,
    bytes: Vec<u8>,
}

#[derive(Default)]
struct State {
    packages: Vec<(u64, String, String)>,
    files: Vec<Stored>,
    next: u64,
    rules: Vec<Rule>,
    log: Vec<Request>,
    /// Someone else's upload that arrives together with the next one of this file, before it.
    rival: Option<(String, Vec<u8>)>,
    /// Deleting is refused.
    no_delete: bool,
    /// Listings do not say the digests.
    no_digests: bool,
    /// Entries on a page, whatever was asked for.
    page: usize,
}

/// A running GitLab, and the object storage that it sends downloads to.
pub(crate) struct GitLab {
    state: Arc<Mutex<State>>,
    api: Server,
    _storage: Server,
    storage_log: Arc<Mutex<Vec<Request>>>,
}

impl GitLab {
    pub(crate) fn start() -> Self {
        let state = Arc::new(Mutex::new(State {
            page: 2,
            ..State::default()
        }));
        // Other packages that the fuzzy search finds too.
        {
            let mut state = state.lock().unwrap();
            for (name, version) in [
                ("credit-old", "1.2.0"),
                ("credit", "1.2.0-rc1"),
                ("Credit", "1.2.0"),
            ] {
                let decoy = format!("decoy of {name} {version}").into_bytes();
                state.store(name, version, "manifest.json", decoy.clone());
                state.store(name, version, "credit-1.2.0.tar.gz", decoy);
            }
        }
        let storage_log = Arc::new(Mutex::new(Vec::new()));
        let (log, shelves) = (Arc::clone(&storage_log), Arc::clone(&state));
        let storage = Server::start(move |request: Request| {
            let id: u64 = request.path.trim_start_matches("/bucket/").parse().unwrap();
            log.lock().unwrap().push(request);
            let state = shelves.lock().unwrap();
            let file = state.files.iter().find(|file| file.id == id);
            file.map_or(Reply::new(404, b"<Error/>"), |file| {
                Reply::new(200, &file.bytes)
            })
        });
        let handler = Api {
            state: Arc::clone(&state),
            storage: storage.url("/bucket/"),
        };
        let api = Server::start(handler);
        Self {
            state,
            api,
            _storage: storage,
            storage_log,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(crate) fn api_url(&self) -> String {
        self.api.url("/api/v4")
    }

    pub(crate) fn fault(
        &self,
        method: &'static str,
        path: &'static str,
        fault: Fault,
        times: usize,
    ) {
        self.state().rules.push(Rule {
            method,
            path,
            fault,
            times,
        });
    }

    pub(crate) fn rival(&self, file: &str, bytes: &[u8]) {
        self.state().rival = Some((file.to_owned(), bytes.to_vec()));
    }

    pub(crate) fn forbid_deleting(&self) {
        self.state().no_delete = true;
    }

    pub(crate) fn hide_digests(&self) {
        self.state().no_digests = true;
    }

    /// The stored files of a version, in the order of their arrival.
    pub(crate) fn files(&self, name: &str, version: &str) -> Vec<(String, Vec<u8>)> {
        let state = self.state();
        let package = state
            .packages
            .iter()
            .find(|(_, n, v)| n == name && v == version);
        let Some((package, ..)) = package else {
            return Vec::new();
        };
        let files = state.files.iter().filter(|file| file.package == *package);
        files
            .map(|file| (file.name.clone(), file.bytes.clone()))
            .collect()
    }

    pub(crate) fn store(&self, name: &str, version: &str, file: &str, bytes: &[u8]) {
        self.state().store(name, version, file, bytes.to_vec());
    }

    /// Requests of a method, forgotten afterwards.
    pub(crate) fn take_log(&self, method: &str) -> Vec<Request> {
        let log = std::mem::take(&mut self.state().log);
        log.into_iter()
            .filter(|request| request.method == method)
            .collect()
    }

    /// Faults that were never met.
    pub(crate) fn unmet(&self) -> usize {
        self.state()
            .rules
            .iter()
            .filter(|rule| rule.times > 0)
            .count()
    }

    pub(crate) fn token_reached_the_storage(&self) -> bool {
        let log = self.storage_log.lock().unwrap();
        assert!(!log.is_empty(), "nothing was read back");
        log.iter().any(|request| request.head.contains(TOKEN))
    }
}

impl State {
    fn store(&mut self, name: &str, version: &str, file: &str, bytes: Vec<u8>) -> Stored {
        let known = self
            .packages
            .iter()
            .find(|(_, n, v)| n == name && v == version);
        let package = if let Some((id, ..)) = known {
            *id
        } else {
            self.next += 1;
            self.packages
                .push((self.next, name.to_owned(), version.to_owned()));
            self.next
        };
        self.next += 1;
        let stored = Stored {
            id: self.next,
            package,
            name: file.to_owned(),
            bytes,
        };
        self.files.push(stored.clone());
        stored
    }

    fn meet(&mut self, request: &Request, wanted: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let rule = self.rules.iter_mut().find(|rule| {
            rule.times > 0
                && rule.method == request.method
                && request.path.contains(rule.path)
                && wanted(&rule.fault)
        })?;
        rule.times -= 1;
        Some(rule.fault.clone())
    }

    fn page(&self, request: &Request, entries: &[serde_json::Value]) -> Reply {
        let page: usize = request.query["page"].parse().unwrap();
        let shown: Vec<_> = entries
            .iter()
            .skip((page - 1) * self.page)
            .take(self.page)
            .collect();
        let next = if page * self.page < entries.len() {
            (page + 1).to_string()
        } else {
            String::new()
        };
        Reply::new(200, json!(shown).to_string().as_bytes()).with("X-Next-Page", &next)
    }

    fn answer(&mut self, request: &Request, storage: &str, stale: bool) -> Reply {
        let path = request.path.replace(PATH, "/projects/7/");
        let path: Vec<&str> = path.split('/').skip(3).collect();
        match (request.method.as_str(), path.as_slice()) {
            ("GET", ["projects", "7", "packages"]) => {
                assert_eq!(request.query["package_type"], "generic");
                let wanted = request.query["package_name"].to_lowercase();
                let found = self
                    .packages
                    .iter()
                    .filter(|(_, name, _)| name.to_lowercase().contains(&wanted));
                let entries: Vec<_> = found
                    .map(|(id, name, version)| {
                        json!({"id": id, "name": name, "version": version,
                               "package_type": "generic", "status": "default"})
                    })
                    .collect();
                self.page(request, &entries)
            }
            ("GET", ["projects", "7", "packages", package, "package_files"]) => {
                let package: u64 = package.parse().unwrap();
                let mut files: Vec<_> = self
                    .files
                    .iter()
                    .filter(|file| file.package == package)
                    .collect();
                if stale {
                    files.pop();
                }
                let entries: Vec<_> = files.into_iter().map(|file| self.record(file)).collect();
                self.page(request, &entries)
            }
            ("PUT", ["projects", "7", "packages", "generic", name, version, file]) => {
                if self.rival.as_ref().is_some_and(|(rival, _)| rival == file) {
                    let (_, bytes) = self.rival.take().unwrap();
                    self.store(name, version, file, bytes);
                }
                let stored = self.store(name, version, file, request.body.clone());
                Reply::new(200, self.record(&stored).to_string().as_bytes())
            }
            ("GET", ["projects", "7", "packages", "generic", name, version, file]) => {
                let package = self
                    .packages
                    .iter()
                    .find(|(_, n, v)| n == name && v == version);
                let newest = package.and_then(|(id, ..)| {
                    self.files
                        .iter()
                        .rfind(|f| f.package == *id && f.name == *file)
                });
                match newest {
                    Some(file) => {
                        Reply::new(302, b"").with("Location", &format!("{storage}{}", file.id))
                    }
                    None => Reply::new(404, br#"{"message":"404 Package Not Found"}"#),
                }
            }
            ("DELETE", ["projects", "7", "packages", package, "package_files", id]) => {
                if self.no_delete {
                    return Reply::new(403, br#"{"message":"403 Forbidden"}"#);
                }
                let (package, id): (u64, u64) = (package.parse().unwrap(), id.parse().unwrap());
                self.files
                    .retain(|file| (file.package, file.id) != (package, id));
                Reply::new(204, b"")
            }
            other => panic!("GitLab has no {other:?}"),
        }
    }

    fn record(&self, file: &Stored) -> serde_json::Value {
        let digest = (!self.no_digests).then(|| Sha256::of(&file.bytes).to_string());
        json!({"id": file.id, "package_id": file.package, "file_name": file.name,
               "size": file.bytes.len(), "file_sha256": digest, "pipelines": []})
    }
}

struct Api {
    state: Arc<Mutex<State>>,
    storage: String,
}

impl Handler for Api {
    fn hang_up(&self, head: &Request) -> Option<usize> {
        let mut state = self.state.lock().unwrap();
        match state.meet(head, |fault| matches!(fault, Fault::CutUpload(_)))? {
            Fault::CutUpload(bytes) => {
                state.log.push(head.clone());
                Some(bytes)
            }
            _ => None,
        }
    }

    fn answer(&self, request: Request) -> Reply {
        let mut state = self.state.lock().unwrap();
        state.log.push(request.clone());
        let is = |name: &str, value: &str| request.headers.get(name).is_some_and(|v| v == value);
        if !is("job-token", TOKEN) && !is("authorization", BASIC) {
            return Reply::new(401, br#"{"message":"401 Unauthorized"}"#);
        }
        let fault = state.meet(&request, |fault| !matches!(fault, Fault::CutUpload(_)));
        if let Some(Fault::Answer(reply)) = fault {
            return reply;
        }
        let stale = matches!(fault, Some(Fault::StaleListing));
        let reply = state.answer(&request, &self.storage, stale);
        match fault {
            Some(Fault::DoneBut(other)) => other,
            Some(Fault::DoneAndSilent) => Reply {
                silent: true,
                ..reply
            },
            Some(Fault::CutAnswer(bytes)) => {
                // The bytes themselves, which the storage would have given whole.
                let body = self.body_of(&state, &reply);
                Reply {
                    cut: Some(bytes),
                    ..Reply::new(200, &body)
                }
            }
            Some(Fault::OtherBytes) => {
                let body = self.body_of(&state, &reply);
                Reply::new(200, &vec![b'x'; body.len()])
            }
            _ => reply,
        }
    }
}

impl Api {
    fn body_of(&self, state: &State, reply: &Reply) -> Vec<u8> {
        let headers: BTreeMap<_, _> = reply.headers.iter().cloned().collect();
        let Some(location) = headers.get("Location") else {
            return reply.body.clone();
        };
        let id: u64 = location.trim_start_matches(&self.storage).parse().unwrap();
        state
            .files
            .iter()
            .find(|file| file.id == id)
            .unwrap()
            .bytes
            .clone()
    }
}
