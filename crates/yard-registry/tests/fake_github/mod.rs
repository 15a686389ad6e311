//! GitHub's releases as documented, meanly: drafts are not found by their tag and may be several,
//! pages are small, a file of a name that is there is refused, broken uploads leave a `starter`, and
//! downloads leave for another origin.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use yard_contract::Sha256;

use crate::faulty::Service;
use crate::loopback::{Reply, Request};

pub(crate) const TOKEN: &str = "ghs_64_canary";

#[derive(Clone, Debug)]
struct Asset {
    id: u64,
    release: u64,
    name: String,
    state: &'static str,
    bytes: Vec<u8>,
}

pub(crate) struct GitHub {
    url: String,
    /// Where downloads are sent.
    pub(crate) storage: Option<String>,
    /// Where uploads are to go; the API itself where nothing is said.
    pub(crate) uploads: Option<String>,
    /// Listings do not say the digests.
    pub(crate) no_digests: bool,
    /// By number: tag, and whether it is a draft.
    releases: BTreeMap<u64, (String, bool)>,
    /// What was said of releases, by number, the newest value of each field.
    pub(crate) said: BTreeMap<u64, serde_json::Map<String, Value>>,
    assets: Vec<Asset>,
    next: u64,
}

impl GitHub {
    pub(crate) fn new(url: &str) -> Self {
        let mut github = Self {
            url: url.to_owned(),
            storage: None,
            uploads: None,
            no_digests: false,
            releases: BTreeMap::new(),
            said: BTreeMap::new(),
            assets: Vec::new(),
            next: 10,
        };
        // Others that a listing has too.
        for (tag, draft) in [
            ("credit@v1.1.0", false),
            ("credit@v1.2", true),
            ("v1.2.0", true),
        ] {
            github.next += 1;
            github.releases.insert(github.next, (tag.to_owned(), draft));
        }
        github
    }

    /// Drafts and published releases of a tag.
    pub(crate) fn releases(&self, tag: &str) -> (usize, usize) {
        let of_tag = || self.releases.values().filter(|(found, _)| found == tag);
        let drafts = of_tag().filter(|(_, draft)| *draft).count();
        (drafts, of_tag().count() - drafts)
    }

    /// The files that everybody sees under a tag.
    pub(crate) fn files(&self, tag: &str) -> Vec<String> {
        let published = self
            .releases
            .iter()
            .find(|(_, (found, draft))| found == tag && !draft);
        let Some((id, _)) = published else {
            return Vec::new();
        };
        let files = self.assets.iter().filter(|asset| asset.release == *id);
        files.map(|asset| asset.name.clone()).collect()
    }

    /// A file as an upload leaves it that never ended.
    pub(crate) fn leave_starter(&mut self, tag: &str, name: &str) {
        self.next += 2;
        self.releases.insert(self.next - 1, (tag.to_owned(), true));
        self.assets.push(Asset {
            id: self.next,
            release: self.next - 1,
            name: name.to_owned(),
            state: "starter",
            bytes: Vec::new(),
        });
    }

    fn release(&self, id: u64) -> Value {
        let (tag, draft) = &self.releases[&id];
        let uploads = self.uploads.as_ref().unwrap_or(&self.url);
        let body = self
            .said
            .get(&id)
            .and_then(|said| said.get("body"))
            .cloned();
        json!({"id": id, "tag_name": tag, "draft": draft, "body": body,
               "html_url": format!("https://hub.example/o/r/releases/tag/{tag}"),
               "upload_url": format!("{uploads}/upload/{id}/assets{{?name,label}}")})
    }

    fn asset(&self, asset: &Asset) -> Value {
        let digest = format!("sha256:{}", Sha256::of(&asset.bytes));
        json!({"id": asset.id, "name": asset.name, "size": asset.bytes.len(), "state": asset.state,
               "digest": (!self.no_digests).then_some(digest)})
    }

    fn page(&self, request: &Request, entries: &[Value]) -> Reply {
        let page: usize = request.query["page"].parse().unwrap();
        let shown: Vec<_> = entries.iter().skip((page - 1) * 2).take(2).collect();
        let reply = Reply::new(200, json!(shown).to_string().as_bytes());
        if page * 2 < entries.len() {
            reply.with("Link", &format!("<{}/next>; rel=\"next\"", self.url))
        } else {
            reply
        }
    }
}

