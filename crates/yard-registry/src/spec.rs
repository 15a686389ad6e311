//! How a target is named on a command line.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use url::Url;
use yard_contract::Sha256;
use yard_forge::{
    Ci, Client, Clock, Credential, GenericPackages, GitHubReleases, GitLabJob, GitLabReleases,
    Mlflow, Monotonic, Origin, Settings, Variables,
};

use crate::address::OciAddress;
use crate::error::RegistryError;
use crate::folder::FolderStore;
use crate::github::GitHubStore;
use crate::gitlab::GitLabStore;
use crate::mlflow::MlflowStore;
use crate::oci::OciStore;
use crate::store::{Store, Target};

/// A target as it was asked for: `dir:FOLDER`, `gitlab:`, `gitlab:API-URL#PROJECT`, the same two with
/// `gitlab-models:`, `github:`, `github:API-URL#OWNER/NAME`, `oci://HOST/REPOSITORY`, `mlflow:`,
/// `mlflow:URL` or `mlflow+http://HOST`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetSpec {
    text: String,
    place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Folder(PathBuf),
    /// The project that the job runs in.
    GitLabJob(Shelf),
    GitLab {
        shelf: Shelf,
        api: String,
        project: String,
    },
    /// The server that MLflow's own client would speak to.
    MlflowOfVariables,
    Mlflow {
        url: String,
        is_plain: bool,
    },
    Oci(OciAddress),
    /// The repository that the workflow runs in.
    GitHubJob,
    GitHub {
        api: String,
        repository: String,
    },
}

/// What of a GitLab project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shelf {
    Packages,
    Models,
}

/// Why a target cannot be understood or opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecFlaw {
    /// The text names no target.
    #[error(
        "`{0}` names no registry: use `dir:FOLDER`, `gitlab:` within a GitLab job, \
         `gitlab:https://HOST/api/v4#GROUP/PROJECT`, `github:` within a GitHub workflow, \
         `github:https://HOST/api/v3#OWNER/NAME`, `oci://HOST/REPOSITORY`, `gitlab-models:` as \
         `gitlab:`, or `mlflow:https://HOST`"
    )]
    Unknown(String),
    /// `gitlab:` outside a GitLab job.
    #[error(
        "`gitlab:` needs `CI_API_V4_URL` and `CI_PROJECT_ID`, which every GitLab job has; elsewhere \
         use `gitlab:https://HOST/api/v4#GROUP/PROJECT`"
    )]
    NoJob,
    /// `mlflow:` without the variable.
    #[error("`mlflow:` needs `MLFLOW_TRACKING_URI`; without it use `mlflow:https://HOST`")]
    NoTracking,
    /// The model registry without a token that it takes.
    #[error(
        "`gitlab-models:` needs `GITLAB_TOKEN`, a personal, project or group token with the scope `api` \
         and the Developer role: GitLab's model registry takes no `CI_JOB_TOKEN`"
    )]
    NoModelsToken,
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

