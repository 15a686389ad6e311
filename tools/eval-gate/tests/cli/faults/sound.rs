//! A project in which nothing is spoilt.

use std::fs;

use yard_contract::{
    Artifact, DataReport, Document, DriftReport, Finite, Input, Measurement, Producer, Run, Sha256,
    SmokeReport, Split, SplitMethod, SplitPart, Verdict,
};

use super::damage::text;
use crate::project::{FIRST, Project, holdout, model, stderr};

/// A policy that asks for everything that can be given.
pub(super) const CONFIG: &str = "\
at_least: {auc: 0.5}
champion: {margins: {auc: 0.5}}
release: {margins: {auc: 0.5}, cumulative: {auc: 0.5}}
looks: {planned: 20}
rules:
  model_bytes: {at_most: 5000}
  measured: {smoke-test.milliseconds.p99: {at_most: 5}}
  reports: {smoke-report: pass, drift-report: pass, data-report: pass}
slices: {by: [[group]], min_rows: 50, min_positives: 10, auc_at_least: 0.2}
";

pub(super) const GIVEN: [&str; 24] = [
    "--champion",
    "champion",
    "--release-champion",
    "release",
    "--split",
    "split.json",
    "--ledger",
    "ledger.json",
    "--evidence",
    "smoke.json",
    "drift.json",
    "data.json",
    "times.json",
    "--retrains",
    "a.json",
    "b.json",
    "--overrides-file",
    "overrides.yaml",
    "--override",
    "at_least.auc=a test",
    "--override-author",
    "ada",
    "--today",
    "2026-03-01",
];

pub(super) fn put<T: Artifact>(project: &Project, name: &str, inputs: Vec<Input>, body: T) {
    let bytes = Document::new(Producer::new("test", "0"), inputs, body).to_bytes();
    project.put(name, text(&bytes).unwrap());
}

/// A project in which every input is given and sound, and the ledger has the merges.
pub(super) fn sound() -> Project {
    let project = Project::new(3000, 1.0, "at_least: {auc: 0.5}\n");
    let place = |name: &str| project.0.path().join(name);
    // What two retrains reach on the same rows.
    for (name, weight) in [("a.json", 0.9), ("b.json", 0.92)] {
        model(&place("model"), weight);
        let output = project.gate(&FIRST);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        fs::rename(place("out/evaluation.json"), place(name)).unwrap();
    }
    model(&place("model"), 1.0);
    model(&place("champion"), 0.95);
    model(&place("release"), 0.95);
    let table = || vec![Input::new("table", "data.csv", Sha256::of(b"table"))];
    let run = Document::<Run>::parse(&project.file("model/run.json")).unwrap();
    put(&project, "model/run.json", table(), run.body);
    let onnx = Sha256::of(&project.file("model/model.onnx"));
    let rows = holdout(3000);
    let rows = rows.split_once('\n').unwrap().1;
    let part = |sha256| SplitPart {
        rows: 3000,
        positives: None,
        rows_sha256: sha256,
        ids: None,
        ids_sha256: None,
    };
    let split = Split {
        method: SplitMethod::Random,
        column: None,
        from: None,
        held_out: Vec::new(),
        train: part(Sha256::of(b"others")),
        holdout: part(Sha256::of(rows.as_bytes())),
    };
    put(&project, "split.json", table(), split);
    let smoke = SmokeReport {
        verdict: Verdict::Pass,
        model_sha256: Some(onnx),
        golden_rows: 1,
        checks: Vec::new(),
    };
    put(&project, "smoke.json", Vec::new(), smoke);
    let drift = DriftReport {
        verdict: Verdict::Pass,
        summary: "a test".to_owned(),
        model_sha256: onnx,
        rows: 1,
        labelled_rows: 0,
        reference_rows: 1,
        level: Finite::new(0.01).unwrap(),
        checks: Vec::new(),
        distributions: Vec::new(),
    };
    put(&project, "drift.json", Vec::new(), drift);
    let data = DataReport {
        verdict: Verdict::Pass,
        rows: 3000,
        unreadable_rows: 0,
        columns: Vec::new(),
        broken: Vec::new(),
        findings: Vec::new(),
    };
    put(&project, "data.json", table(), data);
    let times = Measurement {
        of: "smoke-test".to_owned(),
        seconds: [].into(),
        milliseconds: [("p99".to_owned(), Finite::new(4.0).unwrap())].into(),
        bytes: [].into(),
    };
    let of_model = vec![Input::new("model", "model.onnx", onnx)];
    put(&project, "times.json", of_model, times);
    let overrides =
        "overrides:\n- {rule: champion.auc, reason: r, author: ada, expires: 2026-12-31}\n";
    project.put("overrides.yaml", overrides);
    // The release was merged once: the ledger begins with it.
    project.put("configs/gate.yaml", CONFIG);
    let mut first = GIVEN.to_vec();
    first[6] = "--new-ledger";
    first[7] = "a test";
    first.extend(["--ledger-out", "ledger.json"]);
    let output = project.gate(&first);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    project
}
