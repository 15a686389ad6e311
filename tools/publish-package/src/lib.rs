//! Pack a gated model with its evidence, sign it, publish it once, complete or not at all, and verify
//! what others published.
//!
//! `publish_package` is the table of contents: gather what belongs into the package, check that it
//! belongs together (the gate judged this model, and nothing was swapped since), that its version may
//! follow the release before it, say from what it was made, sign it, pack it into the same bytes as
//! ever, look at every target, and publish to all of them, or, where one of them holds other bytes
//! under this version, to none.
//!
//! It deliberately judges nothing: whether the model is good enough is the gate's verdict, without
//! which there is no package.
#![warn(missing_docs)]

mod args;
mod bundle;
mod error;
mod evidence;
mod key;
mod notes;
mod origin;
mod plan;
mod previous;
mod report;
mod sending;
mod statements;
mod stop;
mod subject;
mod verify;
mod version;

use yard_cli::files::AtomicFile;
use yard_cli::{Io, Verdict};
use yard_contract::{Document, Input, ManifestFile, PublishReceipt};
use yard_forge::Upload;
use yard_package::{Draft, Label, MANIFEST, Package, PackageError, SIGNATURE, Source};
use yard_registry::{Asset, Published, Release, Target};
use yard_trust::{seal, sign_tree};

pub use crate::args::Args;
use crate::bundle::Bundle;
pub use crate::error::PublishError;
use crate::plan::{KeygenPlan, Plan, PublishPlan, VerifyPlan};
use crate::stop::Effort;

/// Runs the tool.
pub fn run(args: Args, io: &mut Io) -> Result<Verdict, PublishError> {
    match Plan::resolve(args, io)? {
        Plan::Publish(plan, targets) => publish_package(&plan, &targets, io),
        Plan::Keygen(plan) => make_key(&plan, io),
        Plan::Verify(plan) => verify_package(&plan, io),
    }
}

