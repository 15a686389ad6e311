//! GitHub's releases: files under a tag, put together as a draft and published at once.
//!
//! What the API does that one would not expect, and what is done about it here:
//! - A draft is not found by its tag, and several may have the same one. Drafts are listed; the one
//!   with the lowest number counts, so that everybody who publishes at once fills the same.
//! - An upload that broke off may leave an asset in the state `starter`, which only gets in the way.
//! - Files are uploaded to another host, which the release names. The token goes there only if it is
//!   of the same site.
//! - A download is redirected to object storage; the token does not go there.

use std::io::Write;

use reqwest::Method;
use reqwest::blocking::Response;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue, LINK};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;
use yard_contract::Sha256;

use crate::answer::{self, header, json};
use crate::client::{Call, Client};
use crate::credential::Credential;
use crate::error::ForgeError;
use crate::origin::{Origin, shown};
use crate::transfer::{Upload, receive};

/// Entries on a page of a listing, and pages of it: more is no listing of ours.
const PAGE: &str = "100";
const PAGES: usize = 100;

/// The releases of one repository.
#[derive(Clone, Debug)]
pub struct GitHubReleases {
    client: Client,
    owner: String,
    repository: String,
}

/// A release, published or not.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ReleaseRecord {
    /// Its number; a later one has a higher one.
    pub id: u64,
    /// Its tag.
    pub tag_name: String,
    /// Whether it is not published yet.
    pub draft: bool,
    /// What people read of it.
    #[serde(default)]
    pub body: Option<String>,
    /// Where people see it.
    #[serde(default)]
    html_url: Option<String>,
    /// Where its files are uploaded to, with a template at its end.
    upload_url: String,
}

/// A file of a release.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AssetRecord {
    /// Its number.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Its length in bytes.
    pub size: u64,
    /// `uploaded`, or `starter` where the upload never ended.
    pub state: String,
    /// The digest that the server computed, as `sha256:…`; old servers compute none.
    #[serde(default)]
    digest: Option<String>,
}

impl AssetRecord {
    /// Whether all of it has arrived.
    pub fn is_whole(&self) -> bool {
        self.state == "uploaded"
    }

    /// The digest that the server computed.
    pub fn sha256(&self) -> Option<Sha256> {
        self.digest
            .as_deref()?
            .strip_prefix("sha256:")?
            .parse()
            .ok()
    }
}

impl GitHubReleases {
    /// The releases of `OWNER/NAME`.
    pub fn new(client: Client, repository: &str) -> Result<Self, ForgeError> {
        let parts = repository.split_once('/');
        let parts = parts.filter(|(owner, name)| !owner.is_empty() && !name.contains('/'));
        let (owner, name) = parts.ok_or_else(|| ForgeError::Url {
            url: repository.escape_debug().to_string(),
            why: "a repository of GitHub is `OWNER/NAME`",
        })?;
        Ok(Self {
            client,
            owner: owner.to_owned(),
            repository: name.to_owned(),
        })
    }

    /// The client below.
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// The release of a tag: the published one, or else the first draft.
    pub fn find(&self, tag: &str) -> Result<Option<ReleaseRecord>, ForgeError> {
        let call = Call::new(Method::GET, self.url(&["releases", "tags", tag], &[]));
        match self.ask(&call) {
            Ok(response) => return json(response, &call.shown()).map(Some),
            Err(ForgeError::NotFound { .. }) => {}
            Err(error) => return Err(error),
        }
        let mut drafts: Vec<ReleaseRecord> = self.pages(&["releases"])?;
        drafts.retain(|release| release.tag_name == tag);
        drafts.sort_by_key(|release| (release.draft, release.id));
        Ok(drafts.into_iter().next())
    }

    /// Begins a draft, and answers the one that counts: somebody else may have begun one before, and
    /// then ours is taken back.
    pub fn begin(&self, tag: &str, commit: Option<&str>) -> Result<ReleaseRecord, ForgeError> {
        let mut body = serde_json::json!({"tag_name": tag, "name": tag, "draft": true});
        if let Some(commit) = commit {
            body["target_commitish"] = commit.into();
        }
        let ours: ReleaseRecord = self.write(Method::POST, &["releases"], &body)?;
        let Some(first) = self.find(tag)?.filter(|first| first.id != ours.id) else {
            return Ok(ours);
        };
        let id = ours.id.to_string();
        match self.ask(&Call::new(
            Method::DELETE,
            self.url(&["releases", &id], &[]),
        )) {
            Ok(_) | Err(ForgeError::NotFound { .. }) => Ok(first),
            Err(error) => Err(error),
        }
    }

    /// Makes a draft visible; as the repository's latest release where its version says so, or as none
    /// that anybody would take for the latest.
    pub fn publish(&self, release: &ReleaseRecord, is_final: bool) -> Result<(), ForgeError> {
        let id = release.id.to_string();
        let latest = if is_final { "legacy" } else { "false" };
        let body =
            serde_json::json!({"draft": false, "prerelease": !is_final, "make_latest": latest});
        self.write::<ReleaseRecord>(Method::PATCH, &["releases", &id], &body)
            .map(drop)
    }

    /// Gives a release its name and its text.
    pub fn describe(
        &self,
        release: &ReleaseRecord,
        name: &str,
        text: &str,
    ) -> Result<(), ForgeError> {
        let id = release.id.to_string();
        let body = serde_json::json!({"name": name, "body": text});
        self.write::<ReleaseRecord>(Method::PATCH, &["releases", &id], &body)
            .map(drop)
    }

