//! What can keep a report from being shown.

use std::path::PathBuf;

use yard_cli::{Class, Failure};
use yard_contract::ParseError;
use yard_forge::ForgeError;

/// Why nothing was shown.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum ReportError {
    #[error(transparent)]
    Cli(#[from] yard_cli::Error),
    #[error("cannot use `{}`", path.display())]
    Artifact { path: PathBuf, source: ParseError },
    #[error("`{0}` is no link")]
    Link(String),
    #[error("no artifact was given")]
    NoArtifact,
    #[error("no pipeline can be started: {0}")]
    NoPipeline(&'static str),
    #[error("no pipeline was started")]
    Retrain(#[source] ForgeError),
    #[error("the comment was not written")]
    Forge(#[from] ForgeError),
}

impl Failure for ReportError {
    fn class(&self) -> Class {
        match self {
            Self::Forge(error) | Self::Retrain(error) if error.is_transient() => Class::Transient,
            _ => Class::Input,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Cli(error) => error.hint(),
            Self::Artifact { .. } => Some(
                "give the JSON files that Trainyard's tools wrote, of the same release".to_owned(),
            ),
            Self::Link(_) => Some("write LABEL=PATH, such as `report=out/report.html`".to_owned()),
            Self::NoArtifact => Some("name the JSON files; `--help` shows more".to_owned()),
            Self::NoPipeline(_) => None,
            Self::Retrain(ForgeError::Unauthorised { .. } | ForgeError::NotFound { .. }) => Some(
                "GitLab: whoever started the job needs the Developer role, and the branch must exist; \
                 GitHub: grant the job `contents: write` and `actions: read` under `permissions:`"
                    .to_owned(),
            ),
            Self::Forge(error) | Self::Retrain(error) => error.hint(),
        }
    }
}
