//! Starting a pipeline, at most once in a while.
//!
//! Whether one was started lately is asked of the forge, not of a cache: GitLab's package registry
//! holds a record that the job's own token may write, GitHub lists the workflow's runs. The time is
//! the server's, by the `Date` of its answer, so that nobody's clock needs to be right.

use std::time::Duration;

use reqwest::Method;
use reqwest::header::DATE;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::answer::{header, json};
use crate::client::Client;
use crate::credential::Secret;
use crate::error::ForgeError;
use crate::gitlab::GenericPackages;
use crate::origin::shown;
use crate::transfer::Upload;

/// The package that holds GitLab's records.
const RECORDS: &str = "trainyard-retrain";

/// Where a pipeline is started.
#[derive(Clone, Debug)]
pub enum Pipelines {
    /// By a trigger of a project.
    GitLab {
        /// For the API's base.
        client: Client,
        /// The project's number or path.
        project: String,
        /// The job's token or a trigger token.
        token: Secret,
        /// The branch or tag to run.
        reference: String,
    },
    /// By a `repository_dispatch` event.
    GitHub {
        /// For the API's base.
        client: Client,
        /// `owner/name`.
        repository: String,
        /// The workflow's file name, whose runs are looked at.
        workflow: String,
    },
}

/// Whether a pipeline was started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Started {
    /// It was; where to look at it, where the forge says so.
    Yes(Option<String>),
    /// One was started so long ago, which is too short.
    Lately(Duration),
    /// One is running.
    Running,
}

#[derive(Deserialize)]
struct PackageRecord {
    id: u64,
    name: String,
    version: Option<String>,
}

#[derive(Deserialize)]
struct RecordFile {
    id: u64,
    file_name: String,
    created_at: String,
}

#[derive(Deserialize)]
struct Pipeline {
    id: u64,
    status: String,
    #[serde(default)]
    web_url: Option<String>,
}

#[derive(Deserialize)]
struct Runs {
    workflow_runs: Vec<Run>,
}

#[derive(Deserialize)]
struct Run {
    status: Option<String>,
    created_at: String,
}

impl Pipelines {
    /// Starts a pipeline unless one was started within `interval`, or runs. `name` tells the records
    /// of several models apart, `why` goes along.
    ///
    /// The one request that starts something is sent once: it is not known to be safe to repeat.
    pub fn start(&self, name: &str, why: &str, interval: Duration) -> Result<Started, ForgeError> {
        match self {
            Self::GitLab {
                client,
                project,
                token,
                reference,
            } => {
                let records = Records {
                    client,
                    project,
                    name,
                };
                records.start(token, reference, why, interval)
            }
            Self::GitHub {
                client,
                repository,
                workflow,
            } => dispatch(client, repository, workflow, name, why, interval),
        }
    }
}

/// What GitLab's package registry knows of earlier starts: files called `claim`, and after each
/// start one called `pipeline-ID`.
struct Records<'a> {
    client: &'a Client,
    project: &'a str,
    name: &'a str,
}

