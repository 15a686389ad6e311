//! Whose model is this, and from what was it made? Signatures that anyone verifies offline with a
//! public key, and two statements in other people's formats: SLSA provenance and a `CycloneDX` bill
//! of materials.
//!
//! A tree of files is signed as the `OpenSSF` Model Signing specification 1.0 has it: the sorted list
//! of files with their digests is an in-toto statement, the statement is the payload of a DSSE
//! envelope, and the envelope lies in a Sigstore bundle. The reference client and other verifiers of
//! such bundles accept ours, and we accept theirs.
//!
//! Invariants:
//! - The same key and the same files give the same bytes (RFC 6979), so a signed package can be made
//!   again.
//! - The bytes whose signature was verified are the bytes that are parsed, and nothing is parsed
//!   before.
//! - A key never comes from the bundle. What a bundle says of its key is compared with the key that
//!   the caller trusts, and whatever it carries that nobody has verified makes it unacceptable.
//! - A tree is exactly what was signed: a file more, a file less and a changed file are each named.
//! - Statements hold neither a time nor a variable of the environment.
//!
//! It deliberately reads no files, knows no certificates and no transparency logs, and keeps no keys.
//!
//! ```
//! use yard_contract::{ManifestFile, Sha256};
//! use yard_trust::{SigningKey, sign_tree, verify_tree};
//!
//! let key = SigningKey::generate()?;
//! let file = |bytes: &[u8]| ManifestFile {
//!     path: "model.onnx".to_owned(),
//!     size: bytes.len() as u64,
//!     sha256: Sha256::of(bytes),
//! };
//! let signature = sign_tree("credit-1.2.0", &[file(b"onnx")], &key)?;
//! let public = key.public_key();
//! assert_eq!(verify_tree(&signature, &public, &[file(b"onnx")])?.name, "credit-1.2.0");
//! assert!(verify_tree(&signature, &public, &[file(b"other")]).is_err());
//! # Ok::<(), yard_trust::TrustError>(())
//! ```
#![warn(missing_docs)]

mod bom;
mod bundle;
mod error;
mod key;
mod provenance;
mod statement;
mod tree;

pub use bom::{Bill, Materials, Metric, bill_of_materials, read_bill};
pub use bundle::{open, seal};
pub use error::TrustError;
pub use key::{PublicKey, SigningKey, decode_pem};
pub use provenance::{Making, Origin, Provenance, provenance, read_provenance};
pub use tree::{SignedTree, sign_tree, verify_named_tree, verify_tree};
