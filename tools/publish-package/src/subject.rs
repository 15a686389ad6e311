//! What is verified: a path, or a copy of what lies at a URL or at a target. Once it is here, nothing
//! more is asked of anybody.

use std::fs::File;
use std::io::{self, Seek as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use tempfile::TempDir;
use yard_forge::{Download, ForgeError, Monotonic, Settings, Variables};
use yard_package::{Limits, PackageError, PackageId};
use yard_registry::{Connection, RegistryError, TargetSpec, fetch};

use crate::error::PublishError;

/// What was asked for.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Subject {
    /// An archive or a folder.
    Path(PathBuf),
    /// An archive.
    Url(String),
    /// `NAME@VERSION` at a target.
    Release {
        #[serde(skip)]
        id: PackageId,
        release: String,
        target: String,
    },
}

impl Subject {
    /// What the text means: with a target, a release.
    pub(crate) fn of(text: &Path, target: Option<String>) -> Result<Self, PublishError> {
        let shown = text.to_str();
        match (shown, target) {
            (Some(release), Some(target)) => Ok(Self::Release {
                id: version_of(release)?,
                release: release.to_owned(),
                target,
            }),
            (None, Some(_)) => Err(PublishError::NoName(text.to_owned())),
            (Some(url), None) if ["https://", "http://"].iter().any(|s| url.starts_with(s)) => {
                Ok(Self::Url(url.to_owned()))
            }
            (_, None) => Ok(Self::Path(text.to_owned())),
        }
    }
}

/// The release that `NAME@VERSION` names. What an alias stands for is compared with its record by
/// whoever fetches it.
fn version_of(release: &str) -> Result<PackageId, PublishError> {
    let split = release.split_once('@').map(|(name, version)| {
        let bare = version.strip_prefix('v').unwrap_or(version);
        (name, bare)
    });
    let is_version = |version: &str| version.starts_with(|c: char| c.is_ascii_digit());
    match split {
        Some((name, version)) if is_version(version) => Ok(PackageId::new(name, version)?),
        _ => Err(PublishError::NoVersion(release.escape_debug().to_string())),
    }
}

/// Something to open, and the folder that it lies in as long as it is needed.
pub(crate) struct Local {
    pub(crate) path: PathBuf,
    /// What it has to be, where that was said.
    pub(crate) id: Option<PackageId>,
    _folder: Option<TempDir>,
}

/// Brings it here.
pub(crate) fn bring(
    subject: &Subject,
    settings: Settings,
    variables: &Variables,
) -> Result<Local, PublishError> {
    let temporary = || {
        tempfile::tempdir().map_err(|source| PackageError::Io {
            action: "create a folder in",
            path: std::env::temp_dir(),
            source,
        })
    };
    let connection = Connection::of_process(settings.clone(), variables);
    match subject {
        Subject::Path(path) => Ok(Local {
            path: path.clone(),
            id: None,
            _folder: None,
        }),
        Subject::Url(url) => {
            let folder = temporary()?;
            let path = folder.path().join("package.tar.gz");
            download(url, settings, connection.seed, &path)?;
            Ok(Local {
                path,
                id: None,
                _folder: Some(folder),
            })
        }
        Subject::Release { id, target, .. } => {
            let spec: TargetSpec = target.parse()?;
            let target = spec.open(variables, &connection)?;
            let folder = temporary()?;
            let files = folder.path().join("release");
            let manifest = fetch(&target, id, &files)?;
            let file = id.archive_name();
            if !manifest.body.files.iter().any(|listed| listed.path == file) {
                let (target, release) = (target.name().to_owned(), id.to_string());
                let error = RegistryError::NoArchive {
                    target,
                    release,
                    file,
                };
                return Err(error.into());
            }
            Ok(Local {
                path: files.join(file),
                id: Some(id.clone()),
                _folder: Some(folder),
            })
        }
    }
}

/// Fetches an archive, and again where the connection was to blame. What is longer than any package
/// may be is not read to its end.
fn download(url: &str, settings: Settings, seed: u64, path: &Path) -> Result<(), PublishError> {
    let failed = |source| PackageError::Io {
        action: "write",
        path: path.to_owned(),
        source,
    };
    let mut file = File::create_new(path).map_err(failed)?;
    let clock = Arc::new(Monotonic::start());
    let download = Download::of(url, settings, clock, seed).map_err(RegistryError::from)?;
    let copied = download.patience().insist(|| {
        restart(&mut file).map_err(|source| ForgeError::Write {
            request: format!("a copy in `{}`", path.display()),
            source,
        })?;
        download.copy(&mut file, Limits::default().total_bytes)
    });
    copied.map_err(RegistryError::from)?;
    Ok(())
}

/// Nothing of the attempt before may stay.
fn restart(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()
}
