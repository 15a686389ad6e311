//! What Trainyard knows of forges: which CI it runs in, and how to speak to a forge over HTTP.
//!
//! [`Client`] is the only HTTP client of the project. It is bound to one base URL and carries at
//! most one credential.
//!
//! Invariants:
//! - A credential goes to the configured origin (scheme, host and port) and nowhere else. Redirects
//!   are followed here, not by the library below, which would forward GitLab's token headers: a
//!   read may leave the origin, without the credential and never from https to http; a write may
//!   not leave it at all.
//! - A credential travels in a header that is marked sensitive; it is never in a URL, an argument,
//!   a log line or a `Debug` text.
//! - A request is sent once. Who wants it repeated says so with a [`Patience`], and what repeats an
//!   upload looks first whether the last one arrived.
//! - Time, randomness and the environment come from the caller: [`Clock`], a seed, [`Variables`].
//! - A registry's password goes to the registry, and to a token realm at its own site or at one that
//!   a person named.
//! - Bodies stream, downloads have a limit, and both are digested on the way.
//!
//! It deliberately has no switch that turns certificate checks off, and no HTTP/2.
//!
//! ```
//! use yard_forge::{Ci, Variables};
//!
//! let variables = Variables::from_iter([
//!     ("GITLAB_CI", "true"),
//!     ("CI_API_V4_URL", "https://gitlab.example/api/v4"),
//!     ("CI_PROJECT_ID", "42"),
//!     ("CI_JOB_TOKEN", "glcbt-secret"),
//! ]);
//! let Ci::GitLab(job) = Ci::detect(&variables) else { panic!("this is a GitLab job") };
//! assert_eq!(job.project_id, "42");
//! assert!(!format!("{variables:?} {job:?}").contains("glcbt-secret"));
//! ```
#![warn(missing_docs)]

mod answer;
mod change;
mod ci;
mod client;
mod clock;
mod comments;
mod credential;
mod download;
mod error;
mod exchange;
mod github;
mod gitlab;
mod gitlab_release;
mod mlflow;
mod oci;
mod origin;
mod retrain;
mod retry;
mod s3;
mod settings;
mod tls;
mod transfer;
mod write;

pub use change::{Change, Head, run_number};
pub use ci::{Ci, GitHubJob, GitLabJob, Variables};
pub use client::Client;
pub use clock::{Clock, Monotonic};
pub use comments::{Comment, Kept, Marker, Thread};
pub use credential::{Credential, Secret};
pub use download::Download;
pub use error::ForgeError;
pub use exchange::{Ask, Reply};
pub use github::{AssetRecord, GitHubReleases, ReleaseRecord};
pub use gitlab::{FileRecord, GenericPackages};
pub use gitlab_release::{GitLabReleases, ReleaseLink};
pub use mlflow::{Mlflow, ModelRecord, RunRecord, VersionRecord};
pub use oci::{IMAGE_INDEX, IMAGE_MANIFEST, Login, OciManifest, OciRepository};
pub use origin::Origin;
pub use retrain::{Pipelines, Started};
pub use retry::{Patience, RetryPolicy};
pub use s3::Bucket;
pub use settings::Settings;
pub use transfer::{Upload, UploadSource};
