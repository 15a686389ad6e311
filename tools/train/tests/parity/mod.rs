//! Whether what is shipped answers what was fitted: what is compared, written and taken back.

use std::fs;

use yard_contract::{Document, Parity, Precision, Split, Verdict};
use yard_model::Model;
use yard_package::{Limits, Package};

use super::{CONFIG, Project, several, stderr, table};

const ASKED: [&str; 2] = ["--parity", "out/parity.json"];
const BOTH: [&str; 4] = ["--parity", "out/parity.json", "--quantize", "int8"];

/// Every algorithm of every task.
fn fits() -> Vec<(&'static str, String)> {
    let logistic = CONFIG.replace("gradient-boosting\n", "logistic-regression\n");
    let ranked = CONFIG.replace("{rounds", "{categories: ranked, rounds");
    let forest = "random_forest: {trees: 20, max_leaves: 30}\n";
    let bagged = format!(
        "{}{forest}",
        CONFIG.replace("gradient-boosting\n", "random-forest\n")
    );
    let counted = several("regression", "income", "gradient-boosting");
    let counted = counted.replace("{rounds", "{objective: poisson, rounds");
    let of = |task, target, algorithm| several(task, target, algorithm) + forest;
    vec![
        ("boosted", CONFIG.to_owned()),
        ("ranked", ranked),
        ("logistic", logistic),
        ("bagged", bagged),
        ("counted", counted),
        (
            "boosted classes",
            of("multiclass", "region", "gradient-boosting"),
        ),
        (
            "logistic classes",
            of("multiclass", "region", "logistic-regression"),
        ),
        (
            "bagged classes",
            of("multiclass", "region", "random-forest"),
        ),
        (
            "boosted number",
            of("regression", "income", "gradient-boosting"),
        ),
        ("bagged number", of("regression", "income", "random-forest")),
        (
            "linear number",
            of("regression", "income", "linear-regression"),
        ),
    ]
}

fn parity(project: &Project) -> Document<Parity> {
    Document::parse(&project.file("out/parity.json")).unwrap()
}

fn loaded(project: &Project, folder: &str) -> Model {
    let path = project.0.path().join(folder);
    let package = Package::open(&path, &Limits::default()).unwrap();
    Model::load(&package, folder).unwrap()
}

#[test]
fn the_graph_of_every_algorithm_answers_what_was_fitted_on_every_row_held_out() {
    for (name, config) in fits() {
        // What the comparison costs is not what the model is.
        let config = config.replace("cross_validation: {folds: 3}\n", "");
        let project = Project::new(&table(600), &config);
        assert_eq!(project.train(&[]).status.code(), Some(0), "{name}");
        let alone = project.file("out/model/run.json");
        let output = project.train(&ASKED);
        assert_eq!(output.status.code(), Some(0), "{name}: {}", stderr(&output));
        assert!(project.file("out/model/run.json") == alone, "{name}");
        let written = project.file("out/parity.json");
        let found = parity(&project);
        let split: Document<Split> = Document::parse(&project.file("out/split.json")).unwrap();
        let body = &found.body;
        assert_eq!((body.verdict, body.rows), (Verdict::Pass, 150), "{name}");
        assert_eq!(body.rows_sha256, split.body.holdout.rows_sha256);
        let [graph] = body.comparisons.as_slice() else {
            panic!("{name}: {body:?}");
        };
        assert_eq!(
            (graph.graph, graph.against),
            (Precision::Float32, Precision::Native)
        );
        let model = loaded(&project, "out/model");
        assert_eq!(graph.model_sha256, model.sha256);
        assert_eq!(
            found.header.input("float32-model").unwrap().sha256,
            model.sha256
        );
        assert!(graph.largest.difference.get() <= 1e-6, "{name}: {graph:?}");
        assert!(graph.mean <= graph.largest.difference, "{name}: {graph:?}");
        assert_eq!(graph.rows_beyond, Some(0));
        assert!((1..=150).contains(&graph.largest.row), "{name}: {graph:?}");
        assert!(!graph.metrics.is_empty() && graph.reasons.is_empty());
        let is_number = config.starts_with("task: regression");
        assert_eq!(graph.labels.is_none(), is_number, "{name}");
        if let Some(labels) = &graph.labels {
            assert_eq!(labels.changed_outside_band, Some(0), "{name}");
        }
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            said.contains("parity: model.onnx against the fitted parts: pass, 150 rows"),
            "{said}"
        );
        project.train(&[&ASKED[..], &["--threads", "3"]].concat());
        assert!(project.file("out/parity.json") == written, "{name}");
    }
}

#[test]
fn a_graph_that_answers_otherwise_is_written_down_and_is_no_model() {
    let logistic = CONFIG.replace("gradient-boosting\n", "logistic-regression\n");
    let project = Project::new(&table(600), &logistic);
    assert_eq!(project.train(&BOTH).status.code(), Some(0));
    // No graph of single precision keeps this.
    let strict = format!("{logistic}parity: {{tolerance: 0}}\n");
    let place = project.0.path().join("configs/train.yaml");
    yard_cli::files::write(&place, strict.as_bytes()).unwrap();
    let output = project.train(&BOTH);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("rows lie further away than 0e0: row "),
        "{}",
        stderr(&output)
    );
    let found = parity(&project).body;
    let graph = &found.comparisons[0];
    assert_eq!(
        (found.verdict, graph.verdict),
        (Verdict::Fail, Verdict::Fail)
    );
    assert!(
        graph.rows_beyond.unwrap() > 0 && graph.reasons.len() == 1,
        "{graph:?}"
    );
    for folder in ["out/model", "out/model-int8"] {
        assert!(
            project.file(&format!("{folder}/run.json")).is_empty(),
            "{folder}"
        );
    }
}

