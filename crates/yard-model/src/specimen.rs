//! A small model folder, for the tests of whatever loads one.
//!
//! Two features and a model of either task: small enough to compute by hand, and with everything
//! that a folder from training has. Behind the feature `specimen`, which only tests switch on.

use std::collections::BTreeMap;

use yard_contract::{
    Algorithm, Answer, Artifact, Binary, CategoryShare, Classes, Document, Environment, Feature,
    FeatureProfile, FeatureType, Finite, Golden, GoldenRow, Importance, Input, ManifestFile,
    Multiclass, Producer, Profile, Regression, Run, Scalar, Sha256, Signature, Task,
};

use crate::{GraphBuilder, ML_OPSET, OPSET, Predictor, file};

/// The score of a row: `0.01 * amount - 2`, and 1 more in the region `south`. A missing amount
/// counts as 100. It is the log-odds of the positive class, or the predicted number; of three
/// classes, those of the first against the second, and the third stays at 0.
pub const WEIGHTS: [f32; 4] = [0.01, 0.0, 1.0, -2.0];

/// The classes of the model of several.
const CLASSES: [&str; 3] = ["high", "low", "mid"];

/// What a missing amount counts as.
pub const IMPUTED: f32 = 100.0;

/// The five files of the folder, by name. `amount` is a number from 0 to 1000 that was never missing
/// in training, `region` a category (`north`, `south`) that was; `NA` means missing in tables.
///
/// # Panics
/// Never: what it builds is always the same.
pub fn files() -> Vec<(&'static str, Vec<u8>)> {
    files_of(Task::Binary)
}

/// The five files of a folder of a task. The classes of several are `high`, `low` and `mid`.
///
/// # Panics
/// Never: what it builds is always the same.
pub fn files_of(task: Task) -> Vec<(&'static str, Vec<u8>)> {
    let onnx = graph(task);
    let signature = signature(task);
    let predictor = Predictor::new(&onnx, signature.clone()).expect("graph and signature agree");
    let golden = golden(&predictor);
    let model = || vec![Input::new("model", file::MODEL, Sha256::of(&onnx))];
    let table = || vec![Input::new("table", "data.csv", Sha256::of(b"a table"))];
    let mut files = vec![
        (file::SIGNATURE, bytes(model(), signature)),
        (file::PROFILE, bytes(table(), profile(task))),
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
            program: None,
            compiler: None,
            target: None,
        },
        rows: 4,
        validation_rows: None,
        history: Vec::new(),
        importance: vec![importance("amount", 0.75), importance("region", 0.25)],
        cross_validation: None,
        trivial: Vec::new(),
        suspicious: Vec::new(),
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

fn graph(task: Task) -> Vec<u8> {
    let build = || {
        let mut graph = GraphBuilder::new("specimen", "trainyard", "0.1.0");
        let amount = graph.input_number("amount")?;
        let amount = graph.impute(&amount, &[IMPUTED])?;
        let region = graph.input_text("region")?;
        let region = graph.one_hot(&region, &["north", "south"])?;
        let columns = graph.concat(&[&amount, &region])?;
        let [a, n, s, bias] = WEIGHTS;
        match task {
            Task::Binary => {
                let margin = graph.linear(&columns, &[a, n, s], bias)?;
                let probabilities = graph.binary_probabilities(&margin)?;
                graph.output("probabilities", &probabilities)?;
            }
            Task::Multiclass => {
                let weights = [a, -a, 0.0, n, -n, 0.0, s, -s, 0.0];
                let margins = graph.linear_multi(&columns, &weights, &[bias, -bias, 0.0])?;
                let probabilities = graph.softmax(&margins);
                graph.output("probabilities", &probabilities)?;
            }
            Task::Regression => {
                let value = graph.linear(&columns, &[a, n, s], bias)?;
                graph.output("value", &value)?;
            }
        }
        graph.finish(&[])
    };
    build().expect("it is the same graph every time")
}

fn answer(task: Task) -> (&'static str, Answer) {
    let probabilities = "probabilities".to_owned();
    match task {
        Task::Binary => {
            let (negative, positive) = ("no".to_owned(), "yes".to_owned());
            let binary = Binary {
                classes: Classes { negative, positive },
                probabilities,
                margin: None,
                threshold: finite(0.5),
            };
            ("defaulted", Answer::Binary(binary))
        }
        Task::Multiclass => {
            let several = Multiclass {
                classes: CLASSES.map(str::to_owned).to_vec(),
                probabilities,
            };
            ("band", Answer::Multiclass(several))
        }
        Task::Regression => {
            let value = "value".to_owned();
            ("loss", Answer::Regression(Regression { value }))
        }
    }
}

fn signature(task: Task) -> Signature {
    let (target, answer) = answer(task);
    Signature {
        target: target.to_owned(),
        answer,
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
        missing: vec!["NA".to_owned()],
    }
}

fn profile(task: Task) -> Profile {
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
    let classes = |shares: Vec<CategoryShare>| FeatureProfile {
        missing_share: Finite::ZERO,
        mean: None,
        sd: None,
        categories: shares,
        ..numbers("target", &[], &[])
    };
    let probability = |name: &str| numbers(name, &[0.0, 0.5, 1.0], &[2, 2]);
    let score = numbers("score", &[-2.0, 0.0, 9.0], &[2, 2]);
    let (target, scores) = match task {
        Task::Binary => (
            classes(vec![share("no", 2), share("yes", 2)]),
            vec![probability("score")],
        ),
        Task::Multiclass => (
            classes(vec![share("high", 2), share("low", 1), share("mid", 1)]),
            CLASSES.map(probability).into(),
        ),
        Task::Regression => (numbers("target", &[-2.0, 0.0, 9.0], &[2, 2]), vec![score]),
    };
    Profile {
        rows: 4,
        target,
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
        scores,
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
        .zip(answers.rows())
        .map(|(features, answer)| GoldenRow {
            features,
            answer: answer
                .iter()
                .map(|value| finite(f64::from(*value)))
                .collect(),
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
        let shares = |odds: f64| {
            let parts = [libm::exp(odds), libm::exp(-odds), 1.0];
            let sum: f64 = parts.iter().sum();
            parts.map(|part| part / sum).to_vec()
        };
        for task in [Task::Binary, Task::Multiclass, Task::Regression] {
            let predictor = Predictor::new(&graph(task), signature(task)).unwrap();
            assert_eq!(predictor.signature().task(), task);
            let golden = golden(&predictor);
            for (row, odds) in golden.rows.iter().zip([-1.0, -2.0, 1.505, 8.0]) {
                let (expected, class) = match task {
                    Task::Binary => (
                        vec![1.0 / (1.0 + libm::exp(-odds))],
                        Some(usize::from(odds >= 0.0)),
                    ),
                    Task::Multiclass => (shares(odds), Some(usize::from(odds < 0.0))),
                    Task::Regression => (vec![odds], None),
                };
                #[expect(clippy::cast_possible_truncation, reason = "answers are single")]
                let found: Vec<f32> = expected.iter().map(|value| *value as f32).collect();
                assert!(row.difference(&found).unwrap() < 3e-7, "{task:?} {odds}");
                assert_eq!(row.difference(&[]), None);
                assert_eq!(predictor.class(&found), class);
            }
        }
    }
}
