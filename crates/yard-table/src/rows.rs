//! A walk over the rows of a file in memory.

use crate::error::TableError;
use crate::header::{Header, refuse_foreign};
use crate::layout::{Layout, strip_mark};
use crate::row::Row;
use crate::split::{Span, Splitter};

/// A walk over the rows of a CSV file in memory. The header is read on creation; column names are
/// trimmed, and a byte-order mark is no part of the first.
pub struct Rows<'a> {
    bytes: &'a [u8],
    at: usize,
    splitter: Splitter,
    header: Header,
    raw_header: &'a [u8],
    row: u64,
}

impl<'a> Rows<'a> {
    /// Starts the walk.
    pub fn new(bytes: &'a [u8], layout: &Layout) -> Result<Self, TableError> {
        refuse_foreign(bytes)?;
        let bytes = strip_mark(bytes);
        let mut splitter = Splitter::new(layout.delimiter);
        let mut at = 0;
        let (span, raw_header) = next(bytes, &mut at, &mut splitter).ok_or(TableError::Empty)?;
        let header = Header::parse(&Row::new(&splitter, span, raw_header, 0))?;
        Ok(Self {
            bytes,
            at,
            splitter,
            header,
            raw_header,
            row: 0,
        })
    }

    /// The column names.
    pub fn header(&self) -> &[String] {
        self.header.names()
    }

    /// The header's bytes, without a line end.
    pub const fn raw_header(&self) -> &'a [u8] {
        self.raw_header
    }

    /// The place of a column, or an error that names the nearest one.
    pub fn position(&self, column: &str) -> Result<usize, TableError> {
        self.header.position(column)
    }

    /// The next row, whatever its number of cells.
    pub fn advance(&mut self) -> Option<Row<'_>> {
        let (span, raw) = next(self.bytes, &mut self.at, &mut self.splitter)?;
        self.row += 1;
        Some(Row::new(&self.splitter, span, raw, self.row))
    }

    /// The next row, which must have as many cells as the header.
    pub fn advance_full(&mut self) -> Option<Result<Row<'_>, TableError>> {
        let expected = self.header().len();
        self.advance().map(|row| row.full(expected))
    }
}

/// Cuts the next row out of a whole file.
fn next<'a>(bytes: &'a [u8], at: &mut usize, splitter: &mut Splitter) -> Option<(Span, &'a [u8])> {
    *at += splitter.skip_empty_lines(&bytes[*at..]);
    let rest = bytes.get(*at..).filter(|rest| !rest.is_empty())?;
    let span = splitter.split(rest, true)?;
    *at += span.next;
    Some((span, &rest[..span.length]))
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
