//! A repository of an OCI registry: blobs by digest, manifests by digest or tag (OCI Distribution
//! Specification 1.1).
//!
//! What one would not expect, and what is done about it here:
//! - A tag can be moved by whoever may push. There is no "only if it is not there", so whoever wants
//!   a tag to stay looks before and after ([`OciRepository::manifest`]).
//! - An upload's next address is the registry's word. It has to be at the configured origin.
//! - A token may expire in the middle of a push; a refusal is met once with a fresh one.
//! - A long blob is sent in pieces; after a cut the registry is asked how much of it has arrived.

mod challenge;
mod login;
mod upload;

use std::collections::BTreeMap;
use std::fmt;
use std::io::{Read as _, Write};
use std::sync::{Mutex, PoisonError};

use reqwest::Method;
use reqwest::blocking::Response;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use url::Url;
use yard_contract::Sha256;

pub use crate::oci::login::Login;

use crate::answer::{self, header};
use crate::client::{Call, Client};
use crate::credential::Identity;
use crate::error::ForgeError;
use crate::oci::challenge::{Challenge, meet};
use crate::origin::Origin;
use crate::transfer::{Upload, receive};

/// Bytes of a manifest; the specification asks registries for 4 MiB.
const MANIFEST_BYTES: u64 = 4 << 20;
/// Blobs longer than this are sent in pieces of this length.
const PIECE: u64 = 32 << 20;

/// The media type of an image's or artifact's manifest.
pub const IMAGE_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// The media type of an index of manifests.
pub const IMAGE_INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// What is read as a manifest: ours, and those of the older form that registries still hold.
const MANIFESTS: &str = "application/vnd.oci.image.manifest.v1+json, \
     application/vnd.oci.image.index.v1+json, \
     application/vnd.docker.distribution.manifest.v2+json, \
     application/vnd.docker.distribution.manifest.list.v2+json";

/// A manifest as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OciManifest {
    /// Its media type.
    pub media_type: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Their digest.
    pub sha256: Sha256,
}

impl OciManifest {
    /// A manifest of these bytes.
    pub fn new(media_type: &str, bytes: Vec<u8>) -> Self {
        let sha256 = Sha256::of(&bytes);
        Self {
            media_type: media_type.to_owned(),
            bytes,
            sha256,
        }
    }
}

/// One repository of a registry.
pub struct OciRepository {
    client: Client,
    name: String,
    login: Option<Login>,
    realm: Option<Origin>,
    /// What met the last challenge.
    proof: Mutex<Option<HeaderValue>>,
    /// Where uploads that broke off go on.
    begun: Mutex<BTreeMap<Sha256, Url>>,
}

impl OciRepository {
    /// A repository below the client's base, `https://HOST`. The login goes to that host, to a
    /// realm at its own site, and to `realm` where a person has named one.
    pub fn new(
        client: Client,
        name: &str,
        login: Option<Login>,
        realm: Option<Origin>,
    ) -> Result<Self, ForgeError> {
        if !is_name(name) {
            return Err(ForgeError::Url {
                url: name.escape_debug().to_string(),
                why: "a repository's name has lower-case letters, digits, and `.`, `_`, `-` between \
                      them, in parts separated by `/`",
            });
        }
        Ok(Self {
            client,
            name: name.to_owned(),
            login,
            realm,
            proof: Mutex::new(None),
            begun: Mutex::new(BTreeMap::new()),
        })
    }

    /// The repository `NAME/BELOW` of the same registry.
    pub fn below(&self, below: &str) -> Result<Self, ForgeError> {
        let name = format!("{}/{below}", self.name);
        let (login, realm) = (self.login.clone(), self.realm.clone());
        Self::new(self.client.clone(), &name, login, realm)
    }

    /// The client below.
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether a blob is there.
    pub fn has_blob(&self, digest: &Sha256) -> Result<bool, ForgeError> {
        let url = self.url(&["blobs", &named(digest)]);
        let response = self.ask(&Call::new(Method::HEAD, url))?;
        Ok(self.found(response, Method::HEAD)?.is_some())
    }

