//! Which merge request or pull request does this job belong to?

use serde::Deserialize;
use serde_json::Value;

use crate::ci::{Ci, Variables};
use crate::client::Client;
use crate::error::ForgeError;

/// A merge request or a pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The project that it would be merged into: a number for GitLab, `owner/name` for GitHub.
    pub project: String,
    /// Its number there.
    pub number: u64,
}

impl Change {
    /// From the job's variables, and on GitHub from the event that it was started by (the content of
    /// the file that `GITHUB_EVENT_PATH` names). Nothing where the job belongs to none.
    pub fn detect(variables: &Variables, event: Option<&[u8]>) -> Option<Self> {
        match Ci::detect(variables) {
            Ci::GitLab(job) => Some(Self {
                // The pipeline of a fork belongs to the fork, its merge request does not.
                project: variables
                    .get("CI_MERGE_REQUEST_PROJECT_ID")
                    .map_or(job.project_id, str::to_owned),
                number: variables.get("CI_MERGE_REQUEST_IID")?.parse().ok()?,
            }),
            Ci::GitHub(job) => Some(Self {
                number: event
                    .and_then(of_event)
                    .or_else(|| of_reference(job.reference.as_deref()?))?,
                project: job.repository,
            }),
            Ci::None => None,
        }
    }
}

fn of_event(event: &[u8]) -> Option<u64> {
    let event: Value = serde_json::from_slice(event).ok()?;
    if let Some(number) = event.pointer("/pull_request/number") {
        return number.as_u64();
    }
    // GitHub lists a run's pull requests by its commit alone: some are of other repositories, and
    // others have moved on.
    let run = event.get("workflow_run")?;
    let here = event.pointer("/repository/id")?;
    let pulls = run.get("pull_requests")?.as_array()?;
    let ours = pulls.iter().find(|pull| {
        pull.pointer("/base/repo/id") == Some(here)
            && pull.pointer("/head/sha") == run.get("head_sha")
    });
    ours?.get("number")?.as_u64()
}

/// What a finished run was of, where a workflow looks at it afterwards (`workflow_run`). Of a fork's
/// run GitHub names no pull request, so that it has to be looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Whose branch it was, as `OWNER:BRANCH`.
    branch: String,
    /// The commit that ran.
    sha: String,
}

#[derive(Deserialize)]
struct Pull {
    number: u64,
    head: Side,
}

#[derive(Deserialize)]
struct Side {
    sha: String,
}

impl Head {
    /// From the event that the job was started by.
    pub fn of_event(event: &[u8]) -> Option<Self> {
        let event: Value = serde_json::from_slice(event).ok()?;
        let run = event.get("workflow_run")?;
        let text = |place: &str| run.pointer(place)?.as_str();
        if text("/event") != Some("pull_request") {
            return None;
        }
        let owner = text("/head_repository/owner/login")?;
        Some(Self {
            branch: format!("{owner}:{}", text("/head_branch")?),
            sha: text("/head_sha")?.to_owned(),
        })
    }

    /// The number of the open pull request that has this commit at its head. None where it has moved
    /// on or is closed: what was found about an old commit is no news.
    ///
    /// # Errors
    /// When the forge cannot be asked.
    pub fn pull_request(
        &self,
        client: &Client,
        repository: &str,
    ) -> Result<Option<u64>, ForgeError> {
        let (owner, name) = repository.split_once('/').unwrap_or((repository, ""));
        let query = [
            ("state", "open"),
            ("head", self.branch.as_str()),
            ("per_page", "100"),
        ];
        let url = client.url(&["repos", owner, name, "pulls"], &query);
        let pulls: Vec<Pull> = client.patience().insist(|| client.look(url.clone()))?;
        let ours = pulls.into_iter().find(|pull| pull.head.sha == self.sha);
        Ok(ours.map(|pull| pull.number))
    }
}

/// `refs/pull/7/merge`.
fn of_reference(reference: &str) -> Option<u64> {
    let rest = reference.strip_prefix("refs/pull/")?;
    rest.split('/').next()?.parse().ok()
}

/// A number that grows from run to run of a pipeline, so that a slow old run does not overwrite what
/// a newer one has said. Where another workflow tells of a run, it is that run's.
pub fn run_number(variables: &Variables, event: Option<&[u8]>) -> Option<u64> {
    let told_of = event.and_then(|event| {
        let event: Value = serde_json::from_slice(event).ok()?;
        event.pointer("/workflow_run/run_number")?.as_u64()
    });
    let own = ["CI_PIPELINE_IID", "GITHUB_RUN_NUMBER"];
    let mut own = own.iter();
    told_of.or_else(|| own.find_map(|name| variables.get(name)?.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_forge_says_it_in_its_own_way() {
        let gitlab = Variables::from_iter([
            ("CI_API_V4_URL", "https://g/api/v4"),
            ("CI_PROJECT_ID", "7"),
            ("CI_MERGE_REQUEST_PROJECT_ID", "1"),
            ("CI_MERGE_REQUEST_IID", "12"),
        ]);
        let found = Change::detect(&gitlab, None).unwrap();
        assert_eq!((found.project.as_str(), found.number), ("1", 12));
        let github = |reference| {
            Variables::from_iter([
                ("GITHUB_ACTIONS", "true"),
                ("GITHUB_REPOSITORY", "o/r"),
                ("GITHUB_REF", reference),
            ])
        };
        let number = |reference, event: Option<&[u8]>| {
            Change::detect(&github(reference), event).map(|change| change.number)
        };
        assert_eq!(number("refs/pull/7/merge", None), Some(7));
        assert_eq!(
            number("refs/heads/main", Some(br#"{"pull_request":{"number":8}}"#)),
            Some(8)
        );
        for event in [None, Some(b"{".as_slice()), Some(b"{}".as_slice())] {
            assert_eq!(number("refs/heads/pull/7", event), None);
        }
    }

    #[test]
    fn a_run_belongs_to_the_pull_request_of_this_repository_and_this_commit() {
        let event = |base: u64, sha: &str| {
            serde_json::json!({
                "repository": { "id": 1 },
                "workflow_run": {
                    "event": "pull_request", "run_number": 12, "head_sha": "abc", "head_branch": "b&d",
                    "head_repository": { "owner": { "login": "somebody" } },
                    "pull_requests": [{ "number": 9, "head": { "sha": sha }, "base": { "repo": { "id": base } } }],
                },
            })
            .to_string()
        };
        assert_eq!(of_event(event(1, "abc").as_bytes()), Some(9));
        for foreign in [event(2, "abc"), event(1, "old")] {
            assert_eq!(of_event(foreign.as_bytes()), None);
            let head = Head::of_event(foreign.as_bytes()).unwrap();
            assert_eq!(
                (head.branch.as_str(), head.sha.as_str()),
                ("somebody:b&d", "abc")
            );
        }
        let variables = Variables::from_iter([("GITHUB_RUN_NUMBER", "3")]);
        assert_eq!(
            run_number(&variables, Some(event(1, "abc").as_bytes())),
            Some(12)
        );
        assert_eq!(run_number(&variables, Some(b"{}")), Some(3));
        // A push's run is of no pull request, whatever its commit is at the head of.
        let push = event(2, "abc").replace("pull_request\"", "push\"");
        assert_eq!(Head::of_event(push.as_bytes()), None);
    }
}
