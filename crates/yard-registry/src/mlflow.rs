//! An MLflow server as a registry: a release is a version of the registered model `NAME`, made from a
//! run of the experiment `trainyard/NAME`, whose files are the release's.
//!
//! The run is where files are gathered. It is no release until a model version names it, so the model
//! version is the commit marker, after the manifest. MLflow counts its versions itself; ours is the
//! version's tag `trainyard.version`, and where two have the same, the one with the lower number
//! counts, which the server gives to one of two that ask at once.
//!
//! A file that is sent again would take the other's place. So every file is claimed first, by a
//! parameter of the run with its digest: a parameter never changes, and whoever comes second with
//! other bytes is refused before it has sent one. The manifest is claimed by what it lists, because
//! who wrote it does not make another release.
//!
//! One more run for each package is the record: it has the moves of aliases, and by its parameters it
//! says which run is that of which version. Its own number is a tag of the registered model, set in the
//! request that makes the model, of which the server lets one through. So everybody who publishes a
//! version at once fills the same run.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use yard_contract::{Document, Manifest, Sha256};
use yard_forge::{ForgeError, Mlflow, Patience, RunRecord, Upload, VersionRecord};
use yard_package::{MANIFEST, PackageId};

use crate::alias::JOURNAL;
use crate::error::RegistryError;
use crate::fetch::MANIFEST_BYTES;
use crate::store::Store;

/// The tag of runs and model versions with the version of the package.
const VERSION: &str = "trainyard.version";
/// The tag of a registered model with the run that has the record of its aliases.
const RECORD: &str = "trainyard.aliases";

/// Which run is that of a version.
enum Last {
    /// This one.
    Run(RunRecord),
    /// None yet; this parameter of the record is to name it.
    Free(String),
}

#[derive(Debug)]
pub(crate) struct MlflowStore {
    server: Mlflow,
    /// The experiments of packages.
    experiments: Mutex<BTreeMap<String, String>>,
}

impl MlflowStore {
    pub(crate) const fn new(server: Mlflow) -> Self {
        Self {
            server,
            experiments: Mutex::new(BTreeMap::new()),
        }
    }

    fn experiment(&self, name: &str) -> Result<String, ForgeError> {
        let known = self.experiments.lock();
        let mut known = known.unwrap_or_else(PoisonError::into_inner);
        if let Some(experiment) = known.get(name) {
            return Ok(experiment.clone());
        }
        let experiment = self.server.experiment(&format!("trainyard/{name}"))?;
        known.insert(name.to_owned(), experiment.clone());
        Ok(experiment)
    }

    /// The model version that counts.
    fn released(&self, id: &PackageId) -> Result<Option<VersionRecord>, ForgeError> {
        let tag = (VERSION, id.version());
        let versions = self.server.versions(id.name(), Some(tag))?;
        Ok(versions.into_iter().next())
    }

    /// The run with the files of a release, and whether everybody can see it.
    fn find(&self, id: &PackageId) -> Result<Option<(RunRecord, bool)>, ForgeError> {
        if id.version() == JOURNAL {
            return Ok(self.recorded(id.name())?.map(|run| (run, true)));
        }
        if let Some(version) = self.released(id)? {
            let run = self.server.run(&version.run_id)?;
            let run = run.ok_or_else(|| ForgeError::Answer {
                request: format!("the run of version {} of `{}`", version.version, id.name()),
                reason: "it was deleted".to_owned(),
            })?;
            return Ok(Some((run, true)));
        }
        let Some(record) = self.recorded(id.name())? else {
            return Ok(None);
        };
        match self.last_of(&record, id)? {
            Last::Run(run) => Ok(Some((run, false))),
            Last::Free(_) => Ok(None),
        }
    }

    /// The run that the record names for a version, or the parameter that is free to name one: a run
    /// that somebody has deleted is followed by another.
    fn last_of(&self, record: &RunRecord, id: &PackageId) -> Result<Last, ForgeError> {
        let mut number = 1;
        loop {
            let key = format!("run/{}/{number}", id.version().replace('+', ":"));
            let Some(run) = record.params.get(&key) else {
                return Ok(Last::Free(key));
            };
            let run = self.server.run(run)?;
            match run.filter(|run| !run.is_deleted) {
                Some(run) => return Ok(Last::Run(run)),
                None => number += 1,
            }
        }
    }

