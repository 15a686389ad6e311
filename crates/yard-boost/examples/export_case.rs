//! Fits the first half of a table and writes the forest for other engines, beside our own answers.
//!
//! ```text
//! export_case TABLE OBJECTIVE FOLDER
//! ```
//!
//! `TABLE` is a file as `fit_bench` writes it; `OBJECTIVE` is `logistic`, `softmax`, `squared`, `absolute` or `poisson`. Into `FOLDER` go
//! `lightgbm.txt` (unless it cannot say the same), `xgboost.json`, `margins.bin` (`f32`, a row's
//! together) and `contributions.bin` (`f64`, of the first 100 rows).

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::ops::ControlFlow;
use std::path::Path;

use yard_boost::{Column, Dataset, Features, MISSING_CATEGORY, Objective, Params, fit};

#[path = "fit_bench/tables.rs"]
#[expect(dead_code, reason = "tables are read here, not made")]
mod tables;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [table, objective, folder] = arguments.as_slice() else {
        return Err("usage: export_case TABLE OBJECTIVE FOLDER".into());
    };
    let table = tables::Table::of(table)?;
    let (labels, columns) = table.columns.split_last().ok_or("no columns")?;
    let objective = match objective.as_str() {
        "logistic" => Objective::Logistic,
        "softmax" => Objective::Softmax { classes: 3 },
        "squared" => Objective::Squared,
        "absolute" => Objective::Absolute,
        "poisson" => Objective::Poisson,
        other => return Err(format!("no objective `{other}`").into()),
    };
    let codes: Vec<Vec<u32>> = (columns.iter())
        .map(|column| column.iter().map(|&value| code(value)).collect())
        .collect();
    let columns: Vec<Column<'_>> = (columns.iter().zip(&codes).enumerate())
        .map(
            |(index, (values, codes))| match table.categories >> index & 1 {
                0 => Column::Numbers(values),
                _ => Column::Categories(codes),
            },
        )
        .collect();
    let first = |rows: usize| -> Vec<Column<'_>> {
        let columns = columns.iter().copied();
        let part = columns.map(|column| match column {
            Column::Numbers(values) => Column::Numbers(&values[..rows]),
            Column::Categories(codes) => Column::Categories(&codes[..rows]),
        });
        part.collect()
    };
    let half = first(labels.len() / 2);
    let data = Dataset::new(Features::mixed(&half)?, &labels[..labels.len() / 2])?;
    let params = Params {
        rounds: 20,
        ..Params::new(objective)
    };
    let ensemble = fit(&data, None, &params, &mut |_| ControlFlow::Continue(()))?.ensemble;
    let write = |name: &str, bytes: &[u8]| -> Result<(), Box<dyn Error>> {
        let mut file = BufWriter::new(File::create(Path::new(folder).join(name))?);
        file.write_all(bytes)?;
        Ok(file.flush()?)
    };
    if let Ok(text) = ensemble.to_lightgbm() {
        write("lightgbm.txt", text.as_bytes())?;
    }
    write("xgboost.json", ensemble.to_xgboost().as_bytes())?;
    let margins = ensemble.predict_margins(Features::mixed(&columns)?)?;
    let margins: Vec<u8> = margins.iter().flat_map(|m| m.to_le_bytes()).collect();
    write("margins.bin", &margins)?;
    let contributions = ensemble.contributions(Features::mixed(&first(100))?)?;
    let contributions: Vec<u8> = contributions.iter().flat_map(|c| c.to_le_bytes()).collect();
    write("contributions.bin", &contributions)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "codes are small whole numbers"
)]
fn code(value: f32) -> u32 {
    if value.is_nan() {
        MISSING_CATEGORY
    } else {
        value as u32
    }
}
