//! The comments of a merge request or pull request, and one comment that is kept up to date.
//!
//! What the forges do that one would not expect, and what is done about it here:
//! - Anybody may write a comment that looks like ours. A comment is ours when it begins with the
//!   marker *and* its author is who our token belongs to.
//! - GitHub's own token may not ask who it is over REST; it may over GraphQL.
//! - Two jobs may both find no comment and both write one. Who wrote the later one sees the earlier
//!   one afterwards, moves its text there and withdraws its own: one comment stays.
//! - GitLab answers 202 and no note when a body held nothing but quick actions.

use reqwest::Method;
use reqwest::header::{HeaderName, LINK};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::answer::{header, json};
use crate::client::Client;
use crate::error::ForgeError;
use crate::origin::shown;

/// Entries on a page of a listing.
const PAGE: usize = 100;
/// Pages of a listing: nobody reads ten thousand comments.
const PAGES: usize = 100;

/// What is told to whom.
#[derive(Clone, Debug)]
pub enum Thread {
    /// The notes of a merge request.
    GitLab {
        /// For the API's base.
        client: Client,
        /// The project's number or path.
        project: String,
        /// The merge request's number within the project.
        number: u64,
    },
    /// The comments of a pull request.
    GitHub {
        /// For the API's base.
        client: Client,
        /// `owner/name`.
        repository: String,
        /// The pull request's number.
        number: u64,
    },
}

/// One comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Its number; a later one has a higher one.
    pub id: u64,
    /// Its text.
    pub body: String,
    /// Who wrote it: GitLab's user number, GitHub's login.
    pub author: String,
}

/// What became of a comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// There was none, and now there is.
    Created(u64),
    /// It says something else now.
    Updated(u64),
    /// It says that already.
    Unchanged(u64),
    /// A newer run has said something, which was left.
    Newer(u64),
}

#[derive(Serialize)]
struct Body<'a> {
    body: &'a str,
}

#[derive(Deserialize)]
struct Note {
    id: u64,
    body: Option<String>,
    author: NoteAuthor,
    #[serde(default)]
    system: bool,
}

#[derive(Deserialize)]
struct NoteAuthor {
    id: u64,
}

#[derive(Deserialize)]
struct IssueComment {
    id: u64,
    body: Option<String>,
    user: Option<GitHubUser>,
}

#[derive(Deserialize)]
struct GitHubUser {
    login: String,
}

impl From<Note> for Comment {
    fn from(note: Note) -> Self {
        Self {
            id: note.id,
            body: note.body.unwrap_or_default(),
            author: note.author.id.to_string(),
        }
    }
}

impl From<IssueComment> for Comment {
    fn from(comment: IssueComment) -> Self {
        Self {
            id: comment.id,
            body: comment.body.unwrap_or_default(),
            // A deleted account has written it: nobody.
            author: comment.user.map(|user| user.login).unwrap_or_default(),
        }
    }
}

