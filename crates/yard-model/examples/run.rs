//! Runs a model on a CSV file and prints its outputs as CSV: `run MODEL.onnx ROWS.csv [REPETITIONS]`.
//!
//! Columns are taken by position, in the order of the model's inputs; an empty number is missing. With a number
//! of repetitions it prints how fast batches and single rows were instead.

#![expect(clippy::print_stdout, reason = "an example's result is what it prints")]

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use yard_model::{Column, Element, Inputs, OutputColumn, Session};

/// A column that owns its cells.
enum Owned {
    F32(Vec<f32>),
    F64(Vec<f64>),
    I64(Vec<i64>),
    Bool(Vec<bool>),
    Text(Vec<String>, Vec<u32>),
}

impl Owned {
    fn column(&self) -> Column<'_> {
        match self {
            Self::F32(cells) => Column::F32(cells),
            Self::F64(cells) => Column::F64(cells),
            Self::I64(cells) => Column::I64(cells),
            Self::Bool(cells) => Column::Bool(cells),
            Self::Text(levels, codes) => Column::Text { levels, codes },
        }
    }

    /// One row of a column.
    fn row(&self, row: usize) -> Column<'_> {
        match self {
            Self::F32(cells) => Column::F32(&cells[row..=row]),
            Self::F64(cells) => Column::F64(&cells[row..=row]),
            Self::I64(cells) => Column::I64(&cells[row..=row]),
            Self::Bool(cells) => Column::Bool(&cells[row..=row]),
            Self::Text(levels, codes) => Column::Text {
                levels,
                codes: &codes[row..=row],
            },
        }
    }
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (model, rows, repetitions) = match arguments.as_slice() {
        [model, rows] => (model, rows, None),
        [model, rows, repetitions] => (model, rows, Some(repetitions.parse::<u32>()?)),
        _ => anyhow::bail!("usage: run MODEL.onnx ROWS.csv [REPETITIONS]"),
    };
    let session =
        Session::load(&std::fs::read(model).with_context(|| format!("failed to read `{model}`"))?)?;
    let (count, columns) =
        read(&session, rows).with_context(|| format!("failed to read `{rows}`"))?;
    match repetitions {
        None => print(&session, count, &columns),
        Some(repetitions) => measure(&session, count, &columns, repetitions),
    }
}

fn read(session: &Session, path: &str) -> anyhow::Result<(usize, Vec<Owned>)> {
    let elements: Vec<Element> = session
        .inputs()
        .iter()
        .flat_map(|port| vec![port.element; port.width()])
        .collect();
    let mut table = csv::Reader::from_path(path)?;
    let records: Vec<csv::StringRecord> = table.records().collect::<Result<_, _>>()?;
    let mut columns = Vec::new();
    for (at, element) in elements.iter().enumerate() {
        let cells = || {
            records
                .iter()
                .map(move |record| record.get(at).unwrap_or_default())
        };
        let number = |cell: &str| {
            if cell.is_empty() {
                Ok(f64::NAN)
            } else {
                cell.parse::<f64>()
            }
        };
        columns.push(match element {
            Element::F32 => {
                let parse = |cell: &str| {
                    if cell.is_empty() {
                        Ok(f32::NAN)
                    } else {
                        cell.parse::<f32>()
                    }
                };
                Owned::F32(cells().map(parse).collect::<Result<_, _>>()?)
            }
            Element::F64 => Owned::F64(cells().map(number).collect::<Result<_, _>>()?),
            Element::I64 => Owned::I64(cells().map(str::parse).collect::<Result<_, _>>()?),
            Element::Bool => Owned::Bool(cells().map(|cell| cell == "true").collect()),
            Element::Text => {
                let mut levels = Vec::new();
                let mut seen = BTreeMap::new();
                let mut codes = Vec::new();
                for cell in cells() {
                    let next = u32::try_from(levels.len())?;
                    let code = *seen.entry(cell).or_insert(next);
                    if code == next {
                        levels.push(cell.to_owned());
                    }
                    codes.push(code);
                }
                Owned::Text(levels, codes)
            }
        });
    }
    ensure!(!records.is_empty(), "no rows");
    Ok((records.len(), columns))
}

fn print(session: &Session, count: usize, columns: &[Owned]) -> anyhow::Result<()> {
    let outputs = session.run(&Inputs::new(
        count,
        columns.iter().map(Owned::column).collect(),
    ))?;
    let all: Vec<(String, &OutputColumn)> = outputs
        .all()
        .iter()
        .flat_map(|output| {
            output
                .columns
                .iter()
                .enumerate()
                .map(|(at, column)| (format!("{}.{at}", output.name), column))
        })
        .collect();
    let mut out = csv::Writer::from_writer(std::io::stdout().lock());
    out.write_record(all.iter().map(|(name, _)| name))?;
    for row in 0..count {
        out.write_record(all.iter().map(|(_, column)| match column {
            OutputColumn::F32(cells) => cells[row].to_string(),
            OutputColumn::F64(cells) => cells[row].to_string(),
            OutputColumn::I64(cells) => cells[row].to_string(),
            OutputColumn::Bool(cells) => cells[row].to_string(),
            OutputColumn::Text(cells) => cells[row].clone(),
        }))?;
    }
    out.flush()?;
    Ok(())
}

fn measure(
    session: &Session,
    count: usize,
    columns: &[Owned],
    repetitions: u32,
) -> anyhow::Result<()> {
    let inputs = Inputs::new(count, columns.iter().map(Owned::column).collect());
    let mut batch = f64::INFINITY;
    let mut single = f64::INFINITY;
    for _ in 0..repetitions {
        let start = Instant::now();
        std::hint::black_box(session.run(&inputs)?);
        batch = batch.min(start.elapsed().as_secs_f64());
    }
    let rows = count.min(500);
    for _ in 0..repetitions {
        let start = Instant::now();
        for row in 0..rows {
            let inputs = Inputs::new(1, columns.iter().map(|column| column.row(row)).collect());
            std::hint::black_box(session.run(&inputs)?);
        }
        single = single.min(start.elapsed().as_secs_f64() / rows as f64);
    }
    println!(
        "batch {:.0} rows/s, single {:.2} us",
        count as f64 / batch,
        single * 1e6
    );
    Ok(())
}
