//! Which merge request or pull request does this job belong to?

use serde_json::Value;

use crate::ci::{Ci, Variables};

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
    [
        "/pull_request/number",
        "/workflow_run/pull_requests/0/number",
    ]
    .iter()
    .find_map(|place| event.pointer(place)?.as_u64())
}

/// `refs/pull/7/merge`.
fn of_reference(reference: &str) -> Option<u64> {
    let rest = reference.strip_prefix("refs/pull/")?;
    rest.split('/').next()?.parse().ok()
}

/// A number that grows from run to run of a pipeline, so that a slow old run does not overwrite what
/// a newer one has said.
pub fn run_number(variables: &Variables) -> Option<u64> {
    ["CI_PIPELINE_IID", "GITHUB_RUN_NUMBER"]
        .iter()
        .find_map(|name| variables.get(name)?.parse().ok())
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
}
