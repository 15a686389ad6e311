//! What cannot be judged.

use std::fs;
use std::process::Stdio;

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
