//! What cannot be judged.

use std::fs;
use std::process::Stdio;

use yard_contract::{Document, Input, Producer, Run, Sha256, Split, SplitMethod, SplitPart};

use crate::project::{CONFIG, FIRST, Project, stderr};

/// Whatever is missing, foreign or broken is no verdict, with a reason, and no pass.
#[test]
fn what_cannot_be_judged_is_exit_2_with_a_reason_and_no_verdict() {
    type Break = fn(&Project);
    let cases: [(&str, &str, Break); 17] = [
        (
            "`holdout.csv`, line 2, column `group`: empty, so the row has no entity",
            "at_least: {auc: 0.5}\ncluster: group\n",
            |p| p.put("holdout.csv", "x,noise,group,y\n1,1,,1\n1,2,a,0\n"),
        ),
        (
            "there is no column `customer`",
            "at_least: {auc: 0.5}\ncluster: customer\n",
            |_| (),
        ),
        (
            "`bootstrap.replicates` is 0",
            "at_least: {auc: 0.5}\nbootstrap: {replicates: 0}\n",
            |_| (),
        ),
        ("failed to read `configs/gate.yaml`", CONFIG, |p| {
            fs::remove_file(p.0.path().join("configs/gate.yaml")).unwrap();
        }),
        (
            "configs/gate.yaml:1:1: unknown field `at_lest`",
            "at_lest: {auc: 0.5}",
            |_| (),
        ),
        ("unknown variant `acu`", "at_least: {acu: 0.5}", |_| ()),
        ("the configuration has no rule", "confidence: 0.9", |_| ()),
        (
            "`confidence` is 2",
            "confidence: 2\nat_least: {auc: 0.5}",
            |_| (),
        ),
        ("configs/gate.yaml:1:", "at_least: {auc: .nan}", |_| ()),
        ("failed to read `holdout.csv`", CONFIG, |p| {
            fs::remove_file(p.0.path().join("holdout.csv")).unwrap();
        }),
        ("the table is empty", CONFIG, |p| p.put("holdout.csv", "")),
        ("a header and no rows", CONFIG, |p| {
            p.put("holdout.csv", "x,noise,group,y\n");
        }),
        ("there is no column `noise`", CONFIG, |p| {
            p.put("holdout.csv", "x,group,y\n1,a,1\n");
        }),
        ("line 3: 3 fields", CONFIG, |p| {
            p.put("holdout.csv", "x,noise,group,y\n1,1,a,1\n2,a,1\n");
        }),
        ("line 2, column `x`: `much` is not a number", CONFIG, |p| {
            p.put("holdout.csv", "x,noise,group,y\nmuch,1,a,1\n");
        }),
        (
            "line 2, column `y`: `2` is no value of the target",
            CONFIG,
            |p| {
                p.put("holdout.csv", "x,noise,group,y\n1,1,a,2\n");
            },
        ),
        (
            "`holdout.csv`: every row has the same `y`: 1",
            CONFIG,
            |p| {
                p.put("holdout.csv", "x,noise,group,y\n1,1,a,1\n2,1,a,1\n");
            },
        ),
    ];
    for (reason, config, spoil) in cases {
        let project = Project::new(200, 1.0, config);
        spoil(&project);
        let output = project.gate(&FIRST);
        assert_eq!(
            output.status.code(),
            Some(2),
            "{reason}: {}",
            stderr(&output)
        );
        assert!(
            stderr(&output).contains(reason),
            "{reason}: {}",
            stderr(&output)
        );
        assert!(project.file("out/gate.json").is_empty(), "{reason}");
    }
}

