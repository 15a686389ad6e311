//! A line's artifacts in a temporary folder, of one model and true to one another, until a test
//! spoils them.

use std::path::Path;
use std::process::{Command, Output};

use yard_cli::files;
use yard_contract::{
    Algorithm, Answer, Artifact, Baseline, Binary, BinaryEvaluation, ByTask, CategoryShare,
    Champion, CheapestThreshold, Classes, ColumnSummary, Confusion, Curves, DataReport, Document,
    Environment, Estimate, Evaluation, Feature, FeatureProfile, FeatureType, Finite, Gate, Golden,
    Importance, Input, ManifestFile, Producer, Profile, ReliabilityBin, RuleResult, Run, Scalar,
    Sha256, Signature, SliceResult, Split, SplitMethod, SplitPart, ThresholdInterval, Verdict,
};
use yard_model::GraphBuilder;

/// A folder in which the whole line has run.
pub(crate) struct Line {
    folder: tempfile::TempDir,
    onnx: Sha256,
}

pub(crate) fn finite(value: f64) -> Finite {
    Finite::new(value).unwrap()
}

/// A value with an interval of ±0.02.
pub(crate) fn estimate(value: f64) -> Estimate {
    Estimate {
        value: finite(value),
        low: Finite::new(value - 0.02),
        high: Finite::new(value + 0.02),
        interval: Some("delong 95%".to_owned()),
    }
}

impl Line {
    /// Artifacts as the tools write them for a first model, and the example's configuration.
    pub(crate) fn new() -> Self {
        Self::of(signature())
    }

