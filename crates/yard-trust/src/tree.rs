//! A tree of files under one signature, by the `OpenSSF` Model Signing specification 1.0.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use yard_contract::{Digester, ManifestFile, Sha256};

use crate::bundle::{Hint, open, seal_for};
use crate::error::TrustError;
use crate::key::{PublicKey, SigningKey};
use crate::statement::{Statement, Subject};

const PREDICATE: &str = "https://model_signing/signature/v1.0";
/// What the specification leaves out of every tree.
const LEFT_OUT: [&str; 4] = [".git", ".gitattributes", ".github", ".gitignore"];
/// The name of a file that was signed alone.
const ITSELF: &str = ".";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Predicate {
    serialization: Serialization,
    resources: Vec<Resource>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Serialization {
    method: String,
    hash_type: String,
    allow_symlinks: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ignore_paths: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shard_size: Option<u64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Resource {
    name: String,
    algorithm: String,
    digest: Sha256,
}

/// A tree whose signature holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedTree {
    /// What the signer called it.
    pub name: String,
    /// The digest of all files' digests: what the tree is, however it is packed.
    pub root: Sha256,
    /// Files under the signature.
    pub files: usize,
    /// Files beside them, which the signer expressly left out.
    pub left_out: Vec<String>,
}

/// Signs a tree: the list of all its files, in byte order of their paths; answers the bundle.
pub fn sign_tree(
    name: &str,
    files: &[ManifestFile],
    key: &SigningKey,
) -> Result<Vec<u8>, TrustError> {
    let mut resources: Vec<Resource> = files
        .iter()
        .map(|file| Resource {
            name: file.path.clone(),
            algorithm: "sha256".to_owned(),
            digest: file.sha256,
        })
        .collect();
    resources.sort_by(|one, other| one.name.cmp(&other.name));
    check_names(&resources)?;
    let root = root(&resources);
    let predicate = Predicate {
        serialization: Serialization {
            method: "files".to_owned(),
            hash_type: "sha256".to_owned(),
            allow_symlinks: false,
            ignore_paths: Some(LEFT_OUT.map(str::to_owned).to_vec()),
            shard_size: None,
        },
        resources,
    };
    let statement = Statement::new(PREDICATE, vec![Subject::new(name, root)], predicate);
    let payload = serde_json::to_vec(&statement).map_err(TrustError::Statement)?;
    Ok(seal_for(&payload, key, Hint::Pem))
}

/// Verifies that a tree is exactly what was signed with this key. `files` are all of the tree but
/// the signature itself, read and digested by the caller.
pub fn verify_tree(
    bundle: &[u8],
    key: &PublicKey,
    files: &[ManifestFile],
) -> Result<SignedTree, TrustError> {
    let payload = open(bundle, key)?;
    let statement = Statement::<Predicate>::parse(&payload, PREDICATE)?;
    let refuse = |why| Err(TrustError::Payload(why));
    let [subject] = statement.subject.as_slice() else {
        return refuse("is not about exactly one tree");
    };
    let Predicate {
        serialization,
        resources,
    } = &statement.predicate;
    if serialization.method != "files" || serialization.shard_size.is_some() {
        return refuse("lists the tree otherwise than file by file");
    }
    if serialization.hash_type != "sha256" || resources.iter().any(|r| r.algorithm != "sha256") {
        return refuse("uses another digest than sha256");
    }
    check_names(resources)?;
    let root = root(resources);
    if subject.digest.sha256 != root {
        return refuse("contradicts itself: the tree's digest is not that of its files");
    }
    let left_out = compare(resources, serialization, files)?;
    Ok(SignedTree {
        name: subject.name.clone(),
        root,
        files: resources.len(),
        left_out,
    })
}

/// Verifies a tree that has a name, and in which nothing may lie beside the signed files: a released
/// package. A signature of another version, or of another package, is none.
pub fn verify_named_tree(
    bundle: &[u8],
    key: &PublicKey,
    name: &str,
    files: &[ManifestFile],
) -> Result<SignedTree, TrustError> {
    let tree = verify_tree(bundle, key, files)?;
    if let Some(path) = tree.left_out.first() {
        return Err(TrustError::resource(
            path,
            "is not covered by the signature",
        ));
    }
    if tree.name != name {
        return Err(TrustError::OtherTree {
            signed: tree.name.escape_debug().to_string(),
            found: name.to_owned(),
        });
    }
    Ok(tree)
}

/// Holds the signed list against the files that are there; answers those that the signer left out.
fn compare(
    resources: &[Resource],
    serialization: &Serialization,
    files: &[ManifestFile],
) -> Result<Vec<String>, TrustError> {
    let mut signed: BTreeMap<&str, Sha256> = resources
        .iter()
        .map(|resource| (resource.name.as_str(), resource.digest))
        .collect();
    if let ([resource], [file]) = (resources, files)
        && resource.name == ITSELF
    {
        signed = BTreeMap::from([(file.path.as_str(), resource.digest)]);
    }
    let ignored = serialization.ignore_paths.as_deref().unwrap_or_default();
    let mut left_out = Vec::new();
    for file in files {
        let name = file.path.as_str();
        match signed.remove(name) {
            Some(digest) if digest == file.sha256 => {}
            Some(digest) => {
                return Err(TrustError::Changed {
                    name: name.escape_debug().to_string(),
                    signed: digest,
                    found: file.sha256,
                });
            }
            None if ignored.iter().any(|path| is_within(name, path)) => {
                left_out.push(name.to_owned());
            }
            None => return Err(TrustError::resource(name, "is there and was not signed")),
        }
    }
    match signed.first_key_value() {
        Some((name, _)) => Err(TrustError::resource(name, "was signed and is missing")),
        None => Ok(left_out),
    }
}

/// Whether a path is another, or lies in the folder of that name.
fn is_within(name: &str, path: &str) -> bool {
    name.strip_prefix(path)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Names of files below the tree, none of them twice.
fn check_names(resources: &[Resource]) -> Result<(), TrustError> {
    if resources.is_empty() {
        return Err(TrustError::Payload("lists no file"));
    }
    let mut seen = std::collections::BTreeSet::new();
    let alone = resources.len() == 1;
    for Resource { name, .. } in resources {
        let plain = name.split('/').all(|part| !matches!(part, "" | "." | ".."))
            && !name.contains(['\\', '\0']);
        let itself = alone && name == ITSELF;
        if !plain && !itself {
            return Err(TrustError::resource(name, "is no path below the tree"));
        }
        if !seen.insert(name) {
            return Err(TrustError::resource(name, "is listed twice"));
        }
    }
    Ok(())
}

/// The digest of the files' digests, byte after byte, in the list's order.
fn root(resources: &[Resource]) -> Sha256 {
    let mut digester = Digester::new();
    for resource in resources {
        digester.update(resource.digest.as_bytes());
    }
    digester.finish()
}
