//! How a target is named on a command line.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use url::Url;
use yard_contract::Sha256;
use yard_forge::{
    Ci, Client, Clock, Credential, GenericPackages, GitHubReleases, GitLabJob, Monotonic, Origin,
    Settings, Variables,
};

use crate::address::OciAddress;
use crate::error::RegistryError;
use crate::folder::FolderStore;
use crate::github::GitHubStore;
use crate::gitlab::GitLabStore;
use crate::oci::OciStore;
use crate::store::Target;

/// A target as it was asked for: `dir:FOLDER`, `gitlab:`, `gitlab:API-URL#PROJECT`,
/// `github:`, `github:API-URL#OWNER/NAME`, or `oci://HOST/REPOSITORY`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetSpec {
    text: String,
    place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Folder(PathBuf),
    /// The project that the job runs in.
    GitLabJob,
    GitLab {
        api: String,
        project: String,
    },
    Oci(OciAddress),
    /// The repository that the workflow runs in.
    GitHubJob,
    GitHub {
        api: String,
        repository: String,
    },
}

/// Why a target cannot be understood or opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecFlaw {
    /// The text names no target.
    #[error(
        "`{0}` names no registry: use `dir:FOLDER`, `gitlab:` within a GitLab job, \
         `gitlab:https://HOST/api/v4#GROUP/PROJECT`, `github:` within a GitHub workflow, \
         `github:https://HOST/api/v3#OWNER/NAME`, or `oci://HOST/REPOSITORY`"
    )]
    Unknown(String),
    /// `gitlab:` outside a GitLab job.
    #[error(
        "`gitlab:` needs `CI_API_V4_URL` and `CI_PROJECT_ID`, which every GitLab job has; elsewhere \
         use `gitlab:https://HOST/api/v4#GROUP/PROJECT`"
    )]
    NoJob,
    /// `github:` outside a workflow.
    #[error(
        "`github:` needs `GITHUB_ACTIONS` and `GITHUB_REPOSITORY`, which every workflow has; elsewhere \
         use `github:https://HOST/api/v3#OWNER/NAME`"
    )]
    NoWorkflow,
}

/// How targets are reached.
#[derive(Clone)]
pub struct Connection {
    /// Time limits, certificates, proxies.
    pub settings: Settings,
    /// Time and waiting.
    pub clock: Arc<dyn Clock>,
    /// Spreads the retries of processes that run side by side.
    pub seed: u64,
}

impl Connection {
    /// By the machine's own clock.
    pub fn new(settings: Settings, seed: u64) -> Self {
        Self {
            settings,
            clock: Arc::new(Monotonic::start()),
            seed,
        }
    }
}

impl Connection {
    /// By the machine's own clock, with a seed that differs between jobs and processes that run side
    /// by side, so that they do not try again in step. In containers the process number alone is the
    /// same for all.
    pub fn of_process(settings: Settings, variables: &Variables) -> Self {
        let part = |name| variables.get(name).unwrap_or_default();
        let (job, run, host) = (part("CI_JOB_ID"), part("GITHUB_RUN_ID"), part("HOSTNAME"));
        let text = format!("{job} {run} {host} {}", std::process::id());
        let digest = Sha256::of(text.as_bytes());
        let bytes = digest.as_bytes()[..8].iter();
        let seed = bytes.fold(0, |seed, byte| seed << 8 | u64::from(*byte));
        Self::new(settings, seed)
    }
}

impl FromStr for TargetSpec {
    type Err = SpecFlaw;

    fn from_str(text: &str) -> Result<Self, SpecFlaw> {
        // A URL with a password in it would be repeated in the message.
        let shown = text.split_once('@').map_or(text, |_| "gitlab:…@…");
        let unknown = || SpecFlaw::Unknown(shown.escape_debug().to_string());
        let place = match text.split_once(':').ok_or_else(unknown)? {
            ("dir", folder) if !folder.is_empty() => Place::Folder(PathBuf::from(folder)),
            ("gitlab", "") => Place::GitLabJob,
            ("github", "") => Place::GitHubJob,
            (forge @ ("gitlab" | "github"), address) => {
                let (api, project) = address.split_once('#').ok_or_else(unknown)?;
                let parts: Vec<&str> = project.split('/').collect();
                let is_project = parts.iter().all(|part| !matches!(*part, "" | "." | ".."))
                    && (forge == "gitlab" || parts.len() == 2);
                if !is_project || Url::parse(api).is_err() || address.contains('@') {
                    return Err(unknown());
                }
                let (api, project) = (api.to_owned(), project.to_owned());
                if forge == "gitlab" {
                    Place::GitLab { api, project }
                } else {
                    let repository = project;
                    Place::GitHub { api, repository }
                }
            }
            ("oci" | "oci+https" | "oci+http", _) => Place::Oci(text.parse()?),
            _ => return Err(unknown()),
        };
        Ok(Self {
            text: text.to_owned(),
            place,
        })
    }
}

