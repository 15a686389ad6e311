//! Where a row ends and where its cells lie.
//!
//! The rules are those of RFC 4180, read generously: a line ends in LF, CR or CR LF; empty lines
//! are no rows; a quote opens a quoted cell only where a cell begins; a doubled quote inside stands
//! for one; what follows a closing quote up to the delimiter is taken as it is. A row without
//! quotes, which is nearly every row, is cut where it lies and nothing is copied.

use memchr::{memchr, memchr_iter, memchr3};

/// Cuts bytes into rows, and rows into cells. It keeps the place of one row at a time and the line
/// on which the next one starts; the bytes themselves stay with the caller.
pub(crate) struct Splitter {
    delimiter: u8,
    line: u64,
    after_return: bool,
    ends: Vec<usize>,
    plain: Vec<u8>,
}

/// Where a row lies in the bytes that were given.
#[derive(Clone, Copy)]
pub(crate) struct Span {
    /// The row's length, its line end not counted.
    pub(crate) length: usize,
    /// The bytes to go forward, its line end counted.
    pub(crate) next: usize,
    /// The line on which the row starts.
    pub(crate) line: u64,
    /// Whether the cells lie in [`Splitter::plain`], because the row has quotes.
    pub(crate) quoted: bool,
    /// The line of a quote that the file ends without closing.
    pub(crate) open_quote: Option<u64>,
}

impl Splitter {
    pub(crate) const fn new(delimiter: u8) -> Self {
        Self {
            delimiter,
            line: 1,
            after_return: false,
            ends: Vec::new(),
            plain: Vec::new(),
        }
    }

    /// The line on which the next row starts.
    pub(crate) const fn line(&self) -> u64 {
        self.line
    }

    /// Where the last row's cells end, in its own bytes or in [`Self::plain`]. Each cell starts
    /// one byte after the end of the one before.
    pub(crate) fn ends(&self) -> &[usize] {
        &self.ends
    }

    /// The last row's cells without their quotes, delimiters between them, where it had quotes.
    pub(crate) fn plain(&self) -> &[u8] {
        &self.plain
    }

    /// Goes over the line ends that these bytes start with and answers how many bytes they are.
    pub(crate) fn skip_empty_lines(&mut self, bytes: &[u8]) -> usize {
        let mut passed = 0;
        for &byte in bytes.iter().take_while(|byte| is_line_end(**byte)) {
            self.line += u64::from(byte == b'\r' || !self.after_return);
            self.after_return = byte == b'\r';
            passed += 1;
        }
        if passed < bytes.len() {
            self.after_return = false;
        }
        passed
    }

    /// Cuts the row that these bytes start with; they do not start with a line end. `None` where
    /// the row may go on after the bytes and they are not the last ones.
    pub(crate) fn split(&mut self, bytes: &[u8], last: bool) -> Option<Span> {
        self.ends.clear();
        let (length, quoted, quote) = match memchr3(b'\n', b'\r', b'"', bytes) {
            Some(at) if bytes[at] == b'"' => {
                let (length, quote) = self.split_quoted(bytes, last)?;
                (length, true, quote)
            }
            None if !last => return None,
            found => {
                let length = found.unwrap_or(bytes.len());
                self.ends
                    .extend(memchr_iter(self.delimiter, &bytes[..length]));
                self.ends.push(length);
                (length, false, None)
            }
        };
        let line = self.line;
        if quoted {
            self.line += line_ends(&bytes[..length]);
        }
        let end = bytes.get(length).copied();
        self.line += u64::from(end.is_some());
        self.after_return = end == Some(b'\r');
        Some(Span {
            length,
            next: length + usize::from(end.is_some()),
            line,
            quoted,
            open_quote: quote.map(|at| line + line_ends(&bytes[..at])),
        })
    }

    /// The row's length, and the place of a quote that is never closed.
    fn split_quoted(&mut self, bytes: &[u8], last: bool) -> Option<(usize, Option<usize>)> {
        self.plain.clear();
        let mut open = None;
        let mut at = 0;
        loop {
            if bytes.get(at) == Some(&b'"') {
                let quote = at;
                at += 1;
                loop {
                    let Some(inside) = memchr(b'"', &bytes[at..]) else {
                        if !last {
                            return None;
                        }
                        open = Some(quote);
                        self.plain.extend_from_slice(&bytes[at..]);
                        at = bytes.len();
                        break;
                    };
                    self.plain.extend_from_slice(&bytes[at..at + inside]);
                    at += inside + 1;
                    match bytes.get(at) {
                        Some(b'"') => {
                            self.plain.push(b'"');
                            at += 1;
                        }
                        None if !last => return None,
                        _ => break,
                    }
                }
            }
            let ends_cell = |byte: &u8| *byte == self.delimiter || is_line_end(*byte);
            let rest = match bytes[at..].iter().position(ends_cell) {
                None if !last => return None,
                found => found.unwrap_or(bytes.len() - at),
            };
            self.plain.extend_from_slice(&bytes[at..at + rest]);
            self.ends.push(self.plain.len());
            at += rest;
            if bytes.get(at) != Some(&self.delimiter) {
                return Some((at, open));
            }
            self.plain.push(self.delimiter);
            at += 1;
        }
    }
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
