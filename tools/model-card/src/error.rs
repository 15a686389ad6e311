//! Why there is no card.

use std::path::PathBuf;

use yard_cli::{Class, Failure};
use yard_model::FolderError;
use yard_package::PackageError;

/// Why there is no card.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum CardError {
    #[error(transparent)]
    Cli(#[from] yard_cli::Error),
    /// Two files that should speak of the same thing speak of different ones.
    #[error(
        "`{one}` and `{other}` do not belong together: {what} is {found} in one and {expected} in the other"
    )]
    Foreign {
        one: String,
        other: String,
        what: &'static str,
        found: String,
        expected: String,
    },
    #[error("`{file}` does not name a `{what}` among its inputs")]
    NoInput { file: String, what: &'static str },
    #[error("`{}` cannot be used", path.display())]
    Package { path: PathBuf, source: PackageError },
    #[error("`{}` cannot be used", path.display())]
    Model {
        path: PathBuf,
        source: Box<FolderError>,
    },
    #[error("`--out` would overwrite the input `{}`", path.display())]
    Overwrite { path: PathBuf },
    #[error("the template cannot be rendered")]
    Template(#[from] minijinja::Error),
    #[error("nothing to do: `--model` is missing")]
    NoModel,
}

impl Failure for CardError {
    fn class(&self) -> Class {
        match self {
            Self::Cli(error) => error.class(),
            _ => Class::Input,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Cli(error) => error.hint(),
            Self::Foreign { .. } => Some(
                "one of them is stale or of another run; repeat the stages from the first that changed"
                    .to_owned(),
            ),
            Self::Package { .. } => Some(
                "`--model` takes the folder that `train` or `train adopt` wrote".to_owned(),
            ),
            Self::Model { source, .. } if matches!(**source, FolderError::Digest { .. }) => Some(
                "the folder holds files of two runs; train anew, or fetch it from where it came"
                    .to_owned(),
            ),
            Self::NoInput { .. } => {
                Some("write it anew with the tools of this release".to_owned())
            }
            Self::NoModel => Some("see `model-card --help`".to_owned()),
            Self::Model { .. } | Self::Overwrite { .. } | Self::Template(_) => None,
        }
    }
}
