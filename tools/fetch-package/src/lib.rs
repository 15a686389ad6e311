//! Fetch a released package by version or alias, verify it, and unpack it.
//!
//! [`run`] is the table of contents: find out which release is meant, fetch its files, compare them
//! with the release's manifest, and unpack the archive through the one strict reader, which compares
//! every member with the package's own. Nothing is held in memory, and nothing appears at its place
//! before all of it was found to be what was asked for.
#![warn(missing_docs)]

mod args;
mod error;
mod wanted;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use yard_cli::files::AtomicFile;
use yard_cli::{Format, Io, Verdict, style};
use yard_contract::Sha256;
use yard_forge::{Settings, Variables};
use yard_package::{Limits, MANIFEST, PackageError, unpack_if};
use yard_registry::{Connection, RegistryError, Target, TargetSpec, fetch};
use yard_trust::PublicKey;

pub use crate::args::Args;
pub use crate::error::FetchError;
use crate::wanted::Wanted;

/// What would be done.
#[derive(Serialize)]
struct Plan<'a> {
    release: &'a str,
    target: &'a str,
    out: Option<&'a PathBuf>,
    archive: Option<&'a PathBuf>,
    public_key: Option<&'a PathBuf>,
}

/// Fetches, verifies and unpacks.
pub fn run(args: Args, io: &mut Io) -> Result<Verdict, FetchError> {
    let variables: Variables = io.environment().into_iter().collect();
    let settings = Settings {
        ca_file: args.ca_file,
        ..Settings::from_variables(&variables)
    };
    let spec: TargetSpec = args.target.parse()?;
    let target = spec.open(&variables, &Connection::of_process(settings, &variables))?;
    let plan = Plan {
        release: &args.release,
        target: &args.target,
        out: args.archive.is_none().then_some(&args.out),
        archive: args.archive.as_ref(),
        public_key: args.public_key.as_ref(),
    };
    if io.print_plan(&plan)? {
        return Ok(Verdict::Pass);
    }
    let key = args.public_key.as_deref();
    let key = key.map(|path| public_key(path, io)).transpose()?;
    let place = args.archive.as_ref().unwrap_or(&args.out);
    if args.archive.is_none() && fs::symlink_metadata(place).is_ok() {
        return Err(PackageError::Exists(place.clone()).into());
    }

    let wanted = Wanted::find(&target, &args.release)?;
    let work = workplace(place)?;
    let received = received(&target, &wanted, &work.path().join("release"))?;
    let archive = File::open(&received.archive).map_err(failed("open", &received.archive))?;
    let unpacked = match args.archive {
        // Unpacked all the same: that is what verifies it.
        Some(_) => work.path().join("package"),
        None => place.clone(),
    };
    let mut signed = None;
    let manifest = unpack_if(archive, &unpacked, &Limits::default(), |package| {
        signed = wanted.expect_package(package, key.as_ref())?;
        Ok::<(), FetchError>(())
    })?;
    if args.archive.is_some() {
        copy(&received.archive, place)?;
    }

    let id = &wanted.id;
    io.print(|out| match args.format {
        Format::Json => out.write_all(&manifest.to_bytes()),
        Format::Human => {
            writeln!(
                out,
                "{id} is in {}: {} files, archive sha256 {}",
                style::line(&place.display().to_string()),
                manifest.body.files.len(),
                received.sha256
            )?;
            match (signed, &key) {
                (Some(files), Some(key)) => {
                    let key = key.fingerprint();
                    writeln!(out, "signed: {files} files, with the key {key}")
                }
                _ => Ok(()),
            }
        }
    })?;
    Ok(Verdict::Pass)
}

/// A release's archive, as its manifest lists it.
struct Received {
    archive: PathBuf,
    sha256: Sha256,
}

/// Fetches a release into a folder, and compares its manifest with what was promoted.
fn received(target: &Target, wanted: &Wanted, folder: &Path) -> Result<Received, FetchError> {
    let release = fetch(target, &wanted.id, folder)?;
    let manifest = folder.join(MANIFEST);
    let bytes = fs::read(&manifest).map_err(failed("read", &manifest))?;
    wanted.expect_manifest(Sha256::of(&bytes))?;
    let name = wanted.id.archive_name();
    let mut files = release.body.files.iter();
    let listed = files.find(|file| file.path == name);
    let listed = listed.ok_or_else(|| RegistryError::NoArchive {
        target: target.name().to_owned(),
        release: wanted.id.to_string(),
        file: name.clone(),
    })?;
    Ok(Received {
        archive: folder.join(name),
        sha256: listed.sha256,
    })
}

/// A folder on the disk of the place where the result goes. It is gone in the end.
fn workplace(place: &Path) -> Result<tempfile::TempDir, FetchError> {
    let above = place.ancestors().skip(1).find(|folder| folder.is_dir());
    let above = above.unwrap_or(Path::new("."));
    tempfile::Builder::new()
        .prefix(".fetch-")
        .suffix(".tmp")
        .tempdir_in(above)
        .map_err(failed("create a folder in", above))
}

fn copy(archive: &Path, place: &Path) -> Result<(), FetchError> {
    let mut source = File::open(archive).map_err(failed("open", archive))?;
    let mut file = AtomicFile::create(place)?;
    io::copy(&mut source, &mut file).map_err(failed("write", place))?;
    file.commit()?;
    Ok(())
}

fn public_key(path: &Path, io: &Io) -> Result<PublicKey, FetchError> {
    let bytes = io.read("key", path)?.bytes;
    let text = String::from_utf8_lossy(&bytes);
    PublicKey::from_pem(&text).map_err(|source| FetchError::Key {
        path: path.to_owned(),
        source,
    })
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> FetchError {
    let path = path.to_owned();
    move |source| FetchError::Io {
        action,
        path,
        source,
    }
}
