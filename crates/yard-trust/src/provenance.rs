//! SLSA provenance, version 1, of a package: from which commit, tables and configurations its model
//! was made.
//!
//! The build says this of itself, which is level 1 of SLSA's build track, signed or not: a key that
//! a job can read is no stronger than the job. The statement says so too. It names neither times nor
//! job numbers, so the same commit gives the same statement, and of the environment only what is a
//! field here.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use yard_contract::{ManifestFile, Sha256};

use crate::error::TrustError;
use crate::statement::{Statement, Subject};

const PREDICATE: &str = "https://slsa.dev/provenance/v1";
const BUILD_TYPE: &str = "urn:trainyard:build:publish-package:v1";
/// The builder's name where no CI system runs it.
const LOCAL: &str = "urn:trainyard:builder:local";
const LEVEL: &str = "SLSA Build L1: the build describes itself";

/// Where a package comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The project's page, which is where its code lies: `https://HOST/GROUP/PROJECT`.
    pub project: Option<String>,
    /// The branch or tag, as `refs/tags/v1.2.0`.
    pub reference: Option<String>,
    /// The commit, in hexadecimal digits.
    pub commit: Option<String>,
}

/// What a package's provenance says.
#[derive(Clone, Debug)]
pub struct Making<'a> {
    /// The package's name and version, as its signature has it.
    pub package: &'a str,
    /// Where it comes from.
    pub origin: &'a Origin,
    /// What was made: the model's files.
    pub products: &'a [ManifestFile],
    /// What they were made from, beside the commit: name and digest.
    pub materials: &'a [(String, Sha256)],
    /// What else was made on the way: reports and verdicts.
    pub byproducts: &'a [ManifestFile],
    /// The tool that says so, and its version.
    pub tool: (&'a str, &'a str),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Predicate {
    build_definition: Definition,
    run_details: Run,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Definition {
    build_type: String,
    external_parameters: Parameters,
    internal_parameters: Map<String, Value>,
    resolved_dependencies: Vec<Descriptor>,
}

/// The closed set of what a verifier has to know.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    package: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "ref")]
    reference: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Run {
    builder: Builder,
    byproducts: Vec<Descriptor>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Builder {
    id: String,
    version: Map<String, Value>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Descriptor {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    uri: Option<String>,
    digest: Digest,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Digest {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sha256: Option<Sha256>,
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "gitCommit")]
    git_commit: Option<String>,
}

impl Descriptor {
    fn file(name: &str, sha256: Sha256) -> Self {
        Self {
            name: Some(name.to_owned()),
            uri: None,
            digest: Digest {
                sha256: Some(sha256),
                git_commit: None,
            },
        }
    }
}

/// The statement's bytes: pretty JSON with a final newline.
pub fn provenance(making: &Making<'_>) -> Vec<u8> {
    let Origin {
        project,
        reference,
        commit,
    } = making.origin;
    let source = project.as_ref().map(|project| format!("git+{project}"));
    let mut dependencies = Vec::new();
    if let (Some(source), Some(commit)) = (&source, commit) {
        let at = reference.as_ref().map(|name| format!("@{name}"));
        dependencies.push(Descriptor {
            name: None,
            uri: Some(format!("{source}{}", at.unwrap_or_default())),
            digest: Digest {
                sha256: None,
                git_commit: Some(commit.clone()),
            },
        });
    }
    let named = |(name, sha256): &(String, Sha256)| Descriptor::file(name, *sha256);
    dependencies.extend(making.materials.iter().map(named));
    let listed = |file: &ManifestFile| Descriptor::file(&file.path, file.sha256);
    let (tool, version) = making.tool;
    let predicate = Predicate {
        build_definition: Definition {
            build_type: BUILD_TYPE.to_owned(),
            external_parameters: Parameters {
                package: making.package.to_owned(),
                source,
                reference: reference.clone(),
            },
            internal_parameters: Map::from_iter([("level".to_owned(), Value::from(LEVEL))]),
            resolved_dependencies: dependencies,
        },
        run_details: Run {
            builder: Builder {
                id: project.clone().unwrap_or_else(|| LOCAL.to_owned()),
                version: Map::from_iter([(tool.to_owned(), Value::from(version))]),
            },
            byproducts: making.byproducts.iter().map(listed).collect(),
        },
    };
    let subjects = making.products.iter();
    let subjects = subjects.map(|file| Subject::new(&file.path, file.sha256));
    let statement = Statement::new(PREDICATE, subjects.collect(), predicate);
    let mut bytes = serde_json::to_vec_pretty(&statement).unwrap_or_default(); // text only
    bytes.push(b'\n');
    bytes
}

/// What a provenance statement says of files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// The package it is about.
    pub package: String,
    /// What was made: path and digest.
    pub products: Vec<(String, Sha256)>,
    /// What was made on the way: path and digest.
    pub byproducts: Vec<(String, Sha256)>,
    /// What they were made from: name and digest.
    pub materials: Vec<(String, Sha256)>,
}

/// Reads a statement of ours. A parameter that is not known here makes it unacceptable.
pub fn read_provenance(bytes: &[u8]) -> Result<Provenance, TrustError> {
    let statement = Statement::<Predicate>::parse(bytes, PREDICATE)?;
    let Predicate {
        build_definition: definition,
        run_details: run,
    } = statement.predicate;
    if definition.build_type != BUILD_TYPE {
        return Err(TrustError::Payload("describes another type of build"));
    }
    let files = |descriptors: Vec<Descriptor>| {
        let file = |one: Descriptor| Some((one.name?, one.digest.sha256?));
        descriptors.into_iter().filter_map(file).collect()
    };
    Ok(Provenance {
        package: definition.external_parameters.package,
        products: statement
            .subject
            .into_iter()
            .map(|subject| (subject.name, subject.digest.sha256))
            .collect(),
        byproducts: files(run.byproducts),
        materials: files(definition.resolved_dependencies),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_read_again_and_nothing_unknown_is_accepted() {
        let file = |path: &str| ManifestFile {
            path: path.to_owned(),
            size: 1,
            sha256: Sha256::of(path.as_bytes()),
        };
        let origin = Origin {
            project: Some("https://forge.example/g/p".to_owned()),
            reference: Some("refs/tags/v1.2.0".to_owned()),
            commit: Some("0".repeat(40)),
        };
        let bytes = provenance(&Making {
            package: "credit-1.2.0",
            origin: &origin,
            products: &[file("model/model.onnx")],
            materials: &[("train.csv".to_owned(), Sha256::of(b"t"))],
            byproducts: &[file("gate.json")],
            tool: ("publish-package", "0.1.0"),
        });
        let read = read_provenance(&bytes).unwrap();
        assert_eq!(read.package, "credit-1.2.0");
        assert_eq!(read.products[0].0, "model/model.onnx");
        assert_eq!(read.byproducts[0].0, "gate.json");
        assert_eq!(read.materials, [("train.csv".to_owned(), Sha256::of(b"t"))]);
        let text = String::from_utf8(bytes).unwrap();
        assert!(
            text.contains("git+https://forge.example/g/p@refs/tags/v1.2.0"),
            "{text}"
        );
        for (from, to) in [
            ("\"package\":", "\"variables\": {}, \"package\":"),
            ("provenance/v1", "provenance/v2"),
            ("publish-package:v1", "publish-package:v2"),
            ("\"byproducts\":", "\"byproduct\":"),
        ] {
            assert!(text.contains(from), "{from}");
            assert!(read_provenance(text.replacen(from, to, 1).as_bytes()).is_err());
        }
    }
}
