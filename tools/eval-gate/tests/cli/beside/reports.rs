//! What other tools found.

use yard_contract::{
    DataReport, Document, DriftReport, Finite, Input, Measurement, Run, Sha256, SmokeReport,
    Verdict,
};

use super::rule;
use crate::project::{FIRST, Project};

fn smoke(verdict: Verdict, model: &[u8]) -> SmokeReport {
    SmokeReport {
        verdict,
        model_sha256: Some(Sha256::of(model)),
        golden_rows: 1,
        checks: Vec::new(),
    }
}

fn drift(verdict: Verdict, model: &[u8]) -> DriftReport {
    DriftReport {
        verdict,
        summary: "a test".to_owned(),
        model_sha256: Sha256::of(model),
        rows: 1,
        labelled_rows: 0,
        reference_rows: 1,
        level: Finite::new(0.01).unwrap(),
        checks: Vec::new(),
        distributions: Vec::new(),
    }
}

fn of_model(bytes: &[u8]) -> Vec<Input> {
    vec![Input::new("model", "model.onnx", Sha256::of(bytes))]
}

#[test]
fn what_other_tools_found_is_judged_and_never_missing() {
    let config = "rules:\n  model_bytes: {at_most: 5000}\n  \
                  measured: {smoke-test.milliseconds.p99: {at_most: 5}}\n  \
                  reports: {smoke-report: warning, drift-report: pass}\n";
    let project = Project::new(200, 1.0, config);
    let evidence = ["--evidence", "smoke.json", "drift.json", "times.json"];
    let onnx = project.file("model/model.onnx");
    let measure = |p99: f64| {
        let body = Measurement {
            of: "smoke-test".to_owned(),
            seconds: [].into(),
            milliseconds: [("p99".to_owned(), Finite::new(p99).unwrap())].into(),
            bytes: [].into(),
        };
        project.artifact("times.json", of_model(&onnx), body);
    };
    let drift = |verdict| project.artifact("drift.json", Vec::new(), drift(verdict, &onnx));
    measure(4.8125);
    drift(Verdict::Pass);
    project.artifact("smoke.json", Vec::new(), smoke(Verdict::Warning, &onnx));
    project.judged(&[&FIRST, &evidence], 0);
    let gate = String::from_utf8(project.file("out/gate.json")).unwrap();
    // What a clock measured is for people; what enters a package says only that it keeps to the limit.
    assert!(!gate.contains("4.8125"), "{gate}");
    assert!(
        String::from_utf8(project.file("out/report.html"))
            .unwrap()
            .contains("4.8125")
    );
    assert!(gate.contains("drift-report") && gate.contains("smoke-report"));

    for (measured, drifted, code, broken) in [
        (
            5.1,
            Verdict::Pass,
            1,
            "measured.smoke-test.milliseconds.p99",
        ),
        (4.0, Verdict::Warning, 1, "reports.drift-report"),
        (4.0, Verdict::Inconclusive, 4, "reports.drift-report"),
    ] {
        measure(measured);
        drift(drifted);
        let rules = project.judged(&[&FIRST, &evidence], code);
        assert!(rule(&rules, broken).verdict > Verdict::Warning);
    }
    drift(Verdict::Pass);
    for missing in 0..3 {
        let mut given = evidence.to_vec();
        given.remove(1 + missing);
        project.refused(&[&FIRST, &given], "needs ");
    }
    project.artifact(
        "smoke.json",
        Vec::new(),
        smoke(Verdict::Pass, b"another model"),
    );
    project.refused(&[&FIRST, &evidence], "`smoke.json` is about another model");
    project.put("smoke.json", "");
    project.refused(&[&FIRST, &evidence], "cannot use `smoke.json`");
    let twice = ["--evidence", "times.json", "times.json"];
    project.refused(&[&FIRST, &twice], "was measured twice");

    project.put("configs/gate.yaml", "rules: {model_bytes: {at_most: 10}}\n");
    let rules = project.judged(&[&FIRST], 1);
    assert_eq!(
        rule(&rules, "model_bytes").observed,
        Finite::new(onnx.len() as f64)
    );
    for wrong in ["{}", "{at_least: 2, at_most: 1}"] {
        project.put(
            "configs/gate.yaml",
            &format!("rules: {{model_bytes: {wrong}}}\n"),
        );
        project.refused(&[&FIRST], "has no limit, or limits that cross");
    }
}