impl Records<'_> {
    fn start(
        &self,
        token: &Secret,
        reference: &str,
        why: &str,
        interval: Duration,
    ) -> Result<Started, ForgeError> {
        let (files, now) = self.insist(|| self.files())?;
        if let Some(age) = youngest(files.iter().map(|file| file.created_at.as_str()), now)
            .filter(|age| *age < interval)
        {
            return Ok(Started::Lately(age));
        }
        let last = files.iter().max_by_key(|file| file.id);
        let last = last.and_then(|file| file.file_name.strip_prefix("pipeline-"));
        if let Some(id) = last
            && self.is_running(id)?
        {
            return Ok(Started::Running);
        }
        // Two jobs may come this far at once: both claim, and the earlier claim has it.
        let claim = self.insist(|| self.record("claim"))?;
        let (files, _) = self.insist(|| self.files())?;
        let known = |file: &&RecordFile| seen(&file.created_at, now) < interval;
        let first = files
            .iter()
            .filter(|file| file.file_name == "claim")
            .filter(known)
            .map(|file| file.id)
            .min();
        if let (Some(first), Some(claim)) = (first, &claim)
            && first < claim.id
        {
            return Ok(Started::Lately(Duration::ZERO));
        }
        match self.trigger(token, reference, why) {
            Ok(pipeline) => {
                // It runs, whether that can be written down or not: the claim stands for it.
                let _ = self.insist(|| self.record(&format!("pipeline-{}", pipeline.id)));
                Ok(Started::Yes(pipeline.web_url))
            }
            Err(error) => {
                if let Some(claim) = claim {
                    // Nothing was started, so nothing was claimed.
                    let _ = self.packages().delete(&claim);
                }
                Err(error)
            }
        }
    }

    fn insist<T>(&self, attempt: impl FnMut() -> Result<T, ForgeError>) -> Result<T, ForgeError> {
        self.client.patience().insist(attempt)
    }

    fn packages(&self) -> GenericPackages {
        GenericPackages::new(self.client.clone(), self.project)
    }

    fn record(&self, file: &str) -> Result<Option<crate::FileRecord>, ForgeError> {
        let packages = self.packages();
        packages.upload(RECORDS, self.name, file, &Upload::bytes(b"{}\n"), true)
    }

    /// The records and the server's time, in seconds since 1970.
    fn files(&self) -> Result<(Vec<RecordFile>, u64), ForgeError> {
        let query = [
            ("package_type", "generic"),
            ("package_name", RECORDS),
            ("package_version", self.name),
            ("per_page", "100"),
        ];
        let url = self
            .client
            .url(&["projects", self.project, "packages"], &query);
        let (packages, now): (Vec<PackageRecord>, u64) = timed(self.client, url)?;
        let package = packages
            .into_iter()
            .find(|found| found.name == RECORDS && found.version.as_deref() == Some(self.name));
        let Some(package) = package else {
            return Ok((Vec::new(), now));
        };
        let id = package.id.to_string();
        let mut all = Vec::new();
        for page in 1..=100_u32 {
            let page = page.to_string();
            let query = [("per_page", "100"), ("page", page.as_str())];
            let path = ["projects", self.project, "packages", &id, "package_files"];
            let files: Vec<RecordFile> = self.client.look(self.client.url(&path, &query))?;
            let is_last = files.len() < 100;
            all.extend(files);
            if is_last {
                break;
            }
        }
        Ok((all, now))
    }

    /// Whether a pipeline still runs; not where the token may not ask.
    fn is_running(&self, id: &str) -> Result<bool, ForgeError> {
        const OVER: [&str; 5] = ["success", "failed", "canceled", "skipped", "manual"];
        let path = ["projects", self.project, "pipelines", id];
        let asked = self.insist(|| self.client.look::<Pipeline>(self.client.url(&path, &[])));
        match asked {
            Ok(pipeline) => Ok(!OVER.contains(&pipeline.status.as_str())),
            Err(ForgeError::Unauthorised { .. } | ForgeError::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn trigger(&self, token: &Secret, reference: &str, why: &str) -> Result<Pipeline, ForgeError> {
        #[derive(Serialize)]
        struct Trigger<'a> {
            token: &'a str,
            r#ref: &'a str,
            variables: Reason<'a>,
        }
        #[derive(Serialize)]
        struct Reason<'a> {
            #[serde(rename = "TRAINYARD_RETRAIN")]
            model: &'a str,
            #[serde(rename = "TRAINYARD_RETRAIN_REASON")]
            why: &'a str,
        }
        let body = Trigger {
            token: token.reveal(),
            r#ref: reference,
            variables: Reason {
                model: self.name,
                why,
            },
        };
        let path = ["projects", self.project, "trigger", "pipeline"];
        let url = self.client.url(&path, &[]);
        self.client.ask(&Method::POST, &url, &body)
    }
}

