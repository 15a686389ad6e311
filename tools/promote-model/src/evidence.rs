//! May this version carry the name? What it is, and that it was tried as it is.

use yard_cli::Io;
use yard_contract::{Input, Sha256, SmokeReport, Verdict};
use yard_package::{Limits, PackageId};
use yard_registry::{Target, read_archive};

use crate::error::PromoteError;
use crate::plan::Plan;

/// Where a package has its model.
const MODEL: &str = "model/model.onnx";

/// A release, as the target holds it: verified while it streams by.
pub(crate) struct Release {
    pub(crate) manifest_sha256: Sha256,
    pub(crate) model_sha256: Sha256,
    pub(crate) input: Input,
}

impl Release {
    pub(crate) fn fetch(
        target: &Target,
        id: &PackageId,
        limits: &Limits,
    ) -> Result<Self, PromoteError> {
        let seen = read_archive(target, id, |archive| {
            yard_package::read_archive(archive, limits).map_err(PromoteError::from)
        })?;
        let mut files = seen.value.body.files.iter();
        let model = files.find(|file| file.path == MODEL);
        let model = model.ok_or_else(|| PromoteError::NoModel(id.to_string()))?;
        Ok(Self {
            manifest_sha256: seen.manifest_sha256,
            model_sha256: model.sha256,
            input: Input::new("package", &id.archive_name(), seen.sha256),
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
