//! When there is no card, and what is said then.

use std::process::Stdio;

use yard_contract::{DataReport, Evaluation, Explanation, Gate, Input, Run, Sha256, Split};

use crate::line::Line;

/// Runs the tool, expects no card, and answers what it said.
fn refusal(line: &Line, arguments: &[&str]) -> String {
    let (code, stdout, stderr) = line.run(arguments);
    assert_eq!((code, stdout.as_str()), (2, ""), "{stderr}");
    assert!(!line.path().join("out/model_card.md").exists());
    stderr
}

fn other() -> Sha256 {
    Sha256::of(b"something else")
}

/// Replaces the digest of an input of some kind.
fn swap(inputs: &mut [Input], kind: &str) {
    let input = inputs.iter_mut().find(|input| input.kind == kind);
    input.unwrap().sha256 = other();
}

#[test]
fn artifacts_of_another_model_or_table_are_named() {
    type Spoil = fn(&Line);
    let cases: [(Spoil, &str, &str); 9] = [
        (
            |line| line.evaluate(|evaluation| evaluation.model_sha256 = other()),
            "`out/evaluation.json` and `out/model/model.onnx`",
            "the model's digest",
        ),
        (
            |line| line.gate(other(), line.onnx()),
            "`out/gate.json` and `out/evaluation.json`",
            "the evaluation's digest",
        ),
        (
            |line| {
                line.edit::<Gate>("out/gate.json", |gate| gate.body.model_sha256 = other());
            },
            "`out/gate.json` and `out/model/model.onnx`",
            "the model's digest",
        ),
        (
            |line| {
                line.edit::<DataReport>("out/data-report.json", |it| {
                    swap(&mut it.header.inputs, "table");
                });
            },
            "`out/data-report.json` and `out/model/run.json`",
            "the table's digest",
        ),
        (
            |line| {
                line.edit::<Split>("out/split.json", |it| swap(&mut it.header.inputs, "table"));
            },
            "`out/split.json` and `out/model/run.json`",
            "the table's digest",
        ),
        (
            |line| {
                line.edit::<Split>("out/split.json", |it| swap(&mut it.header.inputs, "config"));
            },
            "`out/split.json` and `out/model/run.json`",
            "the training configuration's digest",
        ),
        (
            |line| line.explain(|explanation| explanation.model_sha256 = other()),
            "`out/explanation.json` and `out/model/model.onnx`",
            "the model's digest",
        ),
        (
            |line| {
                line.explain(|_| ());
                line.edit::<Explanation>("out/explanation.json", |it| {
                    swap(&mut it.header.inputs, "table");
                });
            },
            "`out/explanation.json` and `out/model/run.json`",
            "the table's digest",
        ),
        (
            |line| {
                line.edit::<Evaluation>("out/evaluation.json", |it| it.body.rows += 1);
            },
            "`out/gate.json` and `out/evaluation.json`",
            "the evaluation's digest",
        ),
    ];
    for (spoil, files, what) in cases {
        let line = Line::new();
        spoil(&line);
        let said = refusal(&line, &[]);
        let start = format!("error: {files} do not belong together: {what} is ");
        assert!(said.starts_with(&start), "{said}");
        assert!(said.contains("\nhint: "), "{said}");
    }
}

#[test]
fn each_file_of_the_model_folder_is_held_against_the_run() {
    for name in [
        "model.onnx",
        "signature.json",
        "profile.json",
        "golden.json",
    ] {
        let line = Line::new();
        let path = line.path().join("out/model").join(name);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes.push(b' ');
        line.write(&format!("out/model/{name}"), &bytes);
        let said = refusal(&line, &[]);
        assert!(
            said.starts_with("error: `out/model` cannot be used")
                && said.contains(&format!("`{name}` is not what `run.json` says it was")),
            "{said}"
        );
    }
    let line = Line::new();
    line.edit::<Run>("out/model/run.json", |run| drop(run.body.files.remove(1)));
    let said = refusal(&line, &[]);
    assert!(
        said.contains("`signature.json` is not what `run.json` says it was"),
        "{said}"
    );
}

#[test]
fn an_artifact_that_does_not_say_what_it_was_made_from_proves_nothing() {
    let line = Line::new();
    line.edit::<Split>("out/split.json", |split| split.header.inputs.clear());
    let said = refusal(&line, &[]);
    assert!(
        said.starts_with("error: `out/split.json` does not name a `table` among its inputs"),
        "{said}"
    );
}

#[test]
fn a_missing_or_broken_file_is_named() {
    for file in [
        "configs/card.yaml",
        "out/split.json",
        "out/evaluation.json",
        "out/gate.json",
    ] {
        let line = Line::new();
        std::fs::remove_file(line.path().join(file)).unwrap();
        assert!(refusal(&line, &[]).starts_with(&format!("error: failed to read `{file}`\n")));
        line.write(file, b"");
        assert!(refusal(&line, &[]).contains(file));
    }
    for name in [
        "run.json",
        "model.onnx",
        "signature.json",
        "profile.json",
        "golden.json",
    ] {
        let line = Line::new();
        std::fs::remove_file(line.path().join("out/model").join(name)).unwrap();
        let said = refusal(&line, &[]);
        assert!(said.contains(&format!("`{name}` is missing")), "{said}");
        line.write(&format!("out/model/{name}"), b"");
        assert!(refusal(&line, &[]).contains(&format!("`{name}`")));
    }
}

#[test]
fn what_was_named_must_be_there() {
    let line = Line::new();
    line.adopt();
    for option in ["--data-report", "--split", "--explanation"] {
        let said = refusal(&line, &[option, "out/nowhere.json"]);
        assert!(
            said.starts_with("error: failed to read `out/nowhere.json`"),
            "{said}"
        );
    }
}

#[test]
fn an_unknown_key_is_refused_with_a_suggestion() {
    let line = Line::new();
    line.write(
        "configs/card.yaml",
        b"name: m\nlimitation: [None of note]\n",
    );
    let said = refusal(&line, &[]);
    assert!(
        said.starts_with("error: configs/card.yaml:2:1: unknown field `limitation`"),
        "{said}"
    );
    assert!(said.contains("hint: did you mean `limitations`?"), "{said}");
}

#[test]
fn an_artifact_is_not_overwritten() {
    let line = Line::new();
    let before = line.read("out/gate.json");
    let said = refusal(&line, &["--out", "out/gate.json"]);
    assert!(
        said.starts_with("error: `--out` would overwrite the input `out/gate.json`"),
        "{said}"
    );
    assert_eq!(line.read("out/gate.json"), before);
}

#[test]
fn a_refusal_leaves_the_card_before_it_as_it_was() {
    let line = Line::new();
    line.run(&[]);
    let before = line.card();
    line.gate(other(), other());
    let (code, ..) = line.run(&[]);
    assert_eq!((code, line.card()), (2, before));
}

#[test]
fn a_closed_stdout_changes_no_verdict() {
    let line = Line::new();
    let mut child = line.command().stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(line.path().join("out/model_card.md").exists());
}

#[test]
fn a_defect_is_101() {
    let line = Line::new();
    let output = line
        .command()
        .env("TRAINYARD_TEST_PANIC", "true")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(101));
}

#[test]
fn a_plan_is_printed_and_nothing_written() {
    let line = Line::new();
    let (code, stdout, _) = line.run(&["--print-plan"]);
    assert_eq!(code, 0);
    assert!(stdout.contains("\"charts\": \"out/charts\""), "{stdout}");
    assert!(!line.path().join("out/model_card.md").exists());
}