/// Each kind of evidence about another model, about nobody knows which, or from a later version is none.
#[test]
fn evidence_of_another_model_or_of_none_is_refused_by_name() {
    let config = "rules:\n  measured: {smoke-test.milliseconds.p99: {at_most: 5}}\n  \
                  reports: {drift-report: pass, audit: pass}\n";
    let project = Project::new(200, 1.0, config);
    let onnx = project.file("model/model.onnx");
    let measure = |inputs| {
        let body = Measurement {
            of: "smoke-test".to_owned(),
            seconds: [].into(),
            milliseconds: [("p99".to_owned(), Finite::new(4.0).unwrap())].into(),
            bytes: [].into(),
        };
        project.artifact("times.json", inputs, body);
    };
    // What a team's own tool says: any kind, with the digest of the model.
    let audit = |of: &str| {
        let text = format!(
            "{{\"kind\": \"audit\", \"version\": \"1.0\", \"produced_by\": {{\"tool\": \"t\", \
             \"version\": \"1\"}}, \"inputs\": [], \"verdict\": \"pass\"{of}}}"
        );
        project.put("audit.json", &text);
    };
    let bound = format!(", \"model_sha256\": \"{}\"", Sha256::of(&onnx));
    let sound = || {
        measure(of_model(&onnx));
        project.artifact("drift.json", Vec::new(), drift(Verdict::Pass, &onnx));
        audit(&bound);
    };
    let evidence = ["--evidence", "times.json", "drift.json", "audit.json"];
    sound();
    project.judged(&[&FIRST, &evidence], 0);
    let other = drift(Verdict::Pass, b"another model");
    project.artifact("drift.json", Vec::new(), other);
    project.refused(&[&FIRST, &evidence], "`drift.json` is about another model");
    sound();
    let text = String::from_utf8(project.file("drift.json")).unwrap();
    project.put("drift.json", &text.replace("\"1.0\"", "\"2.0\""));
    project.refused(&[&FIRST, &evidence], "cannot be read by this version");
    project.put("drift.json", &text.replace("\"pass\"", "\"fine\""));
    project.refused(&[&FIRST, &evidence], "malformed `drift-report` artifact");
    sound();
    measure(of_model(b"another model"));
    project.refused(&[&FIRST, &evidence], "`times.json` is about another model");
    measure(Vec::new());
    project.refused(
        &[&FIRST, &evidence],
        "`times.json` does not say which model",
    );
    sound();
    audit("");
    project.refused(
        &[&FIRST, &evidence],
        "`audit.json` does not say which model",
    );
    audit(&bound.replace("model_sha256", "verdict_2"));
    project.refused(
        &[&FIRST, &evidence],
        "`audit.json` does not say which model",
    );
}

#[test]
fn a_data_report_of_another_table_is_no_evidence() {
    let config = "at_least: {auc: 0.5}\nrules: {reports: {data-report: pass}}\n";
    let project = Project::new(600, 1.0, config);
    let table = |bytes: &[u8]| vec![Input::new("table", "data.csv", Sha256::of(bytes))];
    let run = Document::<Run>::parse(&project.file("model/run.json")).unwrap();
    project.artifact("model/run.json", table(b"trained on"), run.body);
    let report = |verdict: Verdict| DataReport {
        verdict,
        rows: 600,
        unreadable_rows: 0,
        columns: Vec::new(),
        broken: Vec::new(),
        findings: Vec::new(),
    };
    let evidence = ["--evidence", "data-report.json"];
    for (verdict, code) in [
        (Verdict::Pass, 0),
        (Verdict::Warning, 1),
        (Verdict::Fail, 1),
    ] {
        project.artifact("data-report.json", table(b"trained on"), report(verdict));
        project.judged(&[&FIRST, &evidence], code);
    }
    project.artifact("data-report.json", Vec::new(), report(Verdict::Pass));
    project.refused(&[&FIRST, &evidence], "does not say which table");
    project.artifact("data-report.json", table(b"another"), report(Verdict::Pass));
    project.refused(
        &[&FIRST, &evidence],
        "`data-report.json` is about another table",
    );
}