fn said(status: u16, value: &Value) -> Reply {
    Reply::new(status, value.to_string().as_bytes())
}

impl Service for GitHub {
    fn serve(&mut self, request: &Request) -> Reply {
        let proof = request.headers.get("authorization").map(String::as_str);
        if proof != Some(&format!("Bearer {TOKEN}")) {
            return said(401, &json!({"message": "Bad credentials"}));
        }
        let path: Vec<&str> = request.path.trim_start_matches('/').split('/').collect();
        let absent = || said(404, &json!({"message": "Not Found"}));
        match (request.method.as_str(), path.as_slice()) {
            ("GET", ["repos", "o", "r", "releases", "tags", tag]) => {
                let tag = tag.replace("%40", "@");
                let mut found = self.releases.iter();
                match found.find(|(_, (of, draft))| *of == tag && !draft) {
                    Some((id, _)) => said(200, &self.release(*id)),
                    None => absent(),
                }
            }
            ("GET", ["repos", "o", "r", "releases"]) => {
                // Newest first.
                let ids = self.releases.keys().rev();
                let entries: Vec<Value> = ids.map(|id| self.release(*id)).collect();
                self.page(request, &entries)
            }
            ("POST", ["repos", "o", "r", "releases"]) => {
                let body: Value = serde_json::from_slice(&request.body).unwrap();
                assert_eq!(body["draft"], true);
                self.next += 1;
                let tag = body["tag_name"].as_str().unwrap().to_owned();
                self.releases.insert(self.next, (tag, true));
                said(201, &self.release(self.next))
            }
            ("PATCH", ["repos", "o", "r", "releases", id]) => {
                let id: u64 = id.parse().unwrap();
                let body: serde_json::Map<String, Value> =
                    serde_json::from_slice(&request.body).unwrap();
                if body.get("draft") == Some(&Value::Bool(false)) {
                    self.releases.get_mut(&id).unwrap().1 = false;
                }
                self.said.entry(id).or_default().extend(body);
                said(200, &self.release(id))
            }
            ("DELETE", ["repos", "o", "r", "releases", id]) => {
                let id: u64 = id.parse().unwrap();
                self.releases.remove(&id);
                self.assets.retain(|asset| asset.release != id);
                Reply::new(204, b"")
            }
            ("GET", ["repos", "o", "r", "releases", id, "assets"]) => {
                let id: u64 = id.parse().unwrap();
                let of_it = self.assets.iter().filter(|asset| asset.release == id);
                let entries: Vec<Value> = of_it.map(|asset| self.asset(asset)).collect();
                self.page(request, &entries)
            }
            ("POST", ["upload", id, "assets"]) => {
                let (id, name) = (id.parse().unwrap(), request.query["name"].clone());
                let mut of_it = self.assets.iter().filter(|asset| asset.release == id);
                if of_it.any(|asset| asset.name == name) {
                    let errors =
                        json!({"message": "Validation Failed", "errors": ["already_exists"]});
                    return said(422, &errors);
                }
                self.next += 1;
                let asset = Asset {
                    id: self.next,
                    release: id,
                    name,
                    state: "uploaded",
                    bytes: request.body.clone(),
                };
                let reply = said(201, &self.asset(&asset));
                self.assets.push(asset);
                reply
            }
            ("GET", ["repos", "o", "r", "releases", "assets", id]) => {
                assert_eq!(request.headers["accept"], "application/octet-stream");
                let id: u64 = id.parse().unwrap();
                match (
                    self.assets.iter().find(|asset| asset.id == id),
                    &self.storage,
                ) {
                    (None, _) => absent(),
                    (Some(_), Some(storage)) => {
                        Reply::new(302, b"").with("Location", &format!("{storage}/{id}"))
                    }
                    (Some(asset), None) => Reply::new(200, &asset.bytes),
                }
            }
            ("DELETE", ["repos", "o", "r", "releases", "assets", id]) => {
                let id: u64 = id.parse().unwrap();
                self.assets.retain(|asset| asset.id != id);
                Reply::new(204, b"")
            }
            other => panic!("GitHub has no {other:?}"),
        }
    }
}
