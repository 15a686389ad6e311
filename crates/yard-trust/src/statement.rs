//! in-toto statements: what is said (the predicate) of which files (the subjects).

use serde::{Deserialize, Serialize};
use yard_contract::Sha256;

use crate::error::TrustError;

const TYPE: &str = "https://in-toto.io/Statement/v1";

/// A statement of one kind of predicate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Statement<P> {
    #[serde(rename = "_type")]
    kind: String,
    /// What it is about.
    pub(crate) subject: Vec<Subject>,
    predicate_type: String,
    /// What it says.
    pub(crate) predicate: P,
}

/// One thing that a statement is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Subject {
    /// Its name.
    pub(crate) name: String,
    /// Its digest.
    pub(crate) digest: DigestSet,
}

/// The digest of a subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DigestSet {
    /// SHA-256.
    pub(crate) sha256: Sha256,
}

impl Subject {
    /// A name and a digest.
    pub(crate) fn new(name: &str, sha256: Sha256) -> Self {
        Self {
            name: name.to_owned(),
            digest: DigestSet { sha256 },
        }
    }
}

impl<P> Statement<P> {
    pub(crate) fn new(predicate_type: &str, subject: Vec<Subject>, predicate: P) -> Self {
        Self {
            kind: TYPE.to_owned(),
            subject,
            predicate_type: predicate_type.to_owned(),
            predicate,
        }
    }

    /// Reads a statement whose predicate is of this type.
    pub(crate) fn parse<'b>(bytes: &'b [u8], predicate_type: &str) -> Result<Self, TrustError>
    where
        P: Deserialize<'b>,
    {
        /// The two types alone, which have to be right before anything else means something.
        #[derive(Deserialize)]
        struct Types {
            #[serde(rename = "_type")]
            kind: String,
            #[serde(rename = "predicateType")]
            predicate: String,
        }
        let types: Types = serde_json::from_slice(bytes).map_err(TrustError::Statement)?;
        if types.kind != TYPE {
            return Err(TrustError::Payload("is no in-toto statement of version 1"));
        }
        if types.predicate != predicate_type {
            return Err(TrustError::Payload(
                "says something else than was asked for",
            ));
        }
        serde_json::from_slice(bytes).map_err(TrustError::Statement)
    }
}
