//! A bill of materials of a model: `CycloneDX` 1.6, with a model card and the data it was made from.
//!
//! It has neither a serial number nor a time, so the same model gives the same bytes.

use serde::Deserialize;
use serde_json::{Value, json};
use yard_contract::{ManifestFile, Sha256};

use crate::error::TrustError;

const FORMAT: &str = "CycloneDX";
const VERSION: &str = "1.6";

/// What a bill of materials says.
#[derive(Clone, Debug)]
pub struct Materials<'a> {
    /// The package's name.
    pub name: &'a str,
    /// The package's version.
    pub version: &'a str,
    /// The ONNX file.
    pub model: &'a ManifestFile,
    /// What kind of question it answers, as the signature has it.
    pub task: &'a str,
    /// What was fitted.
    pub algorithm: &'a str,
    /// What it takes, in the graph's order: name and type.
    pub inputs: &'a [(String, String)],
    /// How good it is.
    pub metrics: &'a [Metric],
    /// Tables that it was fitted and judged on: what each is for, its name and digest.
    pub data: &'a [(String, String, Sha256)],
    /// The tool that says so, and its version.
    pub tool: (&'a str, &'a str),
}

/// One metric with its interval, as numbers that are written already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its name.
    pub name: String,
    /// The point estimate.
    pub value: String,
    /// Both ends of the interval, where there is one.
    pub interval: Option<(String, String)>,
}

/// The document's bytes: pretty JSON with a final newline.
pub fn bill_of_materials(of: &Materials<'_>) -> Vec<u8> {
    let hash = |sha256: Sha256| json!([{"alg": "SHA-256", "content": sha256}]);
    let model_ref = format!("model:{}", of.model.sha256);
    let data_ref = |sha256: &Sha256| format!("data:{sha256}");
    let format = |(name, kind): &(String, String)| json!({"format": format!("{name}: {kind}")});
    let metric = |metric: &Metric| {
        let mut entry = json!({"type": metric.name, "value": metric.value});
        if let Some((low, high)) = &metric.interval {
            entry["confidenceInterval"] = json!({"lowerBound": low, "upperBound": high});
        }
        entry
    };
    let dataset = |(purpose, name, sha256): &(String, String, Sha256)| {
        json!({
            "type": "data",
            "bom-ref": data_ref(sha256),
            "name": name,
            "description": purpose,
            "hashes": hash(*sha256),
            "data": [{"type": "dataset", "name": name}],
        })
    };
    let references: Vec<String> = of
        .data
        .iter()
        .map(|(_, _, sha256)| data_ref(sha256))
        .collect();
    let datasets: Vec<Value> = references.iter().map(|at| json!({"ref": at})).collect();
    let (tool, version) = of.tool;
    let document = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": FORMAT,
        "specVersion": VERSION,
        "version": 1,
        "metadata": {
            "tools": {"components": [{"type": "application", "name": tool, "version": version}]},
            "component": {
                "type": "machine-learning-model",
                "bom-ref": model_ref,
                "name": of.name,
                "version": of.version,
                "hashes": hash(of.model.sha256),
                "modelCard": {
                    "modelParameters": {
                        "approach": {"type": "supervised"},
                        "task": of.task,
                        "architectureFamily": of.algorithm,
                        "datasets": datasets,
                        "inputs": of.inputs.iter().map(format).collect::<Vec<_>>(),
                    },
                    "quantitativeAnalysis": {
                        "performanceMetrics": of.metrics.iter().map(metric).collect::<Vec<_>>(),
                    },
                },
                "properties": [{"name": "trainyard:file", "value": of.model.path}],
            },
        },
        "components": of.data.iter().map(dataset).collect::<Vec<_>>(),
        "dependencies": [{"ref": model_ref, "dependsOn": references}],
    });
    let mut bytes = serde_json::to_vec_pretty(&document).unwrap_or_default(); // text only
    bytes.push(b'\n');
    bytes
}

/// What a bill of materials says of files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bill {
    /// The package's name.
    pub name: String,
    /// The package's version.
    pub version: String,
    /// The digest of the model.
    pub model: Sha256,
}

/// Reads a document of ours.
pub fn read_bill(bytes: &[u8]) -> Result<Bill, TrustError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Document {
        bom_format: String,
        spec_version: String,
        metadata: Metadata,
    }
    #[derive(Deserialize)]
    struct Metadata {
        component: Component,
    }
    #[derive(Deserialize)]
    struct Component {
        name: String,
        version: String,
        hashes: Vec<Hash>,
    }
    #[derive(Deserialize)]
    struct Hash {
        alg: String,
        content: String,
    }
    let document: Document = serde_json::from_slice(bytes).map_err(TrustError::Statement)?;
    if document.bom_format != FORMAT || document.spec_version != VERSION {
        return Err(TrustError::Payload(
            "is no CycloneDX document of version 1.6",
        ));
    }
    let component = document.metadata.component;
    let mut hashes = component.hashes.iter();
    let hash = hashes.find(|hash| hash.alg == "SHA-256");
    let Some(model) = hash.and_then(|hash| hash.content.parse().ok()) else {
        return Err(TrustError::Payload("has no digest of the model"));
    };
    Ok(Bill {
        name: component.name,
        version: component.version,
        model,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_and_its_digest_are_read_again() {
        let model = ManifestFile {
            path: "model/model.onnx".to_owned(),
            size: 4,
            sha256: Sha256::of(b"onnx"),
        };
        let bytes = bill_of_materials(&Materials {
            name: "credit",
            version: "1.2.0",
            model: &model,
            task: "binary",
            algorithm: "gradient-boosting",
            inputs: &[("amount".to_owned(), "number".to_owned())],
            metrics: &[],
            data: &[],
            tool: ("publish-package", "0.1.0"),
        });
        let bill = read_bill(&bytes).unwrap();
        assert_eq!(
            (bill.name.as_str(), bill.version.as_str()),
            ("credit", "1.2.0")
        );
        assert_eq!(bill.model, model.sha256);
        let text = String::from_utf8(bytes).unwrap();
        assert!(read_bill(text.replace("\"1.6\"", "\"9\"").as_bytes()).is_err());
        assert!(read_bill(text.replace("SHA-256", "MD5").as_bytes()).is_err());
    }
}