    /// Copies a blob to a writer, up to a limit; answers its length and digest.
    pub fn blob(
        &self,
        digest: &Sha256,
        out: &mut dyn Write,
        limit: u64,
    ) -> Result<Option<(u64, Sha256)>, ForgeError> {
        let url = self.url(&["blobs", &named(digest)]);
        let call = Call::new(Method::GET, url);
        let answer = self.ask(&call)?;
        let Some(mut response) = self.found(answer, Method::GET)? else {
            return Ok(None);
        };
        let stall = self.client.settings().stall_timeout;
        let clock = self.client.clock();
        receive(&mut response, &call.shown(), out, limit, clock, stall).map(Some)
    }

    /// Sends a blob, unless it is there; answers whether bytes were sent.
    pub fn push_blob(&self, upload: &Upload) -> Result<bool, ForgeError> {
        if self.has_blob(&upload.sha256)? {
            return Ok(false);
        }
        upload::push(self, upload, PIECE)?;
        Ok(true)
    }

    /// The manifest that a tag or digest stands for.
    pub fn manifest(&self, reference: &str) -> Result<Option<OciManifest>, ForgeError> {
        let mut call = Call::new(Method::GET, self.url(&["manifests", reference]));
        call.headers
            .insert(ACCEPT, HeaderValue::from_static(MANIFESTS));
        let answer = self.ask(&call)?;
        let Some(response) = self.found(answer, Method::GET)? else {
            return Ok(None);
        };
        let media_type = header(&response, &CONTENT_TYPE)
            .unwrap_or_default()
            .to_owned();
        let claimed = digest_header(&response);
        let mut bytes = Vec::new();
        let read = response.take(MANIFEST_BYTES + 1).read_to_end(&mut bytes);
        read.map_err(|error| ForgeError::Transient {
            request: call.shown(),
            reason: "the answer broke off".to_owned(),
            retry_after: None,
            source: Some(Box::new(error)),
        })?;
        if bytes.len() as u64 > MANIFEST_BYTES {
            return Err(ForgeError::TooLarge {
                request: call.shown(),
                limit: MANIFEST_BYTES,
            });
        }
        let manifest = OciManifest::new(&media_type, bytes);
        let asked = reference.strip_prefix("sha256:").map(str::to_owned);
        let expected = asked.and_then(|digits| digits.parse().ok()).or(claimed);
        if expected.is_some_and(|expected: Sha256| expected != manifest.sha256) {
            return Err(ForgeError::Transient {
                request: call.shown(),
                reason: "the manifest is not that of its digest".to_owned(),
                retry_after: None,
                source: None,
            });
        }
        Ok(Some(manifest))
    }

    /// Stores a manifest under a tag, or under its own digest where no tag is given.
    pub fn put_manifest(
        &self,
        tag: Option<&str>,
        manifest: &OciManifest,
    ) -> Result<(), ForgeError> {
        let own = named(&manifest.sha256);
        let url = self.url(&["manifests", tag.unwrap_or(&own)]);
        let mut call = Call::new(Method::PUT, url);
        call.headers
            .insert(CONTENT_TYPE, login::header(&manifest.media_type)?);
        let upload = Upload::bytes(&manifest.bytes);
        call.body = Some(upload.whole());
        let (response, at_home) = self.ask(&call)?;
        let response = answer::success(response, call.shown(), at_home, self)?;
        match digest_header(&response) {
            Some(stored) if stored != manifest.sha256 => Err(ForgeError::Answer {
                request: call.shown(),
                reason: format!("it stored sha256 {stored} and not {}", manifest.sha256),
            }),
            _ => Ok(()),
        }
    }

    /// The tags, in the registry's order; none where there is no such repository yet.
    pub fn tags(&self) -> Result<Vec<String>, ForgeError> {
        #[derive(serde::Deserialize)]
        struct Listing {
            #[serde(default)]
            tags: Option<Vec<String>>,
        }
        let mut tags: Vec<String> = Vec::new();
        loop {
            let mut url = self.url(&["tags", "list"]);
            url.query_pairs_mut().append_pair("n", "1000");
            if let Some(last) = tags.last() {
                url.query_pairs_mut().append_pair("last", last);
            }
            let call = Call::new(Method::GET, url);
            let answer = self.ask(&call)?;
            let Some(response) = self.found(answer, Method::GET)? else {
                return Ok(tags);
            };
            let more = header(&response, &HeaderName::from_static("link"))
                .is_some_and(|link| link.contains("rel=\"next\""));
            let listing: Listing = answer::json(response, &call.shown())?;
            let page = listing.tags.unwrap_or_default();
            let is_new = page.last() != tags.last();
            tags.extend(page);
            if !more || !is_new {
                return Ok(tags);
            }
        }
    }