    /// The same of a model that takes and answers what a signature says.
    pub(crate) fn of(signature: Signature) -> Self {
        let graph = graph(&signature);
        let onnx = Sha256::of(&graph);
        let line = Self {
            folder: tempfile::tempdir().unwrap(),
            onnx,
        };
        let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs/card.yaml");
        line.write("configs/card.yaml", &std::fs::read(config).unwrap());

        line.write("out/model/model.onnx", &graph);
        let table = Input::new("table", "data/training.csv", Sha256::of(b"the table"));
        let config = |tool: &str| {
            let path = format!("configs/{tool}.yaml");
            Input::new("config", &path, Sha256::of(path.as_bytes()))
        };
        let from_table = vec![table.clone(), config("train")];
        let of_model = vec![Input::new("model", "model.onnx", onnx)];
        let mut folder = vec![ManifestFile {
            path: "model.onnx".to_owned(),
            size: graph.len() as u64,
            sha256: onnx,
        }];
        let mut file = |name: &str, sha256| {
            folder.push(ManifestFile {
                path: name.to_owned(),
                size: 0,
                sha256,
            });
        };
        file(
            "signature.json",
            line.artifact(
                "out/model/signature.json",
                "train",
                of_model.clone(),
                signature,
            ),
        );
        file(
            "profile.json",
            line.artifact(
                "out/model/profile.json",
                "train",
                from_table.clone(),
                profile(),
            ),
        );
        let golden = Golden {
            tolerance: finite(1e-6),
            rows: Vec::new(),
        };
        file(
            "golden.json",
            line.artifact("out/model/golden.json", "train", of_model, golden),
        );
        let run = line.artifact(
            "out/model/run.json",
            "train",
            from_table.clone(),
            run(folder),
        );
        let split = line.artifact("out/split.json", "train", from_table, split());
        let check = vec![table, config("data")];
        line.artifact("out/data-report.json", "data-check", check, data_report());
        let scored = vec![
            Input::new("model", "out/model/model.onnx", onnx),
            Input::new("run", "out/model/run.json", run),
            Input::new("split", "out/split.json", split),
            Input::new("table", "out/holdout.csv", Sha256::of(b"the holdout")),
        ];
        let evaluation =
            line.artifact("out/evaluation.json", "eval-gate", scored, evaluation(onnx));
        line.gate(evaluation, onnx);
        line
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The digest of `model.onnx`.
    pub(crate) fn onnx(&self) -> Sha256 {
        self.onnx
    }

    /// Writes a file.
    pub(crate) fn write(&self, path: &str, bytes: &[u8]) -> Sha256 {
        files::write(&self.path().join(path), bytes).unwrap()
    }

    /// Reads a file, as text.
    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path().join(path)).unwrap()
    }

    /// The card.
    pub(crate) fn card(&self) -> String {
        self.read("out/model_card.md")
    }

    /// Writes an artifact.
    pub(crate) fn artifact<T: Artifact>(
        &self,
        path: &str,
        tool: &str,
        inputs: Vec<Input>,
        body: T,
    ) -> Sha256 {
        let document = Document::new(Producer::new(tool, "0.1.0"), inputs, body);
        self.write(path, &document.to_bytes())
    }

    /// Changes an artifact where it lies; whatever names its digest does not follow.
    pub(crate) fn edit<T: Artifact>(
        &self,
        path: &str,
        change: impl FnOnce(&mut Document<T>),
    ) -> Sha256 {
        let mut document = Document::parse(self.read(path).as_bytes()).unwrap();
        change(&mut document);
        self.write(path, &document.to_bytes())
    }

    /// Changes the evaluation, and has the gate judge the changed one.
    pub(crate) fn evaluate(&self, change: impl FnOnce(&mut Evaluation)) {
        let digest =
            self.edit::<Evaluation>("out/evaluation.json", |document| change(&mut document.body));
        self.gate(digest, self.onnx);
    }

    /// Makes the model one that another program fitted, as `train adopt` leaves it: no configuration,
    /// no importance, and nobody knows how the rows were divided.
    pub(crate) fn adopt(&self) {
        let run = self.edit::<Run>("out/model/run.json", |run| {
            let table = run.header.inputs[0].clone();
            let file = Input::new("onnx", "fitted/churn.onnx", Sha256::of(b"their graph"));
            run.header.inputs = vec![file, table];
            run.body.algorithm = Algorithm::Adopted;
            run.body.importance.clear();
            run.body.parameters = [
                ("producer".to_owned(), Scalar::from("skl2onnx 1.20.0")),
                (
                    "features".to_owned(),
                    Scalar::from("income_monthly,external_score"),
                ),
            ]
            .into();
        });
        std::fs::remove_file(self.path().join("out/split.json")).unwrap();
        self.evaluate_again(run, |inputs| inputs.retain(|input| input.kind != "split"));
    }

    /// Makes the model one that a command fitted, as `train run` leaves it.
    pub(crate) fn bring(&self) {
        let run = self.edit::<Run>("out/model/run.json", |run| {
            let file = |kind, path: &str| Input::new(kind, path, Sha256::of(path.as_bytes()));
            let given = [file("code", "fit.py"), file("vocabulary", "data/words.txt")];
            run.header.inputs.extend(given);
            run.body.algorithm = Algorithm::Command;
            run.body.importance.clear();
            run.body.parameters = [
                ("producer", Scalar::from("skl2onnx 1.20.0")),
                (
                    "command",
                    Scalar::from("python fit.py --token=\"${HF_TOKEN}\""),
                ),
                ("classes", Scalar::from("0,1")),
                ("pass", Scalar::from("HF_TOKEN")),
                ("max_seconds", Scalar::number(60.0)),
            ]
            .map(|(name, value)| (name.to_owned(), value))
            .into();
        });
        self.evaluate_again(run, |_| ());
    }

    /// The evaluation of a model whose `run.json` has changed, judged.
    fn evaluate_again(&self, run: Sha256, change: impl FnOnce(&mut Vec<Input>)) {
        let evaluation = self.edit::<Evaluation>("out/evaluation.json", |document| {
            let inputs = &mut document.header.inputs;
            change(inputs);
            for input in inputs.iter_mut().filter(|input| input.kind == "run") {
                input.sha256 = run;
            }
        });
        self.gate(evaluation, self.onnx);
    }

    /// Has the gate judge an evaluation.
    pub(crate) fn gate(&self, evaluation: Sha256, onnx: Sha256) {
        let inputs = vec![
            Input::new("evaluation", "out/evaluation.json", evaluation),
            Input::new(
                "config",
                "configs/gate.yaml",
                Sha256::of(b"configs/gate.yaml"),
            ),
        ];
        self.artifact("out/gate.json", "eval-gate", inputs, gate(onnx));
    }

    /// Runs the tool in the folder, in an environment of its own.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_model-card"));
        command
            .env_clear()
            .current_dir(self.path())
            .args(["--model", "out/model"]);
        command
    }

    /// Runs the tool and answers exit code, stdout and stderr.
    pub(crate) fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let Output {
            status,
            stdout,
            stderr,
        } = self.command().args(arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (status.code().unwrap(), text(stdout), text(stderr))
    }
}