    /// The run for the files of a release that is not there: begun now, unless somebody else has just
    /// begun one.
    fn begin(&self, id: &PackageId) -> Result<RunRecord, ForgeError> {
        let record = self.record(id.name())?;
        let key = match self.last_of(&record, id)? {
            Last::Run(run) => return Ok(run),
            Last::Free(key) => key,
        };
        let experiment = self.experiment(id.name())?;
        let tags = [(VERSION, id.version())];
        let ours = self.server.begin(&experiment, &id.to_string(), &tags)?;
        if self.server.claim(&record, &key, &ours.id)? {
            return Ok(ours);
        }
        self.server.abandon(&ours)?;
        let record = self.record(id.name())?;
        match self.last_of(&record, id)? {
            Last::Run(run) => Ok(run),
            Last::Free(_) => Err(ForgeError::Transient {
                request: format!("beginning {id}"),
                reason: "somebody else has begun it, and the server does not say where".to_owned(),
                retry_after: None,
                source: None,
            }),
        }
    }

    /// The record of a package, where there is one.
    fn recorded(&self, name: &str) -> Result<Option<RunRecord>, ForgeError> {
        let model = self.server.model(name)?;
        let run = model.as_ref().and_then(|model| model.tag(RECORD));
        let run = run.map(|run| self.server.run(run)).transpose()?.flatten();
        Ok(run.filter(|run| !run.is_deleted))
    }

    /// The record of a package, which is made with the registered model.
    fn record(&self, name: &str) -> Result<RunRecord, ForgeError> {
        if let Some(run) = self.recorded(name)? {
            return Ok(run);
        }
        let model = self.server.model(name)?;
        let experiment = self.experiment(name)?;
        let tag = (VERSION, JOURNAL);
        let ours = self
            .server
            .begin(&experiment, &format!("{name} {JOURNAL}"), &[tag])?;
        let is_ours = model.is_none() && self.server.register(name, &[(RECORD, &ours.id)])?;
        if is_ours {
            return Ok(ours);
        }
        // The model is there: another run of ours has just made it, or somebody else, long ago.
        if self.recorded(name)?.is_none() {
            self.server.tag_model(name, (RECORD, &ours.id))?;
        }
        let now = self.server.model(name)?;
        let counts = now.as_ref().and_then(|now| now.tag(RECORD));
        match counts.filter(|counts| *counts != ours.id) {
            Some(counts) => {
                self.server.abandon(&ours)?;
                let run = self.server.run(counts)?;
                run.ok_or_else(|| ForgeError::Answer {
                    request: format!("the tag `{RECORD}` of the model `{name}`"),
                    reason: "the run that it names was deleted".to_owned(),
                })
            }
            None => Ok(ours),
        }
    }

    /// Makes the model version that everybody sees; answers the run of the one that counts.
    fn commit(&self, id: &PackageId, run: RunRecord) -> Result<RunRecord, ForgeError> {
        let name = id.name();
        self.server.finish(&run)?;
        let tags = [(VERSION, id.version())];
        let ours = self.server.release(name, &run, &id.to_string(), &tags)?;
        let Some(counts) = self
            .released(id)?
            .filter(|counts| counts.version != ours.version)
        else {
            return Ok(run);
        };
        self.server.withdraw(name, &ours)?;
        let counts = self.server.run(&counts.run_id)?;
        Ok(counts.unwrap_or(run))
    }

