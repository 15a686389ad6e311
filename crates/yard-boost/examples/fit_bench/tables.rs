//! Tables made for timing, and any other as a file.

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Read as _, Write as _};

use rand_pcg::Pcg64;
use rand_pcg::rand_core::Rng as _;

/// Columns, the last of which is the label.
pub(crate) struct Table {
    pub(crate) columns: Vec<Vec<f32>>,
    /// Bit `c` says that column `c` holds categories.
    pub(crate) categories: u64,
}

impl Table {
    /// A table by its name, of its own size or another, or from a file.
    pub(crate) fn of(name: &str) -> Result<Self, Box<dyn Error>> {
        let (kind, size) = name.split_once(':').unwrap_or((name, ""));
        let size = match size.split_once('x') {
            Some((rows, columns)) => Some((rows.parse()?, columns.parse()?)),
            None => None,
        };
        Ok(match kind {
            "continuous" => {
                let (rows, columns) = size.unwrap_or((1_000_000, 28));
                continuous(rows, columns)
            }
            "discrete" => {
                let (rows, columns) = size.unwrap_or((200_000, 24));
                discrete(rows, columns)
            }
            "flights" => flights(size.map_or(500_000, |size| size.0)),
            file => read(file)?,
        })
    }
}

/// Uniform on [0, 1).
fn uniform(random: &mut Pcg64) -> f32 {
    f32::from(u16::try_from(random.next_u32() >> 16).unwrap_or(0)) / 65_536.0
        + f32::from(u16::try_from(random.next_u32() >> 16).unwrap_or(0)) / 65_536.0 / 65_536.0
}

/// Sums of uniforms, products of neighbours deciding the label. Their factors lie about 0.5 and so tell
/// something each by itself: of factors about 0 the first splits of every engine are a lottery, and fits
/// on other rows then differ by 0.005 of AUC, which hides what is to be compared.
fn continuous(rows: usize, count: usize) -> Table {
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
        let high = |c: usize| x(c) + 0.5;
        let margin = 4.0 * high(0) * high(1) - 3.0 * high(2) * high(3) + x(4) - x(5)
            + 2.0 * (x(6).abs() - 0.4)
            + high(7) * high(8) * high(9) * 8.0;
        label_of(margin - 1.25, random)
    };
    let labels = (0..rows).map(|row| label(row, &mut random)).collect();
    columns.push(labels);
    Table {
        columns,
        categories: 0,
    }
}

/// Columns of 2 to 40 whole values, low ones more frequent, 3 % of the first five missing.
fn discrete(rows: usize, count: usize) -> Table {
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
    Table {
        columns,
        categories: 0,
    }
}

fn label_of(margin: f32, random: &mut Pcg64) -> f32 {
    let probability = 1.0 / (1.0 + libm::expf(-margin));
    if uniform(random) < probability {
        1.0
    } else {
        0.0
    }
}

/// Flights: what day, when, how far, and by whom, from where, to where, on which of thousands of
/// aircraft; ids are frequent to rare, and each has an effect that its number does not tell.
fn flights(rows: usize) -> Table {
    const LEVELS: [u32; 8] = [12, 31, 7, 22, 300, 300, 2000, 4500];
    const WEIGHTS: [f32; 8] = [0.5, 0.1, 0.3, 0.8, 1.2, 0.8, 0.6, 0.8];
    let mut random = Pcg64::new(3, 1);
    let mut columns = vec![Vec::new(); 14];
    for _ in 0..rows {
        let mut margin = -0.5;
        let kinds = LEVELS.iter().zip(WEIGHTS).zip(&mut columns);
        for (number, ((&levels, weight), column)) in (0..).zip(kinds) {
            let u = uniform(&mut random);
            let u = if levels > 31 { u * u } else { u };
            let level = (u * levels as f32).floor();
            column.push(level);
            margin += weight * effect(number, level);
        }
        for column in &mut columns[8..13] {
            column.push(uniform(&mut random) * 24.0);
        }
        let [hour, distance] =
            [columns[8].last(), columns[9].last()].map(|x| x.map_or(0.0, |x| *x));
        margin += (hour - 12.0) * 0.08 + (distance - 12.0).abs() * 0.05;
        columns[13].push(label_of(margin, &mut random));
    }
    Table {
        columns,
        categories: 0xff,
    }
}

/// Between -1 and 1, by nothing that the number of a level tells.
fn effect(column: u32, level: f32) -> f32 {
    let mixed = (level.to_bits() ^ column.wrapping_mul(0x9e37_79b9)).wrapping_mul(0x85eb_ca6b);
    let mixed = (mixed ^ (mixed >> 15)).wrapping_mul(0xc2b2_ae35);
    f32::from(u16::try_from(mixed >> 16).unwrap_or(0)) / 32_768.0 - 1.0
}

pub(crate) fn write(path: &str, table: &Table) -> Result<(), Box<dyn Error>> {
    let mut file = BufWriter::new(File::create(path)?);
    let columns = &table.columns;
    for size in [columns[0].len(), columns.len()] {
        file.write_all(&u32::try_from(size)?.to_le_bytes())?;
    }
    file.write_all(&table.categories.to_le_bytes())?;
    for value in columns.iter().flatten() {
        file.write_all(&value.to_le_bytes())?;
    }
    Ok(file.flush()?)
}

fn read(path: &str) -> Result<Table, Box<dyn Error>> {
    let mut file = File::open(path)?;
    let mut word = [0; 4];
    file.read_exact(&mut word)?;
    let rows = usize::try_from(u32::from_le_bytes(word))?;
    file.read_exact(&mut word)?;
    let count = u32::from_le_bytes(word);
    let mut mask = [0; 8];
    file.read_exact(&mut mask)?;
    let categories = u64::from_le_bytes(mask);
    let mut columns = Vec::new();
    let mut bytes = vec![0; rows * 4];
    for _ in 0..count {
        file.read_exact(&mut bytes)?;
        let (words, _) = bytes.as_chunks::<4>();
        columns.push(words.iter().map(|&w| f32::from_le_bytes(w)).collect());
    }
    Ok(Table {
        columns,
        categories,
    })
}
