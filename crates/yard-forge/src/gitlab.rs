//! GitLab's generic packages: a project's shelf of files under a name and a version; and its model
//! registry, whose versions have such a shelf each.
//!
//! What the API does that one would not expect, and what is done about it here:
//! - Uploading a file that is there already adds a second one under the same name; the newest is
//!   served. So there is [`GenericPackages::files`] to look first and `delete` to withdraw.
//! - The listing's `package_name` is a fuzzy search. Only exact matches are answered.
//! - A download may be redirected to object storage; the token does not go there.
//! - A package of the status `hidden` is in no listing that does not ask for it, and the status of the
//!   last upload counts. So files are uploaded hidden, and the last one shows them all.
//! - Files of a model version lie under its number in the database, and the version has to be there
//!   first. Versions are made through the part of MLflow's interface that GitLab answers, which takes
//!   no job token.

use std::io::Write;

use reqwest::Method;
use reqwest::header::{HeaderName, LINK};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;
use yard_contract::Sha256;

use crate::answer::{header, json};
use crate::client::Client;
use crate::error::ForgeError;
use crate::mlflow::Mlflow;
use crate::origin::shown;
use crate::transfer::{Upload, receive};

/// Entries on a page of a listing.
const PAGE: usize = 100;
/// Pages of a listing: more is no package of ours.
const PAGES: usize = 1_000;

/// The generic packages of one project, or the packages of its model registry.
#[derive(Clone, Debug)]
pub struct GenericPackages {
    client: Client,
    project: String,
    /// Where the packages are those of the model registry: how its versions are made.
    models: Option<Mlflow>,
}

#[derive(Debug, Deserialize)]
struct PackageRecord {
    id: u64,
    name: String,
    version: Option<String>,
    #[serde(default)]
    status: String,
}

/// One stored file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FileRecord {
    /// Its number; a later file has a higher one.
    pub id: u64,
    /// The package that holds it.
    pub package_id: u64,
    /// Its name.
    pub file_name: String,
    /// Its length in bytes.
    pub size: u64,
    /// The digest that the server computed.
    pub file_sha256: Option<Sha256>,
}

impl GenericPackages {
    /// The packages of a project, named by its number or its full path.
    pub fn new(client: Client, project: &str) -> Self {
        Self {
            client,
            project: project.to_owned(),
            models: None,
        }
    }

    /// The packages of a project's model registry. Versions have to be by `SemVer`.
    pub fn of_models(client: Client, project: &str) -> Self {
        let models = Some(Mlflow::of_gitlab(client.clone(), project));
        Self {
            models,
            ..Self::new(client, project)
        }
    }

    /// Whether they are those of the model registry.
    pub const fn is_models(&self) -> bool {
        self.models.is_some()
    }

    /// The client below.
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// Every file under a name and a version, several of one name included, oldest first.
    pub fn files(&self, name: &str, version: &str) -> Result<Vec<FileRecord>, ForgeError> {
        let mut ours = self.packages(&[("package_name", name), ("package_version", version)])?;
        ours.retain(|package| package.name == name && package.version.as_deref() == Some(version));
        let mut files: Vec<FileRecord> = Vec::new();
        for package in ours {
            let id = package.id.to_string();
            let segments = ["projects", &self.project, "packages", &id, "package_files"];
            files.extend(self.pages::<FileRecord>(&segments, &[])?);
        }
        // A listing that grows while it is read repeats entries.
        files.sort_by_key(|file| file.id);
        files.dedup_by_key(|file| file.id);
        Ok(files)
    }

    /// The versions of a package that people can see.
    pub fn versions(&self, name: &str) -> Result<Vec<String>, ForgeError> {
        let mut packages = self.packages(&[("package_name", name)])?;
        packages.retain(|package| package.name == name && package.status != "hidden");
        let versions = packages.into_iter();
        Ok(versions.filter_map(|package| package.version).collect())
    }

    /// Packages that are there, those among them that are hidden included.
    fn packages(&self, query: &[(&str, &str)]) -> Result<Vec<PackageRecord>, ForgeError> {
        let kind = if self.is_models() {
            "ml_model"
        } else {
            "generic"
        };
        let mut all: Vec<PackageRecord> = Vec::new();
        for status in [None, Some("hidden")] {
            let mut query = query.to_vec();
            query.push(("package_type", kind));
            query.extend(status.map(|status| ("status", status)));
            all.extend(self.pages(&["projects", &self.project, "packages"], &query)?);
        }
        // One that is shown between the two listings is in both.
        all.sort_by_key(|package| package.id);
        all.dedup_by_key(|package| package.id);
        all.retain(|package| package.status != "pending_destruction");
        Ok(all)
    }

