//! Trees that `train` fitted, as files of LightGBM and XGBoost, read by those.

use std::ffi::OsStr;
use std::fs;

use anyhow::{Context as _, Result, ensure};
use e2e::{Yard, compare_with};

const MIXED: &str = "\
features:
  numbers: [amount_requested, income_monthly, days_employed, external_score, bureau_overdue_days_max]
  categories: [product, region, employment]
split: {method: random, holdout_share: 0.25}
algorithm: gradient-boosting
seed: 11
";
const BINARY: &str = "target: {column: defaulted, positive: \"1\"}\n";
const SEVERAL: &str = "task: multiclass\ntarget: {column: housing}\n";
const NUMBER: &str = "task: regression\ntarget: {column: annuity}\n";
const COUNT: &str = "task: regression\ntarget: {column: dependants}\n";

/// Name, target, settings of the trees.
const MODELS: [(&str, &str, &str); 6] = [
    ("ranked", BINARY, "categories: ranked"),
    ("native", BINARY, "categories: native, min_rows_in_leaf: 3"),
    ("several", SEVERAL, "row_sample: 0.7"),
    ("squared", NUMBER, "categories: native"),
    ("absolute", NUMBER, "objective: absolute"),
    ("poisson", COUNT, "objective: poisson, categories: native"),
];

#[test]
fn lightgbm_and_xgboost_answer_with_what_train_exports() -> Result<()> {
    let yard = Yard::prepared()?;
    for (name, target, settings) in MODELS {
        let (config, model) = (format!("exports/{name}.yaml"), format!("exports/{name}"));
        let text = format!("{target}{MIXED}gradient_boosting: {{rounds: 40, {settings}}}\n");
        yard.write(&config, text)?;
        let ran = yard.stage("train", &["--config", &config, "--model", &model])?;
        ensure!(ran.code == Some(0), "{name}: {ran:?}");
        for (engine, ending) in [("lightgbm", "txt"), ("xgboost", "json")] {
            let out = format!("exports/{name}.{engine}.{ending}");
            let ran = yard.run(
                "train",
                &[
                    "export", "--data", "data.csv", "--config", &config, "--model", &model, "--to",
                    engine, "--out", &out,
                ],
            )?;
            ensure!(ran.code == Some(0), "{name}: {ran:?}");
            yard.write(format!("exports/{name}.{engine}.legend"), &ran.stdout)?;
        }
    }
    // Rows that the fit has seen, and rows of cells that it has not.
    let rows = String::from_utf8(yard.read("data.csv")?)?;
    let (header, of_table) = rows.split_once('\n').context("a header")?;
    let odd = of_table.replace(",coast,", ",nowhere,");
    let odd = odd
        .replace(",salaried,", ",,")
        .replace(",mortgage,", ",rent,");
    yard.write("exports/rows.csv", format!("{header}\n{of_table}{odd}"))?;

    let folder = yard.path().join("exports");
    let table = fs::canonicalize(folder.join("rows.csv"))?;
    let arguments: [&OsStr; 2] = [folder.as_os_str(), table.as_os_str()];
    let Some(said) = compare_with(&["boost"], "tests/peers/exports.py", &arguments)? else {
        return Ok(());
    };
    assert_eq!(said.lines().count(), 2 * MODELS.len(), "{said}");
    Ok(())
}