    /// The digest of a manifest as it lies there.
    fn manifest_of(&self, run: &RunRecord) -> Result<Option<Sha256>, ForgeError> {
        let mut none = std::io::sink();
        match self
            .server
            .download(run, MANIFEST, &mut none, MANIFEST_BYTES)
        {
            Ok((_, sha256)) => Ok(Some(sha256)),
            Err(ForgeError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Store for MlflowStore {
    fn lock(&self, _: &PackageId) -> Result<Option<File>, RegistryError> {
        // The server knows no locks.
        Ok(None)
    }

    fn digest(&self, id: &PackageId, file: &str) -> Result<Option<Sha256>, RegistryError> {
        let Some((run, released)) = self.find(id)? else {
            return Ok(None);
        };
        if file == MANIFEST && id.version() != JOURNAL {
            // One that is there counts when everybody can see it.
            let manifest = released.then(|| self.manifest_of(&run)).transpose()?;
            return Ok(manifest.flatten());
        }
        let Some((sha256, size)) = run.params.get(&key(file)).and_then(|text| claimed(text)) else {
            return Ok(None);
        };
        // It was claimed; whether it has arrived is another matter.
        let arrived = self.server.files(&run)?.get(file) == Some(&size);
        Ok(arrived.then_some(sha256))
    }

    fn put(&self, id: &PackageId, file: &str, upload: &Upload) -> Result<Sha256, RegistryError> {
        let is_version = id.version() != JOURNAL;
        let run = if is_version {
            match self.find(id)? {
                // Somebody has just released it: what everybody sees is not written again.
                Some((run, true)) if file == MANIFEST => {
                    return Ok(self.manifest_of(&run)?.unwrap_or(upload.sha256));
                }
                Some((run, _)) => run,
                None => self.begin(id)?,
            }
        } else {
            self.record(id.name())?
        };
        let claim = claim(file, upload)?;
        if !self.server.claim(&run, &key(file), &claim)? {
            let there = self.server.run(&run.id)?.unwrap_or(run);
            let by_claim = there
                .params
                .get(&key(file))
                .and_then(|text| claimed(text))
                .map(|(sha256, _)| sha256);
            let other = by_claim.filter(|sha256| *sha256 != upload.sha256);
            return other.ok_or_else(|| {
                RegistryError::Forge(ForgeError::Transient {
                    request: format!("claiming `{file}`"),
                    reason: "the server refused it, and does not say for what".to_owned(),
                    retry_after: None,
                    source: None,
                })
            });
        }
        self.server.upload(&run, file, upload)?;
        if file != MANIFEST || !is_version {
            return Ok(upload.sha256);
        }
        let counts = self.commit(id, run.clone())?;
        if counts.id == run.id {
            return Ok(upload.sha256);
        }
        Ok(self.manifest_of(&counts)?.unwrap_or(upload.sha256))
    }

    fn get(
        &self,
        id: &PackageId,
        file: &str,
        out: &mut dyn Write,
        limit: u64,
    ) -> Result<Option<(u64, Sha256)>, RegistryError> {
        let Some((run, released)) = self.find(id)? else {
            return Ok(None);
        };
        if file == MANIFEST && !released {
            return Ok(None);
        }
        match self.server.download(&run, file, out, limit) {
            Ok(received) => Ok(Some(received)),
            Err(ForgeError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn point(&self, alias: &str, id: &PackageId) -> Result<(), RegistryError> {
        let version = self.released(id)?.ok_or_else(|| RegistryError::Absent {
            target: self.server.client().origin().to_string(),
            release: id.to_string(),
        })?;
        Ok(self.server.point(id.name(), alias, &version)?)
    }

    fn versions(&self, name: &str) -> Result<Vec<String>, RegistryError> {
        let versions = self.server.versions(name, None)?;
        let ours = versions.iter().filter_map(|version| version.tag(VERSION));
        Ok(ours.map(str::to_owned).collect())
    }

    fn patience(&self) -> Option<Patience<'_>> {
        Some(self.server.client().patience())
    }
}

/// The parameter that claims a file. Its name may have no `+`, and a file's no `:`.
fn key(file: &str) -> String {
    format!("sha256/{}", file.replace('+', ":"))
}

/// What is claimed: a digest and a size.
fn claim(file: &str, upload: &Upload) -> Result<String, RegistryError> {
    let mut sha256 = upload.sha256;
    if file == MANIFEST {
        let mut bytes = Vec::new();
        let mut source = upload.open()?;
        std::io::Read::read_to_end(&mut source, &mut bytes).map_err(|source| {
            RegistryError::Io {
                action: "read",
                path: MANIFEST.into(),
                source,
            }
        })?;
        if let Ok(manifest) = Document::<Manifest>::parse(&bytes) {
            let body = serde_json::to_vec(&manifest.body).expect("texts and numbers are JSON");
            sha256 = Sha256::of(&body);
            return Ok(format!("{sha256} of what it lists"));
        }
    }
    Ok(format!("{sha256} {} bytes", upload.size))
}

/// Digest and size of a claim.
fn claimed(text: &str) -> Option<(Sha256, u64)> {
    let mut words = text.split(' ');
    let sha256 = words.next()?.parse().ok()?;
    let size = words.next().and_then(|size| size.parse().ok());
    Some((sha256, size.unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use yard_contract::Producer;

    #[test]
    fn a_file_is_claimed_by_its_bytes_and_a_manifest_by_what_it_lists() {
        let upload = Upload::bytes(b"abc");
        let text = claim("credit-1.0.0+b.tar.gz", &upload).unwrap();
        assert_eq!(claimed(&text), Some((upload.sha256, 3)));
        assert_eq!(key("credit-1.0.0+b.tar.gz"), "sha256/credit-1.0.0:b.tar.gz");

        let manifest = |tool: &str, version: &str| {
            let body = Manifest {
                name: "credit".to_owned(),
                package_version: version.to_owned(),
                files: Vec::new(),
            };
            let document = Document::new(Producer::new(tool, "0"), Vec::new(), body);
            claim(MANIFEST, &Upload::bytes(&document.to_bytes())).unwrap()
        };
        assert_eq!(manifest("one", "1.0.0"), manifest("other", "1.0.0"));
        assert_ne!(manifest("one", "1.0.0"), manifest("one", "1.0.1"));
    }
}
