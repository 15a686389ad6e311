//! Put serve and a package into an OCI image and push it, without a container daemon.
//!
//! [`run`] is the table of contents: open and verify the package, check that each binary is static
//! and for which platform, build layers, configurations and manifests, look at every destination,
//! and publish to all of them, or, where the tag stands for another image at one of them, to none.
//!
//! Invariants:
//! - The same package, binaries and epoch give the same image, byte for byte.
//! - The image holds the binary, the package, and nothing else; its lineage is in its labels.
//! - A tag never changes.
#![warn(missing_docs)]

mod args;
mod binary;
mod build;
mod destination;
mod error;
mod image;
mod layer;
mod layout;
mod plan;
mod report;

use yard_cli::{Io, Verdict};
use yard_contract::{DeliveryAction, ImageDelivery, ImagePlatform, ImageReceipt};

pub use crate::args::Args;
pub use crate::binary::BinaryFlaw;
use crate::build::{Built, Served};
use crate::destination::Destination;
pub use crate::error::ImageError;
use crate::image::Image;
use crate::plan::Plan;

/// Builds and publishes; a tag that stands for another image is a failed verdict.
pub fn run(args: Args, io: &mut Io) -> Result<Verdict, ImageError> {
    let (plan, destinations) = Plan::resolve(args, io)?;
    if io.print_plan(&plan)? {
        return Ok(Verdict::Pass);
    }
    let served = Served::open(&plan)?;
    let tag = plan.tag(&served.id)?;
    let binaries = plan.read_binaries(io)?;
    let built = Built::of(&plan, &served, &binaries)?;

    let mut deliveries = Vec::new();
    for destination in &destinations {
        deliveries.push(destination.look(&tag, &built)?);
    }
    // All or none: a conflict at one would leave them with different images.
    if !plan.dry_run && !deliveries.iter().any(is_conflict) {
        deliveries = published(&plan, &destinations, deliveries, &tag, &built)?;
    }
    let receipt = ImageReceipt {
        verdict: if deliveries.iter().any(is_conflict) {
            Verdict::Fail
        } else {
            Verdict::Pass
        },
        name: served.id.name().to_owned(),
        package_version: served.id.version().to_owned(),
        package_manifest_sha256: built.manifest_sha256,
        model_sha256: built.model_sha256,
        image_sha256: built.tagged.sha256,
        platforms: built.images.iter().map(platform).collect(),
        deliveries,
    };
    let inputs = served.inputs(&binaries);
    let receipt = io.write_artifact(&plan.out, inputs, receipt)?; // evidence first,
    io.print(|out| report::render(&receipt, plan.format, out))?; // then people
    Ok(receipt.body.verdict)
}

fn published(
    plan: &Plan,
    destinations: &[Destination],
    looked: Vec<ImageDelivery>,
    tag: &str,
    built: &Built,
) -> Result<Vec<ImageDelivery>, ImageError> {
    let mut done: Vec<ImageDelivery> = Vec::new();
    for (destination, there) in destinations.iter().zip(looked) {
        if there.action == DeliveryAction::AlreadyThere {
            done.push(there);
            continue;
        }
        let delivery = destination.publish(tag, built, plan.epoch);
        done.push(delivery.map_err(|source| ImageError::Stopped {
            done: done.iter().map(|done| done.target.clone()).collect(),
            source: Box::new(source),
        })?);
    }
    Ok(done)
}

fn is_conflict(delivery: &ImageDelivery) -> bool {
    delivery.action == DeliveryAction::Conflict
}

fn platform(image: &Image) -> ImagePlatform {
    ImagePlatform {
        platform: image.platform.name().to_owned(),
        image_sha256: image.manifest.sha256,
        binary_sha256: image.binary,
        size: image.size(),
    }
}
