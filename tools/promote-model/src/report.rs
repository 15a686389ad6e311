//! The move, or the record, for people. Decides nothing.

use std::io::{self, Write};

use yard_cli::{Format, style};
use yard_contract::{AliasAction, AliasMove, Document};
use yard_registry::History;

use crate::plan::Plan;

pub(crate) fn render(
    entry: &Document<AliasMove>,
    is_new: bool,
    plan: &Plan,
    out: &mut dyn Write,
) -> io::Result<()> {
    if plan.format == Format::Json {
        return out.write_all(&entry.to_bytes());
    }
    let (bold, faint) = (style::STRONG, style::FAINT);
    let body = &entry.body;
    let verb = match (is_new, plan.dry_run) {
        (false, _) => "already stands",
        (true, true) => "would stand",
        (true, false) => "now stands",
    };
    let (alias, name, version) = (&body.alias, &body.name, &body.package_version);
    writeln!(
        out,
        "{bold}{alias}{bold:#} of {name} {verb} for {bold}{version}{bold:#}"
    )?;
    if let Some(previous) = &body.previous {
        writeln!(out, "{faint}before: {previous}{faint:#}")?;
    }
    writeln!(out, "{faint}model {}{faint:#}", body.model_sha256)
}

pub(crate) fn history(history: &History, plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    if plan.format == Format::Json {
        for entry in history.moves() {
            out.write_all(&entry.to_bytes())?;
        }
        return Ok(());
    }
    let (bold, alias, name) = (style::STRONG, plan.alias.as_str(), &plan.name);
    match history.current() {
        Some(current) => writeln!(
            out,
            "{bold}{alias}{bold:#} of {} stands for {bold}{}{bold:#}",
            current.name, current.package_version
        )?,
        None => writeln!(out, "{} has no {alias}", style::line(name))?,
    }
    for entry in history.moves().iter().rev() {
        let body = &entry.body;
        let word = match body.action {
            AliasAction::Promoted => "promoted",
            AliasAction::RolledBack => "rolled back",
        };
        let (number, version) = (body.number, &body.package_version);
        writeln!(
            out,
            "  {number:>4}  {word:<12} {version}  model {}",
            body.model_sha256.short()
        )?;
    }
    Ok(())
}
