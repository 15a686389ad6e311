//! What `train --explanation` says of models, by scikit-learn and shap.

use std::ffi::OsStr;
use std::fs;

use anyhow::{Result, ensure};
use e2e::{Yard, compare_with};

const BINARY: &str = "task: binary\ntarget: {column: defaulted, positive: \"1\"}\n";
const SEVERAL: &str = "task: multiclass\ntarget: {column: housing}\n";
const NUMBER: &str = "task: regression\ntarget: {column: annuity}\n";
const NUMBERS: &str = "[amount_requested, income_monthly, days_employed, external_score]";

/// Name, target, categories, algorithm, and whether shap can explain the trees: by hessians, as it reads
/// them of XGBoost's files, a row is a row only where its hessian is 1.
const MODELS: [(&str, &str, &str, &str, bool); 5] = [
    (
        "boosted",
        NUMBER,
        "[product, region]",
        "gradient-boosting",
        true,
    ),
    (
        "classes",
        SEVERAL,
        "[product, region]",
        "gradient-boosting",
        false,
    ),
    (
        "binary",
        BINARY,
        "[product, region]",
        "gradient-boosting",
        false,
    ),
    ("linear", NUMBER, "[]", "linear-regression", false),
    ("forest", BINARY, "[]", "random-forest", false),
];

#[test]
fn scikit_learn_and_shap_explain_as_we_do() -> Result<()> {
    let yard = Yard::prepared()?;
    for (name, target, categories, algorithm, by_shap) in MODELS {
        let (config, model) = (
            format!("explained/{name}.yaml"),
            format!("explained/{name}"),
        );
        let features = format!("features: {{numbers: {NUMBERS}, categories: {categories}}}\n");
        let rest = "split: {method: random, holdout_share: 0.25}\nseed: 11\n\
                    gradient_boosting: {rounds: 40, categories: ranked}\nrandom_forest: {trees: 30}\n";
        // Several classes are native, whatever is said.
        let rest = if name == "classes" {
            rest.replace(", categories: ranked", "")
        } else {
            rest.to_owned()
        };
        yard.write(
            &config,
            format!("{target}{features}{rest}algorithm: {algorithm}\n"),
        )?;
        let (rows, explanation) = (
            format!("explained/{name}.csv"),
            format!("explained/{name}.explanation.json"),
        );
        let ran = yard.stage(
            "train",
            &[
                "--config",
                &config,
                "--model",
                &model,
                "--holdout",
                &rows,
                "--explanation",
                &explanation,
                "--explanation-repeats",
                "60",
            ],
        )?;
        ensure!(ran.code == Some(0), "{name}: {ran:?}");
        if by_shap {
            let out = format!("explained/{name}.xgboost.json");
            let ran = yard.run(
                "train",
                &[
                    "export", "--data", "data.csv", "--config", &config, "--model", &model, "--to",
                    "xgboost", "--out", &out,
                ],
            )?;
            ensure!(ran.code == Some(0), "{name}: {ran:?}");
            yard.write(format!("explained/{name}.legend"), &ran.stdout)?;
        }
    }
    let folder = fs::canonicalize(yard.path().join("explained"))?;
    let arguments: [&OsStr; 1] = [folder.as_os_str()];
    let Some(said) = compare_with(&["boost"], "tests/peers/explained.py", &arguments)? else {
        return Ok(());
    };
    for (what, least) in [
        ("permutation importance", 2 * MODELS.len()),
        ("partial dependence", 3 * MODELS.len()),
        ("shap", 1),
    ] {
        let found = said.lines().filter(|line| line.contains(what)).count();
        assert!(found >= least, "{what}: {said}");
    }
    Ok(())
}
