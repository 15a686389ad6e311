//! The first row, and what is no table at all.

use crate::error::TableError;
use crate::row::Row;

/// The column names.
#[derive(Default)]
pub(crate) struct Header(Vec<String>);

impl Header {
    pub(crate) fn parse(row: &Row<'_>) -> Result<Self, TableError> {
        if let Some(line) = row.open_quote() {
            return Err(TableError::OpenQuote { line });
        }
        let name = |place| row.cell(place).map(|name| name.trim().to_owned());
        let names = (0..row.len()).map(name).collect::<Result<Vec<_>, _>>()?;
        let mut sorted: Vec<&String> = names.iter().collect();
        sorted.sort();
        if let Some(twice) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(TableError::DuplicateColumn {
                column: twice[0].clone(),
            });
        }
        Ok(Self(names))
    }

    pub(crate) fn names(&self) -> &[String] {
        &self.0
    }

    /// The place of a column, or an error that names the nearest one.
    pub(crate) fn position(&self, column: &str) -> Result<usize, TableError> {
        let found = self.0.iter().position(|name| name == column);
        found.ok_or_else(|| {
            let wanted = column.to_lowercase();
            let nearest = self.0.iter().find(|name| {
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
}

/// Refuses what stands where a table was expected and would only give puzzling findings.
pub(crate) fn refuse_foreign(bytes: &[u8]) -> Result<(), TableError> {
    let starts = |marks: &[&[u8]]| marks.iter().any(|mark| bytes.starts_with(mark));
    let text = bytes.trim_ascii_start();
    let tag = |name: &str| {
        text.get(..name.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()))
    };
    let (what, hint) = if starts(&[b"version https://git-lfs.github.com/spec/"]) {
        (
            "a git-lfs pointer",
            "run `git lfs pull`, or let the CI job fetch LFS files",
        )
    } else if tag("<!doctype html") || tag("<html") {
        (
            "a web page",
            "the download may have met a login or error page; fetch the file itself",
        )
    } else if starts(&[b"\xff\xfe", b"\xfe\xff"]) {
        ("UTF-16 text", "convert the file to UTF-8")
    } else if starts(&[b"\x1f\x8b", b"PK\x03\x04", b"\x28\xb5\x2f\xfd"]) {
        ("a compressed file", "unpack it first")
    } else if starts(&[b"PAR1"]) {
        ("a Parquet file", "export it as CSV")
    } else {
        return Ok(());
    };
    Err(TableError::Foreign { what, hint })
}
