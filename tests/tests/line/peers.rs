//! Our results by other people's programs: onnx, ONNX Runtime, scikit-learn, DVC.

use std::ffi::OsStr;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use e2e::{
    Checkout, Line, Ran, Serving, command, compare, example, example_program, python, tools,
    variable,
};
use serde_json::Value;

/// Has `tests/peers/model.py` look at a line's model; the holdout is scored by `batch-predict` and
/// by a server.
fn assert_peers_agree(line: &Line) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let scored = folder.path().join("scored.csv");
    let (model, holdout) = (line.out().join("model"), line.out().join("holdout.csv"));
    let ran = Ran::of(
        command(tools()?.join("batch-predict"))
            .args(["--keep", "none", "--package"])
            .arg(line.package())
            .arg("--data")
            .arg(&holdout)
            .arg("--out")
            .arg(&scored)
            .arg("--report")
            .arg(folder.path().join("report.json")),
    )?;
    ran.assert_code(0);
    let serving = Serving::start(&line.package())?;
    let said = compare(
        "tests/peers/model.py",
        &[
            model.as_os_str(),
            holdout.as_os_str(),
            scored.as_os_str(),
            line.out().join("evaluation.json").as_os_str(),
            OsStr::new(&serving.url),
        ],
    )?;
    if let Some(said) = said {
        ensure!(
            said.contains("serve: 7575 rows") && said.contains("18 metrics"),
            "{said}"
        );
    }
    serving.stop()?.assert_code(0);
    Ok(())
}

#[test]
fn onnx_runtime_and_scikit_learn_agree_on_gradient_boosting() -> Result<()> {
    let line = example()?;
    assert_eq!(
        line.json("model/run.json")?["algorithm"],
        "gradient-boosting"
    );
    assert_peers_agree(&line)
}

#[test]
fn onnx_runtime_and_scikit_learn_agree_on_logistic_regression() -> Result<()> {
    let checkout = Checkout::of_repository()?;
    checkout.edit("configs/train.yaml", |text| {
        text.replace(
            "algorithm: gradient-boosting",
            "algorithm: logistic-regression",
        )
    })?;
    // It is a weaker model, which is not the point here.
    checkout.edit("configs/gate.yaml", |text| {
        text.replace("auc: 0.74", "auc: 0.6")
            .replace("recall: 0.35", "recall: 0.1")
    })?;
    let line = Line::run(checkout, &[])?;
    line.ran.assert_code(0);
    assert_eq!(
        line.json("model/run.json")?["algorithm"],
        "logistic-regression"
    );
    assert_peers_agree(&line)
}

/// Our engine on random graphs of our own writer.
#[test]
fn random_graphs_answer_as_in_onnx_runtime() -> Result<()> {
    if python()?.is_none() {
        return Ok(());
    }
    let run = example_program("run")?;
    example_program("random_model")?;
    let seeds = if variable("TRAINYARD_SOAK").is_some() {
        "100"
    } else {
        "7"
    };
    let folder = run.parent().context("an example lies in a folder")?;
    let said = compare(
        "crates/yard-model/tests/onnxruntime_parity.py",
        &[folder.as_os_str(), OsStr::new(seeds)],
    )?;
    let said = said.context("there is Python")?;
    let agreed = said
        .lines()
        .filter(|line| line.starts_with("random ") && line.contains(" ok, "))
        .count();
    assert_eq!(
        agreed.to_string().parse::<u32>()?,
        4 * seeds.parse::<u32>()?,
        "{said}"
    );
    Ok(())
}

/// DVC with the tools on its search path, in a folder.
fn dvc(python: &Path, folder: &Path, words: &[&str]) -> Result<Ran> {
    let path = variable("PATH").context("there is no PATH")?;
    let mut command = command(python);
    command
        .args(["-m", "dvc"])
        .args(words)
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", tools()?.display()))
        .env("HOME", folder.join(".git"))
        .env("DVC_NO_ANALYTICS", "1");
    Ran::of(&mut command)
}

#[test]
fn dvc_drives_the_same_binaries_and_reads_the_same_metrics() -> Result<()> {
    let Some(python) = python()? else {
        return Ok(());
    };
    let checkout = Checkout::of_repository()?;
    let folder = checkout.path();
    let dvc = |words: &[&str]| dvc(&python, folder, words);
    dvc(&["init", "--quiet"])?.assert_code(0);

    let first = dvc(&["repro", "configs/dvc.yaml"])?;
    first.assert_code(0);
    for stage in ["world", "check", "train", "evaluate", "card"] {
        assert!(
            first
                .stdout
                .contains(&format!("Running stage 'configs/dvc.yaml:{stage}'")),
            "{stage}: {first:?}"
        );
    }
    let shown = dvc(&["metrics", "show", "--json", "--precision", "17"])?;
    shown.assert_code(0);
    let shown: Value = serde_json::from_str(&shown.stdout)?;
    let metrics: Value = serde_json::from_slice(&std::fs::read(folder.join("out/metrics.json"))?)?;
    assert_eq!(
        shown[""]["data"]["out/metrics.json"]["data"], metrics,
        "{shown}"
    );
    assert!(
        metrics["auc"].as_f64().is_some_and(|auc| auc > 0.7),
        "{metrics}"
    );

    let second = dvc(&["repro", "configs/dvc.yaml"])?;
    second.assert_code(0);
    assert!(!second.stdout.contains("Running stage"), "{second:?}");

    // A threshold is a parameter of the gate: nothing is trained again.
    checkout.edit("configs/gate.yaml", |text| {
        text.replace("auc: 0.74", "auc: 0.73")
    })?;
    let third = dvc(&["repro", "configs/dvc.yaml"])?;
    third.assert_code(0);
    assert!(
        third
            .stdout
            .contains("Running stage 'configs/dvc.yaml:evaluate'"),
        "{third:?}"
    );
    assert!(
        !third
            .stdout
            .contains("Running stage 'configs/dvc.yaml:train'"),
        "{third:?}"
    );
    Ok(())
}