    /// The tags of all published releases.
    pub fn tags(&self) -> Result<Vec<String>, ForgeError> {
        let mut releases: Vec<ReleaseRecord> = self.pages(&["releases"])?;
        releases.retain(|release| !release.draft);
        let tags = releases.into_iter().map(|release| release.tag_name);
        Ok(tags.collect())
    }

    /// Where a browser, or anybody who may read the repository, downloads a file of a published
    /// release. Nothing where the server did not say where the release is shown.
    pub fn link(release: &ReleaseRecord, file: &str) -> Option<Url> {
        let page = Url::parse(release.html_url.as_deref()?).ok()?;
        let (place, _) = page.path().split_once("/releases/")?;
        let mut url = page.clone();
        url.set_path(place);
        let mut segments = url.path_segments_mut().ok()?;
        segments.extend(["releases", "download", &release.tag_name, file]);
        drop(segments);
        Some(url)
    }

    /// The files of a release.
    pub fn assets(&self, release: &ReleaseRecord) -> Result<Vec<AssetRecord>, ForgeError> {
        self.pages(&["releases", &release.id.to_string(), "assets"])
    }

    /// Sends a file. That one of its name is there already is worth another look.
    pub fn upload(
        &self,
        release: &ReleaseRecord,
        file: &str,
        upload: &Upload,
    ) -> Result<AssetRecord, ForgeError> {
        let text = release.upload_url.split('{').next().unwrap_or_default();
        let refuse = |why| ForgeError::Url {
            url: text.escape_debug().to_string(),
            why,
        };
        let mut url = Url::parse(text).map_err(|_| refuse("it is not a URL to upload to"))?;
        let origin = Origin::of(&url)?;
        let is_ours = origin.is_same_site(self.client.origin())
            && origin.is_https() == self.client.origin().is_https();
        if !is_ours {
            return Err(refuse(
                "the server sends uploads there, but it is another site",
            ));
        }
        url.query_pairs_mut().append_pair("name", file);
        let mut call = Call::new(Method::POST, url.clone());
        call.headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/octet-stream"),
        );
        call.body = Some(upload.whole());
        let proof = self.client.credential().and_then(Credential::header);
        let (response, at_home) = self.client.beside(url)?.dispatch(&call, proof.as_ref())?;
        if response.status().as_u16() == 422 {
            return Err(ForgeError::Transient {
                request: call.shown(),
                reason: "a file of this name is there, or is being sent".to_owned(),
                retry_after: None,
                source: None,
            });
        }
        let identity = self.client.identity();
        let response = answer::success(response, call.shown(), at_home, identity)?;
        json(response, &call.shown())
    }

    /// Takes back a file.
    pub fn delete(&self, asset: &AssetRecord) -> Result<(), ForgeError> {
        let id = asset.id.to_string();
        let url = self.url(&["releases", "assets", &id], &[]);
        match self.ask(&Call::new(Method::DELETE, url)) {
            Ok(_) | Err(ForgeError::NotFound { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Copies a file to a writer, up to a limit; answers its length and digest.
    pub fn download(
        &self,
        asset: &AssetRecord,
        out: &mut dyn Write,
        limit: u64,
    ) -> Result<(u64, Sha256), ForgeError> {
        let id = asset.id.to_string();
        let mut call = Call::new(Method::GET, self.url(&["releases", "assets", &id], &[]));
        call.headers
            .insert(ACCEPT, HeaderValue::from_static("application/octet-stream"));
        let mut response = self.ask(&call)?;
        let stall = self.client.settings().stall_timeout;
        let clock = self.client.clock();
        receive(&mut response, &call.shown(), out, limit, clock, stall)
    }

    fn url(&self, segments: &[&str], query: &[(&str, &str)]) -> Url {
        let mut all = vec!["repos", &self.owner, &self.repository];
        all.extend(segments);
        self.client.url(&all, query)
    }

    fn ask(&self, call: &Call<'_>) -> Result<Response, ForgeError> {
        let proof = self.client.credential().and_then(Credential::header);
        let (response, at_home) = self.client.dispatch(call, proof.as_ref())?;
        answer::success(response, call.shown(), at_home, self.client.identity())
    }

    fn write<T: DeserializeOwned>(
        &self,
        method: Method,
        segments: &[&str],
        body: &serde_json::Value,
    ) -> Result<T, ForgeError> {
        let upload = Upload::bytes(body.to_string().as_bytes());
        let mut call = Call::new(method, self.url(segments, &[]));
        call.headers
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        call.body = Some(upload.whole());
        json(self.ask(&call)?, &call.shown())
    }

    /// All pages of a listing.
    fn pages<T: DeserializeOwned>(&self, segments: &[&str]) -> Result<Vec<T>, ForgeError> {
        let mut all = Vec::new();
        for page in 1..=PAGES {
            let number = page.to_string();
            let url = self.url(segments, &[("per_page", PAGE), ("page", &number)]);
            let call = Call::new(Method::GET, url);
            let response = self.ask(&call)?;
            let more = header(&response, &LINK).is_some_and(|link| link.contains("rel=\"next\""));
            all.extend(json::<Vec<T>>(response, &call.shown())?);
            if !more {
                return Ok(all);
            }
        }
        Err(ForgeError::Answer {
            request: format!("GET {}", shown(&self.url(segments, &[]))),
            reason: "the listing does not end".to_owned(),
        })
    }
}
