//! Arguments and environment to one validated value.

use std::path::PathBuf;

use serde::Serialize;
use yard_cli::{Format, Io};
use yard_forge::{Settings, Variables};
use yard_package::{Limits, PackageId};
use yard_registry::{Alias, Connection, Target, TargetSpec};

use crate::args::Args;
use crate::error::PromoteError;

/// Everything that a move needs, checked.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Plan {
    pub(crate) name: String,
    #[serde(skip)]
    pub(crate) task: Task,
    #[serde(skip)]
    pub(crate) alias: Alias,
    #[serde(rename = "alias")]
    alias_name: String,
    package_version: Option<String>,
    rollback: bool,
    target: String,
    pub(crate) smoke_report: PathBuf,
    pub(crate) out: PathBuf,
    #[serde(skip)]
    pub(crate) limits: Limits,
    pub(crate) dry_run: bool,
    #[serde(skip)]
    pub(crate) format: Format,
}

/// What is to be done.
#[derive(Clone, Debug)]
pub(crate) enum Task {
    Promote(PackageId),
    RollBack,
    Look,
}

impl Plan {
    pub(crate) fn resolve(args: Args, io: &Io) -> Result<(Self, Target), PromoteError> {
        let (name, version) = match args.release.split_once('@') {
            Some((name, version)) => (name, Some(bare(of_tag(name, version)?))),
            None => (args.release.as_str(), None),
        };
        let task = match (version, args.rollback) {
            (Some(_), true) => return Err(PromoteError::Both),
            (Some(version), false) => Task::Promote(PackageId::new(name, version)?),
            (None, true) => Task::RollBack,
            (None, false) => Task::Look,
        };
        let alias = Alias::new(&args.alias)?;
        let variables: Variables = io.environment().into_iter().collect();
        let settings = Settings {
            ca_file: args.ca_file,
            ..Settings::from_variables(&variables)
        };
        let spec: TargetSpec = args.target.parse()?;
        let target = spec.open(&variables, &Connection::of_process(settings, &variables))?;
        let plan = Self {
            name: name.to_owned(),
            task,
            alias_name: alias.as_str().to_owned(),
            alias,
            package_version: version.map(str::to_owned),
            rollback: args.rollback,
            target: args.target.clone(),
            smoke_report: args.smoke_report,
            out: args.out,
            limits: Limits::of_bytes(args.max_bytes),
            dry_run: args.dry_run,
            format: args.format,
        };
        Ok((plan, target))
    }
}

/// What a job hands over as the version may be the whole tag of a release, which names the package
/// itself.
fn of_tag<'v>(name: &str, version: &'v str) -> Result<&'v str, PromoteError> {
    match version.split_once('@') {
        None => Ok(version),
        Some((of, version)) if of == name => Ok(version),
        Some(_) => Err(PromoteError::OtherTag {
            tag: version.escape_debug().to_string(),
            name: name.escape_debug().to_string(),
        }),
    }
}

/// Tags are `v1.2.0`, versions are `1.2.0`.
fn bare(version: &str) -> &str {
    match version.strip_prefix('v') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => rest,
        _ => version,
    }
}