impl Connection {
    fn client(&self, base: &str, credential: Option<Credential>) -> Result<Client, RegistryError> {
        let (settings, clock) = (self.settings.clone(), Arc::clone(&self.clock));
        Ok(Client::new(base, credential, settings, clock, self.seed)?)
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
            ("gitlab", "") => Place::GitLabJob(Shelf::Packages),
            ("gitlab-models", "") => Place::GitLabJob(Shelf::Models),
            ("github", "") => Place::GitHubJob,
            ("mlflow", "") => Place::MlflowOfVariables,
            (scheme @ ("mlflow" | "mlflow+http"), address) => {
                let is_plain = scheme == "mlflow+http";
                let url = if is_plain {
                    format!("http:{address}")
                } else {
                    address.to_owned()
                };
                let parsed = Url::parse(&url).ok();
                let is_server = parsed.is_some_and(|url| {
                    matches!(url.scheme(), "http" | "https") && url.host_str().is_some()
                });
                // A URL's reader takes `http:m` for `http://m`; nobody writes that on purpose.
                let is_written_out = url.contains("://");
                if !is_server || !is_written_out || address.contains(['@', '#', '?']) {
                    return Err(unknown());
                }
                Place::Mlflow { url, is_plain }
            }
            (forge @ ("gitlab" | "gitlab-models" | "github"), address) => {
                let (api, project) = address.split_once('#').ok_or_else(unknown)?;
                let parts: Vec<&str> = project.split('/').collect();
                let is_project = parts.iter().all(|part| !matches!(*part, "" | "." | ".."))
                    && (forge != "github" || parts.len() == 2);
                if !is_project || Url::parse(api).is_err() || address.contains('@') {
                    return Err(unknown());
                }
                let (api, project) = (api.to_owned(), project.to_owned());
                let gitlab = |shelf| Place::GitLab {
                    shelf,
                    api: api.clone(),
                    project: project.clone(),
                };
                match forge {
                    "gitlab" => gitlab(Shelf::Packages),
                    "gitlab-models" => gitlab(Shelf::Models),
                    _ => Place::GitHub {
                        api,
                        repository: project,
                    },
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
        match &self.place {
            Place::Folder(root) => {
                let patience = connection.settings.retry.deadline;
                Ok(self.target(FolderStore::new(root.clone(), patience)))
            }
            Place::Oci(address) => {
                let repository = address.open(variables, connection)?;
                Ok(self.target(OciStore::new(repository)))
            }
            Place::GitHubJob => {
                let Ci::GitHub(job) = Ci::detect(variables) else {
                    return Err(SpecFlaw::NoWorkflow.into());
                };
                let token = job.token.map(Credential::GitHub);
                self.github(&job.api_url, &job.repository, token, job.commit, connection)
            }
            Place::GitHub { api, repository } => {
                // Within a workflow the token is for the server that runs it.
                let home = variables.get("GITHUB_API_URL");
                let is_home = home.is_none_or(|home| same_origin(home, api));
                let token = Credential::github(variables).filter(|_| is_home);
                self.github(api, repository, token, None, connection)
            }
            Place::GitLabJob(shelf) => {
                let job = GitLabJob::detect(variables).ok_or(SpecFlaw::NoJob)?;
                let explicit = Credential::explicit(variables);
                let credential = job.job_token.map(Credential::Job).or(explicit);
                let at = (job.api_url.as_str(), job.project_id.as_str());
                let store = gitlab(*shelf, at, credential.clone(), variables, connection)?;
                let store = match job.tag {
                    Some(tag) => {
                        let client = connection.client(at.0, credential)?;
                        store.for_tag(GitLabReleases::new(client, at.1), tag)
                    }
                    None => store,
                };
                Ok(self.target(store))
            }
            Place::GitLab {
                shelf,
                api,
                project,
            } => {
                let job = GitLabJob::detect(variables);
                let own = job.filter(|job| same_origin(&job.api_url, api));
                let token = own.and_then(|job| job.job_token).map(Credential::Job);
                let credential = Credential::explicit(variables).or(token);
                let store = gitlab(*shelf, (api, project), credential, variables, connection)?;
                Ok(self.target(store))
            }
            Place::MlflowOfVariables => {
                let url = variables.get("MLFLOW_TRACKING_URI");
                let url = url.ok_or(SpecFlaw::NoTracking)?;
                let client = connection.client(url, Credential::mlflow(variables))?;
                Ok(self.target(MlflowStore::new(Mlflow::new(client))))
            }
            Place::Mlflow { url, is_plain } => {
                let client = if *is_plain {
                    let Connection {
                        settings, clock, ..
                    } = connection.clone();
                    Client::without_credential(url, settings, clock)?
                } else {
                    // The credential is for the server that it was set for, where one was named.
                    let home = variables.get("MLFLOW_TRACKING_URI");
                    let is_home = home.is_none_or(|home| same_origin(home, url));
                    let credential = Credential::mlflow(variables).filter(|_| is_home);
                    connection.client(url, credential)?
                };
                Ok(self.target(MlflowStore::new(Mlflow::new(client))))
            }
        }
    }

    fn target(&self, store: impl Store + 'static) -> Target {
        Target::new(self.text.clone(), store)
    }
}

/// A project's packages, or its model registry with the packages beside it.
fn gitlab(
    shelf: Shelf,
    (api, project): (&str, &str),
    credential: Option<Credential>,
    variables: &Variables,
    connection: &Connection,
) -> Result<GitLabStore, RegistryError> {
    let packages = |credential| {
        let client = connection.client(api, credential)?;
        Ok::<_, RegistryError>(GenericPackages::new(client, project))
    };
    if shelf == Shelf::Packages {
        return Ok(GitLabStore::new(packages(credential)?));
    }
    let token = Credential::models(variables).ok_or(SpecFlaw::NoModelsToken)?;
    let models = GenericPackages::of_models(connection.client(api, Some(token))?, project);
    // The same token, in the header that packages ask for.
    let record = packages(Credential::explicit(variables))?;
    Ok(GitLabStore::of_models(models, record))
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
        let client = connection.client(api, token)?;
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
            "gitlab-models:",
            "gitlab-models:https://g/api/v4#a/b",
            "mlflow:",
            "mlflow:https://m.example.org/prefix",
            "mlflow:http://127.0.0.1:5000",
            "mlflow+http://m.internal:5000",
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
            "gitlab-models:https://g/api/v4",
            "mlflow:m.example.org",
            "mlflow:sqlite:///mlflow.db",
            "mlflow:https://me:secret@m.example.org",
            "mlflow:https://m.example.org#1",
            "mlflow+http:m",
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
