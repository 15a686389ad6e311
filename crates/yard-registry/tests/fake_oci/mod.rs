//! An OCI registry as specified, meanly: it wants a token from a realm and forgets it after some
//! requests, gives uploads new addresses at every step, checks digests, and sends readers of blobs
//! elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use yard_contract::Sha256;

use crate::faulty::Service;
use crate::loopback::{Reply, Request};

pub(crate) const USER: &str = "builder";
pub(crate) const PASSWORD: &str = "oci-64_canary";
/// `builder:oci-64_canary` as it travels.
pub(crate) const ENCODED: &str = "YnVpbGRlcjpvY2ktNjRfY2FuYXJ5";

/// How long a token lives, in requests.
const TOKEN_LIFE: usize = 7;

pub(crate) struct Registry {
    url: String,
    /// Where tokens are got; user and password themselves are wanted where there is none.
    pub(crate) realm: Option<String>,
    /// Where readers of blobs are sent, if anywhere.
    pub(crate) storage: Option<String>,
    pub(crate) blobs: BTreeMap<Sha256, Vec<u8>>,
    /// By repository and tag or digest: media type and bytes.
    pub(crate) manifests: BTreeMap<(String, String), (String, Vec<u8>)>,
    uploads: BTreeMap<String, Vec<u8>>,
    /// Uploads that were finished or never begun are not known.
    ended: BTreeSet<String>,
    next: u64,
    /// Tokens, and how often each was used.
    tokens: BTreeMap<String, usize>,
    /// Somebody else's manifest that arrives right after the next one.
    pub(crate) rival: Option<(String, Vec<u8>)>,
}

impl Registry {
    pub(crate) fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            realm: Some(format!("{url}/token")),
            storage: None,
            blobs: BTreeMap::new(),
            manifests: BTreeMap::new(),
            uploads: BTreeMap::new(),
            ended: BTreeSet::new(),
            next: 0,
            tokens: BTreeMap::new(),
            rival: None,
        }
    }

    fn is_known(&mut self, request: &Request) -> bool {
        let proof = request.headers.get("authorization");
        let proof = proof.map(String::as_str).unwrap_or_default();
        if self.realm.is_none() {
            return proof == format!("Basic {ENCODED}");
        }
        let token = proof.trim_start_matches("Bearer ");
        self.tokens.get_mut(token).is_some_and(|uses| {
            *uses += 1;
            *uses <= TOKEN_LIFE
        })
    }

    fn upload(&mut self) -> Reply {
        self.next += 1;
        let id = format!("{}", self.next);
        self.uploads.insert(id.clone(), Vec::new());
        Reply::new(202, b"").with("Location", &format!("/v2/upload/{id}?_state=a%2Bb"))
    }

    /// The upload goes on under another address.
    fn moved(&mut self, id: &str, status: u16) -> Reply {
        let bytes = self.uploads.remove(id).unwrap();
        self.ended.insert(id.to_owned());
        let last = bytes.len().saturating_sub(1);
        self.next += 1;
        let id = format!("{}", self.next);
        self.uploads.insert(id.clone(), bytes);
        Reply::new(status, b"")
            .with("Location", &format!("{}/v2/upload/{id}?_state=c", self.url))
            .with("Range", &format!("0-{last}"))
    }
}

fn error(status: u16, code: &str) -> Reply {
    let body = format!("{{\"errors\":[{{\"code\":\"{code}\",\"message\":\"{code}\"}}]}}");
    Reply::new(status, body.as_bytes())
}

