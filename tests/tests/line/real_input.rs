//! The line on public tables that are not ours, with configurations that the tools wrote.
//!
//! The tables are in the folder that `TRAINYARD_SHARED` names, or in `shared/data` beside the
//! repository; they are not part of it. Figures are scikit-learn's, untuned, on the same tables.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use e2e::{Checkout, Line, Ran, command, repository, tools, variable};
use serde_json::Value;

const TOLERANCE: f64 = 0.02;

#[expect(clippy::print_stderr, reason = "a test that is skipped has to say so")]
fn table(name: &str) -> Result<Option<PathBuf>> {
    let shared = match variable("TRAINYARD_SHARED") {
        Some(folder) => PathBuf::from(folder),
        None => repository()?
            .parent()
            .context("the repository lies in a folder")?
            .join("shared/data"),
    };
    let path = shared.join(name);
    if path.is_file() {
        return Ok(Some(path));
    }
    eprintln!(
        "SKIPPED: `{}` is not here; the line was not run on it",
        path.display()
    );
    Ok(None)
}

/// `make demo DATA=… TARGET=… POSITIVE=… EXCLUDE=…`
fn run(data: &Path, target: &str, positive: &str, exclude: &str) -> Result<Line> {
    let data = data.display().to_string();
    let settings = [
        ("DATA", data.as_str()),
        ("TARGET", target),
        ("POSITIVE", positive),
        ("EXCLUDE", exclude),
    ];
    let line = Line::run(Checkout::of_repository()?, &settings)?;
    line.ran.assert_code(0);
    assert_eq!(line.json("smoke-report.json")?["verdict"], "pass");
    Ok(line)
}

fn assert_near(what: &str, found: &Value, figure: f64) {
    let found = found.as_f64().unwrap_or(f64::NAN);
    assert!(
        (found - figure).abs() <= TOLERANCE,
        "{what}: {found} is not {figure}"
    );
}

#[test]
fn the_line_runs_on_card_clients_of_taiwan() -> Result<()> {
    let Some(data) = [
        "taiwan_default/UCI_Credit_Card.csv",
        "taiwan_default/taiwan_default.csv",
    ]
    .into_iter()
    .find_map(|name| table(name).transpose())
    .transpose()?
    else {
        return Ok(());
    };
    let line = run(&data, "default.payment.next.month", "1", "ID")?;
    assert_near("holdout", &line.json("metrics.json")?["auc"], 0.7802);
    Ok(())
}

#[test]
fn the_line_runs_on_credits_of_germany() -> Result<()> {
    let Some(data) = table("german_credit/german_credit_readable.csv")? else {
        return Ok(());
    };
    let line = run(&data, "credit_risk", "0", "")?;
    let run = line.json("model/run.json")?;
    assert_eq!(
        run["cross_validation"]["folds"], 5,
        "a small table is cross-validated"
    );
    assert_near("boosting", &run["cross_validation"]["mean"], 0.7806);

    line.checkout.edit("out/configs/train.yaml", |text| {
        text.replace(
            "algorithm: gradient-boosting",
            "algorithm: logistic-regression",
        )
    })?;
    Ran::of(
        command(tools()?.join("train"))
            .arg("--data")
            .arg(&data)
            .args(["--config", "out/configs/train.yaml"])
            .current_dir(line.checkout.path()),
    )?
    .assert_code(0);
    let run = line.json("model/run.json")?;
    assert_near(
        "logistic regression",
        &run["cross_validation"]["mean"],
        0.7904,
    );
    Ok(())
}
