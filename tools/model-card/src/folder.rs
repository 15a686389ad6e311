//! The model folder, as far as a card speaks of it.

use std::path::Path;

use yard_cli::{Io, Loaded, Source};
use yard_contract::{Artifact as _, Document, Golden, Input, Profile, Run, Sha256, Signature};

use crate::error::CardError;

/// The model folder's files, each of the digest that `run.json` gives for it.
pub(crate) struct Folder {
    pub(crate) onnx: Input,
    pub(crate) onnx_size: u64,
    pub(crate) signature: Loaded<Document<Signature>>,
    pub(crate) profile: Loaded<Document<Profile>>,
    pub(crate) golden: Input,
    pub(crate) run: Loaded<Document<Run>>,
}

impl Folder {
    /// Reads a model folder.
    pub(crate) fn read(io: &Io, folder: &Path) -> Result<Self, CardError> {
        let run = io.read_artifact::<Run>(&folder.join("run.json"))?;
        let Source { bytes, input: onnx } = io.read("model", &folder.join("model.onnx"))?;
        check(&run, "model.onnx", &onnx)?;
        let signature = io.read_artifact::<Signature>(&folder.join("signature.json"))?;
        check(&run, "signature.json", &signature.input)?;
        let profile = io.read_artifact::<Profile>(&folder.join("profile.json"))?;
        check(&run, "profile.json", &profile.input)?;
        let golden = io.read(Golden::KIND, &folder.join("golden.json"))?.input;
        check(&run, "golden.json", &golden)?;
        Ok(Self {
            onnx_size: bytes.len() as u64,
            onnx,
            signature,
            profile,
            golden,
            run,
        })
    }

    /// The digest of `model.onnx`.
    pub(crate) const fn sha256(&self) -> Sha256 {
        self.onnx.sha256
    }
}

fn check(run: &Loaded<Document<Run>>, name: &'static str, file: &Input) -> Result<(), CardError> {
    let listed = run
        .value
        .body
        .files
        .iter()
        .find(|listed| listed.path == name);
    let Some(listed) = listed else {
        return Err(CardError::Unlisted {
            run: run.input.path.clone(),
            file: name,
        });
    };
    if listed.sha256 == file.sha256 {
        return Ok(());
    }
    Err(CardError::Foreign {
        one: file.path.clone(),
        other: run.input.path.clone(),
        what: "the file's digest",
        found: file.sha256.short(),
        expected: listed.sha256.short(),
    })
}
