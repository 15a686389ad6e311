//! Model packages: what they look like on disk, how they are written, and the one strict reader
//! through which every archive enters.
//!
//! A package is a set of files and a [`Manifest`](yard_contract::Manifest) that names each of them
//! with its size and sha256. It lies in a folder or travels as a `.tar.gz`; both open as the same
//! [`Package`].
//!
//! Invariants:
//! - The same files, name, version and time stamp give the same archive bytes on every machine, in
//!   whatever order the files were named. The compressor's backend is pinned for that, and a golden
//!   digest in the tests notices when it changes.
//! - An archive is plain ustar: the manifest first, then exactly the manifest's files in its order,
//!   then, where it is signed, the signature over all of them, each a regular file under a header that could only be written in one way. Whatever else tar
//!   offers (links, devices, sparse files, extension headers) is refused by name, so no two
//!   implementations can disagree on what an archive holds.
//! - No byte counts before its file's digest was compared with the manifest: [`unpack`] fills a
//!   fresh folder and renames it only when everything was right.
//! - Every error names the member.
//!
//! It deliberately neither signs nor verifies signatures, does not speak to any registry, reads no clock and no
//! environment, and guards nothing against someone who changes a folder while it is being read,
//! beyond noticing it where digests are compared.
//!
//! ```
//! use yard_contract::Producer;
//! use yard_package::{Label, Limits, Member, Package, PackageId, Source, pack};
//!
//! let model = Member::new("model.onnx", Source::bytes(*b"..."))?;
//! let label = Label::new(PackageId::new("credit", "1.2.0")?, Producer::new("publish-package", "0.1.0"));
//! let mut archive = Vec::new();
//! let packed = pack(&label, vec![model], &mut archive)?;
//! assert_eq!(packed.sha256, yard_contract::Sha256::of(&archive));
//!
//! let package = Package::from_archive(archive.as_slice(), &Limits::default())?;
//! assert_eq!(package.id().unwrap().version(), "1.2.0");
//! assert_eq!(package.bytes("model.onnx")?.as_ref(), b"...");
//! # Ok::<(), yard_package::PackageError>(())
//! ```
#![warn(missing_docs)]

mod error;
mod folder;
mod header;
mod id;
mod inventory;
mod limits;
mod package;
mod path;
mod read;
mod source;
mod staging;
mod unpack;
mod write;

pub use error::{Flaw, PackageError};
pub use folder::{files_in, verify_dir};
pub use id::{IdFlaw, PackageId};
pub use inventory::{MANIFEST, SIGNATURE};
pub use limits::Limits;
pub use package::Package;
pub use path::{MemberPath, PathFlaw};
pub use read::{read_archive, read_members};
pub use source::{Source, Watch};
pub use staging::Staging;
pub use unpack::{unpack, unpack_if};
pub use write::{Draft, Label, Member, Packed, pack};
