//! The receipt for people. Decides nothing.

use std::io::{self, Write};

use yard_cli::{Format, Verdict, style};
use yard_contract::{DeliveryAction, Document, ImageReceipt};

pub(crate) fn render(
    receipt: &Document<ImageReceipt>,
    format: Format,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Json => out.write_all(&receipt.to_bytes()),
        Format::Human => human(&receipt.body, out),
    }
}

fn human(receipt: &ImageReceipt, out: &mut dyn Write) -> io::Result<()> {
    let (bold, colour, faint) = (style::STRONG, style::of(receipt.verdict), style::FAINT);
    let planned = receipt
        .deliveries
        .iter()
        .any(|delivery| delivery.action == DeliveryAction::Planned);
    let outcome = match receipt.verdict {
        Verdict::Pass if planned => "would be published",
        Verdict::Pass => "published",
        _ => "NOT published: the tag stands for another image",
    };
    let (name, version) = (&receipt.name, &receipt.package_version);
    writeln!(
        out,
        "{bold}image of {name} {version}{bold:#} {colour}{outcome}{colour:#}"
    )?;
    for platform in &receipt.platforms {
        writeln!(
            out,
            "{faint}{}: {} bytes, sha256 {}{faint:#}",
            platform.platform, platform.size, platform.image_sha256
        )?;
    }
    for delivery in &receipt.deliveries {
        writeln!(
            out,
            "  {:<14} {}@sha256:{}  {} bytes sent",
            word(delivery.action),
            style::line(&delivery.reference),
            delivery.sha256,
            delivery.uploaded_bytes,
        )?;
    }
    if receipt.verdict == Verdict::Fail {
        writeln!(
            out,
            "a released image never changes: choose a new version or tag"
        )?;
    }
    Ok(())
}

const fn word(action: DeliveryAction) -> &'static str {
    match action {
        DeliveryAction::Uploaded => "published",
        DeliveryAction::AlreadyThere => "already there",
        DeliveryAction::Conflict => "CONFLICT",
        DeliveryAction::Planned => "to be published",
    }
}
