//! Pack a gated model with its evidence and publish it once, complete or not at all.
//!
//! [`run`] is the table of contents: gather what belongs into the package, check that it belongs
//! together (the gate judged this model, and nothing was swapped since), pack it into the same bytes
//! as ever, look at every target, and publish to all of them, or, where one of them holds other
//! bytes under this version, to none.
//!
//! It deliberately judges nothing: whether the model is good enough is the gate's verdict, without
//! which there is no package.
#![warn(missing_docs)]

mod args;
mod bundle;
mod error;
mod evidence;
mod plan;
mod report;

use yard_cli::files::AtomicFile;
use yard_cli::{Io, Verdict};
use yard_contract::{Input, PublishReceipt};
use yard_forge::Upload;
use yard_package::{Label, MANIFEST, PackageError, pack};
use yard_registry::{Asset, Published, RegistryError, Release, Target, publish};

pub use crate::args::Args;
use crate::bundle::Bundle;
pub use crate::error::PublishError;
use crate::plan::Plan;

/// Packs and publishes; a version that is there with other bytes is a failed verdict.
pub fn run(args: Args, io: &mut Io) -> Result<Verdict, PublishError> {
    let (plan, targets) = Plan::resolve(args, io)?;
    if io.print_plan(&plan)? {
        return Ok(Verdict::Pass);
    }
    let bundle = Bundle::gather(&plan, io)?;
    evidence::check(&bundle)?;
    let release = packed(&plan, bundle, io)?;

    let mut results = Vec::new();
    for target in &targets {
        results.push(yard_registry::plan(target, &release)?);
    }
    // All targets or none: a conflict at one would leave them with different releases.
    let conflict = results.iter().any(Published::is_conflict);
    if !conflict && !plan.dry_run {
        results = published(&targets, &release, io)?;
    }

    let archive = archive_of(&release);
    let (archive_sha256, archive_size) = (archive.upload().sha256, archive.upload().size);
    let conflict = results.iter().any(Published::is_conflict);
    let receipt = PublishReceipt {
        verdict: if conflict {
            Verdict::Fail
        } else {
            Verdict::Pass
        },
        name: plan.id().name().to_owned(),
        package_version: plan.id().version().to_owned(),
        archive_sha256,
        archive_size,
        signed_by: None,
        deliveries: results
            .into_iter()
            .flat_map(|result| result.deliveries)
            .collect(),
    };
    let inputs = vec![Input::new(
        "package",
        &release.id().archive_name(),
        archive_sha256,
    )];
    let receipt = io.write_artifact(&plan.out, inputs, receipt)?; // evidence first,
    io.print(|out| report::render(&receipt, plan.format, out))?; // then people
    Ok(receipt.body.verdict)
}

/// Packs the archive and makes the release of it and the files that people want to see without
/// unpacking it.
fn packed(plan: &Plan, bundle: Bundle, io: &mut Io) -> Result<Release, PublishError> {
    let Bundle {
        members,
        shown,
        lineage,
        ..
    } = bundle;
    let mut label = Label::new(plan.id().clone(), io.producer().clone());
    label.inputs.clone_from(&lineage);
    label.epoch = plan.epoch;
    let mut file = AtomicFile::create(&plan.archive)?;
    let packed = pack(&label, members, &mut file).map_err(|error| match error {
        // The packer knows a stream; its path is known here.
        PackageError::Write(source) => PublishError::Cli(yard_cli::Error::Write {
            path: plan.archive.clone(),
            source,
        }),
        other => other.into(),
    })?;
    evidence::unchanged(&lineage, &packed.manifest.body)?;
    file.commit()?;
    io.detail(format_args!(
        "packed {} files into {} bytes, sha256 {}",
        packed.manifest.body.files.len(),
        packed.size,
        packed.sha256
    ));
    let upload = Upload::file(&plan.archive).map_err(RegistryError::from)?;
    if upload.sha256 != packed.sha256 {
        return Err(PublishError::Changed(plan.archive.display().to_string()));
    }
    let mut assets = vec![Asset::new(&plan.id().archive_name(), upload)?];
    for (name, bytes) in shown {
        assets.push(Asset::new(&name, Upload::bytes(&bytes))?);
    }
    let within = Input::new("manifest", MANIFEST, packed.manifest.digest());
    Ok(Release::new(
        plan.id().clone(),
        io.producer().clone(),
        vec![within],
        assets,
    )?)
}

fn published(
    targets: &[Target],
    release: &Release,
    io: &mut Io,
) -> Result<Vec<Published>, PublishError> {
    let mut results = Vec::new();
    for target in targets {
        io.note(format_args!(
            "publishing {} to {}",
            release.id(),
            target.name()
        ));
        let result = publish(target, release).map_err(|source| {
            let done = targets[..results.len()]
                .iter()
                .map(|target| target.name().to_owned());
            PublishError::Stopped {
                done: done.collect(),
                source: Box::new(source),
            }
        })?;
        results.push(result);
    }
    Ok(results)
}

/// The release's archive, which every release of ours has.
fn archive_of(release: &Release) -> &Asset {
    let name = release.id().archive_name();
    let mut assets = release.assets().iter();
    assets
        .find(|asset| asset.name() == name)
        .unwrap_or(&release.assets()[0])
}