/// The smallest graph that takes and answers what a signature says.
fn graph(signature: &Signature) -> Vec<u8> {
    let mut graph = GraphBuilder::new("line", "trainyard", "0.1.0");
    let mut columns = Vec::new();
    for feature in &signature.features {
        columns.push(match feature.r#type {
            FeatureType::Number => graph.input_number(&feature.name).unwrap(),
            FeatureType::Category => {
                let text = graph.input_text(&feature.name).unwrap();
                graph.one_hot(&text, &feature.categories).unwrap()
            }
        });
    }
    let joined = graph.concat(&columns.iter().collect::<Vec<_>>()).unwrap();
    let width = joined.width();
    let mut score = |outputs: usize| {
        graph
            .linear_multi(&joined, &vec![0.5; width * outputs], &vec![0.0; outputs])
            .unwrap()
    };
    match &signature.answer {
        Answer::Binary(binary) => {
            let margin = score(1);
            let probabilities = graph.binary_probabilities(&margin).unwrap();
            graph.output(&binary.probabilities, &probabilities).unwrap();
        }
        Answer::Multiclass(several) => {
            let margins = score(several.classes.len());
            let probabilities = graph.softmax(&margins);
            graph
                .output(&several.probabilities, &probabilities)
                .unwrap();
        }
        Answer::Regression(number) => {
            let value = score(1);
            graph.output(&number.value, &value).unwrap();
        }
    }
    graph.finish(&[]).unwrap()
}

/// What the line's model takes and answers.
pub(crate) fn signature() -> Signature {
    let number = |name: &str, nullable, min, max| Feature {
        name: name.to_owned(),
        r#type: FeatureType::Number,
        nullable,
        min: Finite::new(min),
        max: Finite::new(max),
        categories: Vec::new(),
    };
    Signature {
        target: "defaulted".to_owned(),
        answer: Answer::Binary(Binary {
            classes: Classes {
                negative: "0".to_owned(),
                positive: "1".to_owned(),
            },
            probabilities: "probabilities".to_owned(),
            margin: None,
            threshold: finite(0.2),
        }),
        features: vec![
            number("income_monthly", false, 200.0, 48_230.0),
            number("external_score", true, 0.0, 0.987),
            Feature {
                name: "region".to_owned(),
                r#type: FeatureType::Category,
                nullable: false,
                min: None,
                max: None,
                categories: ["capital", "coast", "north"].map(str::to_owned).into(),
            },
        ],
        missing: Vec::new(),
    }
}

fn profile() -> Profile {
    let feature = |name: &str, missing| FeatureProfile {
        name: name.to_owned(),
        missing_share: finite(missing),
        mean: None,
        sd: None,
        edges: Vec::new(),
        counts: Vec::new(),
        categories: Vec::new(),
    };
    let region = FeatureProfile {
        categories: vec![CategoryShare {
            value: "coast".to_owned(),
            count: 22_425,
        }],
        ..feature("region", 0.0)
    };
    Profile {
        rows: 22_425,
        target: feature("defaulted", 0.0),
        features: vec![
            feature("income_monthly", 0.0),
            feature("external_score", 0.162),
            region,
        ],
        scores: vec![feature("score", 0.0)],
    }
}

fn run(files: Vec<ManifestFile>) -> Run {
    let importance = |feature: &str, share| Importance {
        feature: feature.to_owned(),
        share: finite(share),
    };
    Run {
        algorithm: Algorithm::GradientBoosting,
        parameters: [
            ("learning_rate".to_owned(), Scalar::number(0.05)),
            ("max_depth".to_owned(), Scalar::Null),
            ("rounds".to_owned(), Scalar::number(200.0)),
        ]
        .into(),
        seed: 7,
        commit: Some("0123456789abcdef0123456789abcdef01234567".to_owned()),
        environment: Environment {
            trainyard: "0.1.0".to_owned(),
            onnx_opset: 17,
            onnx_ml_opset: 3,
            program: None,
            compiler: None,
            target: None,
        },
        rows: 22_425,
        validation_rows: None,
        history: Vec::new(),
        importance: vec![
            importance("external_score", 0.612),
            importance("income_monthly", 0.301),
        ],
        cross_validation: None,
        trivial: Vec::new(),
        suspicious: Vec::new(),
        files,
    }
}

fn split() -> Split {
    let part = |rows, positives| SplitPart {
        rows,
        positives: Some(positives),
        rows_sha256: Sha256::of(b"rows"),
        ids: None,
        ids_sha256: None,
    };
    Split {
        method: SplitMethod::Time,
        column: Some("application_month".to_owned()),
        from: Some("2025-07".to_owned()),
        held_out: Vec::new(),
        train: part(22_425, 2_063),
        holdout: part(7_575, 727),
    }
}

