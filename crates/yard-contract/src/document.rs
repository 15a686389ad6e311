//! The common beginning of every artifact, and reading and writing one.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Sha256;

/// A kind of artifact: the body that follows the [`Header`].
pub trait Artifact: Serialize + DeserializeOwned + JsonSchema {
    /// The name under which files of this kind introduce themselves.
    const KIND: &'static str;
    /// The version that this crate writes. Major: readers must know it. Minor: only additions.
    const VERSION: Version;
}

/// The version of an artifact kind, `major.minor`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version {
    /// Changes when a reader that ignores the change could be wrong.
    pub major: u16,
    /// Changes when something was added that a reader may ignore.
    pub minor: u16,
}

/// Who wrote an artifact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Producer {
    /// The tool's name.
    pub tool: String,
    /// The tool's version.
    pub version: String,
}

/// One file that an artifact was made from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Input {
    /// What it is: an artifact kind, or `table`, `config`, `model`.
    pub kind: String,
    /// Where it was, relative to the working folder.
    pub path: String,
    /// The digest of its bytes.
    pub sha256: Sha256,
}

/// What every artifact starts with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The artifact's kind.
    pub kind: String,
    /// The version of that kind.
    pub version: Version,
    /// Who wrote it.
    pub produced_by: Producer,
    /// What it was made from.
    pub inputs: Vec<Input>,
}

/// An artifact: header and body, which form one JSON object.
#[derive(Clone, Debug, PartialEq)]
pub struct Document<T> {
    /// Who wrote it, and from what.
    pub header: Header,
    /// What it says.
    pub body: T,
}

/// Why bytes are not the artifact that was expected.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    /// Not JSON, or not an object with a header.
    #[error("not a JSON artifact")]
    Json(#[source] serde_json::Error),
    /// Another kind of artifact.
    #[error("expected an artifact of kind `{expected}`, found `{found}`")]
    Kind {
        /// The kind asked for.
        expected: &'static str,
        /// The kind the file gives.
        found: String,
    },
    /// A major version that this reader does not know.
    #[error("`{kind}` version {found} cannot be read by this version, which knows {known}")]
    Version {
        /// The artifact's kind.
        kind: &'static str,
        /// The version the file gives.
        found: Version,
        /// The version this reader knows.
        known: Version,
    },
    /// The header is right and the body is not.
    #[error("malformed `{kind}` artifact")]
    Body {
        /// The artifact's kind.
        kind: &'static str,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
}

impl<T: Artifact> Document<T> {
    /// An artifact of the current version.
    pub fn new(produced_by: Producer, inputs: Vec<Input>, body: T) -> Self {
        let header = Header {
            kind: T::KIND.to_owned(),
            version: T::VERSION,
            produced_by,
            inputs,
        };
        Self { header, body }
    }

    /// Reads an artifact: kind and major version first, then the body.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let header: Header = serde_json::from_slice(bytes).map_err(ParseError::Json)?;
        if header.kind != T::KIND {
            return Err(ParseError::Kind {
                expected: T::KIND,
                found: header.kind,
            });
        }
        if header.version.major != T::VERSION.major {
            return Err(ParseError::Version {
                kind: T::KIND,
                found: header.version,
                known: T::VERSION,
            });
        }
        let body = serde_json::from_slice(bytes).map_err(|source| ParseError::Body {
            kind: T::KIND,
            source,
        })?;
        Ok(Self { header, body })
    }

    /// The artifact's one and only form: pretty JSON in declaration order with a final newline.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut object = Map::new();
        for part in [
            serde_json::to_value(&self.header),
            serde_json::to_value(&self.body),
        ] {
            match part.expect("artifacts hold only finite numbers and text keys") {
                Value::Object(fields) => object.extend(fields),
                other => unreachable!("an artifact's body is a JSON object, not {other}"),
            }
        }
        let mut bytes = serde_json::to_vec_pretty(&object).expect("a JSON object can be written");
        bytes.push(b'\n');
        bytes
    }

    /// The digest of [`Self::to_bytes`].
    pub fn digest(&self) -> Sha256 {
        Sha256::of(&self.to_bytes())
    }
}

impl Header {
    /// The digest under which this artifact recorded an input of that kind, where it has one.
    pub fn input(&self, kind: &str) -> Option<&Input> {
        self.inputs.iter().find(|input| input.kind == kind)
    }
}

impl Input {
    /// One file, its kind and digest.
    pub fn new(kind: &str, path: &str, sha256: Sha256) -> Self {
        Self {
            kind: kind.to_owned(),
            path: path.to_owned(),
            sha256,
        }
    }
}

impl Producer {
    /// A tool and its version.
    pub fn new(tool: &str, version: &str) -> Self {
        Self {
            tool: tool.to_owned(),
            version: version.to_owned(),
        }
    }
}

impl Version {
    /// `major.minor`.
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |digits: &str| {
            let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| digits.parse().ok()).flatten()
        };
        text.split_once('.')
            .and_then(|(major, minor)| Some(Self::new(number(major)?, number(minor)?)))
            .ok_or_else(|| format!("`{text}` is not a version (`major.minor`)"))
    }
}

impl TryFrom<String> for Version {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Finite, Measurement};

    fn document() -> Document<Measurement> {
        let body = Measurement {
            of: "train".to_owned(),
            seconds: [("fit".to_owned(), Finite::new(0.5).unwrap())].into(),
            milliseconds: [].into(),
            bytes: [].into(),
        };
        Document::new(Producer::new("train", "0.1.0"), Vec::new(), body)
    }

    fn with(from: &str, to: &str) -> Result<Document<Measurement>, ParseError> {
        let text = String::from_utf8(document().to_bytes()).unwrap();
        assert!(text.contains(from), "{from}");
        Document::parse(text.replace(from, to).as_bytes())
    }

    #[test]
    fn an_artifact_starts_with_its_header_and_ends_with_a_newline() {
        let text = String::from_utf8(document().to_bytes()).unwrap();
        assert!(text.starts_with("{\n  \"kind\": \"measurement\",\n  \"version\": \"1.0\","));
        assert!(text.ends_with("}\n"));
    }

    #[test]
    fn a_later_minor_and_its_new_fields_are_read() {
        let read = with("\"1.0\"", "\"1.9\", \"added_later\": [1, 2]").unwrap();
        assert_eq!(read.body, document().body);
    }

    #[test]
    fn another_major_or_kind_is_refused_before_the_body_is_looked_at() {
        let later = with("\"1.0\"", "\"2.0\", \"of\": 1").unwrap_err();
        assert!(matches!(
            later,
            ParseError::Version {
                found: Version { major: 2, .. },
                ..
            }
        ));
        let other = with("\"measurement\"", "\"gate\"").unwrap_err();
        assert!(matches!(
            other,
            ParseError::Kind {
                expected: "measurement",
                ..
            }
        ));
    }

    #[test]
    fn null_is_not_a_number() {
        assert!(matches!(
            with("0.5", "null").unwrap_err(),
            ParseError::Body { .. }
        ));
    }

    #[test]
    fn a_field_given_twice_is_refused() {
        let twice = with("\"of\": \"train\"", "\"of\": \"train\", \"of\": \"serve\"").unwrap_err();
        assert!(matches!(twice, ParseError::Body { .. }));
    }
}
