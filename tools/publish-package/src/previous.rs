//! The release before: which one it is, and what callers had to give it.

use std::path::Path;

use serde_json::Value;
use yard_cli::Io;
use yard_model::{FOLDER, file};
use yard_package::{Package, PackageId, read_members};
use yard_registry::{Target, before, read_archive};

use crate::bundle::Bundle;
use crate::error::PublishError;
use crate::plan::PublishPlan;
use crate::version;

/// Whether this version may follow the release before it, by what changed for callers. The release
/// before is the package that was named, or else the latest one before this version at the first
/// target.
pub(crate) fn follows(
    plan: &PublishPlan,
    bundle: &Bundle,
    targets: &[Target],
    io: &mut Io,
) -> Result<(), PublishError> {
    if plan.no_version_check {
        return Ok(());
    }
    if !version::is_semver(plan.id().version()) {
        io.warn(&format!(
            "the version `{}` is not by SemVer, as `1.2.0`: whether its interface may differ from the release before is not checked",
            plan.id().version()
        ));
    }
    let found = match &plan.previous {
        Some(path) => Some(of_package(path, plan)?),
        None => targets
            .first()
            .map(|target| of_target(target, plan))
            .transpose()?
            .flatten(),
    };
    let Some((id, before)) = found else {
        return Ok(());
    };
    let now = signature(&bundle.artifact("signature")?.unwrap_or_default());
    let change = version::change(&before, &now);
    version::may_follow(id.version(), plan.id().version(), &change)?;
    io.detail(format_args!("{} may follow {id}", plan.id()));
    Ok(())
}

fn of_package(path: &Path, plan: &PublishPlan) -> Result<(PackageId, Value), PublishError> {
    let previous = Package::open(path, &plan.limits)?;
    let Some(id) = previous.id().filter(|id| id.name() == plan.id().name()) else {
        return Err(PublishError::NoPrevious(path.to_owned()));
    };
    let bytes = previous.bytes(&member())?;
    Ok((id.clone(), signature(&bytes)))
}

/// The archive streams by: only the signature of its model is kept.
fn of_target(
    target: &Target,
    plan: &PublishPlan,
) -> Result<Option<(PackageId, Value)>, PublishError> {
    let Some(id) = before(target, plan.id())? else {
        return Ok(None);
    };
    let member = member();
    let seen = read_archive(target, &id, |archive| {
        let named = [member.as_str()];
        read_members(archive, &plan.limits, &named).map_err(PublishError::from)
    })?;
    let mut members = seen.value;
    let bytes = members.remove(&member).unwrap_or_default();
    Ok(Some((id, signature(&bytes))))
}

fn member() -> String {
    format!("{FOLDER}/{}", file::SIGNATURE)
}

fn signature(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_default()
}
