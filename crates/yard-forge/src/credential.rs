//! Secrets, and the headers they travel in.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{HeaderName, HeaderValue};

use crate::ci::Variables;

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret. Spaces and line breaks around it are an accident of copying.
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    /// The text itself, for the header or the body it travels in.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// Replaces the secret, wherever a text holds it.
    pub(crate) fn redact(&self, text: &str) -> String {
        if self.0.is_empty() {
            text.to_owned()
        } else {
            text.replace(&self.0, "***")
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Who we are to a server: what a refusal most likely asks for, and what must not be repeated.
pub(crate) trait Identity {
    /// What a refusal with this status most likely asks for.
    fn needs(&self, status: u16) -> String;

    /// A text of the server's without our secrets.
    fn redact(&self, text: &str) -> String;
}

impl Identity for Option<Credential> {
    fn needs(&self, status: u16) -> String {
        match self {
            Some(credential) => credential.needs(status).to_owned(),
            None => "set `GITLAB_TOKEN` to a token with the scope `api` (in a GitLab job \
                     `CI_JOB_TOKEN` is used by itself), `GITHUB_TOKEN` for GitHub, or \
                     `MLFLOW_TRACKING_TOKEN` for MLflow"
                .to_owned(),
        }
    }

    fn redact(&self, text: &str) -> String {
        match self {
            Some(credential) => credential.secret().redact(text),
            None => text.to_owned(),
        }
    }
}

/// A forge's token: what it is decides the header, and what to say when it is refused.
#[derive(Clone, Debug)]
pub enum Credential {
    /// The job's own token, from `CI_JOB_TOKEN`.
    Job(Secret),
    /// A personal, project or group access token, from `GITLAB_TOKEN`.
    Access(Secret),
    /// A deploy token, from `GITLAB_DEPLOY_TOKEN`.
    Deploy(Secret),
    /// GitHub's token, from `GITHUB_TOKEN`.
    GitHub(Secret),
    /// The same token as [`Self::Access`], where only `Authorization: Bearer` is understood: by
    /// GitLab's model registry.
    Models(Secret),
    /// MLflow's token, from `MLFLOW_TRACKING_TOKEN`.
    Mlflow(Secret),
    /// A user of MLflow and its password, from `MLFLOW_TRACKING_USERNAME` and
    /// `MLFLOW_TRACKING_PASSWORD`.
    MlflowUser(String, Secret),
}

impl Credential {
    /// The token that a person set, for any GitLab: an access token, or else a deploy token.
    pub fn explicit(variables: &Variables) -> Option<Self> {
        let access = variables.secret("GITLAB_TOKEN").map(Self::Access);
        access.or_else(|| variables.secret("GITLAB_DEPLOY_TOKEN").map(Self::Deploy))
    }

    /// GitHub's token, where it was handed to this process.
    pub fn github(variables: &Variables) -> Option<Self> {
        variables.secret("GITHUB_TOKEN").map(Self::GitHub)
    }

    /// The token that a person set for GitLab's model registry.
    pub fn models(variables: &Variables) -> Option<Self> {
        variables.secret("GITLAB_TOKEN").map(Self::Models)
    }

    /// What MLflow's own client takes from the environment: a user and a password, or else a token.
    pub fn mlflow(variables: &Variables) -> Option<Self> {
        let user = variables.get("MLFLOW_TRACKING_USERNAME").map(str::to_owned);
        let password = variables.secret("MLFLOW_TRACKING_PASSWORD");
        let token = variables.secret("MLFLOW_TRACKING_TOKEN").map(Self::Mlflow);
        let login = user.zip(password);
        login
            .map(|(user, password)| Self::MlflowUser(user, password))
            .or(token)
    }

    /// The variable it comes from.
    pub const fn variable(&self) -> &'static str {
        match self {
            Self::Job(_) => "CI_JOB_TOKEN",
            Self::Access(_) | Self::Models(_) => "GITLAB_TOKEN",
            Self::Deploy(_) => "GITLAB_DEPLOY_TOKEN",
            Self::GitHub(_) => "GITHUB_TOKEN",
            Self::Mlflow(_) => "MLFLOW_TRACKING_TOKEN",
            Self::MlflowUser(..) => "MLFLOW_TRACKING_PASSWORD",
        }
    }

    /// What a refusal with this status most likely asks for.
    pub(crate) fn needs(&self, status: u16) -> &'static str {
        match (self, status) {
            (Self::Job(_), 401) => {
                "`CI_JOB_TOKEN` is valid only while its job runs, and only on the server that runs it"
            }
            (Self::Job(_), _) => {
                "with `CI_JOB_TOKEN`, whoever started the job needs the Developer role, the project \
                 needs its package registry switched on, and another project needs this one in its \
                 job token allow-list"
            }
            (Self::Access(_), 401) => {
                "`GITLAB_TOKEN` is unknown or has expired; it needs the scope `api`"
            }
            (Self::Access(_), _) => {
                "`GITLAB_TOKEN` needs the scope `api` and the Developer role, and the project its \
                 package registry switched on"
            }
            (Self::Deploy(_), _) => {
                "`GITLAB_DEPLOY_TOKEN` needs the scopes `read_package_registry` and \
                 `write_package_registry`"
            }
            (Self::Models(_), 401) => {
                "the model registry takes no `CI_JOB_TOKEN`: `GITLAB_TOKEN` has to be a personal, project \
                 or group token that has not expired, with the scope `api`"
            }
            (Self::Models(_), _) => {
                "`GITLAB_TOKEN` needs the scope `api` and the Developer role, and the project its model \
                 registry and its package registry switched on"
            }
            (Self::Mlflow(_), 401) => "`MLFLOW_TRACKING_TOKEN` is unknown or has expired",
            (Self::MlflowUser(..), 401) => {
                "MLflow does not know the user and password of `MLFLOW_TRACKING_USERNAME` and \
                 `MLFLOW_TRACKING_PASSWORD`"
            }
            (Self::Mlflow(_) | Self::MlflowUser(..), _) => {
                "MLflow's user needs the permission EDIT on the experiment and the registered model"
            }
            (Self::GitHub(_), 401) => {
                "`GITHUB_TOKEN` is unknown or has expired; hand it to the step with `env:`"
            }
            (Self::GitHub(_), _) => {
                "`GITHUB_TOKEN` lacks a permission, which the job grants under `permissions:`; \
                 a release needs `contents: write`"
            }
        }
    }

    pub(crate) fn secret(&self) -> &Secret {
        match self {
            Self::Job(secret)
            | Self::Access(secret)
            | Self::Deploy(secret)
            | Self::GitHub(secret)
            | Self::Models(secret)
            | Self::Mlflow(secret)
            | Self::MlflowUser(_, secret) => secret,
        }
    }

    /// The header to send; nothing where the token has characters that no header can carry.
    pub(crate) fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        let name = HeaderName::from_static(match self {
            Self::Job(_) => "job-token",
            Self::Access(_) => "private-token",
            Self::Deploy(_) => "deploy-token",
            Self::GitHub(_) | Self::Models(_) | Self::Mlflow(_) | Self::MlflowUser(..) => {
                "authorization"
            }
        });
        let secret = &self.secret().0;
        let text = match self {
            Self::GitHub(_) | Self::Models(_) | Self::Mlflow(_) => format!("Bearer {secret}"),
            Self::MlflowUser(user, _) => {
                format!("Basic {}", STANDARD.encode(format!("{user}:{secret}")))
            }
            _ => secret.clone(),
        };
        let mut value = HeaderValue::from_str(&text).ok()?;
        value.set_sensitive(true);
        Some((name, value))
    }
}
