//! Registries: where released packages lie, and how they get there once, complete or not at all.
//!
//! A release is a name, a version and some files, the package's archive first among them. At every
//! target it is published by the same steps: look what is there, compare digests, upload what is
//! missing, read everything back, and put `manifest.json`, which lists the files with their
//! digests, last. Who finds the manifest finds everything.
//!
//! Invariants:
//! - A version never changes. The same bytes again are a success that uploads nothing; other bytes
//!   are a conflict, which is an answer and not an error, and leave the target as it was.
//! - What is repeated after a failure looks first whether the last attempt arrived.
//! - Two who publish at once agree: the first file of a name counts, and whoever came second
//!   withdraws its own. In a folder a kernel lock keeps them apart.
//! - [`fetch`] gives verified files or nothing.
//! - An alias is a record to which moves are added and in which none changes.
//! - What people see of a release, as a forge's release entry, comes after it is complete, and what is
//!   there of it is left as it is.
//!
//! It deliberately deletes nothing that it did not itself upload a moment ago.
//!
//! ```
//! use yard_contract::Producer;
//! use yard_forge::{Settings, Upload, Variables};
//! use yard_package::PackageId;
//! use yard_registry::{Asset, Connection, Release, TargetSpec, fetch, publish};
//!
//! # let folder = tempfile::tempdir()?;
//! # let registry = format!("dir:{}", folder.path().join("registry").display());
//! let id = PackageId::new("credit", "1.2.0")?;
//! let archive = Asset::new(&id.archive_name(), Upload::bytes(b"..."))?;
//! let release = Release::new(id.clone(), Producer::new("publish-package", "0.1.0"), vec![], vec![archive])?;
//!
//! let spec: TargetSpec = registry.parse()?; // "dir:out/registry"
//! let target = spec.open(&Variables::default(), &Connection::new(Settings::default(), 7))?;
//! assert!(!publish(&target, &release)?.is_conflict());
//! let fetched = fetch(&target, &id, &folder.path().join("fetched"))?;
//! assert_eq!(fetched.body.files[0].path, "credit-1.2.0.tar.gz");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![warn(missing_docs)]

mod address;
mod alias;
mod error;
mod fetch;
mod folder;
mod github;
mod gitlab;
mod mlflow;
mod modelpack;
mod oci;
mod publish;
mod release;
mod spec;
mod store;

pub use address::OciAddress;
pub use alias::{Alias, History, history, point, record};
pub use error::RegistryError;
pub use fetch::{Archive, Seen, before, fetch, fetch_archive, read_archive, resolve};
pub use publish::{Published, plan, publish};
pub use release::{Asset, Notes, Release};
pub use spec::{Connection, SpecFlaw, TargetSpec};
pub use store::Target;
