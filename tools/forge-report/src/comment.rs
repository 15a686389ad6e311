//! The comment: to whom, with which token, and what to say where it may not be written.

use std::fmt;
use std::sync::Arc;

use yard_forge::{
    Change, Ci, Client, Credential, ForgeError, Kept, Marker, Monotonic, Settings, Thread,
};
use yard_report::document::Document;
use yard_report::markdown;

use crate::error::ReportError;
use crate::plan::Plan;

/// GitHub refuses a comment above 65,536 characters; the marker and its line need some.
const GITHUB: usize = 65_000;
/// GitLab refuses a note above 1,000,000 characters.
const GITLAB: usize = 900_000;

/// What became of the comment.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// It is there.
    Comment(Kept),
    /// It would be, in so many characters, under this marker.
    Planned(usize, String),
    /// It may not be, and why.
    Not(String),
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Comment(Kept::Created(id)) => write!(f, "comment {id} is new"),
            Self::Comment(Kept::Updated(id)) => write!(f, "comment {id} is up to date"),
            Self::Comment(Kept::Unchanged(id)) => write!(f, "comment {id} says so already"),
            Self::Comment(Kept::Newer(id)) => {
                write!(f, "comment {id} is of a newer run and was left")
            }
            Self::Planned(size, marker) => {
                write!(
                    f,
                    "a comment of {size} characters would stand under {marker}"
                )
            }
            Self::Not(_) => f.write_str("no comment was written"),
        }
    }
}

/// Creates or updates the comment, or says why not. Only what another try may mend is an error.
pub(crate) fn tell(plan: &Plan, document: &Document) -> Result<Told, ReportError> {
    let not = |why: &str| Ok(Told::Not(why.to_owned()));
    let job = &plan.job;
    if job.change.is_none() && job.head.is_none() {
        return not("the job belongs to no merge request or pull request; `--change` names one");
    }
    let limit = match job.ci {
        Ci::GitLab(_) => GITLAB,
        _ => GITHUB,
    };
    let marker = Marker::new(&plan.id, job.run);
    let text = guarded(&markdown::render(document, limit));
    if plan.dry_run {
        return Ok(Told::Planned(text.chars().count(), marker.line()));
    }
    let (base, credential) = match &job.ci {
        Ci::GitLab(gitlab) => {
            // The job's own token may read notes and write none.
            let Some(credential) = Credential::explicit(&job.variables) else {
                return not(
                    "`CI_JOB_TOKEN` may not; set the CI/CD variable `GITLAB_TOKEN`, masked and not protected, to a project access token with the scope `api` and the role Reporter",
                );
            };
            (gitlab.api_url.clone(), credential)
        }
        Ci::GitHub(github) => {
            let Some(token) = github.token.clone() else {
                return not(
                    "hand the step `GITHUB_TOKEN` under `env:`, and grant the job `pull-requests: write` under `permissions:`",
                );
            };
            (github.api_url.clone(), Credential::GitHub(token))
        }
        Ci::None => return not("this is no GitLab or GitHub job"),
    };
    let client = client(&base, credential, job.settings.clone())?;
    let found = match (&job.change, &job.head, &job.ci) {
        (None, Some(head), Ci::GitHub(github)) => {
            match head.pull_request(&client, &github.repository) {
                Ok(number) => number.map(|number| Change {
                    project: github.repository.clone(),
                    number,
                }),
                Err(error) => return refused(error, &job.ci),
            }
        }
        (change, ..) => change.clone(),
    };
    let Some(Change { project, number }) = found else {
        return not("no open pull request has the commit of this run at its head");
    };
    let thread = match job.ci {
        Ci::GitLab(_) => Thread::GitLab {
            client,
            project,
            number,
        },
        _ => Thread::GitHub {
            client,
            repository: project,
            number,
        },
    };
    match thread.keep(&marker, &text) {
        Ok(kept) => Ok(Told::Comment(kept)),
        Err(error) => refused(error, &job.ci),
    }
}

/// A refusal is told and fails nothing; only what another try may mend is an error.
fn refused(error: ForgeError, ci: &Ci) -> Result<Told, ReportError> {
    match needs(&error, ci) {
        Some(needs) => Ok(Told::Not(format!("{error}; {needs}"))),
        None => Err(error.into()),
    }
}

/// A client whose retries are out of step with those of jobs at the same time.
pub(crate) fn client(
    base: &str,
    credential: Credential,
    settings: Settings,
) -> Result<Client, ForgeError> {
    let clock = Arc::new(Monotonic::start());
    let seed = u64::from(std::process::id());
    Client::new(base, Some(credential), settings, clock, seed)
}

/// What a refusal asks for; nothing where it was none.
fn needs(error: &ForgeError, ci: &Ci) -> Option<&'static str> {
    let is_gitlab = matches!(ci, Ci::GitLab(_));
    match error {
        ForgeError::Unauthorised { status: 401, .. } if is_gitlab => {
            Some("`GITLAB_TOKEN` is unknown or has expired; it needs the scope `api`")
        }
        ForgeError::Unauthorised { .. } | ForgeError::NotFound { .. } if is_gitlab => Some(
            "`GITLAB_TOKEN` needs the scope `api` and the role Reporter in the project that the merge request belongs to",
        ),
        ForgeError::Unauthorised { .. } | ForgeError::NotFound { .. } => Some(
            "`GITHUB_TOKEN` needs `pull-requests: write` under the job's `permissions:`; for a fork a `workflow_run` workflow has to write the comment",
        ),
        ForgeError::Refused { .. } => Some("the report is in the job's artifacts"),
        ForgeError::GaveUp { source, .. } => needs(source, ci),
        _ => None,
    }
}

/// The last gate before a text that a forge acts upon: no line may begin with a slash, whatever the
/// renderer thinks of it.
fn guarded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        if trimmed.starts_with('/') {
            out.push('\\');
            out.push_str(trimmed);
        } else {
            out.push_str(line);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_begins_with_a_slash() {
        let text = "a\n/close\r\n  /merge\n\t/x\nb/c\n";
        assert_eq!(guarded(text), "a\n\\/close\r\n\\/merge\n\\/x\nb/c\n");
    }
}
