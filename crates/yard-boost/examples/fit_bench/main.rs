//! Times one fit, for pairing with another engine on the same table.
//!
//! ```text
//! fit_bench TABLE GROWTH ROUNDS THREADS [DUMP]
//! ```
//!
//! `TABLE` is `continuous` (1,000,000 x 28), `discrete` (200,000 x 24, 2 to 40 values a column),
//! `flights` (500,000 x 13, eight of them categories of 7 to 4,500 levels) or a file; `GROWTH` is `leaf` (63 leaves) or `depth` (depth 6, L2 of 1). `DUMP` writes the table, as a
//! file that this program and numpy can read: three `u32` (rows, columns, bits of the columns that hold categories), then columns of `f32`, all
//! little-endian, the last column the label. Labels of 0 and 1 mean log loss, whole
//! ones up to 19 that of classes, others squared.
//!
//! The first four fifths of the rows are fitted, the rest scored. It prints the CPU and wall seconds
//! of the fit, binning included, the peak memory above what the table takes, and AUC, log loss or RMSE.
#![expect(clippy::print_stdout, reason = "what it prints is its result")]
#![expect(clippy::float_cmp, reason = "labels are whole, ties are exact")]

mod tables;

use std::error::Error;
use std::fs;
use std::ops::ControlFlow;
use std::time::Instant;

use yard_boost::{Column, Dataset, Features, Growth, MISSING_CATEGORY, Objective, Params, fit};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [table, growth, rounds, threads, dump @ ..] = arguments.as_slice() else {
        return Err("usage: fit_bench TABLE GROWTH ROUNDS THREADS [DUMP]".into());
    };
    let table = match table.as_str() {
        "continuous" => tables::continuous(1_000_000, 28),
        "discrete" => tables::discrete(200_000, 24),
        "flights" => tables::flights(500_000),
        path => tables::read(path)?,
    };
    if let [path] = dump {
        return tables::write(path, &table);
    }
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads.parse()?)
        .build_global()?;

    let rows = table.columns[0].len() * 4 / 5;
    let (labels, columns) = table.columns.split_last().ok_or("no columns")?;
    let codes: Vec<Vec<u32>> = columns
        .iter()
        .enumerate()
        .map(|(index, column)| match table.categories >> index & 1 {
            0 => Vec::new(),
            _ => column.iter().map(|&value| code(value)).collect(),
        })
        .collect();
    let part = |rows: std::ops::Range<usize>| -> Vec<Column<'_>> {
        let both = columns.iter().zip(&codes);
        both.map(|(column, codes)| match codes.as_slice() {
            [] => Column::Numbers(&column[rows.clone()]),
            codes => Column::Categories(&codes[rows.clone()]),
        })
        .collect()
    };
    let (train, test) = (part(0..rows), part(rows..labels.len()));
    let binary = labels.iter().all(|&y| y == 0.0 || y == 1.0);
    let classes = labels.iter().fold(0.0, |most: f32, &y| most.max(y + 1.0));
    let several = classes <= 20.0 && labels.iter().all(|&y| y >= 0.0 && y.fract() == 0.0);
    let objective = if binary {
        Objective::Logistic
    } else if several {
        let classes = code(classes) as usize;
        Objective::Softmax { classes }
    } else {
        Objective::Squared
    };
    let matched = Params {
        rounds: rounds.parse()?,
        ..Params::new(objective)
    };
    let params = match growth.as_str() {
        "leaf" => Params {
            max_leaves: 63,
            ..matched
        },
        "depth" => Params {
            growth: Growth::Depth,
            max_leaves: 64,
            max_depth: Some(6),
            lambda_l2: 1.0,
            ..matched
        },
        other => return Err(format!("growth `{other}` is neither leaf nor depth").into()),
    };

    let data = Dataset::new(Features::mixed(&train)?, &labels[..rows])?;
    let (memory, cpu, wall) = (status("VmRSS:")?, cpu_seconds()?, Instant::now());
    let fit = fit(&data, None, &params, &mut |_| ControlFlow::Continue(()))?;
    let (cpu, wall) = (cpu_seconds()? - cpu, wall.elapsed().as_secs_f64());
    let memory = status("VmHWM:")?.saturating_sub(memory) / 1024;

    let scoring = Instant::now();
    let margins = fit.ensemble.predict_margins(Features::mixed(&test)?)?;
    let scoring = margins.len() as f64 / scoring.elapsed().as_secs_f64();
    let (name, quality) = if binary {
        ("auc", auc(&margins, &labels[rows..]))
    } else if several {
        let test = Dataset::new(Features::mixed(&test)?, &labels[rows..])?;
        ("logloss", fit.ensemble.loss(&test)?)
    } else {
        ("rmse", rmse(&margins, &labels[rows..]))
    };
    println!(
        "cpu_s={cpu:.2} wall_s={wall:.2} extra_mib={memory} {name}={quality:.6} trees={} rows_per_s={scoring:.0}",
        fit.ensemble.trees().len()
    );
    Ok(())
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

/// User and system time of this process so far, from Linux's hundredths.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit_once(')').ok_or("stat")?.1;
    let mut fields = after_name.split_whitespace().skip(11);
    let mut ticks = || -> Result<f64, Box<dyn Error>> { Ok(fields.next().ok_or("stat")?.parse()?) };
    Ok((ticks()? + ticks()?) / 100.0)
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
