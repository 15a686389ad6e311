//! What can keep an image from being published.

use std::io;
use std::path::PathBuf;

use yard_cli::{Class, Failure};
use yard_model::FolderError;
use yard_package::PackageError;
use yard_registry::RegistryError;

use crate::binary::BinaryFlaw;

/// Why nothing, or not everything, was published.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum ImageError {
    #[error(transparent)]
    Cli(#[from] yard_cli::Error),
    #[error(
        "`{0}` names no place for an image: use `oci://HOST/REPOSITORY`, `oci-layout:FOLDER` or \
         `oci-archive:FILE`"
    )]
    Target(String),
    #[error("the target `{0}` is named twice")]
    TargetTwice(String),
    #[error(
        "`{0}` cannot be a tag: use up to 128 letters, digits, `_`, `.`, `-`, beginning with none of the last two"
    )]
    Tag(String),
    #[error("`{0}` is no platform that images are made for: linux/amd64, linux/arm64")]
    Platform(String),
    #[error("there are two binaries for {0}")]
    PlatformTwice(&'static str),
    #[error("`{}` cannot be the server of an image", path.display())]
    Binary { path: PathBuf, source: BinaryFlaw },
    #[error("`{}` cannot be used", path.display())]
    Package { path: PathBuf, source: PackageError },
    #[error(transparent)]
    Member(PackageError),
    #[error("`{}` is no package: it has no `manifest.json`", .0.display())]
    Bare(PathBuf),
    #[error("the manifest of `{}` was written in another form than this version writes", .0.display())]
    OtherWriter(PathBuf),
    #[error("`{}` holds a model that cannot be served", path.display())]
    Model {
        path: PathBuf,
        source: Box<FolderError>,
    },
    #[error("the image cannot be put together")]
    Build(#[source] io::Error),
    #[error("the image cannot be described")]
    Describe(#[from] serde_json::Error),
    #[error("`{}` is no index of an image layout", .0.display())]
    Layout(PathBuf),
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error("publishing stopped; complete are {}", if done.is_empty() { "no targets".to_owned() } else { done.join(", ") })]
    Stopped {
        done: Vec<String>,
        source: Box<Self>,
    },
}

impl Failure for ImageError {
    fn class(&self) -> Class {
        match self {
            Self::Registry(error) if error.is_transient() => Class::Transient,
            Self::Stopped { source, .. } => source.class(),
            _ => Class::Input,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Cli(error) => error.hint(),
            Self::Registry(error) => error.hint(),
            Self::Stopped { source, .. } => source.hint(),
            Self::Binary {
                source: BinaryFlaw::Dynamic,
                ..
            } => Some(
                "build `serve` with RUSTFLAGS=\"-C target-feature=+crt-static\" and an explicit \
                 --target, as Dockerfile.serve says"
                    .to_owned(),
            ),
            Self::Binary {
                source: BinaryFlaw::NotElf,
                ..
            } => Some("pass the binary of `serve` itself".to_owned()),
            Self::Bare(_) => Some("pass what `publish-package` made".to_owned()),
            Self::OtherWriter(_) => Some("use the version that made the package".to_owned()),
            _ => None,
        }
    }
}
