//! What can go wrong with a forge, sorted by what to do about it.

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why a forge did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum ForgeError {
    /// The network, or a server that says it is busy or broken: trying again may help.
    #[error("{request} failed: {reason}")]
    Transient {
        /// Method and URL.
        request: String,
        /// What happened.
        reason: String,
        /// How long the server asked us to wait.
        retry_after: Option<Duration>,
        /// The error below, where there is one.
        #[source]
        source: Option<Box<dyn Error + Send + Sync>>,
    },
    /// Trying again did not help, or the next try would come after the deadline.
    #[error("gave up after {attempts} attempts in {} s", .elapsed.as_secs())]
    GaveUp {
        /// How often it was tried.
        attempts: u32,
        /// How long that took.
        elapsed: Duration,
        /// The last failure.
        #[source]
        source: Box<Self>,
    },
    /// The server could not prove who it is.
    #[error("{request} was not sent: the server's certificate cannot be believed")]
    Untrusted {
        /// Method and URL.
        request: String,
        /// What is wrong with it.
        #[source]
        source: rustls::Error,
    },
    /// The server understood and said no.
    #[error("{request} was refused with status {status}{}", told(.message))]
    Refused {
        /// Method and URL.
        request: String,
        /// The HTTP status.
        status: u16,
        /// What the server said.
        message: String,
    },
    /// There is no such thing, or we may not know of it: GitLab answers both alike.
    #[error("{request} found nothing{}", told(.message))]
    NotFound {
        /// Method and URL.
        request: String,
        /// What the server said.
        message: String,
        /// What to look at.
        needs: String,
    },
    /// The credential is missing, unknown, or not enough.
    #[error("{request} was not authorised (status {status}){}", told(.message))]
    Unauthorised {
        /// Method and URL.
        request: String,
        /// The HTTP status, 401 or 403.
        status: u16,
        /// What the server said.
        message: String,
        /// Which variable or scope it wants.
        needs: String,
    },
    /// A redirect that must not be followed.
    #[error("{request} was redirected to `{to}`, which is not followed: {why}")]
    Redirect {
        /// Method and URL.
        request: String,
        /// Where to.
        to: String,
        /// Why not.
        why: &'static str,
    },
    /// A URL that cannot be used.
    #[error("`{url}` cannot be used: {why}")]
    Url {
        /// The URL.
        url: String,
        /// Why not.
        why: &'static str,
    },
    /// The answer is not what this API answers.
    #[error("{request} gave an answer that cannot be understood: {reason}")]
    Answer {
        /// Method and URL.
        request: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The answer is longer than the limit.
    #[error("{request} gave more than {limit} bytes")]
    TooLarge {
        /// Method and URL.
        request: String,
        /// The limit.
        limit: u64,
    },
    /// A setting cannot be used: a certificate file, a proxy, a token.
    #[error("{what} cannot be used: {why}")]
    Setting {
        /// Which.
        what: String,
        /// Why not.
        why: String,
    },
    /// A file of ours cannot be read.
    #[error("failed to read `{}`", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system answered.
        #[source]
        source: io::Error,
    },
    /// What was downloaded cannot be written.
    #[error("failed to write what {request} gave")]
    Write {
        /// Method and URL.
        request: String,
        /// What the system answered.
        #[source]
        source: io::Error,
    },
    /// A file changed while it was being uploaded.
    #[error("`{}` changed while it was being uploaded", .0.display())]
    Changed(PathBuf),
}

impl ForgeError {
    /// Whether a later run may succeed without anybody changing anything.
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Transient { .. } | Self::GaveUp { .. })
    }

    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unauthorised { needs, .. } | Self::NotFound { needs, .. } => Some(needs.clone()),
            Self::GaveUp { source, .. } => source.hint(),
            Self::Untrusted { .. } => Some(
                "if the server's certificate authority is your own, set `CI_SERVER_TLS_CA_FILE` to \
                 its PEM file"
                    .to_owned(),
            ),
            Self::Refused {
                status, message, ..
            } if *status == 413 || message.contains("too large") => Some(
                "the server does not take files of this size: let its administrator raise the limit, \
                 or leave the file out"
                    .to_owned(),
            ),
            Self::Url { .. } => Some("use https, and http for this machine only".to_owned()),
            _ => None,
        }
    }
}

fn told(message: &str) -> String {
    if message.is_empty() {
        String::new()
    } else {
        format!(": {message}")
    }
}