#[test]
fn a_model_of_eight_bits_is_a_model_like_any_other() {
    for (name, config) in fits() {
        let config = config.replace("cross_validation: {folds: 3}\n", "");
        // It is the comparison that is looked at here, on rows that say little.
        let config = format!("{config}parity: {{metric_loss: 0.1}}\n");
        let project = Project::new(&table(600), &config);
        let output = project.train(&BOTH);
        assert_eq!(output.status.code(), Some(0), "{name}: {}", stderr(&output));
        let body = parity(&project).body;
        let [_, graph] = body.comparisons.as_slice() else {
            panic!("{name}: {body:?}");
        };
        assert_eq!(
            (graph.graph, graph.against),
            (Precision::Int8, Precision::Float32)
        );
        assert_eq!((graph.tolerance, graph.rows_beyond), (None, None));
        assert!(
            graph.largest.difference.get() > 0.0,
            "{name}: it is another model"
        );
        let (first, second) = (
            loaded(&project, "out/model"),
            loaded(&project, "out/model-int8"),
        );
        assert_eq!(graph.model_sha256, second.sha256, "{name}");
        assert_eq!(first.run_header.inputs, second.run_header.inputs[..2]);
        assert_eq!(
            second.run_header.input("float32-model").unwrap().sha256,
            first.sha256
        );
        let counted = |what: &str| match &second.run.parameters[what] {
            yard_contract::Scalar::Number(count) => count.get(),
            other => panic!("{other:?}"),
        };
        let (weights, leaves) = (counted("quantized_weights"), counted("quantized_leaves"));
        let is_linear = name.starts_with("logistic") || name.starts_with("linear");
        assert!(
            if is_linear {
                weights > 0.0
            } else {
                leaves > 0.0
            },
            "{name}"
        );
        let rows = second.golden.rows.iter().map(|row| row.features.clone());
        let answers = second
            .predictor
            .predict_rows(&rows.collect::<Vec<_>>())
            .unwrap();
        for (answer, row) in answers.rows().zip(&second.golden.rows) {
            assert!(row.difference(answer).unwrap() <= 1e-12, "{name}");
        }
    }
}

#[test]
fn a_model_of_eight_bits_that_is_worse_than_allowed_is_not_completed() {
    for limit in ["metric_loss: 0.000001", "changed_labels: 0, metric_loss: 9"] {
        let config = CONFIG.replace("cross_validation: {folds: 3}\n", "");
        let project = Project::new(&table(800), &config);
        assert_eq!(project.train(&BOTH).status.code(), Some(0));
        assert!(!project.file("out/model-int8/run.json").is_empty());
        let place = project.0.path().join("configs/train.yaml");
        let strict = format!("{config}parity: {{{limit}}}\n");
        yard_cli::files::write(&place, strict.as_bytes()).unwrap();
        let output = project.train(&BOTH);
        assert_eq!(
            output.status.code(),
            Some(1),
            "{limit}: {}",
            stderr(&output)
        );
        assert!(
            stderr(&output).contains("the graph of eight bits: "),
            "{}",
            stderr(&output)
        );
        let body = parity(&project).body;
        let verdicts: Vec<Verdict> = body.comparisons.iter().map(|own| own.verdict).collect();
        assert_eq!(verdicts, [Verdict::Pass, Verdict::Fail], "{limit}");
        // The first is as good as it was; of the second there is the graph, to look at.
        loaded(&project, "out/model");
        assert!(project.file("out/model-int8/run.json").is_empty());
        let graph = project.file("out/model-int8/model.onnx");
        let digest = yard_contract::Sha256::of(&graph);
        assert_eq!(body.comparisons[1].model_sha256, digest);
    }
}

#[test]
fn what_cannot_be_judged_is_exit_2() {
    let project = Project::new(&table(300), CONFIG);
    let output = project.train(&["--quantize", "int8"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("--parity"), "{}", stderr(&output));
    for (limits, said) in [
        ("tolerance: -1", "`parity.tolerance` is -1"),
        ("metric_loss: -0.1", "`parity.metric_loss` is -0.1"),
        ("changed_labels: 2", "`parity.changed_labels` is 2"),
        ("tolerence: 1", "unknown field `tolerence`"),
    ] {
        let config = format!("{CONFIG}parity: {{{limits}}}\n");
        let project = Project::new(&table(300), &config);
        let output = project.train(&ASKED);
        assert_eq!(output.status.code(), Some(2), "{limits}");
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
        assert!(project.file("out/parity.json").is_empty());
    }
    assert!(fs::read_dir(project.0.path().join("out")).is_err());
}