    /// Sends a file, which people see, with all that are there, if it is the last. Answers its record
    /// where the server does.
    pub fn upload(
        &self,
        name: &str,
        version: &str,
        file: &str,
        upload: &Upload,
        is_last: bool,
    ) -> Result<Option<FileRecord>, ForgeError> {
        let mut place = self.place(name, version)?;
        if place.is_none() {
            // Made only when there is a file for it.
            let models = self.models.as_ref();
            models
                .map(|models| models.register(name, &[]))
                .transpose()?;
            models
                .map(|models| models.release_as(name, version, ""))
                .transpose()?;
            place = self.place(name, version)?;
        }
        let place = place.ok_or_else(|| ForgeError::Answer {
            request: format!("making version {version} of the model `{name}`"),
            reason: "the model registry does not have it afterwards".to_owned(),
        })?;
        let mut query = vec![("status", if is_last { "default" } else { "hidden" })];
        if !self.is_models() {
            query.push(("select", "package_file"));
        }
        let url = self.file_url(&place, file, &query);
        let request = format!("PUT {}", shown(&url));
        let response = self.client.send(&Method::PUT, url, Some(upload))?;
        // It is stored, whatever the answer says, and old servers say something else.
        Ok(json(response, &request).ok())
    }

    /// Fetches a file into a writer, up to a limit; gives its length and digest.
    pub fn download(
        &self,
        name: &str,
        version: &str,
        file: &str,
        out: &mut dyn Write,
        limit: u64,
    ) -> Result<(u64, Sha256), ForgeError> {
        let place = self
            .place(name, version)?
            .ok_or_else(|| ForgeError::NotFound {
                request: format!("looking for version {version} of the model `{name}`"),
                message: String::new(),
                needs: self.client.identity().needs(404),
            })?;
        let url = self.file_url(&place, file, &[]);
        let request = format!("GET {}", shown(&url));
        let mut response = self.client.send(&Method::GET, url, None)?;
        let stall = self.client.settings().stall_timeout;
        receive(
            &mut response,
            &request,
            out,
            limit,
            self.client.clock(),
            stall,
        )
    }

    /// Where the files of a version lie; nothing where the model registry has no such version.
    fn place(&self, name: &str, version: &str) -> Result<Option<Vec<String>>, ForgeError> {
        let Some(models) = &self.models else {
            let place = ["generic", name, version].map(str::to_owned);
            return Ok(Some(place.into()));
        };
        let found = models.released_as(name, version)?;
        Ok(found.map(|found| {
            let number = found.version.to_string();
            vec!["ml_models".to_owned(), number, "files".to_owned()]
        }))
    }

    /// The address of a file, below `packages`.
    fn file_url(&self, place: &[String], file: &str, query: &[(&str, &str)]) -> Url {
        let mut segments = vec!["projects", self.project.as_str(), "packages"];
        segments.extend(place.iter().map(String::as_str));
        segments.push(file);
        self.client.url(&segments, query)
    }

    /// The address of a file, for people and links.
    pub fn link(&self, name: &str, version: &str, file: &str) -> Result<Option<Url>, ForgeError> {
        let place = self.place(name, version)?;
        Ok(place.map(|place| self.file_url(&place, file, &[])))
    }

    /// Withdraws one stored file.
    pub fn delete(&self, file: &FileRecord) -> Result<(), ForgeError> {
        let (package, id) = (file.package_id.to_string(), file.id.to_string());
        let segments = [
            "projects",
            &self.project,
            "packages",
            &package,
            "package_files",
            &id,
        ];
        let url = self.client.url(&segments, &[]);
        self.client.send(&Method::DELETE, url, None).map(drop)
    }

    /// All pages of a listing.
    fn pages<T: DeserializeOwned>(
        &self,
        segments: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Vec<T>, ForgeError> {
        let mut all = Vec::new();
        let per_page = PAGE.to_string();
        for page in 1..=PAGES {
            let number = page.to_string();
            let mut query = query.to_vec();
            query.extend([("per_page", per_page.as_str()), ("page", &number)]);
            let url = self.client.url(segments, &query);
            let (last, entries) = self.page(url)?;
            all.extend(entries);
            if last {
                return Ok(all);
            }
        }
        let request = format!("GET {}", shown(&self.client.url(segments, &[])));
        Err(ForgeError::Answer {
            request,
            reason: "the listing does not end".to_owned(),
        })
    }

    /// One page, and whether it is the last: by either of the two headers that say so, or, where a
    /// proxy has dropped both, by not being full.
    fn page<T: DeserializeOwned>(&self, url: Url) -> Result<(bool, Vec<T>), ForgeError> {
        let request = format!("GET {}", shown(&url));
        let response = self.client.send(&Method::GET, url, None)?;
        let next_page = header(&response, &HeaderName::from_static("x-next-page"));
        let link = header(&response, &LINK);
        let more = match (next_page, link) {
            (Some(next), _) => Some(!next.trim().is_empty()),
            (None, Some(link)) => Some(link.contains("rel=\"next\"")),
            (None, None) => None,
        };
        let entries: Vec<T> = json(response, &request)?;
        let last = !more.unwrap_or(entries.len() >= PAGE) || entries.is_empty();
        Ok((last, entries))
    }
}