fn data_report() -> DataReport {
    let column = |name: &str, missing| ColumnSummary {
        name: name.to_owned(),
        r#type: None,
        missing,
        min: None,
        max: None,
        mean: None,
        values: [].into(),
    };
    DataReport {
        verdict: Verdict::Pass,
        rows: 30_000,
        unreadable_rows: 0,
        columns: vec![column("income_monthly", 0), column("external_score", 4_860)],
        broken: Vec::new(),
        findings: Vec::new(),
    }
}

fn evaluation(onnx: Sha256) -> Evaluation {
    let slice = |columns: &[(&str, &str)], rows, positives, supported, auc| SliceResult {
        columns: columns
            .iter()
            .map(|&(column, value)| (column.to_owned(), value.to_owned()))
            .collect(),
        rows,
        positives: Some(positives),
        supported,
        metrics: [("auc".to_owned(), estimate(auc))].into(),
        difference: None,
    };
    let bin = |predicted, observed, rows| ReliabilityBin {
        predicted: finite(predicted),
        observed: finite(observed),
        rows,
    };
    Evaluation {
        model_sha256: onnx,
        holdout_sha256: Sha256::of(b"holdout"),
        rows: 7_575,
        primary: "auc".to_owned(),
        metrics: [
            ("auc".to_owned(), estimate(0.781_926_535_897_932_4)),
            (
                "brier".to_owned(),
                Estimate {
                    low: None,
                    high: None,
                    interval: None,
                    ..estimate(0.075_612)
                },
            ),
            ("log_loss".to_owned(), estimate(0.262_718_28)),
        ]
        .into(),
        undefined: [("lift_at_0.001".to_owned(), "fewer than ten rows".to_owned())].into(),
        by_task: ByTask::Binary(Box::new(BinaryEvaluation {
            positives: 727,
            threshold: finite(0.2),
            confusion: Confusion {
                true_positives: 310,
                false_positives: 520,
                true_negatives: 6_328,
                false_negatives: 417,
            },
            cheapest: Some(CheapestThreshold {
                threshold: Some(finite(0.1634)),
                cost: finite(0.2871),
                interval: Some(ThresholdInterval {
                    low: Some(finite(0.1302)),
                    high: Some(finite(0.2215)),
                    method: "percentile bootstrap 95%".to_owned(),
                }),
            }),
            curves: Curves {
                reliability: vec![
                    bin(0.021, 0.0185, 2_525),
                    bin(0.06, 0.0634, 2_525),
                    bin(0.1871, 0.206, 2_525),
                ],
                ..Curves::default()
            },
        })),
        baselines: vec![
            Baseline {
                name: "prior".to_owned(),
                metrics: [
                    ("auc".to_owned(), finite(0.5)),
                    ("brier".to_owned(), finite(0.0868)),
                ]
                .into(),
            },
            Baseline {
                name: "external_score".to_owned(),
                metrics: [("auc".to_owned(), finite(0.6712))].into(),
            },
        ],
        slices: vec![
            slice(&[("region", "capital")], 2_204, 190, true, 0.798),
            slice(
                &[("region", "coast"), ("product", "point_of_sale")],
                310,
                46,
                true,
                0.513,
            ),
            slice(&[("region", "north")], 12, 1, false, 0.4),
            slice(&[("region", "south")], 1_102, 101, true, 0.775),
        ],
        weakest: Vec::new(),
        comparison: None,
        release: None,
        flips: None,
        fairness: Vec::new(),
    }
}

fn gate(onnx: Sha256) -> Gate {
    let rule = |id: &str, observed, bound, limit, message: &str| RuleResult {
        id: id.to_owned(),
        verdict: Verdict::Pass,
        observed: Finite::new(observed),
        bound: Finite::new(bound),
        limit: Finite::new(limit),
        message: message.to_owned(),
        p_value: None,
        needed: None,
    };
    Gate {
        verdict: Verdict::Pass,
        summary: "All 2 rules hold; there is no champion to compare with.".to_owned(),
        model_sha256: onnx,
        champion: Champion {
            sha256: None,
            first_model: Some("the first model of this project".to_owned()),
        },
        release: None,
        look: None,
        chains: Vec::new(),
        seed_noise: None,
        overrides: Vec::new(),
        rules: vec![
            rule(
                "floor.auc",
                0.7819,
                0.7619,
                0.7,
                "AUC is at least 0.7 with 95% confidence",
            ),
            rule(
                "slice.auc region=capital",
                0.798,
                0.778,
                0.6,
                "AUC is at least 0.6",
            ),
        ],
    }
}