impl Service for Registry {
    fn serve(&mut self, request: &Request) -> Reply {
        let path: Vec<&str> = request.path.trim_start_matches('/').split('/').collect();
        if path == ["token"] {
            let proof = request.headers.get("authorization");
            if proof.map(String::as_str) != Some(&format!("Basic {ENCODED}")) {
                return error(401, "UNAUTHORIZED");
            }
            let token = format!("token-{}", self.tokens.len());
            let body = format!("{{\"token\":\"{token}\",\"expires_in\":60}}");
            self.tokens.insert(token, 0);
            return Reply::new(200, body.as_bytes());
        }
        if !self.is_known(request) {
            let challenge = match &self.realm {
                Some(realm) => format!(
                    "Bearer realm=\"{realm}\",service=\"registry\",scope=\"repository:x:pull,push\""
                ),
                None => "Basic realm=\"registry\"".to_owned(),
            };
            return error(401, "UNAUTHORIZED").with("WWW-Authenticate", &challenge);
        }
        match (request.method.as_str(), path.as_slice()) {
            (method @ ("HEAD" | "GET"), ["v2", .., "blobs", digest]) => {
                let digest: Sha256 = digest.trim_start_matches("sha256:").parse().unwrap();
                match (self.blobs.get(&digest), &self.storage) {
                    (None, _) => error(404, "BLOB_UNKNOWN"),
                    (Some(_), Some(storage)) if method == "GET" => {
                        Reply::new(307, b"").with("Location", &format!("{storage}/{digest}"))
                    }
                    (Some(_), _) if method == "HEAD" => Reply::new(200, b""),
                    (Some(bytes), _) => Reply::new(200, bytes),
                }
            }
            ("POST", ["v2", .., "blobs", "uploads", ""]) => self.upload(),
            ("PATCH", ["v2", "upload", id]) => {
                let range = request.headers["content-range"].clone();
                let Some(bytes) = self.uploads.get_mut(*id) else {
                    return error(404, "BLOB_UPLOAD_UNKNOWN");
                };
                let (first, last) = range.split_once('-').unwrap();
                let (first, last): (usize, usize) = (first.parse().unwrap(), last.parse().unwrap());
                assert_eq!(last + 1 - first, request.body.len());
                if first != bytes.len() {
                    return error(416, "RANGE_INVALID");
                }
                bytes.extend(&request.body);
                self.moved(id, 202)
            }
            ("GET", ["v2", "upload", id]) => {
                if self.uploads.contains_key(*id) {
                    self.moved(id, 204)
                } else {
                    error(404, "BLOB_UPLOAD_UNKNOWN")
                }
            }
            ("PUT", ["v2", "upload", id]) => {
                let Some(mut bytes) = self.uploads.remove(*id) else {
                    return error(404, "BLOB_UPLOAD_UNKNOWN");
                };
                assert!(request.query.contains_key("_state"), "the query is kept");
                bytes.extend(&request.body);
                let digest = Sha256::of(&bytes);
                let named = request.query["digest"].replace("%3A", ":");
                if named != format!("sha256:{digest}") {
                    return error(400, "DIGEST_INVALID");
                }
                self.blobs.insert(digest, bytes);
                Reply::new(201, b"").with("Docker-Content-Digest", &format!("sha256:{digest}"))
            }
            ("GET", ["v2", name @ .., "manifests", reference]) => {
                let key = (name.join("/"), (*reference).to_owned());
                match self.manifests.get(&key) {
                    Some((media, bytes)) => {
                        Reply::new(200, bytes).with("Content-Type", media).with(
                            "Docker-Content-Digest",
                            &format!("sha256:{}", Sha256::of(bytes)),
                        )
                    }
                    None => error(404, "MANIFEST_UNKNOWN"),
                }
            }
            ("PUT", ["v2", name @ .., "manifests", reference]) => {
                let digest = Sha256::of(&request.body);
                let name = name.join("/");
                let text = String::from_utf8(request.body.clone()).unwrap();
                for (_, rest) in text
                    .match_indices("\"digest\":\"sha256:")
                    .map(|(at, word)| {
                        let at = at + word.len();
                        (at, &text[at..at + 64])
                    })
                {
                    let known = self.blobs.contains_key(&rest.parse().unwrap())
                        || self
                            .manifests
                            .contains_key(&(name.clone(), format!("sha256:{rest}")));
                    if !known {
                        return error(400, "MANIFEST_BLOB_UNKNOWN");
                    }
                }
                let media = request.headers["content-type"].clone();
                let stored = (media, request.body.clone());
                let references = [(*reference).to_owned(), format!("sha256:{digest}")];
                for reference in references {
                    self.manifests
                        .insert((name.clone(), reference), stored.clone());
                }
                if let Some(rival) = self.rival.take() {
                    self.manifests
                        .insert((name, (*reference).to_owned()), rival);
                }
                Reply::new(201, b"").with("Docker-Content-Digest", &format!("sha256:{digest}"))
            }
            ("GET", ["v2", name @ .., "tags", "list"]) => {
                let name = name.join("/");
                let tags: Vec<&str> = self
                    .manifests
                    .keys()
                    .filter(|(of, tag)| *of == name && !tag.starts_with("sha256:"))
                    .map(|(_, tag)| tag.as_str())
                    .collect();
                let body = serde_json::json!({"name": name, "tags": tags});
                Reply::new(200, body.to_string().as_bytes())
            }
            other => panic!("a registry has no {other:?}"),
        }
    }
}
