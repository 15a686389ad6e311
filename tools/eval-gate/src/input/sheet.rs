//! A table of any kind, read by the columns that are wanted.

use std::collections::BTreeSet;
use std::path::Path;

use yard_cli::Io;
use yard_contract::{Digester, Input, Sha256};
use yard_table::{
    Categories, ColumnSpec, Layout, NumberError, Rows, Table, TableError, parse_number,
};

use super::parquet::{Parquet, is_parquet};
use super::shown;
use crate::error::GateError;

/// A table that was read from a file.
pub(super) struct Sheet {
    pub(super) path: String,
    pub(super) input: Input,
    /// Columns of which no message may show a value.
    private: Vec<String>,
    /// Whether the bytes are ours, and not those of the file.
    converted: bool,
    table: Source,
    names: Vec<String>,
}

/// The table itself.
enum Source {
    Csv { bytes: Vec<u8>, layout: Layout },
    Parquet(Parquet),
}

/// How a column is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Want {
    /// A text a row, nearly all different.
    Text,
    /// Texts of which there are few.
    Category,
    /// Numbers in double precision; missing is `NaN`.
    Number,
}

/// A column that was read.
pub(super) enum Cells {
    Text(Vec<String>),
    Category(Categories),
    Number(Vec<f64>),
}

impl Sheet {
    /// Opens a file: CSV with a header, or Parquet.
    pub(super) fn open(
        io: &Io,
        kind: &str,
        path: &Path,
        private: &[String],
    ) -> Result<Self, GateError> {
        let source = io.read(kind, path)?;
        let (path, input) = (shown(path), source.input);
        if is_parquet(&source.bytes) {
            let fail = |source| GateError::Parquet {
                path: path.clone(),
                source,
            };
            let table = Parquet::open(source.bytes).map_err(fail)?;
            return Ok(Self {
                names: table.names.clone(),
                table: Source::Parquet(table),
                private: private.to_vec(),
                converted: false,
                path,
                input,
            });
        }
        let layout = Layout::sniff(&source.bytes);
        let fail = |source| GateError::Table {
            path: path.clone(),
            source,
        };
        let rows = Rows::new(&source.bytes, &layout).map_err(fail)?;
        let names = rows.header().to_vec();
        let bytes = source.bytes;
        Ok(Self {
            table: Source::Csv { bytes, layout },
            private: private.to_vec(),
            converted: false,
            names,
            path,
            input,
        })
    }

    /// The same table with these texts for "missing".
    pub(super) fn with_missing(mut self, texts: &[String]) -> Self {
        if let Source::Csv { layout, .. } = &mut self.table {
            *layout = layout.clone().with_missing(texts);
        }
        self
    }

    /// The same table as CSV, which models read; of a Parquet file these columns alone, so that one which
    /// nobody asks for may hold anything.
    pub(super) fn into_csv(mut self, columns: &BTreeSet<&str>) -> Result<Self, GateError> {
        if let Source::Parquet(table) = &self.table {
            let fail = |source| GateError::Parquet {
                path: self.path.clone(),
                source,
            };
            let known = |name: &&String| columns.contains(name.as_str());
            self.names = self.names.iter().filter(known).cloned().collect();
            let bytes = table.as_csv(&self.names).map_err(fail)?;
            let layout = Layout::sniff(&bytes);
            self.table = Source::Csv { bytes, layout };
            self.converted = true;
        }
        Ok(self)
    }

    /// What a model takes.
    pub(super) fn features(&self, specs: &[ColumnSpec]) -> Result<Table, GateError> {
        let found = match &self.table {
            Source::Csv { bytes, layout } => Table::read(bytes, layout, specs),
            Source::Parquet(_) => Err(TableError::Foreign {
                what: "a Parquet file",
                hint: "give models their holdout as CSV",
            }),
        };
        found.map_err(|source| self.fail(source))
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }

    fn hides(&self, column: &str) -> bool {
        self.private.iter().any(|private| private == column)
    }

    fn fail(&self, mut source: TableError) -> GateError {
        if let TableError::Cell { column, value, .. } = &mut source
            && self.hides(column)
        {
            "(private)".clone_into(value);
        }
        GateError::Table {
            path: self.path.clone(),
            source,
        }
    }

