//! MLflow's REST interface, as far as publishing needs it: experiments, runs and their files,
//! registered models, their versions and aliases. GitLab's model registry answers a part of it.
//!
//! What the API does that one would not expect, and what is done about it here:
//! - Versions are numbers that the server gives. What we call a version is a tag.
//! - Nothing but the names of experiments and models is unique. A parameter of a run, though, cannot
//!   be changed once it is set: so [`Mlflow::claim`] is what two publishers cannot both do.
//! - A file that is sent again takes the other's place, and no listing says a digest.
//! - Files go through the server (`mlflow server --artifacts-destination`, its default) or straight to
//!   somebody's bucket, for which we have no key: then there is nothing to publish to.

use reqwest::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::Url;

use crate::client::Client;
use crate::error::ForgeError;
use crate::origin::shown;

mod record;
mod runs;

pub use record::{ModelRecord, RunRecord, VersionRecord};
use record::{OneModel, OneVersion, pairs};

/// Entries on a page of a listing, and pages of it: more is no listing of ours.
const PAGE: u32 = 100;
const PAGES: usize = 1_000;

/// A server that speaks MLflow's protocol.
#[derive(Clone, Debug)]
pub struct Mlflow {
    client: Client,
    /// What comes before `api/2.0`.
    root: Vec<String>,
}

/// Whether the server refused because there is one of this name.
fn is_there(error: &ForgeError) -> bool {
    matches!(error, ForgeError::Refused { message, .. } if message.starts_with("RESOURCE_ALREADY_EXISTS"))
}

