//! GitLab's generic packages as documented, meanly: files of one name pile up, the search by name
//! is fuzzy, pages are small, downloads leave for another origin, what is hidden is in no listing that
//! does not ask for it, and any request can be made to fail in any way. With them the model registry,
//! which takes no job token, and the release entries.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::json;
use yard_contract::Sha256;

use crate::loopback::{Handler, Reply, Request, Server};

pub(crate) const TOKEN: &str = "glcbt-64_canary";
/// A person's token, which the model registry takes too.
pub(crate) const ACCESS: &str = "glpat-canary";

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

#[derive(Clone, Debug)]
struct Package {
    id: u64,
    kind: &'static str,
    name: String,
    version: String,
    status: String,
}

/// A release entry.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) description: String,
    /// Name, address, kind.
    pub(crate) links: Vec<(String, String, String)>,
}

#[derive(Default)]
struct State {
    packages: Vec<Package>,
    /// Models that are registered.
    models: Vec<String>,
    /// Versions of models by their number in the database.
    versions: BTreeMap<u64, (String, String)>,
    entries: BTreeMap<String, Entry>,
    files: Vec<Stored>,
    next: u64,
    rules: Vec<Rule>,
    log: Vec<Request>,
    /// Someone else's upload that arrives together with the next one of this file, before it.
    rival: Option<(String, Vec<u8>)>,
    /// Deleting is refused.
    no_delete: bool,
    /// A second file of one name is refused.
    no_duplicates: bool,
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
                state.store("generic", name, version, "manifest.json", decoy.clone());
                state.store("generic", name, version, "credit-1.2.0.tar.gz", decoy);
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

    pub(crate) fn forbid_duplicates(&self) {
        self.state().no_duplicates = true;
    }

    /// The release entry of a tag.
    pub(crate) fn entry(&self, tag: &str) -> Option<Entry> {
        self.state().entries.get(tag).cloned()
    }

    pub(crate) fn make_entry(&self, tag: &str, description: &str) {
        let entry = Entry {
            description: description.to_owned(),
            links: Vec::new(),
        };
        self.state().entries.insert(tag.to_owned(), entry);
    }

    /// Whether people see a version in the list of packages.
    pub(crate) fn is_shown(&self, name: &str, version: &str) -> bool {
        let state = self.state();
        let mut packages = state.packages.iter();
        packages.any(|p| p.name == name && p.version == version && p.status == "default")
    }

    pub(crate) fn hide_digests(&self) {
        self.state().no_digests = true;
    }

    /// The stored files of a version, in the order of their arrival.
    pub(crate) fn files(&self, name: &str, version: &str) -> Vec<(String, Vec<u8>)> {
        let state = self.state();
        let package = state.find("generic", name, version);
        let Some(package) = package.or_else(|| state.find("ml_model", name, version)) else {
            return Vec::new();
        };
        let files = state.files.iter().filter(|file| file.package == package);
        files
            .map(|file| (file.name.clone(), file.bytes.clone()))
            .collect()
    }

    pub(crate) fn store(&self, name: &str, version: &str, file: &str, bytes: &[u8]) {
        let mut state = self.state();
        state.store("generic", name, version, file, bytes.to_vec());
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
        log.iter()
            .any(|request| request.head.contains(TOKEN) || request.head.contains(ACCESS))
    }
}

impl State {
    fn find(&self, kind: &str, name: &str, version: &str) -> Option<u64> {
        let mut packages = self.packages.iter();
        let found = packages.find(|p| p.kind == kind && p.name == name && p.version == version);
        found.map(|package| package.id)
    }

