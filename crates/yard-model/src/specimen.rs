//! A small model folder, for the tests of whatever loads one.
//!
//! Two features, two classes, a logistic curve: small enough to compute by hand, and with everything
//! that a folder from training has. Behind the feature `specimen`, which only tests switch on.

use std::collections::BTreeMap;

use yard_contract::{
    Algorithm, Artifact, CategoryShare, Classes, Document, Environment, Feature, FeatureProfile,
    FeatureType, Finite, Golden, GoldenRow, Importance, Input, ManifestFile, Producer, Profile,
    Run, Scalar, Sha256, Signature, Target, Task,
};

use crate::{GraphBuilder, ML_OPSET, OPSET, Predictor, file};

/// The log-odds of a row: `0.01 * amount - 2`, and 1 more in the region `south`. A missing amount
/// counts as 100.
pub const WEIGHTS: [f32; 4] = [0.01, 0.0, 1.0, -2.0];

/// What a missing amount counts as.
pub const IMPUTED: f32 = 100.0;

/// The five files of the folder, by name. `amount` is a number from 0 to 1000 that was never missing
/// in training, `region` a category (`north`, `south`) that was; `NA` means missing in tables.
///
/// # Panics
/// Never: what it builds is always the same.
pub fn files() -> Vec<(&'static str, Vec<u8>)> {
    let onnx = graph();
    let signature = signature();
    let predictor = Predictor::new(&onnx, signature.clone()).expect("graph and signature agree");
    let golden = golden(&predictor);
    let model = || vec![Input::new("model", file::MODEL, Sha256::of(&onnx))];
    let table = || vec![Input::new("table", "data.csv", Sha256::of(b"a table"))];
    let mut files = vec![
        (file::SIGNATURE, bytes(model(), signature)),
        (file::PROFILE, bytes(table(), profile())),
        (file::GOLDEN, bytes(model(), golden)),
    ];
    files.insert(0, (file::MODEL, onnx.clone()));
    let run = Run {
        algorithm: Algorithm::LogisticRegression,
        parameters: BTreeMap::new(),
        seed: 1,
        commit: None,
        environment: Environment {
            trainyard: "0.1.0".to_owned(),
            onnx_opset: OPSET,
            onnx_ml_opset: ML_OPSET,
        },
        rows: 4,
        history: Vec::new(),
        importance: vec![importance("amount", 0.75), importance("region", 0.25)],
        cross_validation: None,
        files: files
            .iter()
            .map(|(name, bytes)| ManifestFile {
                path: (*name).to_owned(),
                size: bytes.len() as u64,
                sha256: Sha256::of(bytes),
            })
            .collect(),
    };
    files.push((file::RUN, bytes(table(), run)));
    files
}

fn bytes<T: Artifact>(inputs: Vec<Input>, body: T) -> Vec<u8> {
    Document::new(Producer::new("train", "0.1.0"), inputs, body).to_bytes()
}

fn finite(value: f64) -> Finite {
    Finite::new(value).unwrap_or_default()
}

fn importance(feature: &str, share: f64) -> Importance {
    Importance {
        feature: feature.to_owned(),
        share: finite(share),
    }
}

fn graph() -> Vec<u8> {
    let build = || {
        let mut graph = GraphBuilder::new("specimen", "trainyard", "0.1.0");
        let amount = graph.input_number("amount")?;
        let amount = graph.impute(&amount, &[IMPUTED])?;
        let region = graph.input_text("region")?;
        let region = graph.one_hot(&region, &["north", "south"])?;
        let columns = graph.concat(&[&amount, &region])?;
        let margin = graph.linear(&columns, &WEIGHTS[..3], WEIGHTS[3])?;
        let probabilities = graph.binary_probabilities(&margin)?;
        graph.output("probabilities", &probabilities)?;
        graph.finish(&[])
    };
    build().expect("it is the same graph every time")
}

fn signature() -> Signature {
    Signature {
        task: Task::Binary,
        target: Target {
            column: "defaulted".to_owned(),
            classes: Classes {
                negative: "no".to_owned(),
                positive: "yes".to_owned(),
            },
        },
        features: vec![
            Feature {
                name: "amount".to_owned(),
                r#type: FeatureType::Number,
                nullable: false,
                min: Some(Finite::ZERO),
                max: Some(finite(1000.0)),
                categories: Vec::new(),
            },
            Feature {
                name: "region".to_owned(),
                r#type: FeatureType::Category,
                nullable: true,
                min: None,
                max: None,
                categories: vec!["north".to_owned(), "south".to_owned()],
            },
        ],
        probabilities: "probabilities".to_owned(),
        margin: None,
        threshold: finite(0.5),
        missing: vec!["NA".to_owned()],
    }
}

fn profile() -> Profile {
    let numbers = |name: &str, edges: &[f64], counts: &[u64]| FeatureProfile {
        name: name.to_owned(),
        missing_share: Finite::ZERO,
        mean: Some(finite(400.0)),
        sd: Some(finite(300.0)),
        edges: edges.iter().map(|edge| finite(*edge)).collect(),
        counts: counts.to_vec(),
        categories: Vec::new(),
    };
    let share = |value: &str, count| CategoryShare {
        value: value.to_owned(),
        count,
    };
    Profile {
        rows: 4,
        positive_share: finite(0.5),
        features: vec![
            numbers("amount", &[0.0, 500.0, 1000.0], &[2, 2]),
            FeatureProfile {
                missing_share: finite(0.25),
                mean: None,
                sd: None,
                categories: vec![share("north", 2), share("south", 1)],
                ..numbers("region", &[], &[])
            },
        ],
        score: numbers("score", &[0.0, 0.5, 1.0], &[2, 2]),
    }
}

fn golden(predictor: &Predictor) -> Golden {
    let row = |amount: Option<f64>, region: Option<&str>| {
        let amount = amount.map_or(Scalar::Null, Scalar::number);
        let region = region.map_or(Scalar::Null, Scalar::from);
        BTreeMap::from([("amount".to_owned(), amount), ("region".to_owned(), region)])
    };
    let rows = vec![
        row(None, None),
        row(Some(0.0), Some("north")),
        row(Some(250.5), Some("south")),
        row(Some(1000.0), Some("north")),
    ];
    let answers = predictor.predict_rows(&rows).expect("its own rows fit");
    let rows = rows
        .into_iter()
        .zip(answers)
        .map(|(features, answer)| GoldenRow {
            features,
            probability: finite(f64::from(answer)),
        });
    Golden {
        tolerance: finite(1e-6),
        rows: rows.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_answers_are_those_of_the_formula() {
        let predictor = Predictor::new(&graph(), signature()).unwrap();
        let golden = golden(&predictor);
        for (row, odds) in golden.rows.iter().zip([-1.0, -2.0, 1.505, 8.0]) {
            let expected = 1.0 / (1.0 + libm::exp(-odds));
            assert!((row.probability.get() - expected).abs() < 1e-7, "{odds}");
        }
    }
}
