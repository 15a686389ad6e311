//! What belongs into the package.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use yard_cli::Io;
use yard_contract::{Artifact as _, Document, Gate, Header, Input, Sha256};
use yard_model::{FOLDER, Model, file};
use yard_package::{Limits, Member, Package, Source, files_in};

use crate::error::PublishError;
use crate::plan::Plan;

/// The kind, in the lineage, of what is no artifact of ours.
pub(crate) const FILE: &str = "file";

/// The gathered files.
pub(crate) struct Bundle {
    /// What is packed.
    pub(crate) members: Vec<Member>,
    /// Files that lie beside the archive too, because people want to see them without unpacking.
    pub(crate) shown: BTreeMap<String, Vec<u8>>,
    /// What the package is made of, by kind, path in the package, and digest.
    pub(crate) lineage: Vec<Input>,
    /// The artifacts among them: path and header.
    pub(crate) artifacts: Vec<(String, Header)>,
    pub(crate) gate: Document<Gate>,
    pub(crate) model_sha256: Sha256,
}

impl Bundle {
    pub(crate) fn gather(plan: &Plan, io: &Io) -> Result<Self, PublishError> {
        // Loading it proves that it can be served, and that `run.json` vouches for its files.
        let folder = Package::open(&plan.model, &Limits::default())?;
        let model = Model::load(&folder, FOLDER).map_err(|source| PublishError::Model {
            path: plan.model.clone(),
            source: Box::new(source),
        })?;
        let gate = io.read_artifact::<Gate>(&plan.gate)?;
        let mut bundle = Self {
            members: Vec::new(),
            shown: BTreeMap::new(),
            lineage: Vec::new(),
            artifacts: Vec::new(),
            gate: gate.value,
            model_sha256: model.sha256,
        };
        for file in folder.files() {
            let path = format!("{FOLDER}/{}", file.path);
            let kind = (file.path == file::MODEL).then_some("model");
            // `run.json` vouches for the others; what it does not name came from somewhere else.
            if file.path != file::RUN && !model.run.files.contains(file) {
                return Err(PublishError::Stray(plan.model.join(&file.path)));
            }
            let bytes = folder.bytes(&file.path)?.into_owned();
            bundle.add(&path, kind, bytes)?;
        }
        bundle.add_file(Gate::KIND, &plan.gate, io)?;
        for include in &plan.include {
            if fs::metadata(include).is_ok_and(|metadata| metadata.is_dir()) {
                let name = file_name(include)?;
                for (path, at) in files_in(include)? {
                    let member = format!("{name}/{path}");
                    bundle.add(&member, None, io.read(FILE, &at)?.bytes)?;
                }
            } else {
                bundle.add_file(FILE, include, io)?;
            }
        }
        Ok(bundle)
    }

    /// Adds a file under its own name, inside the package and beside it.
    fn add_file(&mut self, kind: &str, at: &Path, io: &Io) -> Result<(), PublishError> {
        let name = file_name(at)?;
        let bytes = io.read(kind, at)?.bytes;
        self.add(&name, None, bytes.clone())?;
        self.shown.insert(name, bytes);
        Ok(())
    }

    fn add(&mut self, path: &str, kind: Option<&str>, bytes: Vec<u8>) -> Result<(), PublishError> {
        let header = header_of(&bytes);
        let found = header.as_ref().map_or(FILE, |header| header.kind.as_str());
        let kind = kind.unwrap_or(found);
        self.lineage
            .push(Input::new(kind, path, Sha256::of(&bytes)));
        self.artifacts
            .extend(header.map(|header| (path.to_owned(), header)));
        self.members.push(Member::new(path, Source::bytes(bytes))?);
        Ok(())
    }
}

/// The header of an artifact of ours; nothing for any other file.
fn header_of(bytes: &[u8]) -> Option<Header> {
    serde_json::from_slice(bytes).ok()
}

fn file_name(path: &Path) -> Result<String, PublishError> {
    let name = path.file_name().and_then(|name| name.to_str());
    name.map(str::to_owned)
        .ok_or_else(|| PublishError::NoName(path.to_owned()))
}