    fn store(
        &mut self,
        kind: &'static str,
        name: &str,
        version: &str,
        file: &str,
        bytes: Vec<u8>,
    ) -> Stored {
        let package = if let Some(id) = self.find(kind, name, version) {
            id
        } else {
            self.next += 1;
            self.packages.push(Package {
                id: self.next,
                kind,
                name: name.to_owned(),
                version: version.to_owned(),
                status: "default".to_owned(),
            });
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
                let wanted = request.query["package_name"].to_lowercase();
                let status = request
                    .query
                    .get("status")
                    .map_or("default", String::as_str);
                let found = self.packages.iter().filter(|package| {
                    package.name.to_lowercase().contains(&wanted)
                        && package.kind == request.query["package_type"]
                        && package.status == status
                });
                let entries: Vec<_> = found
                    .map(|package| {
                        json!({"id": package.id, "name": package.name, "version": package.version,
                               "package_type": package.kind, "status": package.status})
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
                self.take("generic", name, version, file, request)
            }
            ("PUT", ["projects", "7", "packages", "ml_models", id, "files", file]) => {
                let Some((name, version)) = self.versions.get(&id.parse().unwrap()).cloned() else {
                    return Reply::new(404, br#"{"message":"404 Not Found"}"#);
                };
                let taken = self.take("ml_model", &name, &version, file, request);
                // This one does not say what it made.
                match taken.status {
                    200 => Reply::new(201, br#"{"message":"201 Created"}"#),
                    _ => taken,
                }
            }
            ("GET", ["projects", "7", "packages", "generic", name, version, file]) => {
                self.give(self.find("generic", name, version), file, storage)
            }
            ("GET", ["projects", "7", "packages", "ml_models", id, "files", file]) => {
                let version = self.versions.get(&id.parse().unwrap());
                let package = version.and_then(|(name, v)| self.find("ml_model", name, v));
                self.give(package, file, storage)
            }
            (
                method,
                [
                    "projects",
                    "7",
                    "ml",
                    "mlflow",
                    "api",
                    "2.0",
                    "mlflow",
                    path @ ..,
                ],
            ) => self.models(method, path, request),
            (method, ["projects", "7", "releases", path @ ..]) => {
                self.releases(method, path, request)
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

    /// Stores an upload, as it is asked to be shown.
    fn take(
        &mut self,
        kind: &'static str,
        name: &str,
        version: &str,
        file: &str,
        request: &Request,
    ) -> Reply {
        if self.rival.as_ref().is_some_and(|(rival, _)| rival == file) {
            let (_, bytes) = self.rival.take().unwrap();
            self.store(kind, name, version, file, bytes);
        }
        let package = self.find(kind, name, version);
        let mut files = self.files.iter();
        if self.no_duplicates && files.any(|f| Some(f.package) == package && f.name == file) {
            return Reply::new(400, br#"{"message":"Duplicate package is not allowed"}"#);
        }
        let stored = self.store(kind, name, version, file, request.body.clone());
        let mut packages = self.packages.iter_mut();
        let package = packages.find(|package| package.id == stored.package);
        let status = request.query.get("status");
        let status = status.map_or("default", String::as_str);
        status.clone_into(&mut package.unwrap().status);
        Reply::new(200, self.record(&stored).to_string().as_bytes())
    }

    /// The newest file of a name, from the storage.
    fn give(&self, package: Option<u64>, file: &str, storage: &str) -> Reply {
        let mut files = self.files.iter();
        match files.rfind(|f| Some(f.package) == package && f.name == *file) {
            Some(file) => Reply::new(302, b"").with("Location", &format!("{storage}{}", file.id)),
            None => Reply::new(404, br#"{"message":"404 Package Not Found"}"#),
        }
    }

    /// The part of MLflow's interface that there is. Versions are asked for by their words.
    fn models(&mut self, method: &str, path: &[&str], request: &Request) -> Reply {
        let said =
            |status, value: serde_json::Value| Reply::new(status, value.to_string().as_bytes());
        let absent = || said(404, json!({"error_code": "RESOURCE_DOES_NOT_EXIST"}));
        let there = || said(400, json!({"error_code": "RESOURCE_ALREADY_EXISTS"}));
        match (method, path) {
            ("POST", ["registered-models", "create"]) => {
                let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
                let name = body["name"].as_str().unwrap().to_owned();
                if self.models.contains(&name) {
                    return there();
                }
                self.models.push(name.clone());
                said(200, json!({"registered_model": {"name": name}}))
            }
            ("POST", ["model-versions", "create"]) => {
                let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
                let name = body["name"].as_str().unwrap().to_owned();
                assert_eq!(body["tags"][0]["key"], "gitlab.version");
                let version = body["tags"][0]["value"].as_str().unwrap().to_owned();
                if !self.models.contains(&name) {
                    return absent();
                }
                let made = (name, version);
                if self.versions.values().any(|known| *known == made) {
                    return there();
                }
                self.next += 1;
                self.versions.insert(self.next, made.clone());
                said(
                    200,
                    json!({"model_version": self.version(self.next, &made)}),
                )
            }
            ("GET", ["model-versions", "get"]) => {
                let wanted = (&request.query["name"], &request.query["version"]);
                let mut versions = self.versions.iter();
                match versions.find(|(_, (name, version))| (name, version) == wanted) {
                    Some((id, found)) => {
                        said(200, json!({"model_version": self.version(*id, found)}))
                    }
                    None => absent(),
                }
            }
            // The oldest servers have no such thing.
            ("GET", ["registered-models", "alias"]) => absent(),
            other => panic!("GitLab's model registry has no {other:?}"),
        }
    }

    #[expect(clippy::unused_self, reason = "it answers as the server does")]
    fn version(&self, id: u64, (name, version): &(String, String)) -> serde_json::Value {
        json!({"name": name, "version": id.to_string(), "aliases": [version],
               "current_stage": "development", "status": "READY", "run_id": ""})
    }

    fn releases(&mut self, method: &str, path: &[&str], request: &Request) -> Reply {
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let link =
            |l: &serde_json::Value| (text(&l["name"]), text(&l["url"]), text(&l["link_type"]));
        let shown = |entry: &Entry| {
            let links: Vec<_> = entry
                .links
                .iter()
                .map(|(name, url, kind)| json!({"name": name, "url": url, "link_type": kind}))
                .collect();
            json!({"description": entry.description, "assets": {"links": links}}).to_string()
        };
        let body = || serde_json::from_slice::<serde_json::Value>(&request.body).unwrap();
        match (method, path) {
            ("GET", [tag]) => match self.entries.get(*tag) {
                Some(entry) => Reply::new(200, shown(entry).as_bytes()),
                None => Reply::new(404, br#"{"message":"404 Not Found"}"#),
            },
            ("POST", []) => {
                let body = body();
                let tag = text(&body["tag_name"]);
                if self.entries.contains_key(&tag) {
                    return Reply::new(409, br#"{"message":"Release already exists"}"#);
                }
                let links = body["assets"]["links"].as_array().unwrap();
                let entry = Entry {
                    description: text(&body["description"]),
                    links: links.iter().map(link).collect(),
                };
                let reply = Reply::new(201, shown(&entry).as_bytes());
                self.entries.insert(tag, entry);
                reply
            }
            ("POST", [tag, "assets", "links"]) => {
                let made = link(&body());
                let entry = self.entries.get_mut(*tag).unwrap();
                let mut known = entry.links.iter();
                if known.any(|known| known.0 == made.0 || known.1 == made.1) {
                    return Reply::new(400, br#"{"message":{"name":["has already been taken"]}}"#);
                }
                entry.links.push(made);
                Reply::new(201, b"{}")
            }
            other => panic!("GitLab's releases have no {other:?}"),
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
        let header = |name: &str| request.headers.get(name).map(String::as_str);
        let is_known = header("job-token") == Some(TOKEN)
            || header("private-token") == Some(ACCESS)
            || header("authorization") == Some(&format!("Bearer {ACCESS}"))
            || header("authorization") == Some(BASIC);
        // The model registry reads one header only.
        let is_models =
            request.path.contains("/ml/mlflow/") || request.path.contains("/ml_models/");
        if !is_known || (is_models && header("authorization").is_none()) {
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