fn dispatch(
    client: &Client,
    repository: &str,
    workflow: &str,
    name: &str,
    why: &str,
    interval: Duration,
) -> Result<Started, ForgeError> {
    #[derive(Serialize)]
    struct Dispatch<'a> {
        event_type: &'a str,
        client_payload: Payload<'a>,
    }
    #[derive(Serialize)]
    struct Payload<'a> {
        model: &'a str,
        reason: &'a str,
    }
    let (owner, repo) = repository.split_once('/').unwrap_or((repository, ""));
    let path = [
        "repos",
        owner,
        repo,
        "actions",
        "workflows",
        workflow,
        "runs",
    ];
    let query = [("event", "repository_dispatch"), ("per_page", "100")];
    let look = || timed::<Runs>(client, client.url(&path, &query));
    let (runs, now) = client.patience().insist(look)?;
    let runs = runs.workflow_runs;
    if runs
        .iter()
        .any(|run| run.status.as_deref() != Some("completed"))
    {
        return Ok(Started::Running);
    }
    let ages = runs.iter().map(|run| run.created_at.as_str());
    if let Some(age) = youngest(ages, now).filter(|age| *age < interval) {
        return Ok(Started::Lately(age));
    }
    let body = Dispatch {
        event_type: "trainyard-retrain",
        client_payload: Payload {
            model: name,
            reason: why,
        },
    };
    let url = client.url(&["repos", owner, repo, "dispatches"], &[]);
    client.write(&Method::POST, &url, &body)?;
    Ok(Started::Yes(None))
}

/// JSON, and the server's time in seconds since 1970. An answer without a time cannot be trusted to
/// be fresh either.
fn timed<T: serde::de::DeserializeOwned>(
    client: &Client,
    url: Url,
) -> Result<(T, u64), ForgeError> {
    let request = format!("GET {}", shown(&url));
    let response = client.send(&Method::GET, url, None)?;
    let date = header(&response, &DATE).and_then(|date| httpdate::parse_http_date(date).ok());
    let since = date.and_then(|date| date.duration_since(std::time::UNIX_EPOCH).ok());
    let now = since.ok_or_else(|| ForgeError::Answer {
        request: request.clone(),
        reason: "it has no `Date`".to_owned(),
    })?;
    Ok((json(response, &request)?, now.as_secs()))
}

fn youngest<'a>(times: impl Iterator<Item = &'a str>, now: u64) -> Option<Duration> {
    times.map(|time| seen(time, now)).min()
}

/// How long ago a time was; a time that cannot be read was just now, so that nothing is started twice.
fn seen(time: &str, now: u64) -> Duration {
    seconds(time).map_or(Duration::ZERO, |then| {
        Duration::from_secs(now.saturating_sub(then))
    })
}

/// Seconds since 1970 of `2026-11-20T14:00:00.123Z`, which both forges write.
fn seconds(text: &str) -> Option<u64> {
    let text = text.strip_suffix('Z')?;
    let (date, time) = text.split_once('T')?;
    let number = |text: &str| text.parse::<u64>().ok();
    let mut date = date.split('-').map(number);
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let whole = time.split('.').next()?;
    let mut time = whole.split(':').map(number);
    let (hour, minute, second) = (time.next()??, time.next()??, time.next()??);
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Days of a year that begins in March, so that the leap day is its last.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leaps = year / 4 - year / 100 + year / 400;
    let days = 365 * year + leaps + (153 * month + 2) / 5 + day;
    let days = days.checked_sub(719_469)?;
    Some(days * 86_400 + hour * 3_600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    // `date -u -d TIME +%s`.
    #[test]
    fn times_are_read() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2000-02-29T12:00:00Z", Some(951_825_600)),
            ("2024-03-01T00:00:00.000Z", Some(1_709_251_200)),
            ("2026-11-20T14:18:24.5Z", Some(1_795_184_304)),
            ("2026-11-20 14:18", None),
            ("2026-13-20T14:18:24Z", None),
            ("", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
        assert_eq!(seen("nonsense", 5), Duration::ZERO);
    }
}
