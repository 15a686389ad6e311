//! GitLab's release entries: what people see of a tag, with links to what was released.
//!
//! A job token may make them. An entry that is there keeps its text: a person may have written it.

use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;

use crate::client::Client;
use crate::error::ForgeError;

/// The release entries of one project.
#[derive(Clone, Debug)]
pub struct GitLabReleases {
    client: Client,
    project: String,
}

/// A link of a release entry. Names and addresses are unique in one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseLink {
    /// What people read.
    pub name: String,
    /// Where it leads.
    pub url: String,
    /// `package`, or `other`.
    #[serde(default)]
    pub link_type: String,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    assets: Assets,
}

#[derive(Default, Deserialize)]
struct Assets {
    #[serde(default)]
    links: Vec<ReleaseLink>,
}

impl GitLabReleases {
    /// The entries of a project, named by its number or its full path.
    pub fn new(client: Client, project: &str) -> Self {
        let project = project.to_owned();
        Self { client, project }
    }

    /// Makes the entry of a tag, or adds to the one that is there the links that it lacks. Answers
    /// whether there was anything to do.
    pub fn announce(
        &self,
        tag: &str,
        name: &str,
        description: &str,
        links: &[ReleaseLink],
    ) -> Result<bool, ForgeError> {
        let body = json!({
            "tag_name": tag, "name": name, "description": description,
            "assets": {"links": links},
        });
        let known = match self.links(tag)? {
            Some(known) => known,
            None => match self.client.write(&Method::POST, &self.url(&[], &[]), &body) {
                Ok(_) => return Ok(true),
                // Somebody was faster.
                Err(ForgeError::Refused { status: 409, .. }) => {
                    self.links(tag)?.unwrap_or_default()
                }
                Err(error) => return Err(error),
            },
        };
        let is_known = |link: &&ReleaseLink| {
            let mut known = known.iter();
            !known.any(|known| known.name == link.name || known.url == link.url)
        };
        let mut is_new = false;
        for link in links.iter().filter(is_known) {
            let url = self.url(&[tag, "assets", "links"], &[]);
            match self.client.write(&Method::POST, &url, link) {
                Ok(_) => is_new = true,
                // Somebody has just added it.
                Err(ForgeError::Refused {
                    status: 400,
                    message,
                    ..
                }) if message.contains("already been taken") => {}
                Err(error) => return Err(error),
            }
        }
        Ok(is_new)
    }

    /// The links of a tag's entry, where there is one.
    fn links(&self, tag: &str) -> Result<Option<Vec<ReleaseLink>>, ForgeError> {
        match self.client.look::<Entry>(self.url(&[tag], &[])) {
            Ok(entry) => Ok(Some(entry.assets.links)),
            Err(ForgeError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn url(&self, below: &[&str], query: &[(&str, &str)]) -> Url {
        let mut segments = vec!["projects", self.project.as_str(), "releases"];
        segments.extend(below);
        self.client.url(&segments, query)
    }
}
