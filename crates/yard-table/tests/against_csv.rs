//! Rows and cells are those that the `csv` crate finds, from memory and from a reader alike.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{self, Read};

use proptest::collection::vec;
use proptest::prelude::*;
use yard_table::{Layout, RowStream, Rows};

type Found = Vec<(u64, Vec<Vec<u8>>)>;

/// A reader that gives a few bytes at a time.
struct Drip<'a>(&'a [u8], usize);

impl Read for Drip<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.1.min(self.0.len()).min(buffer.len());
        let (now, later) = self.0.split_at(count);
        buffer[..count].copy_from_slice(now);
        self.0 = later;
        Ok(count)
    }
}

fn by_csv(bytes: &[u8]) -> Vec<Vec<Vec<u8>>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes);
    reader
        .byte_records()
        .map(|record| record.unwrap().iter().map(<[u8]>::to_vec).collect())
        .collect()
}

fn by_rows(bytes: &[u8]) -> Found {
    let mut rows = Rows::new(bytes, &Layout::sniff(b"")).unwrap();
    let mut found = Vec::new();
    while let Some(row) = rows.advance() {
        let cells = (0..row.len()).map(|place| row.cell(place).unwrap().as_bytes().to_vec());
        found.push((row.line, cells.collect()));
        assert_eq!(row.number, found.len() as u64);
    }
    found
}

fn by_stream(bytes: &[u8], drip: usize) -> Found {
    let mut rows = RowStream::new(Drip(bytes, drip)).unwrap();
    let mut found = Vec::new();
    while let Some(row) = rows.advance().unwrap() {
        let cells = (0..row.len()).map(|place| row.cell(place).unwrap().as_bytes().to_vec());
        found.push((row.line, cells.collect()));
    }
    found
}

/// Texts in which every character means something to a CSV reader.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("a"),
        Just("\""),
        Just("\"\""),
        Just(","),
        Just("\n"),
        Just("\r"),
        Just("\r\n"),
        Just("é"),
        Just("\",\""),
    ];
    vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn hostile_texts_have_the_same_rows(text in hostile(), drip in 1_usize..9) {
        let bytes = format!("h,i\n{text}");
        let expected = by_csv(bytes.as_bytes());
        let found = by_rows(bytes.as_bytes());
        let cells: Vec<_> = found.iter().map(|(_, cells)| cells.clone()).collect();
        prop_assert_eq!(&expected[1..], &cells);
        prop_assert_eq!(by_stream(bytes.as_bytes(), drip), found);
    }
}

/// Rows around the seams between the pieces that a stream reads.
#[test]
fn seams_between_pieces_do_not_show() {
    let row = "12345,\"a \"\"b\"\"\r\nc\",x\r\n";
    for shift in 0..30 {
        let bytes = format!("{}\n{}", "h".repeat(shift + 1), row.repeat(30_000));
        let found = by_stream(bytes.as_bytes(), usize::MAX);
        assert!(found == by_rows(bytes.as_bytes()), "shift {shift}");
        assert_eq!(found.last().unwrap().0, 2 + 29_999 * 2);
    }
}