#[test]
fn neither_champion_nor_reason_is_no_silent_pass() {
    let project = Project::new(200, 1.0, CONFIG);
    for more in [
        &[][..],
        &["--first-model", ""],
        &["--first-model", "x", "--champion", "y"],
    ] {
        assert_eq!(project.gate(more).status.code(), Some(2), "{more:?}");
    }
    let no_rule = Project::new(200, 1.0, "at_least: {auc: 0.5}");
    let output = no_rule.gate(&["--champion", "model"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("no `champion` rule"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn one_changed_byte_of_any_model_file_is_refused_by_name() {
    for name in [
        "model.onnx",
        "signature.json",
        "profile.json",
        "golden.json",
    ] {
        let project = Project::new(200, 1.0, CONFIG);
        let place = project.0.path().join("model").join(name);
        let mut bytes = fs::read(&place).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        yard_cli::files::write(&place, &bytes).unwrap();
        let output = project.gate(&FIRST);
        assert_eq!(output.status.code(), Some(2), "{name}: {}", stderr(&output));
        assert!(
            stderr(&output).contains(name),
            "{name}: {}",
            stderr(&output)
        );
        assert!(project.file("out/gate.json").is_empty());
    }
}

#[test]
fn a_closed_stdout_keeps_the_verdict_a_full_one_is_no_verdict_and_a_panic_is_101() {
    let project = Project::new(6000, 1.0, CONFIG);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let status = |stdout: Stdio, more: &[&str]| {
        let mut command = project.command(&[&FIRST[..], more].concat());
        command
            .stdout(stdout)
            .stderr(Stdio::null())
            .status()
            .unwrap()
            .code()
    };
    assert_eq!(status(writer.into(), &[]), Some(1));
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    assert_eq!(status(full.into(), &[]), Some(2));
    assert_eq!(status(Stdio::null(), &["--test-panic"]), Some(101));
}

/// Whatever an earlier run said, a run that cannot judge leaves no verdict behind.
#[test]
fn no_earlier_verdict_stands_for_a_run_that_could_not_judge() {
    let verdicts = [
        "gate.json",
        "gate.junit.xml",
        "gate.codequality.json",
        "gate.openmetrics.txt",
        "gate.annotations.txt",
        "report.md",
        "report.html",
    ];
    let spoils: [(&str, &str); 2] = [
        ("holdout.csv", "x,noise,group,y\n"),
        ("configs/gate.yaml", "at_lest: {auc: 0.5}"),
    ];
    for (name, text) in spoils {
        let project = Project::new(3000, 1.0, "at_least: {auc: 0.5}");
        let plan = project.gate(&[&FIRST[..], &["--print-plan"]].concat());
        assert_eq!(plan.status.code(), Some(0));
        assert_eq!(project.gate(&FIRST).status.code(), Some(0));
        for verdict in verdicts {
            let place = project.0.path().join("out").join(verdict);
            assert!(place.exists(), "{verdict}");
        }
        // To look at the plan judges nothing, so nothing is taken back.
        project.gate(&[&FIRST[..], &["--print-plan"]].concat());
        assert!(!project.file("out/gate.json").is_empty());
        project.put(name, text);
        assert_eq!(project.gate(&FIRST).status.code(), Some(2));
        for verdict in verdicts {
            let place = project.0.path().join("out").join(verdict);
            assert!(!place.exists(), "{verdict} is left after a bad {name}");
        }
    }
}

/// The rows must be those that `split.json` says were held out, or whose digest is known.
#[test]
fn a_holdout_that_is_not_the_one_held_out_is_refused_by_digest() {
    let config = "at_least: {auc: 0.5}\n";
    let project = Project::new(3000, 1.0, config);
    let text = project.file("holdout.csv");
    let split = |text: &[u8], table: &[u8]| {
        let rows = text.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        let part = |sha256| SplitPart {
            rows: 3000,
            positives: None,
            rows_sha256: sha256,
            ids: None,
            ids_sha256: None,
        };
        let body = Split {
            method: SplitMethod::Random,
            column: None,
            from: None,
            held_out: Vec::new(),
            train: part(Sha256::of(b"others")),
            holdout: part(Sha256::of(&text[rows..])),
        };
        let inputs = vec![Input::new("table", "data.csv", Sha256::of(table))];
        let bytes = Document::new(Producer::new("test", "0"), inputs, body).to_bytes();
        project.put("split.json", std::str::from_utf8(&bytes).unwrap());
    };
    let given = [&FIRST[..], &["--split", "split.json"]].concat();
    split(&text, b"table");
    let output = project.gate(&given);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let evaluation = String::from_utf8(project.file("out/evaluation.json")).unwrap();
    assert!(evaluation.contains("\"kind\": \"split\""), "{evaluation}");
    let known = project.evaluation().holdout_sha256.to_string();
    let digest = [&FIRST[..], &["--holdout-sha256", &known]].concat();
    assert_eq!(project.gate(&digest).status.code(), Some(0));

    // One row less, one digit changed, two rows in each other's place.
    let sound = String::from_utf8(text.clone()).unwrap();
    let mut lines: Vec<&str> = sound.lines().collect();
    let fewer = lines[..3000].join("\n") + "\n";
    let digit = sound.replacen("\n1.", "\n2.", 1);
    lines.swap(1, 2);
    let swapped = lines.join("\n") + "\n";
    for other in [fewer, digit, swapped] {
        assert_ne!(other, sound);
        project.put("holdout.csv", &other);
        for given in [&given, &digest] {
            let output = project.gate(given);
            let said = stderr(&output);
            assert_eq!(output.status.code(), Some(2), "{said}");
            assert!(
                said.contains("`holdout.csv` does not have the rows that were held out"),
                "{said}"
            );
        }
        let said = stderr(&project.gate(&digest));
        assert!(said.contains(&known), "{said}");
    }
    project.put("holdout.csv", &sound);
    for (spoilt, words) in [
        (String::new(), "cannot use `split.json`"),
        (
            String::from_utf8(project.file("split.json"))
                .unwrap()
                .replace("\"split\"", "\"run\""),
            "expected an artifact of kind `split`",
        ),
    ] {
        project.put("split.json", &spoilt);
        let said = stderr(&project.gate(&given));
        assert!(said.contains(words), "{words}: {said}");
    }
    // Of the same rows, but not of the table that the model was trained on.
    split(&text, b"another table");
    let inputs = vec![Input::new("table", "data.csv", Sha256::of(b"table"))];
    let run = Document::<Run>::parse(&project.file("model/run.json")).unwrap();
    let bytes = Document::new(Producer::new("test", "0"), inputs, run.body).to_bytes();
    project.put("model/run.json", std::str::from_utf8(&bytes).unwrap());
    let said = stderr(&project.gate(&given));
    assert!(
        said.contains("`split.json` is about another table"),
        "{said}"
    );
}
