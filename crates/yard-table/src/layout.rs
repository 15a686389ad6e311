//! How a CSV file separates and omits.

use crate::cell::trim_blanks;

/// How a CSV file separates its cells and writes a missing one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The byte between cells.
    pub delimiter: u8,
    /// The texts that mean "missing". The empty text should be among them.
    pub missing: Vec<String>,
}

impl Layout {
    /// The layout that a file's header suggests: the most frequent of `,` `;` tab `|` outside
    /// quotes on the first line, the comma where none occurs. Only the empty cell is missing.
    pub fn sniff(bytes: &[u8]) -> Self {
        let mut counts = [(b',', 0_usize), (b';', 0), (b'\t', 0), (b'|', 0)];
        let mut quoted = false;
        for &byte in strip_mark(bytes) {
            match byte {
                b'"' => quoted = !quoted,
                b'\n' | b'\r' if !quoted => break,
                _ if quoted => {}
                _ => counts
                    .iter_mut()
                    .filter(|(sign, _)| *sign == byte)
                    .for_each(|(_, n)| *n += 1),
            }
        }
        // The first of equals wins, so that the comma is the default.
        let best = counts
            .iter()
            .rev()
            .max_by_key(|(_, n)| *n)
            .map_or(b',', |(sign, _)| *sign);
        Self {
            delimiter: best,
            missing: vec![String::new()],
        }
    }

    /// The same layout with these texts for "missing", the empty text always among them.
    #[must_use]
    pub fn with_missing(mut self, texts: &[String]) -> Self {
        self.missing = texts.to_vec();
        if !texts.iter().any(String::is_empty) {
            self.missing.push(String::new());
        }
        self
    }

    /// Whether a cell is missing. Surrounding blanks do not make a cell present.
    #[inline]
    pub fn is_missing(&self, cell: &str) -> bool {
        let cell = trim_blanks(cell);
        cell.is_empty() || self.missing.iter().any(|text| text == cell)
    }
}

/// The bytes without a UTF-8 byte-order mark.
pub(crate) fn strip_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_tells_the_delimiter() {
        for (header, delimiter) in [
            (&b"a,b,c\n1;2;3;4;5"[..], b','),
            (b"a;b;c\n", b';'),
            (b"a\tb\n", b'\t'),
            (b"a|b\n", b'|'),
            (b"\"a;b;c\",d\n", b','),
            (b"only\n", b','),
            (b"", b','),
        ] {
            assert_eq!(Layout::sniff(header).delimiter, delimiter);
        }
    }

    #[test]
    fn the_empty_cell_is_always_missing() {
        let layout = Layout::sniff(b"").with_missing(&["?".to_owned()]);
        assert!(layout.is_missing("") && layout.is_missing(" ") && layout.is_missing("?"));
        assert!(!layout.is_missing("0") && !layout.is_missing("NA"));
    }
}
