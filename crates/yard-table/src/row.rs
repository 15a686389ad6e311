//! One row and its place.

use crate::cell::trim_blanks;
use crate::error::TableError;
use crate::split::{Span, Splitter};

/// One row: its cells, and where it stands.
pub struct Row<'r> {
    bytes: &'r [u8],
    text: Option<&'r str>,
    ends: &'r [usize],
    raw: &'r [u8],
    open_quote: Option<u64>,
    /// The line it starts on, counted from 1.
    pub line: u64,
    /// The data row, counted from 1.
    pub number: u64,
}

impl<'r> Row<'r> {
    pub(crate) fn new(splitter: &'r Splitter, span: Span, raw: &'r [u8], number: u64) -> Self {
        let bytes = if span.quoted { splitter.plain() } else { raw };
        Self {
            bytes,
            text: std::str::from_utf8(bytes).ok(),
            ends: splitter.ends(),
            raw,
            open_quote: span.open_quote,
            line: span.line,
            number,
        }
    }

    /// How many cells the row has.
    pub const fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether the row has no cells; no row of a CSV file is so.
    pub const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Whether all of the row is UTF-8.
    pub const fn is_text(&self) -> bool {
        self.text.is_some()
    }

    /// A cell's text; an error where its bytes are not UTF-8. The place must be below [`Self::len`].
    #[inline]
    pub fn cell(&self, place: usize) -> Result<&'r str, TableError> {
        let start = place
            .checked_sub(1)
            .map_or(0, |before| self.ends[before] + 1);
        let cell = start..self.ends[place];
        match self.text {
            Some(text) => text.get(cell),
            None => std::str::from_utf8(&self.bytes[cell]).ok(),
        }
        .ok_or(TableError::Encoding { line: self.line })
    }

    /// A cell's text without the blanks around it, which mean nothing in a table.
    #[inline]
    pub fn trimmed(&self, place: usize) -> Result<&'r str, TableError> {
        self.cell(place).map(trim_blanks)
    }

    /// The row as it stands in the file, without a line end.
    pub const fn raw(&self) -> &'r [u8] {
        self.raw
    }

    /// The line of a quote in this row that the file never closes: all that follows it, however
    /// many rows that was meant to be, is in this row.
    pub const fn open_quote(&self) -> Option<u64> {
        self.open_quote
    }

    /// The row itself, where it has as many cells as the header and its quotes are closed.
    pub fn full(self, expected: usize) -> Result<Self, TableError> {
        if let Some(line) = self.open_quote {
            return Err(TableError::OpenQuote { line });
        }
        if self.len() != expected {
            return Err(TableError::Ragged {
                line: self.line,
                found: self.len(),
                expected,
            });
        }
        Ok(self)
    }
}
