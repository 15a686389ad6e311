//! Models of several classes and of numbers, from the table to a smoke-tested server and a scored
//! table; ONNX Runtime and scikit-learn look at each.

use std::ffi::OsStr;

use anyhow::{Context as _, Result, ensure};
use e2e::{Serving, Yard, compare};

/// Features without missing cells, so that scikit-learn can fit the same model.
const PLAIN: &str = "features: {numbers: [amount_requested, annuity, days_birth]}\n";
const MIXED: &str = "\
features:
  numbers: [amount_requested, days_employed, external_score]
  categories: [product]
";
const ENDING: &str = "split: {method: random, holdout_share: 0.3}\nseed: 3\n";

/// A bound that any model meets: what is asked here is whether the stages take the task.
const GATES: [(&str, &str); 2] = [
    ("multiclass", "at_least: {accuracy: 0.0}\n"),
    ("regression", "at_most: {rmse: 1000000000.0}\n"),
];

/// Checks, trains, evaluates, writes the card, publishes, serves, asks and scores, and has the peers
/// look at it.
fn assert_whole_line(target: &str, features: &str, algorithm: &str) -> Result<()> {
    let yard = Yard::prepared()?;
    let config = format!("{target}{features}{algorithm}{ENDING}");
    yard.write("configs/train.yaml", &config)?;
    yard.stage("train", &[])?.assert_code(0);

    let gates = GATES.iter().find(|(task, _)| target.contains(task));
    let (task, gate) = gates.context("a task")?;
    yard.write("configs/gate.yaml", gate)?;
    for tool in ["data-check", "eval-gate", "model-card", "publish-package"] {
        yard.clear(tool)?;
        let ran = yard.stage(tool, &[])?;
        ensure!(ran.code == Some(0), "{config}: {tool}: {ran:?}");
        yard.assert_written(tool, true, &ran)?;
    }
    assert_card(&yard, task)?;

    let serving = Serving::start(&yard.path().join("out/model"))?;
    let smoke = yard.stage("smoke-test", &["--url", &serving.url])?;
    smoke.assert_code(0);
    let scored = yard.stage(
        "batch-predict",
        &["--data", "out/holdout.csv", "--keep", "none"],
    )?;
    scored.assert_code(0);

    let path = |name: &str| yard.path().join(name);
    let files = ["data.csv", "out/holdout.csv", "out/model", "out/scored.csv"].map(path);
    let mut arguments: Vec<&OsStr> = files.iter().map(|path| path.as_os_str()).collect();
    arguments.push(OsStr::new(&serving.url));
    if let Some(said) = compare("tests/peers/tasks.py", &arguments)? {
        let fitted = if features == PLAIN {
            "scikit-learn: "
        } else {
            ""
        };
        ensure!(
            said.contains("serve: ") && said.contains("batch-predict: "),
            "{config}: {said}"
        );
        ensure!(said.contains(fitted), "{config}: {said}");
    }
    serving.stop()?.assert_code(0);
    Ok(())
}

/// The card speaks of the task, and of nothing that only another one has.
fn assert_card(yard: &Yard, task: &str) -> Result<()> {
    let card = String::from_utf8(yard.read("out/model_card.md")?)?;
    let (said, silent) = match task {
        "multiclass" => (["Multi-class", "| is `capital` |"], "### Residuals"),
        _ => (["Regression", "### Residuals"], "taken for"),
    };
    for said in said {
        ensure!(card.contains(said), "{said}: {card}");
    }
    for silent in [silent, "### Calibration", "threshold"] {
        ensure!(!card.contains(silent), "{silent}: {card}");
    }
    Ok(())
}

const SEVERAL: &str = "task: multiclass\ntarget: {column: region}\n";
const NUMBER: &str = "task: regression\ntarget: {column: income_monthly}\n";

#[test]
fn several_classes_by_logistic_regression() -> Result<()> {
    let algorithm = "algorithm: logistic-regression\nlogistic_regression: {l2: 2.0}\n";
    assert_whole_line(SEVERAL, PLAIN, algorithm)?;
    assert_whole_line(
        SEVERAL,
        MIXED,
        &format!("class_weight: balanced\n{algorithm}"),
    )
}

#[test]
fn a_number_by_ridge_lasso_and_elastic_net() -> Result<()> {
    for penalty in [
        "{l2: 3.0}",
        "{l1: 5000.0, l2: 0.0}",
        "{l1: 2000.0, l2: 10.0}",
    ] {
        let algorithm = format!("algorithm: linear-regression\nlinear_regression: {penalty}\n");
        assert_whole_line(NUMBER, PLAIN, &algorithm).with_context(|| penalty.to_owned())?;
    }
    assert_whole_line(NUMBER, MIXED, "algorithm: linear-regression\n")
}

/// Everything that can stand in front of a model.
const PREPARED: &str = "\
preparation:
  impute: median
  indicator: true
  rare_below: 50
  columns:
    product: {target_mean: true}
    days_employed: {date: {written: days, parts: [year, month, day, weekday]}}
";

#[test]
fn a_number_by_what_was_prepared() -> Result<()> {
    let robust = PREPARED.replace("rare_below", "scale: robust\n  rare_below");
    let linear = format!("algorithm: linear-regression\n{robust}");
    assert_whole_line(NUMBER, MIXED, &linear)?;
    let boosted = "algorithm: gradient-boosting\ngradient_boosting: {rounds: 30, early_stopping: {rounds: 5}}\n";
    assert_whole_line(NUMBER, MIXED, &format!("{boosted}{PREPARED}"))
}

#[test]
fn a_number_and_several_classes_by_a_forest() -> Result<()> {
    let forest = "algorithm: random-forest\nrandom_forest: {trees: 20}\n";
    assert_whole_line(NUMBER, MIXED, forest)?;
    assert_whole_line(SEVERAL, MIXED, forest)
}

#[test]
fn a_number_by_gradient_boosting() -> Result<()> {
    let algorithm = "algorithm: gradient-boosting\ngradient_boosting: {rounds: 30}\n";
    assert_whole_line(NUMBER, MIXED, algorithm)
}
