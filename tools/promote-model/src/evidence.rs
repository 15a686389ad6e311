//! May this version carry the name? What it is, and that it was tried as it is.

use yard_cli::Io;
use yard_contract::{Input, Sha256, SmokeReport, Verdict};
use yard_package::{Limits, Package, PackageId};
use yard_registry::{Target, fetch_archive};

use crate::error::PromoteError;
use crate::plan::Plan;

/// Where a package has its model.
const MODEL: &str = "model/model.onnx";

/// A release, as the target holds it: fetched, verified, unpacked in memory.
pub(crate) struct Release {
    pub(crate) manifest_sha256: Sha256,
    pub(crate) model_sha256: Sha256,
    pub(crate) input: Input,
}

impl Release {
    pub(crate) fn fetch(target: &Target, id: &PackageId) -> Result<Self, PromoteError> {
        let archive = fetch_archive(target, id)?;
        let package = Package::from_archive(archive.bytes.as_slice(), &Limits::default())?;
        let model = package.file(MODEL);
        let model = model.ok_or_else(|| PromoteError::NoModel(id.to_string()))?;
        Ok(Self {
            manifest_sha256: archive.manifest_sha256,
            model_sha256: model.sha256,
            input: Input::new("package", &id.archive_name(), archive.sha256),
        })
    }
}

/// The smoke report of this very model, which passed; its entry in the lineage.
pub(crate) fn smoke(plan: &Plan, release: &Release, io: &Io) -> Result<Input, PromoteError> {
    let report = io.read_artifact::<SmokeReport>(&plan.smoke_report)?;
    let path = || plan.smoke_report.clone();
    let body = &report.value.body;
    match body.verdict {
        Verdict::Pass | Verdict::Warning => {}
        verdict => {
            return Err(PromoteError::SmokeFailed {
                path: path(),
                verdict,
            });
        }
    }
    let served = body
        .model_sha256
        .ok_or_else(|| PromoteError::SmokeOfNothing(path()))?;
    if served != release.model_sha256 {
        return Err(PromoteError::SmokeOfOther {
            path: path(),
            served,
            released: release.model_sha256,
        });
    }
    Ok(report.input)
}
