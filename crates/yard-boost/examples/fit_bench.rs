//! Times one fit, for pairing with another engine on the same table.
//!
//! ```text
//! fit_bench TABLE GROWTH ROUNDS THREADS [DUMP]
//! ```
//!
//! `TABLE` is `continuous` (1,000,000 x 28), `discrete` (200,000 x 24, 2 to 40 values a column) or a
//! file; `GROWTH` is `leaf` (63 leaves) or `depth` (depth 6, L2 of 1). `DUMP` writes the table, as a
//! file that this program and numpy can read: two `u32` (rows, columns), then columns of `f32`, all
//! little-endian, the last column the label. Labels of 0 and 1 mean log loss, others squared.
//!
//! The first four fifths of the rows are fitted, the rest scored. It prints the CPU and wall seconds
//! of the fit, binning included, the peak memory above what the table takes, and AUC or RMSE.
#![expect(clippy::print_stdout, reason = "what it prints is its result")]
#![expect(clippy::float_cmp, reason = "labels are whole, ties are exact")]

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Read as _, Write as _};
use std::ops::ControlFlow;
use std::time::Instant;

use rand_pcg::Pcg64;
use rand_pcg::rand_core::Rng as _;
use yard_boost::{Dataset, Features, Growth, Objective, Params, fit};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [table, growth, rounds, threads, dump @ ..] = arguments.as_slice() else {
        return Err("usage: fit_bench TABLE GROWTH ROUNDS THREADS [DUMP]".into());
    };
    let columns = match table.as_str() {
        "continuous" => continuous(1_000_000, 28),
        "discrete" => discrete(200_000, 24),
        path => read(path)?,
    };
    if let [path] = dump {
        return write(path, &columns);
    }
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads.parse()?)
        .build_global()?;

    let rows = columns[0].len() * 4 / 5;
    let (labels, columns) = columns.split_last().ok_or("no columns")?;
    let train: Vec<&[f32]> = columns.iter().map(|c| &c[..rows]).collect();
    let test: Vec<&[f32]> = columns.iter().map(|c| &c[rows..]).collect();
    let binary = labels.iter().all(|&y| y == 0.0 || y == 1.0);
    let objective = if binary {
        Objective::Logistic
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

    let data = Dataset::new(Features::new(&train)?, &labels[..rows])?;
    let (memory, cpu, wall) = (status("VmRSS:")?, cpu_seconds()?, Instant::now());
    let fit = fit(&data, None, &params, &mut |_| ControlFlow::Continue(()))?;
    let (cpu, wall) = (cpu_seconds()? - cpu, wall.elapsed().as_secs_f64());
    let memory = status("VmHWM:")?.saturating_sub(memory) / 1024;

    let scoring = Instant::now();
    let margins = fit.ensemble.predict_margins(Features::new(&test)?)?;
    let scoring = margins.len() as f64 / scoring.elapsed().as_secs_f64();
    let (name, quality) = if binary {
        ("auc", auc(&margins, &labels[rows..]))
    } else {
        ("rmse", rmse(&margins, &labels[rows..]))
    };
    println!(
        "cpu_s={cpu:.2} wall_s={wall:.2} extra_mib={memory} {name}={quality:.6} trees={} rows_per_s={scoring:.0}",
        fit.ensemble.trees().len()
    );
    Ok(())
}

/// Uniform on [0, 1).
fn uniform(random: &mut Pcg64) -> f32 {
    f32::from(u16::try_from(random.next_u32() >> 16).unwrap_or(0)) / 65_536.0
        + f32::from(u16::try_from(random.next_u32() >> 16).unwrap_or(0)) / 65_536.0 / 65_536.0
}

/// Sums of uniforms, products of neighbours deciding the label.
fn continuous(rows: usize, count: usize) -> Vec<Vec<f32>> {
    let mut random = Pcg64::new(1, 1);
    let mut columns: Vec<Vec<f32>> = (0..count)
        .map(|_| {
            (0..rows)
                .map(|_| (0..3).map(|_| uniform(&mut random) - 0.5).sum())
                .collect()
        })
        .collect();
    let label = |row: usize, random: &mut Pcg64| {
        let x = |c: usize| columns[c][row];
        let margin = 4.0 * x(0) * x(1) + 3.0 * x(2) * x(3) + x(4) - x(5)
            + 2.0 * (x(6).abs() - 0.4)
            + x(7) * x(8) * x(9) * 8.0;
        label_of(margin * 1.5, random)
    };
    let labels = (0..rows).map(|row| label(row, &mut random)).collect();
    columns.push(labels);
    columns
}

/// Columns of 2 to 40 whole values, low ones more frequent, 3 % of the first five missing.
fn discrete(rows: usize, count: usize) -> Vec<Vec<f32>> {
    let mut random = Pcg64::new(2, 1);
    let mut columns = Vec::new();
    for column in 0..count {
        let values = [2.0, 3.0, 4.0, 7.0, 11.0, 12.0, 24.0, 40.0][column % 8];
        let draw = |random: &mut Pcg64| {
            let u = uniform(random);
            let missing = column < 5 && uniform(random) < 0.03;
            if missing {
                f32::NAN
            } else {
                (u * u * values).floor()
            }
        };
        columns.push((0..rows).map(|_| draw(&mut random)).collect::<Vec<f32>>());
    }
    let label = |row: usize, random: &mut Pcg64| {
        let x = |c: usize| {
            if columns[c][row].is_nan() {
                -1.0
            } else {
                columns[c][row]
            }
        };
        let margin = 0.8 * x(0) * x(9) - 0.3 * x(3) + 0.1 * x(12) - 0.02 * x(7) * x(1)
            + 0.05 * x(6)
            + 0.04 * x(15) * x(16)
            - 0.7 * x(18);
        label_of(margin, random)
    };
    let labels = (0..rows).map(|row| label(row, &mut random)).collect();
    columns.push(labels);
    columns
}

fn label_of(margin: f32, random: &mut Pcg64) -> f32 {
    let probability = 1.0 / (1.0 + libm::expf(-margin));
    if uniform(random) < probability {
        1.0
    } else {
        0.0
    }
}

fn write(path: &str, columns: &[Vec<f32>]) -> Result<(), Box<dyn Error>> {
    let mut file = BufWriter::new(File::create(path)?);
    for size in [columns[0].len(), columns.len()] {
        file.write_all(&u32::try_from(size)?.to_le_bytes())?;
    }
    for value in columns.iter().flatten() {
        file.write_all(&value.to_le_bytes())?;
    }
    Ok(file.flush()?)
}

fn read(path: &str) -> Result<Vec<Vec<f32>>, Box<dyn Error>> {
    let mut file = File::open(path)?;
    let mut word = [0; 4];
    file.read_exact(&mut word)?;
    let rows = usize::try_from(u32::from_le_bytes(word))?;
    file.read_exact(&mut word)?;
    let mut columns = Vec::new();
    let mut bytes = vec![0; rows * 4];
    for _ in 0..u32::from_le_bytes(word) {
        file.read_exact(&mut bytes)?;
        let (words, _) = bytes.as_chunks::<4>();
        columns.push(words.iter().map(|&w| f32::from_le_bytes(w)).collect());
    }
    Ok(columns)
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
