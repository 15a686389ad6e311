//! Which CI is this? Answered from variables that the caller hands in.

use std::collections::BTreeMap;
use std::fmt;

use crate::credential::Secret;

/// The environment's variables. `Debug` shows their names only.
#[derive(Clone, Default)]
pub struct Variables(BTreeMap<String, String>);

impl Variables {
    /// A variable's value; nothing where it is unset or empty, which CI systems do not tell apart.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    fn owned(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    pub(crate) fn secret(&self, name: &str) -> Option<Secret> {
        self.get(name).map(Secret::new)
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Variables {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        let owned = variables
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()));
        Self(owned.collect())
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// The CI system that runs this process.
#[derive(Clone, Debug)]
pub enum Ci {
    /// A GitLab job.
    GitLab(GitLabJob),
    /// A GitHub Actions step.
    GitHub(GitHubJob),
    /// Neither: a person, or another CI.
    None,
}

/// What a GitLab job knows of itself.
#[derive(Clone, Debug)]
pub struct GitLabJob {
    /// `CI_API_V4_URL`, which ends in `/api/v4`.
    pub api_url: String,
    /// `CI_PROJECT_ID`.
    pub project_id: String,
    /// `CI_JOB_TOKEN`, valid while the job runs.
    pub job_token: Option<Secret>,
    /// `CI_COMMIT_SHA`.
    pub commit: Option<String>,
    /// `CI_COMMIT_TAG`: set in tag pipelines only.
    pub tag: Option<String>,
    /// `CI_JOB_URL`.
    pub job_url: Option<String>,
}

/// What a GitHub Actions step knows of itself.
#[derive(Clone, Debug)]
pub struct GitHubJob {
    /// `GITHUB_API_URL`.
    pub api_url: String,
    /// `GITHUB_REPOSITORY`, as `owner/name`.
    pub repository: String,
    /// `GITHUB_TOKEN`, where the workflow hands it to the step.
    pub token: Option<Secret>,
    /// `GITHUB_SHA`.
    pub commit: Option<String>,
    /// `GITHUB_REF`, as `refs/tags/v1`.
    pub reference: Option<String>,
}

impl Ci {
    /// Tells the CI systems apart by the variables that each promises to set.
    pub fn detect(variables: &Variables) -> Self {
        if let Some(job) = GitLabJob::detect(variables) {
            return Self::GitLab(job);
        }
        let (Some("true"), Some(repository)) = (
            variables.get("GITHUB_ACTIONS"),
            variables.owned("GITHUB_REPOSITORY"),
        ) else {
            return Self::None;
        };
        Self::GitHub(GitHubJob {
            api_url: variables
                .owned("GITHUB_API_URL")
                .unwrap_or_else(|| "https://api.github.com".to_owned()),
            repository,
            token: variables.secret("GITHUB_TOKEN"),
            commit: variables.owned("GITHUB_SHA"),
            reference: variables.owned("GITHUB_REF"),
        })
    }
}

impl GitLabJob {
    /// The job, where the API's address and the project are known. `GITLAB_CI` is not asked for:
    /// local runners leave it unset.
    pub fn detect(variables: &Variables) -> Option<Self> {
        Some(Self {
            api_url: variables.owned("CI_API_V4_URL")?,
            project_id: variables.owned("CI_PROJECT_ID")?,
            job_token: variables.secret("CI_JOB_TOKEN"),
            commit: variables.owned("CI_COMMIT_SHA"),
            tag: variables.owned("CI_COMMIT_TAG"),
            job_url: variables.owned("CI_JOB_URL"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_ci_is_known_by_its_own_variables_and_empty_is_unset() {
        let gitlab = [
            ("CI_API_V4_URL", "https://g/api/v4"),
            ("CI_PROJECT_ID", "1"),
        ];
        assert!(matches!(
            Ci::detect(&Variables::from_iter(gitlab)),
            Ci::GitLab(_)
        ));
        let github = [("GITHUB_ACTIONS", "true"), ("GITHUB_REPOSITORY", "o/r")];
        let Ci::GitHub(job) = Ci::detect(&Variables::from_iter(github)) else {
            panic!()
        };
        assert_eq!(job.api_url, "https://api.github.com");
        for neither in [
            vec![],
            vec![("CI", "true")],
            vec![("CI_API_V4_URL", ""), ("CI_PROJECT_ID", "1")],
            vec![("GITHUB_ACTIONS", "false"), ("GITHUB_REPOSITORY", "o/r")],
        ] {
            assert!(matches!(
                Ci::detect(&Variables::from_iter(neither)),
                Ci::None
            ));
        }
    }
}
