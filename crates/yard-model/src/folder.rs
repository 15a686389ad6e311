//! A model folder: the files that `train` wrote, checked against one another.

use yard_contract::{
    Artifact, Document, Golden, Header, Input, ParseError, Profile, Run, Sha256, Signature,
};

use yard_package::{Package, PackageError};

use crate::{ModelError, Predictor};

/// The folder of a package in which the model folder's files lie.
pub const FOLDER: &str = "model";

/// The names of a model folder's files.
pub mod file {
    /// The graph.
    pub const MODEL: &str = "model.onnx";
    /// What it takes and answers.
    pub const SIGNATURE: &str = "signature.json";
    /// How the training data was distributed.
    pub const PROFILE: &str = "profile.json";
    /// Rows with their answers.
    pub const GOLDEN: &str = "golden.json";
    /// How it came about, and the digests of the others.
    pub const RUN: &str = "run.json";
    /// All of them.
    pub const ALL: [&str; 5] = [MODEL, SIGNATURE, PROFILE, GOLDEN, RUN];
}

/// A model with everything that belongs to it.
#[derive(Debug)]
pub struct Model {
    /// The loaded graph.
    pub predictor: Predictor,
    /// How the training data was distributed.
    pub profile: Profile,
    /// Rows with their answers.
    pub golden: Golden,
    /// How the model came about.
    pub run: Run,
    /// The header of `run.json`: table and configuration with their digests.
    pub run_header: Header,
    /// The digest of `model.onnx`.
    pub sha256: Sha256,
    /// The size of `model.onnx` in bytes.
    pub size: u64,
    /// The five files, for the lineage of what is made from the model: `model.onnx` first, `run.json`
    /// last.
    pub inputs: Vec<Input>,
    /// What signature, profile, golden rows and run say they were made from.
    pub headers: Vec<Header>,
}

/// Why files are no model.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum FolderError {
    #[error("`{file}` is missing")]
    Missing { file: &'static str },
    #[error("`{file}` is not what `run.json` says it was: {found} where {expected} is expected")]
    Digest {
        file: String,
        expected: String,
        found: String,
    },
    #[error("`{file}` cannot be used")]
    Artifact {
        file: &'static str,
        source: ParseError,
    },
    #[error("`model.onnx` cannot be used")]
    Model(#[from] ModelError),
    #[error(transparent)]
    Package(#[from] PackageError),
}

impl Model {
    /// Loads the model of a package, or of a bare model folder opened as one. `at` is the package's
    /// path as lineage records it.
    ///
    /// `run.json` names the digests of the other files; a file that differs is refused before it is
    /// read.
    pub fn load(package: &Package, at: &str) -> Result<Self, FolderError> {
        let within = format!("{FOLDER}/{}", file::RUN);
        let prefix = if package.file(&within).is_some() {
            "model/"
        } else {
            ""
        };
        let take = |file: &'static str| {
            let path = format!("{prefix}{file}");
            match package.file(&path) {
                Some(_) => Ok(package.bytes(&path)?.into_owned()),
                None => Err(FolderError::Missing { file }),
            }
        };
        let run_bytes = take(file::RUN)?;
        let run = parse::<Run>(file::RUN, &run_bytes)?;
        let mut inputs = Vec::new();
        let mut checked = |name: &'static str, kind: &str| {
            let bytes = take(name)?;
            let found = Sha256::of(&bytes);
            let listed = run.body.files.iter().find(|listed| listed.path == name);
            let expected = listed.map(|listed| listed.sha256);
            if expected != Some(found) {
                return Err(FolderError::Digest {
                    file: name.to_owned(),
                    expected: expected.map_or("no such file".to_owned(), |digest| digest.short()),
                    found: found.short(),
                });
            }
            inputs.push(Input::new(kind, &format!("{at}/{prefix}{name}"), found));
            Ok(bytes)
        };
        let onnx = checked(file::MODEL, "model")?;
        let signature = checked(file::SIGNATURE, Signature::KIND)?;
        let profile = checked(file::PROFILE, Profile::KIND)?;
        let golden = checked(file::GOLDEN, Golden::KIND)?;
        inputs.push(Input::new(
            Run::KIND,
            &format!("{at}/{prefix}{}", file::RUN),
            Sha256::of(&run_bytes),
        ));
        let signature = parse::<Signature>(file::SIGNATURE, &signature)?;
        let profile = parse::<Profile>(file::PROFILE, &profile)?;
        let golden = parse::<Golden>(file::GOLDEN, &golden)?;
        Ok(Self {
            sha256: Sha256::of(&onnx),
            size: onnx.len() as u64,
            predictor: Predictor::new(&onnx, signature.body)?,
            profile: profile.body,
            golden: golden.body,
            run: run.body,
            headers: vec![
                signature.header,
                profile.header,
                golden.header,
                run.header.clone(),
            ],
            run_header: run.header,
            inputs,
        })
    }
}

fn parse<T: Artifact>(file: &'static str, bytes: &[u8]) -> Result<Document<T>, FolderError> {
    Document::parse(bytes).map_err(|source| FolderError::Artifact { file, source })
}