impl Thread {
    /// The comment that begins with `marker` and is ours says `body` from now on. `run` is compared
    /// with what stands behind `marker` in the comment that is there: a newer run's text is left.
    ///
    /// `marker` must be a line that no report can begin with, such as an HTML comment. Each request
    /// is tried again as the client's settings say, but for the one that creates.
    pub fn keep(&self, marker: &Marker, text: &str) -> Result<Kept, ForgeError> {
        let body = format!("{}\n{text}", marker.line());
        let me = self.insist(|| self.me())?;
        let mut ours = self.ours(marker, &me)?;
        let mut created = None;
        if ours.is_empty() {
            // Not tried again blindly: an answer that got lost may stand for a comment that exists.
            let id = self.post(&body)?;
            created = Some(id);
            ours = self.ours(marker, &me)?;
        }
        let Some(first) = ours.first() else {
            // The listing does not show it yet.
            return Ok(Kept::Created(created.unwrap_or_default()));
        };
        if ours
            .iter()
            .any(|comment| marker.is_older_than(&comment.body))
        {
            return Ok(Kept::Newer(first.id));
        }
        let kept = if created == Some(first.id) {
            Kept::Created(first.id)
        } else if first.body.trim_end() == body.trim_end() {
            Kept::Unchanged(first.id)
        } else {
            self.insist(|| self.edit(first.id, &body))?;
            Kept::Updated(first.id)
        };
        for extra in &ours[1..] {
            // Somebody else's later comment is that job's to withdraw, as it does the same; ours
            // from earlier runs go now.
            if created.is_none() || created == Some(extra.id) {
                match self.insist(|| self.delete(extra.id)) {
                    Ok(()) | Err(ForgeError::NotFound { .. }) => (),
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(kept)
    }

    /// Our comments under a marker, the oldest first.
    fn ours(&self, marker: &Marker, me: &str) -> Result<Vec<Comment>, ForgeError> {
        let mut all = self.insist(|| self.list())?;
        all.retain(|comment| comment.author == me && marker.begins(&comment.body));
        all.sort_by_key(|comment| comment.id);
        all.dedup_by_key(|comment| comment.id);
        Ok(all)
    }

    const fn client(&self) -> &Client {
        match self {
            Self::GitLab { client, .. } | Self::GitHub { client, .. } => client,
        }
    }

    fn insist<T>(&self, attempt: impl FnMut() -> Result<T, ForgeError>) -> Result<T, ForgeError> {
        self.client().patience().insist(attempt)
    }

    /// Who our token belongs to.
    fn me(&self) -> Result<String, ForgeError> {
        match self {
            Self::GitLab { client, .. } => {
                let user: NoteAuthor = client.look(client.url(&["user"], &[]))?;
                Ok(user.id.to_string())
            }
            Self::GitHub { client, .. } => {
                #[derive(Serialize)]
                struct Query {
                    query: &'static str,
                }
                let query = Query {
                    query: "{viewer{login}}",
                };
                let mut url = client.url(&["graphql"], &[]);
                // An enterprise server has `/api/v3` and, beside it, `/api/graphql`.
                let beside = url.path().replace("/v3/graphql", "/graphql");
                url.set_path(&beside);
                let request = format!("POST {}", shown(&url));
                let answer: serde_json::Value = client.ask(&Method::POST, &url, &query)?;
                let login = answer.pointer("/data/viewer/login");
                let login = login.and_then(serde_json::Value::as_str);
                login.map(str::to_owned).ok_or(ForgeError::Answer {
                    request,
                    reason: "it does not say who the token belongs to".to_owned(),
                })
            }
        }
    }

    fn list(&self) -> Result<Vec<Comment>, ForgeError> {
        let (client, url) = (self.client(), self.collection());
        match self {
            Self::GitLab { .. } => {
                let query = [("sort", "asc"), ("order_by", "created_at")];
                let notes = pages::<Note>(client, &url, &query)?;
                let notes = notes.into_iter().filter(|note| !note.system);
                Ok(notes.map(Comment::from).collect())
            }
            Self::GitHub { .. } => {
                let comments = pages::<IssueComment>(client, &url, &[])?;
                Ok(comments.into_iter().map(Comment::from).collect())
            }
        }
    }

    fn collection(&self) -> Url {
        match self {
            Self::GitLab {
                client,
                project,
                number,
            } => {
                let number = number.to_string();
                let path = ["projects", project, "merge_requests", &number, "notes"];
                client.url(&path, &[])
            }
            Self::GitHub {
                client,
                repository,
                number,
            } => {
                let number = number.to_string();
                let (owner, name) = repository.split_once('/').unwrap_or((repository, ""));
                let path = ["repos", owner, name, "issues", &number, "comments"];
                client.url(&path, &[])
            }
        }
    }

    fn one(&self, id: u64) -> Url {
        let id = id.to_string();
        match self {
            Self::GitLab {
                client,
                project,
                number,
            } => {
                let number = number.to_string();
                let path = ["projects", project, "merge_requests", &number, "notes", &id];
                client.url(&path, &[])
            }
            Self::GitHub {
                client, repository, ..
            } => {
                let (owner, name) = repository.split_once('/').unwrap_or((repository, ""));
                client.url(&["repos", owner, name, "issues", "comments", &id], &[])
            }
        }
    }

    fn post(&self, body: &str) -> Result<u64, ForgeError> {
        #[derive(Deserialize)]
        struct Created {
            id: u64,
        }
        let body = Body { body };
        let created: Created = self
            .client()
            .ask(&Method::POST, &self.collection(), &body)?;
        Ok(created.id)
    }

    fn edit(&self, id: u64, body: &str) -> Result<(), ForgeError> {
        let method = match self {
            Self::GitLab { .. } => Method::PUT,
            Self::GitHub { .. } => Method::PATCH,
        };
        let body = Body { body };
        self.client().write(&method, &self.one(id), &body).map(drop)
    }

    fn delete(&self, id: u64) -> Result<(), ForgeError> {
        let client = self.client();
        client.send(&Method::DELETE, self.one(id), None).map(drop)
    }
}

/// How a comment is recognised: a line that people do not see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    id: String,
    run: Option<u64>,
}

impl Marker {
    /// The marker of a report. `id` tells the reports of one change apart; letters, digits, `-` and
    /// `_` of it are kept. `run` grows from run to run.
    pub fn new(id: &str, run: Option<u64>) -> Self {
        let kept = |c: &char| c.is_ascii_alphanumeric() || "-_".contains(*c);
        // Two dashes would end an HTML comment in old parsers.
        let mut id: String = id.chars().filter(kept).collect();
        while id.contains("--") {
            id = id.replace("--", "-");
        }
        Self { id, run }
    }

    fn stem(&self) -> String {
        format!("<!-- trainyard:report:{}:run:", self.id)
    }

    /// The whole line.
    pub fn line(&self) -> String {
        format!("{}{} -->", self.stem(), self.run.unwrap_or(0))
    }

    fn begins(&self, body: &str) -> bool {
        body.trim_start().starts_with(&self.stem())
    }

    /// Whether a comment was written by a later run.
    fn is_older_than(&self, body: &str) -> bool {
        let rest = body.trim_start().strip_prefix(&self.stem());
        let theirs = rest.and_then(|rest| rest.split(' ').next()?.parse::<u64>().ok());
        matches!((self.run, theirs), (Some(ours), Some(theirs)) if theirs > ours)
    }
}

/// All pages of a listing. The last page says so by either of two headers, or by not being full.
fn pages<T: DeserializeOwned>(
    client: &Client,
    collection: &Url,
    query: &[(&str, &str)],
) -> Result<Vec<T>, ForgeError> {
    let mut all = Vec::new();
    for page in 1..=PAGES {
        let mut url = collection.clone();
        url.query_pairs_mut()
            .extend_pairs(query)
            .append_pair("per_page", &PAGE.to_string())
            .append_pair("page", &page.to_string());
        let request = format!("GET {}", shown(&url));
        let response = client.send(&Method::GET, url, None)?;
        let next_page = header(&response, &HeaderName::from_static("x-next-page"));
        let more = match (next_page, header(&response, &LINK)) {
            (Some(next), _) => Some(!next.trim().is_empty()),
            (None, Some(link)) => Some(link.contains("rel=\"next\"")),
            (None, None) => None,
        };
        let entries: Vec<T> = json(response, &request)?;
        let is_last = entries.is_empty() || !more.unwrap_or(entries.len() >= PAGE);
        all.extend(entries);
        if is_last {
            return Ok(all);
        }
    }
    Err(ForgeError::Answer {
        request: format!("GET {}", shown(collection)),
        reason: "the listing does not end".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_knows_its_own_and_the_newer_run() {
        let marker = Marker::new("gate-->\n--x", Some(7));
        assert_eq!(marker.line(), "<!-- trainyard:report:gate-x:run:7 -->");
        assert!(marker.begins(&marker.line()));
        assert!(!marker.begins("text <!-- trainyard:report:gate-x:run:7 -->"));
        assert!(!Marker::new("gate", Some(7)).begins(&marker.line()));
        let newer = Marker::new("gate-x", Some(8)).line();
        assert!(marker.is_older_than(&newer) && marker.begins(&newer));
        assert!(!Marker::new("gate-x", None).is_older_than(&newer));
    }
}
