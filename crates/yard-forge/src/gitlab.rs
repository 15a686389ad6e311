//! GitLab's generic packages: a project's shelf of files under a name and a version.
//!
//! What the API does that one would not expect, and what is done about it here:
//! - Uploading a file that is there already adds a second one under the same name; the newest is
//!   served. So there is [`GenericPackages::files`] to look first and `delete` to withdraw.
//! - The listing's `package_name` is a fuzzy search. Only exact matches are answered.
//! - A download may be redirected to object storage; the token does not go there.

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
use crate::origin::shown;
use crate::transfer::{Upload, receive};

/// Entries on a page of a listing.
const PAGE: usize = 100;
/// Pages of a listing: more is no package of ours.
const PAGES: usize = 1_000;

/// The generic packages of one project.
#[derive(Clone, Debug)]
pub struct GenericPackages {
    client: Client,
    project: String,
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
        }
    }

    /// The client below.
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// Every file under a name and a version, several of one name included, oldest first.
    pub fn files(&self, name: &str, version: &str) -> Result<Vec<FileRecord>, ForgeError> {
        let query = [
            ("package_type", "generic"),
            ("package_name", name),
            ("package_version", version),
        ];
        let packages: Vec<PackageRecord> =
            self.pages(&["projects", &self.project, "packages"], &query)?;
        let ours = packages.iter().filter(|package| {
            package.name == name
                && package.version.as_deref() == Some(version)
                && package.status != "pending_destruction"
        });
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

    /// Sends a file. Answers its record where the server does.
    pub fn upload(
        &self,
        name: &str,
        version: &str,
        file: &str,
        upload: &Upload,
    ) -> Result<Option<FileRecord>, ForgeError> {
        let url = self.client.url(
            &[
                "projects",
                &self.project,
                "packages",
                "generic",
                name,
                version,
                file,
            ],
            &[("select", "package_file")],
        );
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
        let segments = [
            "projects",
            &self.project,
            "packages",
            "generic",
            name,
            version,
            file,
        ];
        let url = self.client.url(&segments, &[]);
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