/// What is there, or nothing where the server knows no such thing.
fn known<T>(answer: Result<T, ForgeError>) -> Result<Option<T>, ForgeError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(ForgeError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

impl Mlflow {
    /// The server at the client's base URL.
    pub const fn new(client: Client) -> Self {
        let root = Vec::new();
        Self { client, root }
    }

    /// The part of the protocol that GitLab answers for a project's model registry.
    pub fn of_gitlab(client: Client, project: &str) -> Self {
        let root = ["projects", project, "ml", "mlflow"];
        Self {
            client,
            root: root.map(str::to_owned).into(),
        }
    }

    /// The client below.
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// A registered model.
    pub fn model(&self, name: &str) -> Result<Option<ModelRecord>, ForgeError> {
        let answer = self.look::<OneModel>(&["registered-models", "get"], &[("name", name)]);
        Ok(known(answer)?.map(|answer| answer.registered_model))
    }

    /// Registers a model with tags; answers whether it was not there before.
    pub fn register(&self, name: &str, tags: &[(&str, &str)]) -> Result<bool, ForgeError> {
        let body = json!({"name": name, "tags": pairs(tags)});
        match self.send(&Method::POST, &["registered-models", "create"], &body) {
            Ok(()) => Ok(true),
            Err(error) if is_there(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Sets a tag of a registered model.
    pub fn tag_model(&self, name: &str, tag: (&str, &str)) -> Result<(), ForgeError> {
        let body = json!({"name": name, "key": tag.0, "value": tag.1});
        self.send(&Method::POST, &["registered-models", "set-tag"], &body)
    }

    /// The versions of a model, those with a tag where one is given; the first one first.
    pub fn versions(
        &self,
        name: &str,
        tag: Option<(&str, &str)>,
    ) -> Result<Vec<VersionRecord>, ForgeError> {
        #[derive(Deserialize)]
        struct Page {
            #[serde(default)]
            model_versions: Vec<VersionRecord>,
            next_page_token: Option<String>,
        }
        let mut filter = format!("name = '{name}'");
        if let Some(tag) = tag {
            filter = format!("{filter} and {}", is(tag));
        }
        let mut all = Vec::new();
        let mut token = String::new();
        let most = PAGE.to_string();
        for _ in 0..PAGES {
            let mut query = vec![("filter", filter.as_str()), ("max_results", &most)];
            if !token.is_empty() {
                query.push(("page_token", &token));
            }
            let page: Page = self.look(&["model-versions", "search"], &query)?;
            all.extend(page.model_versions);
            let Some(next) = page.next_page_token.filter(|token| !token.is_empty()) else {
                all.retain(|version| {
                    tag.is_none_or(|(key, value)| version.tag(key) == Some(value))
                });
                all.sort_by_key(|version| version.version);
                return Ok(all);
            };
            token = next;
        }
        Err(self.endless(&["model-versions", "search"]))
    }

    /// Makes the next version of a model, of a run's files.
    pub fn release(
        &self,
        name: &str,
        run: &RunRecord,
        description: &str,
        tags: &[(&str, &str)],
    ) -> Result<VersionRecord, ForgeError> {
        let body = json!({
            "name": name, "source": run.artifact_uri, "run_id": run.id,
            "description": description, "tags": pairs(tags),
        });
        let answer: OneVersion = self.post(&["model-versions", "create"], &body)?;
        Ok(answer.model_version)
    }

    /// Makes the version of a model in GitLab's registry, whose number is a `SemVer` of ours. Nothing
    /// where there is one.
    pub fn release_as(
        &self,
        name: &str,
        version: &str,
        description: &str,
    ) -> Result<Option<VersionRecord>, ForgeError> {
        let tags = pairs(&[("gitlab.version", version)]);
        let body = json!({"name": name, "description": description, "tags": tags});
        match self.post::<OneVersion>(&["model-versions", "create"], &body) {
            Ok(answer) => Ok(Some(answer.model_version)),
            Err(error) if is_there(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The version of a model in GitLab's registry. Servers differ in whether they look a version up
    /// by its words or by its number in the database, so the answer is held against what was asked
    /// for, and the other way is gone where it is not that.
    pub fn released_as(
        &self,
        name: &str,
        version: &str,
    ) -> Result<Option<VersionRecord>, ForgeError> {
        let is_it = |found: &VersionRecord| {
            found.tag("gitlab.version") == Some(version)
                || found.aliases().iter().any(|alias| alias == version)
        };
        for (path, key) in [
            (["model-versions", "get"], "version"),
            (["registered-models", "alias"], "alias"),
        ] {
            let query = [("name", name), (key, version)];
            let found = match self.look::<OneVersion>(&path, &query) {
                Ok(answer) => Some(answer.model_version),
                Err(ForgeError::NotFound { .. } | ForgeError::Refused { status: 400, .. }) => None,
                Err(error) => return Err(error),
            };
            if let Some(found) = found.filter(is_it) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Withdraws a version.
    pub fn withdraw(&self, name: &str, version: &VersionRecord) -> Result<(), ForgeError> {
        let body = json!({"name": name, "version": version.version.to_string()});
        match self.send(&Method::DELETE, &["model-versions", "delete"], &body) {
            Err(ForgeError::NotFound { .. }) => Ok(()),
            other => other,
        }
    }

    /// Lets an alias stand for a version.
    pub fn point(
        &self,
        name: &str,
        alias: &str,
        version: &VersionRecord,
    ) -> Result<(), ForgeError> {
        let version = version.version.to_string();
        let body = json!({"name": name, "alias": alias, "version": version});
        self.send(&Method::POST, &["registered-models", "alias"], &body)
    }

    fn below<'a>(&'a self, segments: &[&'a str]) -> Vec<&'a str> {
        let mut all: Vec<&str> = self.root.iter().map(String::as_str).collect();
        all.extend(segments);
        all
    }

    fn url(&self, path: &[&str], query: &[(&str, &str)]) -> Url {
        let mut segments = vec!["api", "2.0", "mlflow"];
        segments.extend(path);
        self.client.url(&self.below(&segments), query)
    }

    fn look<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, ForgeError> {
        self.client.look(self.url(path, query))
    }

    fn post<T: DeserializeOwned>(&self, path: &[&str], body: &Value) -> Result<T, ForgeError> {
        self.client.ask(&Method::POST, &self.url(path, &[]), body)
    }

    /// Sends what is not answered with anything of interest.
    fn send(&self, method: &Method, path: &[&str], body: &Value) -> Result<(), ForgeError> {
        let url = self.url(path, &[]);
        self.client.write(method, &url, body).map(drop)
    }

    fn endless(&self, path: &[&str]) -> ForgeError {
        ForgeError::Answer {
            request: shown(&self.url(path, &[])),
            reason: "the listing does not end".to_owned(),
        }
    }
}

/// A condition of MLflow's searches. Names and versions of packages need no escaping in it.
fn is((key, value): (&str, &str)) -> String {
    format!("tags.`{key}` = '{value}'")
}
