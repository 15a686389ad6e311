//! A project as the tool meets it: a model folder, a holdout, a configuration.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;
use yard_contract::{
    Algorithm, Answer, Artifact, Binary, Classes, Document, Environment, Evaluation, Feature,
    FeatureProfile, FeatureType, Finite, Gate, Golden, Input, ManifestFile, Producer, Profile, Run,
    Sha256, Signature,
};
use yard_model::GraphBuilder;

pub(crate) const CONFIG: &str = "\
at_least: {auc: 0.7}
at_most: {log_loss: 0.65}
champion: {auc_margin: 0.02}
slices: {by: [[group]], min_rows: 50, min_positives: 10, auc_at_least: 0.6}
";

/// Rows whose margin is `x`, so that a model of weight 1 is calibrated; in group c nothing can be
/// told.
pub(crate) fn holdout(rows: u64) -> String {
    let mut text = "x,noise,group,y\n".to_owned();
    let uniform = |row: u64, salt: u64| {
        let mut z = (row * 31 + salt).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    };
    for row in 0..rows {
        let x = 6.0 * uniform(row, 1) - 3.0;
        let group = ["a", "b", "c"][usize::try_from(row % 10 / 4).unwrap()];
        let p = if group == "c" {
            0.5
        } else {
            1.0 / (1.0 + (-x).exp())
        };
        let y = u8::from(uniform(row, 2) < p);
        let noise = 6.0 * uniform(row, 3) - 3.0;
        writeln!(text, "{x:.4},{noise:.4},{group},{y}").unwrap();
    }
    text
}

/// A model folder: the probability is the logistic function of `weight·x + (1 - weight)·noise`.
pub(crate) fn model(folder: &Path, weight: f32) {
    linear(folder, [weight, 1.0 - weight]);
}

/// One that answers every row alike.
pub(crate) fn constant_model(folder: &Path) {
    linear(folder, [0.0, 0.0]);
}

fn linear(folder: &Path, weights: [f32; 2]) {
    let finite = |value: f64| Finite::new(value).unwrap();
    let mut graph = GraphBuilder::new("test", "test", "1");
    let x = graph.input_number("x").unwrap();
    let noise = graph.input_number("noise").unwrap();
    let both = graph.concat(&[&x, &noise]).unwrap();
    let margin = graph.linear(&both, &weights, 0.0).unwrap();
    let probabilities = graph.binary_probabilities(&margin).unwrap();
    graph.output("probabilities", &probabilities).unwrap();
    let onnx = graph.finish(&[]).unwrap();
    let feature = |name: &str| Feature {
        name: name.to_owned(),
        r#type: FeatureType::Number,
        nullable: false,
        min: Some(finite(-3.0)),
        max: Some(finite(3.0)),
        categories: Vec::new(),
    };
    let signature = Signature {
        target: "y".to_owned(),
        answer: Answer::Binary(Binary {
            classes: Classes {
                negative: "0".to_owned(),
                positive: "1".to_owned(),
            },
            probabilities: "probabilities".to_owned(),
            margin: None,
            threshold: finite(0.5),
        }),
        features: vec![feature("x"), feature("noise")],
        missing: Vec::new(),
    };
    let score = FeatureProfile {
        name: "score".to_owned(),
        missing_share: Finite::ZERO,
        mean: None,
        sd: None,
        edges: Vec::new(),
        counts: Vec::new(),
        categories: Vec::new(),
    };
    let profile = Profile {
        rows: 1,
        target: score.clone(),
        features: Vec::new(),
        scores: vec![score],
    };
    let golden = Golden {
        tolerance: finite(1e-6),
        rows: Vec::new(),
    };
    let mut files = vec![file("model.onnx", &onnx)];
    yard_cli::files::write(&folder.join("model.onnx"), &onnx).unwrap();
    files.push(write(folder, "signature.json", signature));
    files.push(write(folder, "profile.json", profile));
    files.push(write(folder, "golden.json", golden));
    let run = Run {
        algorithm: Algorithm::LogisticRegression,
        parameters: [].into(),
        seed: 0,
        commit: None,
        environment: Environment {
            trainyard: "0".to_owned(),
            onnx_opset: 17,
            onnx_ml_opset: 3,
            program: None,
            compiler: None,
            target: None,
        },
        rows: 1,
        validation_rows: None,
        history: Vec::new(),
        importance: Vec::new(),
        cross_validation: None,
        trivial: Vec::new(),
        suspicious: Vec::new(),
        files,
    };
    write(folder, "run.json", run);
}

fn write<T: Artifact>(folder: &Path, name: &str, body: T) -> ManifestFile {
    let bytes = Document::new(Producer::new("test", "0"), Vec::<Input>::new(), body).to_bytes();
    yard_cli::files::write(&folder.join(name), &bytes).unwrap();
    file(name, &bytes)
}

fn file(name: &str, bytes: &[u8]) -> ManifestFile {
    ManifestFile {
        path: name.to_owned(),
        size: bytes.len() as u64,
        sha256: Sha256::of(bytes),
    }
}

/// A folder with a model, a holdout and a configuration.
pub(crate) struct Project(pub(crate) TempDir);

impl Project {
    pub(crate) fn new(rows: u64, weight: f32, config: &str) -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        project.put("holdout.csv", &holdout(rows));
        project.put("configs/gate.yaml", config);
        model(&project.0.path().join("model"), weight);
        project
    }

    pub(crate) fn put(&self, name: &str, text: &str) {
        yard_cli::files::write(&self.0.path().join(name), text.as_bytes()).unwrap();
    }

    pub(crate) fn command(&self, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_eval-gate"));
        command.current_dir(self.0.path()).env_clear();
        command
            .args(["--model", "model", "--holdout", "holdout.csv"])
            .args(more);
        command
    }

    pub(crate) fn gate(&self, more: &[&str]) -> Output {
        self.command(more).output().unwrap()
    }

    pub(crate) fn file(&self, name: &str) -> Vec<u8> {
        fs::read(self.0.path().join(name)).unwrap_or_default()
    }

    pub(crate) fn verdict(&self) -> Gate {
        Document::<Gate>::parse(&self.file("out/gate.json"))
            .unwrap()
            .body
    }

    pub(crate) fn evaluation(&self) -> Evaluation {
        Document::<Evaluation>::parse(&self.file("out/evaluation.json"))
            .unwrap()
            .body
    }
}

pub(crate) const FIRST: [&str; 2] = ["--first-model", "no release yet"];

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