    /// A URL below the repository.
    fn url(&self, segments: &[&str]) -> Url {
        let mut all = vec!["v2"];
        all.extend(self.name.split('/'));
        all.extend(segments);
        self.client.url(&all, &[])
    }

    /// Sends a request; meets one challenge, where there is one.
    fn ask(&self, call: &Call<'_>) -> Result<(Response, bool), ForgeError> {
        let known = self.lock_proof().clone();
        let (response, at_home) = self.send(call, known.as_ref())?;
        if response.status().as_u16() != 401 || !at_home {
            return Ok((response, at_home));
        }
        let challenge =
            header(&response, &reqwest::header::WWW_AUTHENTICATE).and_then(Challenge::parse);
        let Some(challenge) = challenge else {
            return Ok((response, at_home));
        };
        let login = self.login.as_ref();
        let met = meet(&challenge, &self.client, login, self.realm.as_ref(), self)?;
        if met.is_none() || (met == known && challenge == Challenge::Basic) {
            return Ok((response, at_home));
        }
        self.lock_proof().clone_from(&met);
        self.send(call, met.as_ref())
    }

    fn send(
        &self,
        call: &Call<'_>,
        proof: Option<&HeaderValue>,
    ) -> Result<(Response, bool), ForgeError> {
        let proof = proof.map(|value| (AUTHORIZATION, value.clone()));
        self.client.dispatch(call, proof.as_ref())
    }

    fn lock_proof(&self) -> std::sync::MutexGuard<'_, Option<HeaderValue>> {
        self.proof.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An answer that is there, or nothing where the registry has none.
    fn found(
        &self,
        (response, at_home): (Response, bool),
        method: Method,
    ) -> Result<Option<Response>, ForgeError> {
        if response.status().as_u16() == 404 {
            return Ok(None);
        }
        let request = Call::new(method, response.url().clone()).shown();
        answer::success(response, request, at_home, self).map(Some)
    }
}

impl Identity for OciRepository {
    fn needs(&self, status: u16) -> String {
        match (&self.login, status) {
            (Some(login), 401) => format!(
                "the registry does not know the user and password of {}",
                login.source()
            ),
            (Some(login), _) => format!(
                "the user of {} may not do this in `{}`",
                login.source(),
                self.name
            ),
            (None, _) => {
                "set `OCI_USERNAME` and `OCI_PASSWORD`, or log in by `docker login`; in a \
                          GitLab job the project's own registry needs neither"
                    .to_owned()
            }
        }
    }

    fn redact(&self, text: &str) -> String {
        let Some(login) = &self.login else {
            return text.to_owned();
        };
        let text = login.secret().redact(text);
        text.replace(&login.encoded(), "***")
    }
}

impl fmt::Debug for OciRepository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OciRepository")
            .field("client", &self.client)
            .field("name", &self.name)
            .field("login", &self.login)
            .finish_non_exhaustive()
    }
}

/// A digest as OCI writes it.
fn named(digest: &Sha256) -> String {
    format!("sha256:{digest}")
}

/// The digest that the registry says it stored or sends.
fn digest_header(response: &Response) -> Option<Sha256> {
    let name = HeaderName::from_static("docker-content-digest");
    header(response, &name)?
        .strip_prefix("sha256:")?
        .parse()
        .ok()
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*` in parts separated by `/`, up to 255 bytes.
fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_part = |part: &str| {
        let between = part.split(plain).filter(|run| !run.is_empty());
        part.starts_with(plain)
            && part.ends_with(plain)
            && between
                .into_iter()
                .all(|run| matches!(run, "." | "_" | "__") || run.bytes().all(|byte| byte == b'-'))
    };
    name.len() <= 255 && name.split('/').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_specification() {
        for good in ["credit", "group/sub/project", "a.b_c__d-e--f", "0"] {
            assert!(is_name(good), "{good}");
        }
        for bad in [
            "", "/", "a/", "/a", "a//b", "A", "a..b", "-a", "a-", "a___b", "a/../b", "a b", "a:b",
            "a%2fb", "é",
        ] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
