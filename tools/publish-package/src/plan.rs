//! Arguments and environment to one validated value.

use std::path::{Path, PathBuf};

use serde::Serialize;
use yard_cli::{Format, Io};
use yard_forge::{Settings, Variables};
use yard_package::PackageId;
use yard_registry::{Connection, Target, TargetSpec};

use crate::args::Args;
use crate::error::PublishError;

/// Everything that publishing needs, checked.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Plan {
    #[serde(skip)]
    id: PackageId,
    name: String,
    package_version: String,
    pub(crate) model: PathBuf,
    pub(crate) gate: PathBuf,
    pub(crate) include: Vec<PathBuf>,
    targets: Vec<String>,
    pub(crate) out: PathBuf,
    pub(crate) archive: PathBuf,
    pub(crate) epoch: u64,
    pub(crate) dry_run: bool,
    #[serde(skip)]
    pub(crate) format: Format,
}

impl Plan {
    /// The plan, and its targets, opened: what is wrong with one is known before anything is done.
    pub(crate) fn resolve(args: Args, io: &Io) -> Result<(Self, Vec<Target>), PublishError> {
        let version = bare_version(&args.package_version);
        let id = PackageId::new(&args.name, version)?;
        let variables: Variables = io.environment().into_iter().collect();
        let settings = Settings {
            ca_file: args.ca_file,
            ..Settings::from_variables(&variables)
        };
        let connection = Connection::of_process(settings, &variables);
        let mut targets = Vec::new();
        for (position, text) in args.target.iter().enumerate() {
            if args.target[..position].contains(text) {
                return Err(PublishError::TargetTwice(text.clone()));
            }
            let spec: TargetSpec = text.parse()?;
            targets.push(spec.open(&variables, &connection)?);
        }
        let beside = args.out.parent().unwrap_or(Path::new(""));
        let archive = args
            .archive
            .unwrap_or_else(|| beside.join(id.archive_name()));
        let plan = Self {
            name: id.name().to_owned(),
            package_version: id.version().to_owned(),
            id,
            model: args.model,
            gate: args.gate,
            include: args.include,
            targets: args.target,
            out: args.out,
            archive,
            epoch: args.epoch,
            dry_run: args.dry_run,
            format: args.format,
        };
        Ok((plan, targets))
    }

    pub(crate) const fn id(&self) -> &PackageId {
        &self.id
    }
}

/// Tags are `v1.2.0`, versions are `1.2.0`.
fn bare_version(text: &str) -> &str {
    match text.strip_prefix('v') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => rest,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tags_v_is_dropped_and_other_letters_are_not() {
        for (text, version) in [
            ("v1.2.0", "1.2.0"),
            ("1.2.0", "1.2.0"),
            ("v", "v"),
            ("vega", "vega"),
            ("2024-v1", "2024-v1"),
        ] {
            assert_eq!(bare_version(text), version);
        }
    }
}
