//! A walk over a file's rows.

use csv::{ByteRecord, ReaderBuilder};

use crate::error::TableError;
use crate::layout::{Layout, strip_mark};

/// A walk over the rows of a CSV file. The header is read on creation; column names are trimmed,
/// and a byte-order mark is no part of the first.
pub struct Rows<'a> {
    bytes: &'a [u8],
    reader: csv::Reader<&'a [u8]>,
    header: Vec<String>,
    header_end: usize,
    record: ByteRecord,
    row: u64,
    /// The byte up to which line ends are counted, and the line it is on. The reader's own count
    /// is behind by one wherever a line ends in CR LF.
    counted: (usize, u64),
}

/// One row: its cells, and where it stands.
pub struct Row<'r> {
    record: &'r ByteRecord,
    raw: &'r [u8],
    /// The line it starts on, counted from 1.
    pub line: u64,
    /// The data row, counted from 1.
    pub number: u64,
}

impl<'a> Rows<'a> {
    /// Starts the walk.
    pub fn new(bytes: &'a [u8], layout: &Layout) -> Result<Self, TableError> {
        let bytes = strip_mark(bytes);
        let mut reader = ReaderBuilder::new()
            .delimiter(layout.delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(bytes);
        let mut record = ByteRecord::new();
        // A slice cannot fail to be read, and a flexible reader takes any row length.
        if !matches!(reader.read_byte_record(&mut record), Ok(true)) {
            return Err(TableError::Empty);
        }
        let mut header: Vec<String> = Vec::with_capacity(record.len());
        for cell in &record {
            let name = std::str::from_utf8(cell).map_err(|_| TableError::Encoding { line: 1 })?;
            let name = name.trim().to_owned();
            if header.contains(&name) {
                return Err(TableError::DuplicateColumn { column: name });
            }
            header.push(name);
        }
        let header_end = place(&reader, bytes.len());
        Ok(Self {
            bytes,
            reader,
            header,
            header_end,
            record,
            row: 0,
            counted: (0, 1),
        })
    }

    /// The column names.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// The header's bytes, without a line end.
    pub fn raw_header(&self) -> &'a [u8] {
        trim_line_ends(&self.bytes[..self.header_end])
    }

    /// The place of a column, or an error that names the nearest one.
    pub fn position(&self, column: &str) -> Result<usize, TableError> {
        self.header
            .iter()
            .position(|name| name == column)
            .ok_or_else(|| {
                let wanted = column.to_lowercase();
                let nearest = self.header.iter().find(|name| {
                    let name = name.to_lowercase();
                    name == wanted
                        || (name.len() > 3 && (name.contains(&wanted) || wanted.contains(&name)))
                });
                TableError::MissingColumn {
                    column: column.to_owned(),
                    nearest: nearest.cloned(),
                }
            })
    }

    /// The next row, whatever its number of cells.
    pub fn advance(&mut self) -> Option<Row<'_>> {
        let start = place(&self.reader, self.bytes.len());
        if !matches!(self.reader.read_byte_record(&mut self.record), Ok(true)) {
            return None;
        }
        self.row += 1;
        let end = place(&self.reader, self.bytes.len());
        let raw = trim_line_ends(&self.bytes[start..end]);
        let blank = self.bytes[start..end]
            .iter()
            .take_while(|byte| is_line_end(**byte))
            .count();
        let (counted, line) = self.counted;
        let line = line + line_ends(&self.bytes[counted..start + blank]);
        self.counted = (start + blank, line);
        Some(Row {
            record: &self.record,
            raw,
            line,
            number: self.row,
        })
    }

    /// The next row, which must have as many cells as the header.
    pub fn advance_full(&mut self) -> Option<Result<Row<'_>, TableError>> {
        let expected = self.header.len();
        self.advance().map(|row| {
            let found = row.len();
            if found == expected {
                Ok(row)
            } else {
                Err(TableError::Ragged {
                    line: row.line,
                    found,
                    expected,
                })
            }
        })
    }
}

impl<'r> Row<'r> {
    /// How many cells the row has.
    pub fn len(&self) -> usize {
        self.record.len()
    }

    /// Whether the row has no cells; no row of a CSV file is so.
    pub fn is_empty(&self) -> bool {
        self.record.is_empty()
    }

    /// A cell's text; an error where its bytes are not UTF-8. The place must be below [`Self::len`].
    pub fn cell(&self, place: usize) -> Result<&'r str, TableError> {
        let bytes = self.record.get(place).unwrap_or_default();
        std::str::from_utf8(bytes).map_err(|_| TableError::Encoding { line: self.line })
    }

    /// The row as it stands in the file, without a line end.
    pub const fn raw(&self) -> &'r [u8] {
        self.raw
    }
}

/// How far a reader has come, in bytes.
fn place(reader: &csv::Reader<&[u8]>, length: usize) -> usize {
    usize::try_from(reader.position().byte()).map_or(length, |byte| byte.min(length))
}

const fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// How many lines end in these bytes; CR LF is one end.
fn line_ends(bytes: &[u8]) -> u64 {
    let mut previous = 0;
    let mut ends = 0;
    for &byte in bytes {
        ends += u64::from(byte == b'\r' || (byte == b'\n' && previous != b'\r'));
        previous = byte;
    }
    ends
}

fn trim_line_ends(mut bytes: &[u8]) -> &[u8] {
    while let [b'\n' | b'\r', rest @ ..] | [rest @ .., b'\n' | b'\r'] = bytes {
        bytes = rest;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raws(text: &str) -> Vec<(u64, String)> {
        let bytes = text.as_bytes();
        let mut rows = Rows::new(bytes, &Layout::sniff(bytes)).unwrap();
        let mut found = Vec::new();
        while let Some(row) = rows.advance() {
            found.push((row.line, String::from_utf8(row.raw().to_vec()).unwrap()));
        }
        found
    }

    #[test]
    fn rows_know_their_line_and_their_bytes() {
        let text = "\u{feff}a,b\r\n1,\"x\r\ny\"\r\n\r\n2,z";
        let expected = [(2, "1,\"x\r\ny\"".to_owned()), (5, "2,z".to_owned())];
        assert_eq!(raws(text), expected);
        let bytes = text.as_bytes();
        let rows = Rows::new(bytes, &Layout::sniff(bytes)).unwrap();
        assert_eq!(rows.header(), ["a", "b"]);
        assert_eq!(rows.raw_header(), b"a,b");
    }

    #[test]
    fn a_ragged_row_is_named() {
        let bytes = b"a,b\n1,2\n3\n";
        let mut rows = Rows::new(bytes, &Layout::sniff(bytes)).unwrap();
        assert!(rows.advance_full().unwrap().is_ok());
        let error = rows.advance_full().unwrap().err().unwrap();
        assert_eq!(
            error,
            TableError::Ragged {
                line: 3,
                found: 1,
                expected: 2
            }
        );
    }

    #[test]
    fn an_empty_file_and_a_doubled_column_are_refused() {
        let layout = Layout::sniff(b"");
        assert_eq!(Rows::new(b"", &layout).err(), Some(TableError::Empty));
        assert_eq!(Rows::new(b"\n\n", &layout).err(), Some(TableError::Empty));
        let twice = Rows::new(b"a, a\n", &layout).err().unwrap();
        assert_eq!(
            twice,
            TableError::DuplicateColumn {
                column: "a".to_owned()
            }
        );
    }
}
