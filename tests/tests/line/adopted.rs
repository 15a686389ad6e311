//! Models that scikit-learn, LightGBM and XGBoost fitted and exported, through the line: adopted, scored,
//! compared row by row with ONNX Runtime on the exporter's own file.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use e2e::{Ran, Yard, command, compare, compare_with, tools, variable};

/// Adopts and scores what a script has made; its names.
fn scored(yard: &Yard, folder: &str) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(yard.path().join(folder))? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "args")
        {
            let stem = path.file_stem().context("a name")?;
            names.push(stem.to_string_lossy().into_owned());
        }
    }
    for name in &names {
        let at = |ending: &str| format!("{folder}/{name}.{ending}");
        let arguments = String::from_utf8(yard.read(at("args"))?)?;
        let (onnx, data, model, scored) = (at("onnx"), at("csv"), at("model"), at("scored.csv"));
        let mut words = vec!["adopt", &onnx, "--data", &data, "--model", &model];
        words.extend(arguments.split(' '));
        let ran = yard.run("train", &words)?;
        assert_eq!(ran.code, Some(0), "{name}: {ran:?}");
        let words = [
            "--package",
            &model,
            "--data",
            &data,
            "--out",
            &scored,
            "--report",
            "out/b.json",
        ];
        let ran = yard.run("batch-predict", &words)?;
        assert_eq!(ran.code, Some(0), "{name}: {ran:?}");
    }
    Ok(names)
}

/// Runs the commands that the card ends with, as a reader would: they must find and make what they say.
/// `path` holds more programs.
pub(crate) fn reproduced(yard: &Yard, path: Option<&Path>) -> Result<()> {
    let card = String::from_utf8(yard.read("out/model_card.md")?)?;
    let (_, after) = card
        .split_once("## How to reproduce")
        .context("the section")?;
    let commands = after.split("```").nth(1).context("a block")?;
    let (_, commands) = commands.split_once('\n').context("a first line")?;
    let again = yard.path().join("again");
    if again.exists() {
        fs::remove_dir_all(&again)?;
    }
    let tools = tools()?;
    let folders = path.into_iter().chain([tools.as_path()]);
    let folders = folders.map(|folder| folder.display().to_string());
    let mut shell = command("sh");
    let around = variable("PATH").unwrap_or_default();
    let places: Vec<String> = folders.chain([around]).collect();
    shell.args(["-e", "-c", commands]).current_dir(yard.path());
    Ran::of(shell.env("PATH", places.join(":")))?.assert_code(0);
    Ok(())
}

#[test]
fn what_another_program_fitted_answers_the_same_once_adopted() -> Result<()> {
    let yard = Yard::prepared()?;
    let folder = yard.path().join("adopt");
    fs::create_dir_all(&folder)?;
    let script = "tests/peers/adopt.py";
    if compare(script, &[OsStr::new("make"), folder.as_os_str()])?.is_none() {
        return Ok(());
    }
    let names = scored(&yard, "adopt")?;
    assert_eq!(names.len(), 5, "{names:?}");
    let said = compare(script, &[OsStr::new("check"), folder.as_os_str()])?;
    assert_eq!(said.context("the script said")?.lines().count(), 5);

    // The card's commands adopt the file again as they are printed.
    for name in ["out/data-report.json", "out/split.json"] {
        fs::remove_file(yard.path().join(name))?;
    }
    for (name, rule) in [
        ("turned", "at_least: {auc: 0.5}"),
        ("forest", "at_most: {log_loss: 10}"),
        ("boosted", "at_most: {rmse: 10}"),
    ] {
        let (data, model) = (format!("adopt/{name}.csv"), format!("adopt/{name}.model"));
        yard.write("adopt/gate.yaml", rule)?;
        let words = ["--model", &model, "--holdout", &data];
        let words = [&words[..], &["--config", "adopt/gate.yaml"]].concat();
        yard.stage("eval-gate", &words)?.assert_code(0);
        let words = "--evaluation out/evaluation.json --gate out/gate.json --config configs/card.yaml --out out/model_card.md --model";
        let words: Vec<&str> = words.split(' ').chain([model.as_str()]).collect();
        yard.run("model-card", &words)?.assert_code(0);
        reproduced(&yard, None)?;
    }

    // What can go wrong names what to do.
    for (words, wanted) in [
        (
            "adopt adopt/forest.csv --data adopt/forest.csv --target kind",
            "not an ONNX model",
        ),
        (
            "adopt adopt/forest.onnx --data adopt/pipeline.csv --target left",
            "side by side",
        ),
        (
            "adopt adopt/pipeline.onnx --data adopt/pipeline.csv --target left",
            "--positive",
        ),
        (
            "adopt adopt/pipeline.onnx --data adopt/forest.csv --target kind --positive yes",
            "region",
        ),
        (
            "adopt adopt/forest.onnx --data adopt/forest.csv --target kind --classes a,b",
            "3 probabilities",
        ),
    ] {
        let ran = yard.run("train", &words.split(' ').collect::<Vec<_>>())?;
        assert_eq!(ran.code, Some(2), "{words}: {ran:?}");
        assert!(ran.stderr.contains(wanted), "{words}: {ran:?}");
    }
    Ok(())
}

#[test]
fn what_lightgbm_and_xgboost_export_answers_the_same_once_adopted() -> Result<()> {
    let yard = Yard::prepared()?;
    let folder = yard.path().join("adopt");
    fs::create_dir_all(&folder)?;
    let script = "tests/peers/adopt_boosted.py";
    let words = |what| [OsStr::new(what), folder.as_os_str()];
    if compare_with(&["boost"], script, &words("make"))?.is_none() {
        return Ok(());
    }
    let names = scored(&yard, "adopt")?;
    assert_eq!(names.len(), 7, "{names:?}");
    let said = compare_with(&["boost"], script, &words("check"))?;
    assert_eq!(said.context("the script said")?.lines().count(), 7);
    Ok(())
}
