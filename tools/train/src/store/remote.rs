//! Checkpoints on a server, for machines that take their disk with them when they go.
//!
//! GitLab: hidden files of the project's generic package `trainyard-checkpoints`, whose version is the
//! digest of what the fit is made from, by the job's own token. A file that is uploaded again lies
//! beside the older ones and is served in their place; the older are withdrawn. Object stores: one
//! object a checkpoint.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use yard_forge::{
    Bucket, Client, Credential, ForgeError, GenericPackages, GitLabJob, Monotonic, Patience,
    RetryPolicy, Settings, Upload, Variables,
};

/// The package that holds checkpoints.
const PACKAGE: &str = "trainyard-checkpoints";
/// The longest checkpoint that is read.
const LIMIT: u64 = 1 << 30;

/// A server's shelf of named bytes.
pub(crate) enum Remote {
    GitLab(Box<GenericPackages>),
    Bucket {
        bucket: Box<Bucket>,
        /// What this process has seen or put there: the store is not asked for a list.
        known: RefCell<BTreeSet<String>>,
    },
}

/// A fit does not wait for its checkpoint as long as a release waits for its upload.
fn settings(variables: &Variables) -> Settings {
    Settings {
        retry: RetryPolicy {
            attempts: 4,
            deadline: Duration::from_secs(60),
            ..RetryPolicy::default()
        },
        ..Settings::from_variables(variables)
    }
}

impl Remote {
    pub(crate) fn gitlab(variables: &Variables) -> Result<Self, ForgeError> {
        let job = GitLabJob::detect(variables).ok_or_else(|| ForgeError::Setting {
            what: "`gitlab:`".to_owned(),
            why: "it needs `CI_API_V4_URL` and `CI_PROJECT_ID`, which every GitLab job has"
                .to_owned(),
        })?;
        let credential = job.job_token.map(Credential::Job);
        let credential = credential.or_else(|| Credential::explicit(variables));
        let clock = Arc::new(Monotonic::start());
        let client = Client::new(&job.api_url, credential, settings(variables), clock, seed())?;
        let packages = GenericPackages::new(client, &job.project_id);
        Ok(Self::GitLab(Box::new(packages)))
    }

    pub(crate) fn bucket(place: &str, variables: &Variables) -> Result<Self, ForgeError> {
        let clock = Arc::new(Monotonic::start());
        let bucket = Bucket::open(place, variables, settings(variables), clock, seed())?;
        Ok(Self::Bucket {
            bucket: Box::new(bucket),
            known: RefCell::default(),
        })
    }

    fn patience(&self) -> Patience<'_> {
        match self {
            Self::GitLab(packages) => packages.client().patience(),
            Self::Bucket { bucket, .. } => bucket.patience(),
        }
    }

    /// What is kept under a name.
    pub(crate) fn read(&self, name: &str) -> Result<Option<Vec<u8>>, ForgeError> {
        self.patience().insist(|| match self {
            Self::GitLab(packages) => {
                let (version, file) = halves(name);
                let mut bytes = Vec::new();
                match packages.download(PACKAGE, version, file, &mut bytes, LIMIT) {
                    Ok(_) => Ok(Some(bytes)),
                    Err(ForgeError::NotFound { .. }) => Ok(None),
                    Err(error) => Err(error),
                }
            }
            Self::Bucket { bucket, known } => {
                let found = bucket.get(name, LIMIT)?;
                if found.is_some() {
                    known.borrow_mut().insert(name.to_owned());
                }
                Ok(found)
            }
        })
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), ForgeError> {
        let upload = Upload::bytes(bytes);
        self.patience().insist(|| match self {
            Self::GitLab(packages) => {
                let (version, file) = halves(name);
                let stored = packages.upload(PACKAGE, version, file, &upload, false)?;
                if let Some(stored) = stored {
                    self.withdraw(version, |other| {
                        other.file_name == file && other.id < stored.id
                    });
                }
                Ok(())
            }
            Self::Bucket { bucket, known } => {
                known.borrow_mut().insert(name.to_owned());
                bucket.put(name, &upload)
            }
        })
    }

    /// Forgets what has a name that holds `part`. What cannot be removed harms nobody.
    pub(crate) fn remove(&self, part: &str) {
        match self {
            Self::GitLab(_) => {
                let (version, file) = part.split_once('.').unwrap_or((part, ""));
                self.withdraw(version, |stored| stored.file_name.contains(file));
            }
            Self::Bucket { bucket, known } => {
                let mut known = known.borrow_mut();
                for name in known.iter().filter(|name| name.contains(part)) {
                    let _ = bucket.delete(name);
                }
                known.retain(|name| !name.contains(part));
            }
        }
    }

    fn withdraw(&self, version: &str, is_ours: impl Fn(&yard_forge::FileRecord) -> bool) {
        let Self::GitLab(packages) = self else {
            return;
        };
        let files = packages.files(PACKAGE, version).unwrap_or_default();
        for file in files.iter().filter(|file| is_ours(file)) {
            let _ = packages.delete(file);
        }
    }
}

/// Spreads the retries of jobs that run side by side.
fn seed() -> u64 {
    u64::from(std::process::id())
}

/// The digest that every name begins with, and the rest.
fn halves(name: &str) -> (&str, &str) {
    name.split_once('.').unwrap_or((name, "checkpoint"))
}
