//! What Trainyard's tools say to one another: artifact types, their versions, digests and JSON
//! Schemas.
//!
//! A stage of the pipeline is a binary, and what passes between stages is a JSON file. This crate
//! is the whole vocabulary of those files, so a team that replaces a stage by its own needs only
//! this crate, or only the schemas in `schemas/`.
//!
//! Invariants:
//! - Every artifact starts alike: `kind`, `version`, `produced_by`, `inputs`. The digests under
//!   `inputs` are the lineage; there is no database beside them.
//! - A number in an artifact is finite. `NaN` cannot be written, because the types cannot hold it.
//! - The same value always gives the same bytes: ordered maps, shortest float form, final newline.
//! - A reader looks at `kind` and the major version before it looks at the body, and ignores fields
//!   it does not know within that major.
//!
//! It does no I/O, reads no clock and no environment, and knows no other crate of ours.
//!
//! ```
//! use yard_contract::{Document, Finite, Input, Measurement, Producer, Sha256};
//!
//! let body = Measurement {
//!     of: "train".to_owned(),
//!     seconds: [("fit".to_owned(), Finite::new(0.25).unwrap())].into(),
//!     milliseconds: Default::default(),
//!     bytes: Default::default(),
//! };
//! let table = Input::new("table", "data/training.csv", Sha256::of(b"id,amount\n"));
//! let bytes = Document::new(Producer::new("train", "0.1.0"), vec![table], body).to_bytes();
//! let again: Document<Measurement> = Document::parse(&bytes).unwrap();
//! assert_eq!(again.to_bytes(), bytes);
//! ```
#![warn(missing_docs)]

mod difference;
mod digest;
mod document;
mod kinds;
mod number;
mod scalar;
mod schema;
mod verdict;

pub use digest::{Digester, Sha256};
pub use document::{Artifact, Document, Header, Input, ParseError, Producer, Version};
pub use kinds::*;
pub use number::{Finite, NotFinite};
pub use scalar::Scalar;
pub use schema::{document_schema, schemas};
pub use verdict::Verdict;
