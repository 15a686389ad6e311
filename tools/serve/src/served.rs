//! The model that is served, and everything about it that never changes.

use std::path::Path;

use bytes::Bytes;
use serde::Serialize;
use serde_json::json;
use yard_cli::recorded_path;
use yard_contract::Sha256;
use yard_model::{Answers, Model};
use yard_package::{Limits, Package};

use crate::answer::Words;
use crate::error::ServeError;
use crate::plan;

/// A verified model and its prepared answers.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) model: Model,
    pub(crate) identity: Identity,
    /// The answer to `GET /`.
    pub(crate) about: Bytes,
    start: String,
    words: Words,
}

/// Which model answers. A bare model folder has neither name nor version.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Identity {
    pub(crate) name: Option<String>,
    pub(crate) version: Option<String>,
    /// The digest of `model.onnx`.
    pub(crate) sha256: Sha256,
}

impl Served {
    /// Opens and verifies a package, and loads its model.
    pub(crate) fn open(path: &Path, limits: &plan::Limits) -> Result<Self, ServeError> {
        let shown = || path.display().to_string();
        let package =
            Package::open(path, &Limits::default()).map_err(|source| ServeError::Package {
                path: shown(),
                source,
            })?;
        let model =
            Model::load(&package, &recorded_path(path)).map_err(|source| ServeError::Model {
                path: shown(),
                source,
            })?;
        let identity = Identity {
            name: package.id().map(|id| id.name().to_owned()),
            version: package.id().map(|id| id.version().to_owned()),
            sha256: model.sha256,
        };
        let signature = model.predictor.signature();
        let about = json!({
            "model": identity,
            "served_by": { "tool": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") },
            "endpoints": {
                "POST /predict": "answers for {\"rows\": [{\"feature\": value, …}, …]}, or for one such row",
                "GET /health/live": "whether the process answers",
                "GET /health/ready": "whether it takes requests",
                "GET /metrics": "counts and times in Prometheus' text format",
            },
            "limits": { "body_bytes": limits.body_bytes, "rows": limits.rows },
            "signature": signature,
        });
        let mut about = serde_json::to_vec_pretty(&about).unwrap_or_default();
        about.push(b'\n');
        Ok(Self {
            about: about.into(),
            start: format!("{{\"model\":{},\"predictions\":[", json!(identity)),
            words: Words::of(signature),
            identity,
            model,
        })
    }

    /// Scores the golden rows; the number of rows that were reproduced.
    pub(crate) fn check(&self) -> Result<usize, ServeError> {
        let golden = &self.model.golden;
        if golden.rows.is_empty() {
            return Err(ServeError::NoGolden);
        }
        let rows: Vec<_> = golden.rows.iter().map(|row| row.features.clone()).collect();
        let predictor = &self.model.predictor;
        let found = predictor.predict_rows(&rows).map_err(ServeError::Golden)?;
        let tolerance = golden.tolerance.get();
        for (row, (golden, found)) in golden.rows.iter().zip(found.rows()).enumerate() {
            let difference = golden.difference(found).unwrap_or(f64::INFINITY);
            if difference > tolerance {
                return Err(ServeError::Differs {
                    row,
                    found: listed(found.iter().map(|number| f64::from(*number))),
                    expected: listed(golden.answer.iter().map(|number| number.get())),
                    difference,
                    tolerance,
                });
            }
        }
        Ok(rows.len())
    }

    /// What is answered to rows.
    pub(crate) fn answer(&self, answers: &Answers) -> Bytes {
        let mut text = String::with_capacity(self.start.len() + 64 * answers.len() + 4);
        text.push_str(&self.start);
        for (row, answer) in answers.rows().enumerate() {
            if row > 0 {
                text.push(',');
            }
            self.words.write(&mut text, &self.model.predictor, answer);
        }
        text.push_str("]}\n");
        text.into()
    }

    /// The model in a few words for people.
    pub(crate) fn title(&self) -> String {
        let named = self
            .identity
            .name
            .as_deref()
            .zip(self.identity.version.as_deref());
        let name = named.map_or_else(
            || "a model".to_owned(),
            |(name, version)| format!("{name} {version}"),
        );
        let features = self.model.predictor.signature().features.len();
        format!(
            "{name} (sha256 {}, {features} features)",
            self.identity.sha256.short()
        )
    }
}

fn listed(numbers: impl Iterator<Item = f64>) -> String {
    let numbers: Vec<String> = numbers.map(|number| number.to_string()).collect();
    numbers.join(", ")
}