/// Packs and publishes; a version that is there with other bytes is a failed verdict.
fn publish_package(
    plan: &PublishPlan,
    targets: &[Target],
    io: &mut Io,
) -> Result<Verdict, PublishError> {
    if io.print_plan(plan)? {
        return Ok(Verdict::Pass);
    }
    let mut effort = Effort::begin()?;
    let mut bundle = Bundle::gather(plan, io, &mut effort)?;
    evidence::check(&bundle)?;
    previous::follows(plan, &bundle, targets, io)?;
    let gate = bundle.gate.body.clone();
    let producer = io.producer().clone();
    statements::add(&mut bundle, plan, (&producer.tool, &producer.version))?;
    let mut release = packed(plan, bundle, &mut effort, io)?;
    effort.finish()?;
    if !plan.no_release {
        let files: Vec<&str> = release.assets().iter().map(Asset::name).collect();
        let archive = archive_of(&release).upload().sha256;
        let notes = notes::of(plan.id(), &gate, archive, plan.signed_by, &files);
        release = release.with_notes(notes);
    }

    let mut results = Vec::new();
    for target in targets {
        results.push(yard_registry::plan(target, &release)?);
    }
    // All targets or none: a conflict at one would leave them with different releases.
    let conflict = results.iter().any(Published::is_conflict);
    if !conflict && !plan.dry_run {
        results = sending::publish_all(targets, &release, io)?;
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
        signed_by: plan.signed_by,
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

fn make_key(plan: &KeygenPlan, io: &mut Io) -> Result<Verdict, PublishError> {
    if io.print_plan(plan)? {
        return Ok(Verdict::Pass);
    }
    let public = key::make(plan)?;
    let fingerprint = public.fingerprint();
    let (private, public) = (plan.private_key.display(), plan.public_key.display());
    io.print(|out| {
        writeln!(
            out,
            "private key  {private}: keep it where only releases are made"
        )?;
        writeln!(out, "public key   {public}: give it to whoever verifies")?;
        writeln!(out, "fingerprint  {fingerprint}")
    })?;
    Ok(Verdict::Pass)
}

/// Walks the chain of evidence; a broken link is a failed verdict.
fn verify_package(plan: &VerifyPlan, io: &mut Io) -> Result<Verdict, PublishError> {
    if io.print_plan(plan)? {
        return Ok(Verdict::Pass);
    }
    let key = plan.public_key.as_deref();
    let key = key.map(|path| key::read_public(path, io)).transpose()?;
    let variables = io.environment().into_iter().collect();
    let local = subject::bring(&plan.package, plan.settings.clone(), &variables)?;
    let opened = Package::open(&local.path, &plan.limits);
    if let Err(error @ PackageError::Io { .. }) = opened {
        return Err(error.into());
    }
    let found = verify::walk(opened.as_ref(), key.as_ref(), local.id.as_ref())?;
    let inputs = match opened.ok().and_then(|package| package.sha256()) {
        Some(manifest) => vec![Input::new("manifest", MANIFEST, manifest)],
        None => Vec::new(),
    };
    let found = Document::new(io.producer().clone(), inputs, found);
    if let Some(out) = &plan.out {
        yard_cli::files::write(out, &found.to_bytes())?;
    }
    io.print(|out| report::verification(&found, plan.format, out))?;
    Ok(found.body.verdict)
}

/// Packs the archive and makes the release of it and the files that people want to see without
/// unpacking it.
fn packed(
    plan: &PublishPlan,
    bundle: Bundle,
    effort: &mut Effort,
    io: &mut Io,
) -> Result<Release, PublishError> {
    let mut shown = bundle.shown;
    let mut label = Label::new(plan.id().clone(), io.producer().clone());
    label.inputs.clone_from(&bundle.lineage);
    label.epoch = plan.epoch;
    let mut draft = Draft::new(&label, bundle.members)?;
    match &plan.key {
        Some(key) => {
            let signature = sign_tree(&statements::title(plan.id()), &draft.signed_files(), key)?;
            shown.insert(SIGNATURE.to_owned(), Source::bytes(signature.clone()));
            draft.sign(signature);
        }
        None => io.warn("the package is not signed: nobody can tell who made it"),
    }
    let mut file = AtomicFile::create(&plan.archive)?;
    let written = draft.write(&mut file, &mut |step| effort.step(step));
    let packed = written.map_err(|error| match error {
        // The packer knows a stream; its path is known here.
        PackageError::Write(source) => PublishError::Cli(yard_cli::Error::Write {
            path: plan.archive.clone(),
            source,
        }),
        other => other.into(),
    })?;
    evidence::unchanged(&bundle.lineage, &packed.manifest.body)?;
    file.commit()?;
    io.detail(format_args!(
        "packed {} files into {} bytes, sha256 {}",
        packed.manifest.body.files.len(),
        packed.size,
        packed.sha256
    ));
    let name = plan.id().archive_name();
    if let Some(key) = &plan.key {
        let archive = ManifestFile {
            path: name.clone(),
            size: packed.size,
            sha256: packed.sha256,
        };
        let (tool, version) = (&label.produced_by.tool, &label.produced_by.version);
        let files = &packed.manifest.body.files;
        let said = statements::of_archive(plan, files, archive, (tool, version));
        let sealed = seal(&said, key);
        shown.insert(format!("{name}.sigstore.json"), Source::bytes(sealed));
    }
    let upload = Upload::known(&plan.archive, packed.size, packed.sha256);
    let mut assets = vec![Asset::new(&name, upload)?];
    for (name, source) in shown {
        let upload = match source.path() {
            Some(path) => Upload::known(path, source.size(), source.sha256()),
            None => Upload::bytes(&source.to_vec()?),
        };
        assets.push(Asset::new(&name, upload)?);
    }
    let within = Input::new("manifest", MANIFEST, packed.manifest.digest());
    Ok(Release::new(
        plan.id().clone(),
        io.producer().clone(),
        vec![within],
        assets,
    )?)
}

/// The release's archive, which every release of ours has.
fn archive_of(release: &Release) -> &Asset {
    let name = release.id().archive_name();
    let mut assets = release.assets().iter();
    assets
        .find(|asset| asset.name() == name)
        .unwrap_or(&release.assets()[0])
}
