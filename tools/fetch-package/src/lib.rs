//! Fetch a released package by version or alias, verify it, and unpack it.
//!
//! [`run`] is the table of contents: find out which version is meant, fetch its archive, compare it
//! with the release's manifest, and unpack it through the one strict reader, which compares every
//! member with the package's own.
#![warn(missing_docs)]

mod args;
mod error;

use std::path::PathBuf;

use serde::Serialize;
use yard_cli::{Format, Io, Verdict, files, style};
use yard_forge::{Settings, Variables};
use yard_package::{Limits, Package, unpack};
use yard_registry::{Connection, TargetSpec, fetch_archive, resolve};

pub use crate::args::Args;
pub use crate::error::FetchError;

/// What would be done.
#[derive(Serialize)]
struct Plan<'a> {
    release: &'a str,
    target: &'a str,
    out: Option<&'a PathBuf>,
    archive: Option<&'a PathBuf>,
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
    };
    if io.print_plan(&plan)? {
        return Ok(Verdict::Pass);
    }
    let id = resolve(&target, &args.release)?;
    let archive = fetch_archive(&target, &id)?;
    let bytes = archive.bytes.as_slice();
    // Read as a whole before anything is written: nothing appears that is not what it says.
    let package = Package::from_archive(bytes, &Limits::default())?;
    let manifest = package.manifest().filter(|_| package.id() == Some(&id));
    let manifest = manifest.ok_or_else(|| FetchError::Other(id.to_string()))?;
    let place = if let Some(file) = &args.archive {
        files::write(file, bytes)?;
        file
    } else {
        unpack(bytes, &args.out, &Limits::default())?;
        &args.out
    };
    io.print(|out| match args.format {
        Format::Json => out.write_all(&manifest.to_bytes()),
        Format::Human => writeln!(
            out,
            "{id} is in {}: {} files, archive sha256 {}",
            style::line(&place.display().to_string()),
            manifest.body.files.len(),
            archive.sha256
        ),
    })?;
    Ok(Verdict::Pass)
}
