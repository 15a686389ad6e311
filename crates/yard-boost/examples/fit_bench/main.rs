//! Times one fit, for pairing with another engine on the same table.
//!
//! ```text
//! fit_bench write TABLE FILE
//! fit_bench fit TABLE [KEY=VALUE ...]
//! ```
//!
//! `TABLE` is a file, or one of these, followed by `:ROWSxCOLUMNS` if it is to have another size:
//!
//! - `continuous` (1,000,000 x 28);
//! - `discrete` (200,000 x 24, 2 to 40 values a column);
//! - `flights` (500,000 x 13, eight of them categories of 7 to 4,500 levels; always 13 columns).
//!
//! `write` makes a file that this program and numpy can read: two `u32` (rows, columns), a `u64` (bits of
//! the columns that hold categories), then columns of `f32`, all little-endian, the last column the label.
//! Labels of 0 and 1 mean log loss, whole ones up to 19 that of classes, others squared.
//!
//! The first four fifths of the rows are fitted, unless `train=ROWS` says otherwise, and the rest scored.
//! It prints the CPU and wall seconds of the fit, binning included, the peak memory above what the table
//! takes, and AUC, log loss or RMSE. The keys are in `settings.rs`.
#![expect(clippy::print_stdout, reason = "what it prints is its result")]
#![expect(clippy::float_cmp, reason = "labels are whole, ties are exact")]

mod settings;
mod tables;

use std::error::Error;
use std::fs;
use std::io::Write as _;
use std::ops::{ControlFlow, Range};
use std::time::Instant;

use yard_boost::{Column, Dataset, Features, MISSING_CATEGORY, Objective, fit};

use settings::Settings;
use tables::Table;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [verb, table, file] if verb == "write" => tables::write(file, &Table::of(table)?),
        [verb, table, pairs @ ..] if verb == "fit" => {
            measure(&Table::of(table)?, &Settings::read(pairs)?)
        }
        _ => {
            Err("usage: fit_bench write TABLE FILE, or fit_bench fit TABLE [KEY=VALUE ...]".into())
        }
    }
}

fn measure(table: &Table, settings: &Settings) -> Result<(), Box<dyn Error>> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(settings.threads)
        .build_global()?;
    let (labels, columns) = table.columns.split_last().ok_or("no columns")?;
    let rows = settings.fitted(labels.len());
    let codes: Vec<Vec<u32>> = columns
        .iter()
        .enumerate()
        .map(|(index, column)| match table.categories >> index & 1 {
            0 => Vec::new(),
            _ => column.iter().map(|&value| code(value)).collect(),
        })
        .collect();
    let part = |rows: Range<usize>| -> Vec<Column<'_>> {
        let both = columns.iter().zip(&codes);
        both.map(|(column, codes)| match codes.as_slice() {
            [] => Column::Numbers(&column[rows.clone()]),
            codes => Column::Categories(&codes[rows.clone()]),
        })
        .collect()
    };
    let (train, test) = (part(0..rows), part(rows..labels.len()));
    let objective = objective(labels);
    let params = settings.params(objective);

    let data = Dataset::new(Features::mixed(&train)?, &labels[..rows])?;
    let (memory, cpu, wall) = (status("VmRSS:")?, cpu_seconds()?, Instant::now());
    let fit = fit(&data, None, &params, &mut |_| ControlFlow::Continue(()))?;
    let (cpu, wall) = (cpu_seconds()? - cpu, wall.elapsed().as_secs_f64());
    let memory = status("VmHWM:")?.saturating_sub(memory) as f64 / 1024.0;

    let test = Dataset::new(Features::mixed(&test)?, &labels[rows..])?;
    let margins = fit.ensemble.predict_margins(test.features())?;
    if !settings.margins.is_empty() {
        let bytes: Vec<u8> = margins.iter().flat_map(|m| m.to_le_bytes()).collect();
        fs::File::create(&settings.margins)?.write_all(&bytes)?;
    }
    let (name, quality) = match objective {
        Objective::Logistic => ("auc", auc(&margins, test.labels())),
        Objective::Softmax { .. } => ("logloss", fit.ensemble.loss(&test)?),
        _ => ("rmse", rmse(&margins, test.labels())),
    };
    println!("cpu_s={cpu:.3} wall_s={wall:.3} extra_mib={memory:.1} {name}={quality:.6}");
    Ok(())
}

fn objective(labels: &[f32]) -> Objective {
    let most = labels.iter().fold(0.0, |most: f32, &y| most.max(y));
    if labels.iter().all(|&y| y == 0.0 || y == 1.0) {
        Objective::Logistic
    } else if most < 20.0 && labels.iter().all(|&y| y >= 0.0 && y.fract() == 0.0) {
        let classes = code(most) as usize + 1;
        Objective::Softmax { classes }
    } else {
        Objective::Squared
    }
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

/// CPU time of this process so far: of its threads' run times, in nanoseconds.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let mut nanoseconds = 0.0;
    for task in fs::read_dir("/proc/self/task")? {
        let stat = fs::read_to_string(task?.path().join("schedstat"))?;
        let run: f64 = stat.split_whitespace().next().ok_or("schedstat")?.parse()?;
        nanoseconds += run;
    }
    Ok(nanoseconds / 1e9)
}

/// A line of the process's status, in KiB.
fn status(name: &str) -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find(|line| line.starts_with(name))
        .ok_or("status")?;
    Ok(line.split_whitespace().nth(1).ok_or("status")?.parse()?)
}

/// Area under the ROC curve by mean ranks.
fn auc(margins: &[f32], labels: &[f32]) -> f64 {
    let mut order: Vec<usize> = (0..margins.len()).collect();
    order.sort_by(|&a, &b| margins[a].total_cmp(&margins[b]));
    let (mut below, mut pairs, mut positives) = (0.0, 0.0, 0.0);
    for ties in order.chunk_by(|&a, &b| margins[a] == margins[b]) {
        let ones = ties.iter().filter(|&&row| labels[row] == 1.0).count() as f64;
        let zeros = ties.len() as f64 - ones;
        pairs += ones * (below + zeros / 2.0);
        below += zeros;
        positives += ones;
    }
    pairs / (positives * below)
}

fn rmse(margins: &[f32], labels: &[f32]) -> f64 {
    let squares = margins
        .iter()
        .zip(labels)
        .map(|(m, y)| f64::from(m - y) * f64::from(m - y));
    libm::sqrt(squares.sum::<f64>() / margins.len() as f64)
}
