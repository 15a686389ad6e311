//! What the package says of itself: its provenance and its bill of materials.

use std::collections::BTreeMap;

use serde_json::Value;
use yard_contract::{Artifact as _, Evaluation, ManifestFile, Sha256, Signature};
use yard_model::{FOLDER, file};
use yard_package::{PackageId, Source};
use yard_trust::{Making, Materials, Metric, bill_of_materials, provenance};

use crate::bundle::Bundle;
use crate::error::PublishError;
use crate::plan::PublishPlan;

/// The provenance's name in a package.
pub(crate) const PROVENANCE: &str = "provenance.json";
/// The bill of materials' name in a package; its ending is `CycloneDX`'s own.
pub(crate) const BOM: &str = "bom.cdx.json";

/// The kinds of inputs that are tables, and what each is for.
const TABLES: [(&str, &str); 2] = [
    ("table", "the table that the model was made from"),
    ("holdout", "rows that were held out to judge the model on"),
];

/// How a package is called where one word is needed.
pub(crate) fn title(id: &PackageId) -> String {
    id.title()
}

/// Adds both to the package.
pub(crate) fn add(
    bundle: &mut Bundle,
    plan: &PublishPlan,
    tool: (&str, &str),
) -> Result<(), PublishError> {
    let bom = bom(bundle, plan.id(), tool)?;
    let within = |file: &ManifestFile| file.path.starts_with("model/");
    let (products, byproducts): (Vec<_>, Vec<_>) = bundle.files().into_iter().partition(within);
    let said = provenance(&Making {
        package: &title(plan.id()),
        origin: &plan.origin,
        products: &products,
        materials: &materials(bundle),
        byproducts: &byproducts,
        tool,
    });
    bundle.add(PROVENANCE, None, Source::bytes(said), true)?;
    bundle.add(BOM, None, Source::bytes(bom), true)
}

/// What a signed statement says of the archive itself.
pub(crate) fn of_archive(
    plan: &PublishPlan,
    files: &[ManifestFile],
    archive: ManifestFile,
    tool: (&str, &str),
) -> Vec<u8> {
    provenance(&Making {
        package: &title(plan.id()),
        origin: &plan.origin,
        products: &[archive],
        materials: &[],
        byproducts: files,
        tool,
    })
}

/// Everything that an artifact was made from and that is not in the package itself.
fn materials(bundle: &Bundle) -> Vec<(String, Sha256)> {
    let packed = |sha256| bundle.lineage.iter().any(|there| there.sha256 == sha256);
    let inputs = bundle
        .artifacts
        .iter()
        .flat_map(|(_, header)| &header.inputs);
    let outside = inputs.filter(|input| !packed(input.sha256));
    let named: BTreeMap<(String, String), Sha256> = outside
        .map(|input| ((input.path.clone(), input.sha256.to_string()), input.sha256))
        .collect();
    named
        .into_iter()
        .map(|((name, _), sha256)| (name, sha256))
        .collect()
}

fn bom(bundle: &Bundle, id: &PackageId, tool: (&str, &str)) -> Result<Vec<u8>, PublishError> {
    let path = format!("{FOLDER}/{}", file::MODEL);
    let files = bundle.files();
    let Some(model) = files.iter().find(|file| file.path == path) else {
        return Err(PublishError::Changed(path));
    };
    let json = |bytes: Option<Vec<u8>>| -> Value {
        bytes
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default()
    };
    let signature = json(bundle.artifact(Signature::KIND)?);
    let evaluation = json(bundle.artifact(Evaluation::KIND)?);
    let task = ["/answer/task", "/task"]
        .iter()
        .find_map(|at| signature.pointer(at));
    let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let features = signature["features"].as_array().into_iter().flatten();
    let inputs: Vec<_> = features
        .map(|feature| (text(feature, "name"), text(feature, "type")))
        .collect();
    let metrics = evaluation["metrics"].as_object().into_iter().flatten();
    let metrics: Vec<Metric> = metrics
        .map(|(name, estimate)| Metric {
            name: name.clone(),
            value: estimate["value"].to_string(),
            interval: (estimate["low"].is_number() && estimate["high"].is_number())
                .then(|| (estimate["low"].to_string(), estimate["high"].to_string())),
        })
        .collect();
    Ok(bill_of_materials(&Materials {
        name: id.name(),
        version: id.version(),
        model,
        task: task.and_then(Value::as_str).unwrap_or("unknown"),
        algorithm: bundle.model.run.algorithm.as_str(),
        inputs: &inputs,
        metrics: &metrics,
        data: &tables(bundle),
        tool,
    }))
}

/// The tables that the artifacts name, each once.
fn tables(bundle: &Bundle) -> Vec<(String, String, Sha256)> {
    let mut found: Vec<(String, String, Sha256)> = Vec::new();
    for (kind, purpose) in TABLES {
        let headers = bundle.artifacts.iter().map(|(_, header)| header);
        for input in headers.flat_map(|header| &header.inputs) {
            let known = found.iter().any(|(_, _, sha256)| *sha256 == input.sha256);
            if input.kind == kind && !known {
                found.push((purpose.to_owned(), input.path.clone(), input.sha256));
            }
        }
    }
    found
}