    /// Reads columns in one pass.
    pub(super) fn read(&self, wanted: &[(&str, Want)]) -> Result<Vec<Cells>, GateError> {
        let mut cells: Vec<Cells> = wanted.iter().map(|(_, want)| Cells::empty(*want)).collect();
        let wrong = |line, place: usize, cell: &str, reason| {
            self.fail(TableError::Cell {
                line,
                column: wanted[place].0.to_owned(),
                value: cell.chars().take(80).collect(),
                reason,
            })
        };
        let rows = match &self.table {
            Source::Csv { bytes, layout } => {
                let fail = |source| self.fail(source);
                let mut rows = Rows::new(bytes, layout).map_err(fail)?;
                let places = wanted.iter().map(|(name, _)| rows.position(name));
                let places = places.collect::<Result<Vec<_>, _>>().map_err(fail)?;
                let mut count = 0;
                while let Some(row) = rows.advance_full() {
                    let row = row.map_err(fail)?;
                    count += 1;
                    for (at, (cells, &place)) in cells.iter_mut().zip(&places).enumerate() {
                        let cell = row.trimmed(place).map_err(fail)?;
                        let cell = if layout.is_missing(cell) { "" } else { cell };
                        cells
                            .push(cell)
                            .map_err(|reason| wrong(row.line, at, cell, reason))?;
                    }
                }
                count
            }
            Source::Parquet(table) => {
                if let Some((name, _)) = wanted.iter().find(|(name, _)| !self.has(name)) {
                    return Err(self.fail(TableError::MissingColumn {
                        column: (*name).to_owned(),
                        nearest: None,
                    }));
                }
                let names: Vec<&str> = wanted.iter().map(|(name, _)| *name).collect();
                let fail = |source| GateError::Parquet {
                    path: self.path.clone(),
                    source,
                };
                table.cells(&names, fail, |row, at, cell| {
                    cells[at]
                        .push(cell)
                        .map_err(|reason| wrong(row as u64 + 1, at, cell, reason))
                })?
            }
        };
        // No column at all has no cells either.
        if rows > 0 || wanted.is_empty() {
            Ok(cells)
        } else {
            Err(self.fail(TableError::NoRows))
        }
    }

    /// The digest of the rows' bytes, each with a line's end: what `split.json` has of the rows held out.
    pub(super) fn raw_rows(&self) -> Option<Sha256> {
        let Source::Csv { bytes, layout } = &self.table else {
            return None;
        };
        if self.converted {
            return None;
        }
        let mut rows = Rows::new(bytes, layout).ok()?;
        let mut digest = Digester::new();
        while let Some(row) = rows.advance() {
            digest.update(row.raw());
            digest.update(b"\n");
        }
        Some(digest.finish())
    }

    /// Complains about a cell.
    pub(super) fn wrong(&self, row: usize, column: &str, reason: &str) -> GateError {
        GateError::Cell {
            path: self.path.clone(),
            place: self.place(row),
            column: column.to_owned(),
            // Which it is, is told of what has no value.
            reason: if self.hides(column) && !reason.starts_with("empty") {
                "its value, which is private, cannot be used here".to_owned()
            } else {
                reason.to_owned()
            },
        }
    }

    /// Where a row stands in the file.
    fn place(&self, row: usize) -> String {
        let Source::Csv { bytes, layout } = &self.table else {
            return format!("row {}", row + 1);
        };
        let Ok(mut rows) = Rows::new(bytes, layout) else {
            return format!("row {}", row + 1);
        };
        for _ in 0..row {
            let _ = rows.advance();
        }
        rows.advance()
            .map_or_else(String::new, |row| format!("line {}", row.line))
    }
}

impl Cells {
    fn empty(want: Want) -> Self {
        match want {
            Want::Text => Self::Text(Vec::new()),
            Want::Category => Self::Category(Categories::default()),
            Want::Number => Self::Number(Vec::new()),
        }
    }

    /// Adds a cell; an empty one is missing. Fails with what it is not.
    fn push(&mut self, cell: &str) -> Result<(), &'static str> {
        match self {
            Self::Text(texts) => texts.push(cell.to_owned()),
            Self::Category(categories) => categories.push(cell),
            Self::Number(numbers) if cell.is_empty() => numbers.push(f64::NAN),
            Self::Number(numbers) => {
                numbers.push(parse_number(cell).map_err(NumberError::reason)?);
            }
        }
        Ok(())
    }

    pub(super) fn texts(self) -> Vec<String> {
        match self {
            Self::Text(texts) => texts,
            Self::Category(categories) => (0..categories.codes.len())
                .map(|row| categories.text(row).to_owned())
                .collect(),
            Self::Number(numbers) => numbers.iter().map(f64::to_string).collect(),
        }
    }

    pub(super) fn categories(self) -> Categories {
        match self {
            Self::Category(categories) => categories,
            other => other.texts().into_iter().collect(),
        }
    }

    pub(super) fn numbers(self) -> Vec<f64> {
        match self {
            Self::Number(numbers) => numbers,
            Self::Text(_) | Self::Category(_) => Vec::new(),
        }
    }
}
