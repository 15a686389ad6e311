//! Parquet, as other tools write it.

use std::fs;
use std::sync::Arc;

use parquet::basic::{Compression, GzipLevel};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DoubleType, FloatType, Int32Type, Int64Type,
};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::parser::parse_message_type;

use super::files::{Folder, binary};
use crate::project::{self, Project, stderr};

const SCHEMA: &str = "message scores {
  required int64 id;
  required boolean label;
  required double score;
  optional binary region (UTF8);
  required float w;
  optional int32 customer;
}";

/// The rows of `binary` as a Parquet file of two row groups; every seventh row has no region.
fn scores(rows: u64, noise: f64, compression: Compression) -> Vec<u8> {
    let text = binary(rows, noise);
    let table: Vec<Vec<&str>> = text
        .lines()
        .skip(1)
        .map(|row| row.split(',').collect())
        .collect();
    let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
    let properties = WriterProperties::builder().set_compression(compression);
    let mut bytes = Vec::new();
    let mut file =
        SerializedFileWriter::new(&mut bytes, schema, Arc::new(properties.build())).unwrap();
    for part in table.chunks(table.len().div_ceil(2)) {
        let mut group = file.next_row_group().unwrap();
        let mut place = 0;
        while let Some(mut column) = group.next_column().unwrap() {
            write(&mut column, place, part);
            column.close().unwrap();
            place += 1;
        }
        group.close().unwrap();
    }
    file.close().unwrap();
    bytes
}

fn write(column: &mut SerializedColumnWriter<'_>, place: usize, rows: &[Vec<&str>]) {
    let cells = || rows.iter().map(|row| row[place]);
    match place {
        0 => {
            let values: Vec<i64> = cells().map(|cell| cell.parse().unwrap()).collect();
            column.typed::<Int64Type>().write_batch(&values, None, None)
        }
        1 => {
            let values: Vec<bool> = cells().map(|cell| cell == "1").collect();
            column.typed::<BoolType>().write_batch(&values, None, None)
        }
        2 => {
            let values: Vec<f64> = cells().map(|cell| cell.parse().unwrap()).collect();
            column
                .typed::<DoubleType>()
                .write_batch(&values, None, None)
        }
        3 => {
            let there = |row: &Vec<&str>| row[0].parse::<u64>().unwrap() % 7 != 0;
            let levels: Vec<i16> = rows.iter().map(|row| i16::from(there(row))).collect();
            let values: Vec<ByteArray> = (rows.iter().filter(|row| there(row)))
                .map(|row| ByteArray::from(row[3]))
                .collect();
            column
                .typed::<ByteArrayType>()
                .write_batch(&values, Some(&levels), None)
        }
        4 => {
            let values: Vec<f32> = cells().map(|cell| cell.parse().unwrap()).collect();
            column.typed::<FloatType>().write_batch(&values, None, None)
        }
        _ => {
            let values: Vec<i32> = cells().map(|cell| cell.parse().unwrap()).collect();
            let levels = vec![1; values.len()];
            column
                .typed::<Int32Type>()
                .write_batch(&values, Some(&levels), None)
        }
    }
    .unwrap();
}

const CONFIG: &str = "\
champion: {auc_margin: 0.1}
weight: w
cluster: customer
slices: {by: [[region]], min_rows: 50, min_positives: 10, auc_at_least: 0.2}
predictions: {positive: \"true\"}
";

/// Integers, doubles, floats, texts, yes and no, and missing cells, in every codec that is read, mean what
/// the same table means as CSV.
#[test]
fn a_parquet_file_says_what_the_same_csv_says() {
    let as_csv = |noise| {
        let text = binary(600, noise);
        let rows = text.lines().enumerate().map(|(row, line)| {
            let mut cells: Vec<&str> = line.split(',').collect();
            if row > 0 {
                cells[1] = ["false", "true"][usize::from(cells[1] == "1")];
                if cells[0].parse::<u64>().unwrap() % 7 == 0 {
                    cells[3] = "";
                }
            }
            cells.join(",") + "\n"
        });
        rows.collect::<String>()
    };
    let folder = Folder::new(CONFIG, &as_csv(0.3), &as_csv(0.4));
    let output = folder.compare();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let expected = folder.evaluation();
    assert_eq!(expected.slices.len(), 3);
    for compression in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::LZ4,
        Compression::LZ4_RAW,
    ] {
        // One side in Parquet, the other as CSV; then both.
        yard_cli::files::write(
            &folder.0.path().join("new.csv"),
            &scores(600, 0.3, compression),
        )
        .unwrap();
        let output = folder.compare();
        assert_eq!(
            output.status.code(),
            Some(0),
            "{compression}: {}",
            stderr(&output)
        );
        let found = folder.evaluation();
        assert_eq!(found.metrics, expected.metrics, "{compression}");
        assert_eq!(found.slices, expected.slices, "{compression}");
        assert_eq!(
            found.holdout_sha256, expected.holdout_sha256,
            "{compression}"
        );
    }
    yard_cli::files::write(
        &folder.0.path().join("old.csv"),
        &scores(600, 0.4, Compression::SNAPPY),
    )
    .unwrap();
    assert_eq!(folder.compare().status.code(), Some(0));
    let both = folder.evaluation().comparison.unwrap();
    assert_eq!(both.differences, expected.comparison.unwrap().differences);
}

