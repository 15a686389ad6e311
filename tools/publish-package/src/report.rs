//! What publishing says to people. It decides nothing.

use std::io::{self, Write};

use yard_cli::{Format, Verdict, style};
use yard_contract::{Delivery, DeliveryAction, Document, LinkState, PublishReceipt, Verification};
use yard_package::MANIFEST;

pub(crate) fn render(
    receipt: &Document<PublishReceipt>,
    format: Format,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Json => out.write_all(&receipt.to_bytes()),
        Format::Human => human(&receipt.body, out),
    }
}

fn human(receipt: &PublishReceipt, out: &mut dyn Write) -> io::Result<()> {
    let (bold, colour, faint) = (style::STRONG, style::of(receipt.verdict), style::FAINT);
    let (name, version) = (&receipt.name, &receipt.package_version);
    let planned = receipt
        .deliveries
        .iter()
        .any(|d| d.action == DeliveryAction::Planned);
    let outcome = match receipt.verdict {
        Verdict::Pass if planned => "would be published",
        Verdict::Pass => "published",
        _ if unfinished(receipt).is_some() => {
            "NOT published: another run began this version with other bytes and has not finished it"
        }
        _ => "NOT published: this version is released with other bytes",
    };
    writeln!(
        out,
        "{bold}{name} {version}{bold:#} {colour}{outcome}{colour:#}"
    )?;
    writeln!(
        out,
        "{faint}archive: {} bytes, sha256 {}{faint:#}",
        receipt.archive_size, receipt.archive_sha256
    )?;
    match receipt.signed_by {
        Some(key) => writeln!(out, "{faint}signed: yes, with the key {key}{faint:#}")?,
        None => writeln!(out, "signed: no")?,
    }
    let mut target = None;
    for delivery in &receipt.deliveries {
        if target != Some(&delivery.target) {
            target = Some(&delivery.target);
            writeln!(out, "{}", style::line(&delivery.target))?;
        }
        writeln!(
            out,
            "  {:<14} {}  {}",
            word(delivery.action),
            delivery.sha256.short(),
            style::line(&delivery.file)
        )?;
    }
    if receipt.verdict != Verdict::Fail {
        return Ok(());
    }
    match unfinished(receipt) {
        Some(target) => writeln!(
            out,
            "nobody can see it yet: let that run finish, or delete what is left of this version in {}, or choose a new version",
            style::line(target)
        ),
        None => writeln!(
            out,
            "a released version never changes: choose a new version"
        ),
    }
}

/// The target where other bytes are in the way that were never released: the manifest, which comes
/// last, is not there. Nothing where any target has them released.
fn unfinished(receipt: &PublishReceipt) -> Option<&str> {
    let is_manifest = |delivery: &&Delivery| {
        delivery.file == MANIFEST
            && matches!(
                delivery.action,
                DeliveryAction::Conflict | DeliveryAction::AlreadyThere
            )
    };
    let mut conflicts = receipt
        .deliveries
        .iter()
        .filter(|delivery| delivery.action == DeliveryAction::Conflict);
    let first = conflicts.clone().next()?;
    let is_released = conflicts.any(|conflict| {
        let mut manifests = receipt.deliveries.iter().filter(is_manifest);
        manifests.any(|manifest| manifest.target == conflict.target)
    });
    (!is_released).then_some(first.target.as_str())
}

/// What verifying found.
pub(crate) fn verification(
    found: &Document<Verification>,
    format: Format,
    out: &mut dyn Write,
) -> io::Result<()> {
    if format == Format::Json {
        return out.write_all(&found.to_bytes());
    }
    let found = &found.body;
    let (bold, colour) = (style::STRONG, style::of(found.verdict));
    let outcome = match found.verdict {
        Verdict::Pass => "is what was signed, and all in it belongs together",
        Verdict::Warning => "belongs together; NOT SIGNED",
        _ => "cannot be trusted",
    };
    let name = found.package.as_deref().unwrap_or("the folder");
    writeln!(
        out,
        "{bold}{}{bold:#} {colour}{outcome}{colour:#}",
        style::line(name)
    )?;
    for link in &found.links {
        let state = match link.state {
            LinkState::Holds => "holds",
            LinkState::Broken => "BROKEN",
            LinkState::Absent => "absent",
        };
        writeln!(
            out,
            "  {:<11} {state:<7} {}",
            link.name,
            style::line(&link.message)
        )?;
    }
    Ok(())
}

const fn word(action: DeliveryAction) -> &'static str {
    match action {
        DeliveryAction::Uploaded => "uploaded",
        DeliveryAction::AlreadyThere => "already there",
        DeliveryAction::Conflict => "CONFLICT",
        DeliveryAction::Planned => "to be uploaded",
    }
}
