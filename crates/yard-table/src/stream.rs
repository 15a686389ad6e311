//! A walk over the rows of a file that need not fit into memory.

use std::io::{self, ErrorKind, Read};

use crate::error::TableError;
use crate::header::{Header, refuse_foreign};
use crate::layout::{Layout, strip_mark};
use crate::row::Row;
use crate::split::Splitter;

/// How much is read at once.
const PIECE: usize = 1 << 18;

/// The longest row that is read. Without a limit one unclosed quote would pull a file of any size
/// into memory.
const LONGEST_ROW: usize = 1 << 26;

/// A walk over the rows of a CSV file, like [`Rows`](crate::Rows), that holds one piece of the file
/// at a time: memory is flat whatever the file's length.
pub struct RowStream<R> {
    pieces: Pieces<R>,
    layout: Layout,
    splitter: Splitter,
    header: Header,
    row: u64,
}

/// Why a stream gives no more rows.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The reader failed.
    #[error("failed to read the table")]
    Read(#[source] io::Error),
    /// The bytes are no table.
    #[error(transparent)]
    Table(#[from] TableError),
}

/// The part of a file that is in memory.
struct Pieces<R> {
    reader: R,
    buffer: Vec<u8>,
    from: usize,
    to: usize,
    last: bool,
}

impl<R: Read> RowStream<R> {
    /// Starts the walk, in the layout that the header suggests.
    pub fn new(reader: R) -> Result<Self, StreamError> {
        let mut pieces = Pieces {
            reader,
            buffer: Vec::new(),
            from: 0,
            to: 0,
            last: false,
        };
        pieces.more(1).map_err(StreamError::Read)?;
        refuse_foreign(pieces.bytes())?;
        pieces.from = pieces.to - strip_mark(pieces.bytes()).len();
        let layout = Layout::sniff(pieces.bytes());
        let mut stream = Self {
            pieces,
            splitter: Splitter::new(layout.delimiter),
            layout,
            header: Header::default(),
            row: 0,
        };
        let header = stream.advance()?.ok_or(TableError::Empty)?;
        stream.header = Header::parse(&header)?;
        stream.row = 0;
        Ok(stream)
    }

    /// The column names.
    pub fn header(&self) -> &[String] {
        self.header.names()
    }

    /// The place of a column, or an error that names the nearest one.
    pub fn position(&self, column: &str) -> Result<usize, TableError> {
        self.header.position(column)
    }

    /// The layout that the header suggested.
    pub const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The next row, whatever its number of cells.
    pub fn advance(&mut self) -> Result<Option<Row<'_>>, StreamError> {
        let span = loop {
            let skipped = self.splitter.skip_empty_lines(self.pieces.bytes());
            self.pieces.from += skipped;
            let bytes = self.pieces.bytes();
            if !bytes.is_empty()
                && let Some(span) = self.splitter.split(bytes, self.pieces.last)
            {
                break span;
            }
            if self.pieces.last {
                return Ok(None);
            }
            if bytes.len() > LONGEST_ROW {
                let line = self.splitter.line();
                return Err(TableError::LongRow { line }.into());
            }
            let wanted = bytes.len() + 1;
            self.pieces.more(wanted).map_err(StreamError::Read)?;
        };
        let start = self.pieces.from;
        self.pieces.from += span.next;
        self.row += 1;
        let raw = &self.pieces.buffer[start..start + span.length];
        Ok(Some(Row::new(&self.splitter, span, raw, self.row)))
    }

    /// The reader, which has come at least as far as the rows.
    pub const fn reader(&self) -> &R {
        &self.pieces.reader
    }

    /// Gives the reader back.
    pub fn into_reader(self) -> R {
        self.pieces.reader
    }
}

impl<R: Read> Pieces<R> {
    fn bytes(&self) -> &[u8] {
        &self.buffer[self.from..self.to]
    }

    /// Reads on, until there are at least twice as many bytes as wanted, or a whole piece, or the
    /// file's last ones. Doubling keeps the work for one long row proportional to its length.
    fn more(&mut self, wanted: usize) -> io::Result<()> {
        self.buffer.copy_within(self.from..self.to, 0);
        self.to -= self.from;
        self.from = 0;
        let goal = PIECE.max(2 * wanted);
        if self.buffer.len() < goal {
            self.buffer.resize(goal, 0);
        }
        while self.to < self.buffer.len() && !self.last {
            match self.reader.read(&mut self.buffer[self.to..]) {
                Ok(0) => self.last = true,
                Ok(count) => self.to += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(bytes: &[u8]) -> Result<u64, String> {
        let mut rows = RowStream::new(bytes).map_err(|error| error.to_string())?;
        let mut count = 0;
        while let Some(row) = rows.advance().map_err(|error| error.to_string())? {
            row.full(2).map_err(|error| error.to_string())?;
            count += 1;
        }
        Ok(count)
    }

    #[test]
    fn what_is_no_table_is_named() {
        for (bytes, what) in [
            (
                &b"version https://git-lfs.github.com/spec/v1\noid x\n"[..],
                "a git-lfs pointer",
            ),
            (b"\n<!DOCTYPE html>\n<p>", "a web page"),
            (b"\xff\xfea\0", "UTF-16 text"),
            (b"PK\x03\x04", "a compressed file"),
            (b"PAR1", "a Parquet file"),
        ] {
            assert_eq!(rows(bytes), Err(format!("this is {what}, not a CSV table")));
        }
        assert!(rows(b"").unwrap_err().starts_with("the table is empty"));
        assert_eq!(rows(b"a,b\n1,2\n3,4"), Ok(2));
    }

    #[test]
    fn an_unclosed_quote_is_found_where_it_opens() {
        let text = b"a,b\n1,\"x\ny\"\nz,\"3\n4,5\n";
        let error = "line 4: the quote that opens here is never closed";
        assert_eq!(rows(text), Err(error.to_owned()));
    }

    #[test]
    fn an_unclosed_quote_does_not_pull_the_file_into_memory() {
        let endless = b"a,b\n1,2\n\"".chain(io::repeat(b'x'));
        let mut rows = RowStream::new(endless).unwrap();
        assert!(rows.advance().unwrap().is_some());
        let error = rows.advance().map(|_| ()).unwrap_err().to_string();
        assert!(error.starts_with("line 3: the row that starts here is longer"));
    }
}