/// A codec that is not read is named, with those that are; a cut or spoilt file is no table.
#[test]
fn what_is_no_parquet_that_can_be_read_is_refused() {
    let sound = scores(600, 0.3, Compression::SNAPPY);
    let folder = Folder::new(CONFIG, "", "");
    let put = |name: &str, bytes: &[u8]| {
        yard_cli::files::write(&folder.0.path().join(name), bytes).unwrap();
    };
    put("old.csv", &scores(600, 0.4, Compression::SNAPPY));
    put("new.csv", &sound);
    assert_eq!(folder.compare().status.code(), Some(0));
    fs::remove_file(folder.0.path().join("out/gate.json")).unwrap();

    // The footer has a column's path, and then its codec: 1 for snappy, 6 for zstd, each doubled.
    let mut zstd = sound.clone();
    let path = b"\x19\x18\x05score\x15\x02";
    let mut columns = 0;
    for at in 0..zstd.len() - path.len() {
        if zstd[at..].starts_with(path) {
            zstd[at + path.len() - 1] = 0x0c;
            columns += 1;
        }
    }
    assert_eq!(columns, 2, "one in each row group");
    let middle = sound.len() / 2;
    let mut flipped = sound.clone();
    flipped[middle] ^= 0xff;
    let cases: [(&str, &[u8], &str); 4] = [
        (
            "zstd",
            &zstd,
            "write it with snappy, gzip, lz4 or no compression",
        ),
        (
            "cut",
            &sound[..middle],
            "cannot read the Parquet file `new.csv`",
        ),
        (
            "a head",
            &sound[..4],
            "cannot read the Parquet file `new.csv`",
        ),
        (
            "no footer",
            &sound[..sound.len() - 4],
            "cannot read the Parquet file `new.csv`",
        ),
    ];
    for (what, bytes, words) in cases {
        put("new.csv", bytes);
        let output = folder.compare();
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{what}: {said}");
        assert!(
            said.contains("`new.csv`") && said.contains(words),
            "{what}: {said}"
        );
        assert!(!folder.0.path().join("out/gate.json").exists());
    }
    // A byte in the middle of a compressed page is seen, or it is in no cell that is read; no panic either way.
    put("new.csv", &flipped);
    let code = folder.compare().status.code();
    assert!(code != Some(101), "{code:?}");
}

/// A model reads its holdout from Parquet as from CSV, and a column that nobody asks for may hold anything.
#[test]
fn a_model_is_judged_on_a_holdout_in_parquet() {
    let project = Project::new(
        2000,
        1.0,
        "at_least: {auc: 0.6}\nslices: {by: [[group]], min_rows: 50}\n",
    );
    let first = project::FIRST;
    let output = project.gate(&first);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let expected = project.evaluation();
    let text = project::holdout(2000);
    let table: Vec<Vec<&str>> = text
        .lines()
        .skip(1)
        .map(|row| row.split(',').collect())
        .collect();
    let schema = "message rows {
      required double x;
      required float noise;
      required binary group (UTF8);
      required int96 seen;
      required int64 y;
    }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut bytes = Vec::new();
    let properties = Arc::new(WriterProperties::builder().build());
    let mut file = SerializedFileWriter::new(&mut bytes, schema, properties).unwrap();
    let mut group = file.next_row_group().unwrap();
    let mut place = 0;
    while let Some(mut column) = group.next_column().unwrap() {
        let of = |at: usize| table.iter().map(move |row| row[at]);
        match place {
            0 => {
                let values: Vec<f64> = of(0).map(|cell| cell.parse().unwrap()).collect();
                column
                    .typed::<DoubleType>()
                    .write_batch(&values, None, None)
            }
            1 => {
                let values: Vec<f32> = of(1).map(|cell| cell.parse().unwrap()).collect();
                column.typed::<FloatType>().write_batch(&values, None, None)
            }
            2 => {
                let values: Vec<ByteArray> = of(2).map(ByteArray::from).collect();
                column
                    .typed::<ByteArrayType>()
                    .write_batch(&values, None, None)
            }
            3 => {
                let mut time = parquet::data_type::Int96::new();
                time.set_data(1, 2, 3);
                let values = vec![time; table.len()];
                let typed = column.typed::<parquet::data_type::Int96Type>();
                typed.write_batch(&values, None, None)
            }
            _ => {
                let values: Vec<i64> = of(3).map(|cell| cell.parse().unwrap()).collect();
                column.typed::<Int64Type>().write_batch(&values, None, None)
            }
        }
        .unwrap();
        column.close().unwrap();
        place += 1;
    }
    group.close().unwrap();
    file.close().unwrap();
    yard_cli::files::write(&project.0.path().join("holdout.csv"), &bytes).unwrap();
    let output = project.gate(&first);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let found = project.evaluation();
    assert_eq!(found.metrics, expected.metrics);
    assert_eq!(found.slices, expected.slices);
}
