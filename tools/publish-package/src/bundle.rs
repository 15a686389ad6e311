//! What belongs into the package.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use yard_cli::Io;
use yard_contract::{Artifact as _, Document, Gate, Header, Input, ManifestFile, Sha256};
use yard_model::{FOLDER, Model, file};
use yard_package::{Member, Package, Source, files_in};

use crate::error::PublishError;
use crate::plan::PublishPlan;
use crate::stop::Effort;

/// The kind, in the lineage, of what is no artifact of ours.
pub(crate) const FILE: &str = "file";
/// Bytes of a JSON file that may be an artifact of ours.
const ARTIFACT_BYTES: u64 = 64 << 20;

/// The gathered files. None is held in memory.
pub(crate) struct Bundle {
    /// What is packed.
    pub(crate) members: Vec<Member>,
    /// Files that lie beside the archive too, because people want to see them without unpacking.
    pub(crate) shown: BTreeMap<String, Source>,
    /// What the package is made of, by kind, path in the package, and digest.
    pub(crate) lineage: Vec<Input>,
    /// The artifacts among them: path and header.
    pub(crate) artifacts: Vec<(String, Header)>,
    pub(crate) gate: Document<Gate>,
    pub(crate) model: Model,
}

/// A file that goes into the package.
struct Found {
    member: String,
    at: PathBuf,
    kind: Option<&'static str>,
    shown: bool,
}

impl Bundle {
    pub(crate) fn gather(
        plan: &PublishPlan,
        io: &Io,
        effort: &mut Effort,
    ) -> Result<Self, PublishError> {
        // Loading it proves that it can be served, and that `run.json` vouches for its files.
        let folder = Package::open(&plan.model, &plan.limits)?;
        let model = Model::load(&folder, FOLDER).map_err(|source| PublishError::Model {
            path: plan.model.clone(),
            source: Box::new(source),
        })?;
        let gate = io.read_artifact::<Gate>(&plan.gate)?;
        let mut found = Vec::new();
        for file in folder.files() {
            // `run.json` vouches for the others; what it does not name came from somewhere else.
            let at = plan.model.join(&file.path);
            if file.path != file::RUN && !model.run.files.contains(file) {
                return Err(PublishError::Stray(at));
            }
            found.push(Found {
                member: format!("{FOLDER}/{}", file.path),
                at,
                kind: (file.path == file::MODEL).then_some("model"),
                shown: false,
            });
        }
        found.push(beside(&plan.gate)?);
        for include in &plan.include {
            if fs::metadata(include).is_ok_and(|metadata| metadata.is_dir()) {
                let name = file_name(include)?;
                for (path, at) in files_in(include)? {
                    found.push(Found {
                        member: format!("{name}/{path}"),
                        at,
                        kind: None,
                        shown: false,
                    });
                }
            } else {
                found.push(beside(include)?);
            }
        }
        // In whatever order they were asked for, the package is the same.
        found.sort_by(|one, other| one.member.cmp(&other.member));
        // Each file is read now for its digest, and once more when it is packed.
        let sizes = found
            .iter()
            .filter_map(|found| fs::metadata(&found.at).ok());
        effort.expect(io, 2 * sizes.map(|metadata| metadata.len()).sum::<u64>());

        let mut bundle = Self {
            members: Vec::new(),
            shown: BTreeMap::new(),
            lineage: Vec::new(),
            artifacts: Vec::new(),
            gate: gate.value,
            model,
        };
        for Found {
            member,
            at,
            kind,
            shown,
        } in found
        {
            let source = Source::file_watched(&at, &mut |step| effort.step(step))?;
            // What was checked has to be what is packed.
            let checked = match member.strip_prefix("model/") {
                Some(path) => folder.file(path).map(|file| file.sha256),
                None => (member == Gate::KIND.to_owned() + ".json").then_some(gate.input.sha256),
            };
            if checked.is_some_and(|checked| checked != source.sha256()) {
                return Err(PublishError::Changed(member));
            }
            bundle.add(&member, kind, source, shown)?;
        }
        Ok(bundle)
    }

    /// Adds a file to the package and, where people want to see it, beside it.
    pub(crate) fn add(
        &mut self,
        path: &str,
        kind: Option<&str>,
        source: Source,
        shown: bool,
    ) -> Result<(), PublishError> {
        let header = header_of(path, &source)?;
        let found = header.as_ref().map_or(FILE, |header| header.kind.as_str());
        let kind = kind.unwrap_or(found);
        self.lineage.push(Input::new(kind, path, source.sha256()));
        self.artifacts
            .extend(header.map(|header| (path.to_owned(), header)));
        if shown {
            self.shown.insert(path.to_owned(), source.clone());
        }
        self.members.push(Member::new(path, source)?);
        Ok(())
    }

    /// The files gathered so far, as a manifest would list them.
    pub(crate) fn files(&self) -> Vec<ManifestFile> {
        let listed = |member: &Member| ManifestFile {
            path: member.path.to_string(),
            size: member.source.size(),
            sha256: member.source.sha256(),
        };
        self.members.iter().map(listed).collect()
    }

    /// The bytes of the first gathered artifact of a kind.
    pub(crate) fn artifact(&self, kind: &str) -> Result<Option<Vec<u8>>, PublishError> {
        let Some((path, _)) = self
            .artifacts
            .iter()
            .find(|(_, header)| header.kind == kind)
        else {
            return Ok(None);
        };
        let mut members = self.members.iter();
        let member = members.find(|member| member.path.as_str() == path);
        Ok(member.map(|member| member.source.to_vec()).transpose()?)
    }

    /// The digest of the model.
    pub(crate) const fn model_sha256(&self) -> Sha256 {
        self.model.sha256
    }
}

fn beside(at: &Path) -> Result<Found, PublishError> {
    Ok(Found {
        member: file_name(at)?,
        at: at.to_owned(),
        kind: None,
        shown: true,
    })
}

/// The header of an artifact of ours; nothing for any other file.
fn header_of(path: &str, source: &Source) -> Result<Option<Header>, PublishError> {
    let json = Path::new(path)
        .extension()
        .is_some_and(|ending| ending == "json");
    if !json || source.size() > ARTIFACT_BYTES {
        return Ok(None);
    }
    Ok(serde_json::from_slice(&source.to_vec()?).ok())
}

fn file_name(path: &Path) -> Result<String, PublishError> {
    let name = path.file_name().and_then(|name| name.to_str());
    name.map(str::to_owned)
        .ok_or_else(|| PublishError::NoName(path.to_owned()))
}
