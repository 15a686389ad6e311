//! Reads a table on stdin and prints every metric of several classes or of a regression as one JSON
//! object.
//!
//! ```sh
//! cargo run --release -p yard-stats --example score_other < scored.csv
//! ```
//!
//! A header with `target,prediction` is a regression; one with `class,p0,p1,…` holds class numbers and
//! probabilities. Either may have `weight`. Peers' implementations check the library through this program.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write as _;
use yard_stats::Metric;
use yard_stats::multiclass::{Average, Classified};
use yard_stats::regression::Regressed;

fn main() -> anyhow::Result<()> {
    let mut columns = read(std::io::stdin().lock())?;
    let weights = columns.remove("weight");
    let report = if let Some(targets) = columns.remove("target") {
        regression(&targets, &columns["prediction"], weights.as_deref())?
    } else {
        classes(&columns, weights.as_deref())?
    };
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, &report)?;
    writeln!(out)?;
    Ok(())
}

fn read(input: impl std::io::BufRead) -> anyhow::Result<BTreeMap<String, Vec<f64>>> {
    let mut lines = input.lines();
    let header = lines.next().transpose()?.unwrap_or_default();
    let names: Vec<String> = header.split(',').map(str::to_owned).collect();
    let mut columns: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for line in lines {
        for (name, field) in names.iter().zip(line?.split(',')) {
            let column = columns.entry(name.clone()).or_default();
            column.push(field.trim().parse()?);
        }
    }
    Ok(columns)
}

fn regression(
    targets: &[f64],
    predictions: &[f64],
    weights: Option<&[f64]>,
) -> anyhow::Result<Value> {
    let rows = Regressed::new(targets, predictions, weights)?;
    Ok(json!({
        "mae": rows.mean_absolute_error(),
        "mse": rows.mean_squared_error(),
        "rmse": rows.root_mean_squared_error(),
        "mape": rows.mean_absolute_percentage_error(),
        "pinball": rows.pinball_loss(0.9),
        "median": rows.median_absolute_error(),
        "r2": number(rows.r_squared()),
        "explained": number(rows.explained_variance()),
    }))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the column holds small class numbers"
)]
fn classes(columns: &BTreeMap<String, Vec<f64>>, weights: Option<&[f64]>) -> anyhow::Result<Value> {
    let labels: Vec<usize> = columns["class"]
        .iter()
        .map(|&class| class as usize)
        .collect();
    let classes = columns.len() - 1;
    let of_class: Vec<&Vec<f64>> = (0..classes)
        .map(|class| &columns[&format!("p{class}")])
        .collect();
    let row = |row: usize| of_class.iter().map(move |column| column[row]);
    let probabilities: Vec<f64> = (0..labels.len()).flat_map(row).collect();
    let rows = Classified::new(&labels, &probabilities, classes, weights)?;
    let table = rows.table()?;
    // A row of class i that is called j costs 1 + 2i + j, and nothing where both are one.
    let cost = |(label, said): (usize, usize)| {
        if label == said {
            0.0
        } else {
            (1 + 2 * label + said) as f64
        }
    };
    let pairs = (0..classes).flat_map(|label| (0..classes).map(move |said| (label, said)));
    let costs: Vec<f64> = pairs.map(cost).collect();
    let averages = [Average::Micro, Average::Macro, Average::Weighted];
    Ok(json!({
        "log_loss": number(rows.log_loss()),
        "brier": number(rows.brier()),
        "accuracy": table.accuracy(),
        "balanced_accuracy": table.balanced_accuracy(),
        "precision": averages.map(|average| table.precision(average)),
        "recall": averages.map(|average| table.recall(average)),
        "f1": averages.map(|average| table.f1(average)),
        "matthews": number(table.matthews()),
        "kappa": number(table.kappa()),
        "top_2": rows.top_k_accuracy(2),
        "expected_cost": table.expected_cost(&costs)?,
        "ovr": [number(rows.auc_one_vs_rest(Average::Macro)?), number(rows.auc_one_vs_rest(Average::Weighted)?)],
        "ovo": [number(rows.auc_one_vs_one(Average::Macro)?), number(rows.auc_one_vs_one(Average::Weighted)?)],
    }))
}

fn number(metric: Metric) -> Value {
    match metric {
        Ok(value) => json!(value),
        Err(why) => json!({ "undefined": why.to_string() }),
    }
}