impl fmt::Display for TargetSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TargetSpec {
    /// Opens the target, with the variables of the environment.
    ///
    /// The job's own token goes to the server that runs the job and to no other. For an address
    /// that a person wrote, the token that a person set comes first.
    pub fn open(
        &self,
        variables: &Variables,
        connection: &Connection,
    ) -> Result<Target, RegistryError> {
        let job = GitLabJob::detect(variables);
        let explicit = Credential::explicit(variables);
        let (api, project, credential) = match &self.place {
            Place::Folder(root) => {
                return Ok(Target::new(
                    self.text.clone(),
                    FolderStore::new(root.clone()),
                ));
            }
            Place::Oci(address) => {
                let repository = address.open(variables, connection)?;
                return Ok(Target::new(self.text.clone(), OciStore::new(repository)));
            }
            Place::GitHubJob => {
                let Ci::GitHub(job) = Ci::detect(variables) else {
                    return Err(SpecFlaw::NoWorkflow.into());
                };
                let token = job.token.map(Credential::GitHub);
                return self.github(&job.api_url, &job.repository, token, job.commit, connection);
            }
            Place::GitHub { api, repository } => {
                // Within a workflow the token is for the server that runs it.
                let home = variables.get("GITHUB_API_URL");
                let is_home = home.is_none_or(|home| same_origin(home, api));
                let token = Credential::github(variables).filter(|_| is_home);
                return self.github(api, repository, token, None, connection);
            }
            Place::GitLabJob => {
                let job = job.ok_or(SpecFlaw::NoJob)?;
                let credential = job.job_token.map(Credential::Job).or(explicit);
                (job.api_url, job.project_id, credential)
            }
            Place::GitLab { api, project } => {
                let own = job.filter(|job| same_origin(&job.api_url, api));
                let token = own.and_then(|job| job.job_token).map(Credential::Job);
                (api.clone(), project.clone(), explicit.or(token))
            }
        };
        let Connection {
            settings,
            clock,
            seed,
        } = connection.clone();
        let client = Client::new(&api, credential, settings, clock, seed)?;
        let packages = GenericPackages::new(client, &project);
        Ok(Target::new(self.text.clone(), GitLabStore::new(packages)))
    }
}

impl TargetSpec {
    fn github(
        &self,
        api: &str,
        repository: &str,
        token: Option<Credential>,
        commit: Option<String>,
        connection: &Connection,
    ) -> Result<Target, RegistryError> {
        let Connection {
            settings,
            clock,
            seed,
        } = connection.clone();
        let client = Client::new(api, token, settings, clock, seed)?;
        let store = GitHubStore::new(GitHubReleases::new(client, repository)?, commit);
        Ok(Target::new(self.text.clone(), store))
    }
}

fn same_origin(one: &str, other: &str) -> bool {
    let origin = |text: &str| Origin::of(&Url::parse(text).ok()?).ok();
    origin(one).is_some_and(|one| origin(other) == Some(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_told_apart_and_others_refused() {
        for good in [
            "dir:out/registry",
            "dir:/srv/r:1",
            "gitlab:",
            "gitlab:https://g/api/v4#a/b",
            "github:",
            "github:https://g/api/v3#o/r",
            "oci://r.example.org/models",
        ] {
            assert_eq!(good.parse::<TargetSpec>().unwrap().to_string(), good);
        }
        for bad in [
            "",
            "out/registry",
            "dir:",
            "s3://x",
            "gitlab",
            "gitlab:https://g/api/v4",
            "gitlab:https://g/api/v4#",
            "gitlab:g#1",
            "gitlab:https://g/api/v4#../x",
            "gitlab:https://me:secret@g/api/v4#1",
            "github:https://g/api/v3#o",
            "github:https://g/api/v3#o/r/x",
            "oci://me:secret@r.example.org/models",
            "oci://r.example.org/models:1.0",
        ] {
            let error = bad.parse::<TargetSpec>().unwrap_err().to_string();
            assert!(
                error.contains("names no registry") && !error.contains("secret"),
                "{error}"
            );
        }
    }

    #[test]
    fn jobs_side_by_side_have_other_seeds() {
        let job = |id: &str| {
            let variables = Variables::from_iter([("CI_JOB_ID", id)]);
            Connection::of_process(Settings::default(), &variables).seed
        };
        assert_eq!(job("1"), job("1"));
        assert_ne!(job("1"), job("2"));
    }

    #[test]
    fn outside_a_job_the_jobs_project_cannot_be_meant() {
        let spec: TargetSpec = "gitlab:".parse().unwrap();
        let connection = Connection::new(Settings::default(), 0);
        let error = spec.open(&Variables::default(), &connection).unwrap_err();
        assert!(
            matches!(error, RegistryError::Spec(SpecFlaw::NoJob)),
            "{error}"
        );
    }

    #[test]
    fn the_jobs_token_goes_to_the_jobs_server_only() {
        let token = |spec: &str, more: &[(&str, &str)]| {
            let mut variables = vec![
                ("CI_API_V4_URL", "https://gitlab.example/api/v4"),
                ("CI_PROJECT_ID", "1"),
                ("CI_JOB_TOKEN", "job"),
            ];
            variables.extend(more);
            let spec: TargetSpec = spec.parse().unwrap();
            let connection = Connection::new(Settings::default(), 0);
            let target = spec
                .open(&variables.into_iter().collect(), &connection)
                .unwrap();
            let text = format!("{target:?}");
            assert!(!text.contains("glpat"), "{text}");
            let found = ["Some(Job(", "Some(Access(", "credential: None"]
                .into_iter()
                .find(|kind| text.contains(kind));
            found.unwrap_or_else(|| panic!("{text}"))
        };
        let personal = [("GITLAB_TOKEN", "glpat-secret")];
        assert_eq!(token("gitlab:", &[]), "Some(Job(");
        assert_eq!(token("gitlab:", &personal), "Some(Job(");
        assert_eq!(
            token("gitlab:https://gitlab.example/api/v4#2", &[]),
            "Some(Job("
        );
        assert_eq!(
            token("gitlab:https://gitlab.example/api/v4#2", &personal),
            "Some(Access("
        );
        assert_eq!(
            token("gitlab:https://other.example/api/v4#2", &[]),
            "credential: None"
        );
        assert_eq!(
            token("gitlab:https://gitlab.example:8443/api/v4#2", &[]),
            "credential: None"
        );
    }
}
