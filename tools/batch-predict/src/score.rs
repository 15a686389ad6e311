//! Rows in, scores out, a block at a time.
//!
//! While one block is scored by all threads, the next is read: the table is parsed in one place and
//! in order, and so the output's bytes do not depend on the threads.

use std::io::Read;
use std::path::Path;

use yard_model::{PredictError, Predictor};
use yard_table::{RowStream, StreamError, Table, TableError};

use crate::answer::{Lines, Totals};
use crate::columns::{Columns, cell};
use crate::error::BatchError;

/// Rows that are in memory together.
const BLOCK: usize = 1 << 15;

/// The scorer of one table.
pub(crate) struct Scorer<'a> {
    pub(crate) predictor: &'a Predictor,
    pub(crate) columns: &'a Columns,
    /// The table's path, for errors.
    pub(crate) path: &'a Path,
    answers: Lines,
}

/// Rows that were read and wait to be scored.
struct Block {
    table: Table,
    /// The copied cells as the output has them, each with its comma.
    copied: Vec<u8>,
    /// Where each row's copied cells end.
    ends: Vec<usize>,
}

impl<'a> Scorer<'a> {
    pub(crate) fn new(predictor: &'a Predictor, columns: &'a Columns, path: &'a Path) -> Self {
        Self {
            answers: Lines::of(predictor.signature()),
            predictor,
            columns,
            path,
        }
    }

    /// Scores all rows of a table into a writer.
    pub(crate) fn run<R: Read + Send>(
        &self,
        rows: &mut RowStream<R>,
        write: &mut (impl FnMut(&[u8]) -> Result<(), BatchError> + Send),
        mut progress: impl FnMut(&R, u64) + Send,
    ) -> Result<Totals, BatchError> {
        let mut totals = Totals::of(self.predictor.signature());
        let mut block = self.read(rows)?;
        while block.table.rows() > 0 {
            let (next, scored) =
                rayon::join(|| self.read(rows), || self.score(&block, &mut totals));
            // What comes first in the table is reported first.
            write(&scored?)?;
            progress(rows.reader(), totals.rows);
            block = next?;
        }
        if totals.rows == 0 {
            return Err(self.table(TableError::NoRows.into()));
        }
        Ok(totals)
    }

    fn table(&self, source: StreamError) -> BatchError {
        BatchError::Table {
            path: self.path.to_owned(),
            source,
        }
    }

    fn read<R: Read>(&self, rows: &mut RowStream<R>) -> Result<Block, BatchError> {
        let columns = self.columns;
        let mut block = Block {
            table: Table::with_columns(&columns.specs),
            copied: Vec::new(),
            ends: Vec::with_capacity(BLOCK),
        };
        let mut read = || -> Result<(), StreamError> {
            while block.ends.len() < BLOCK {
                let Some(row) = rows.advance()? else { break };
                let row = row.full(columns.width)?;
                block.table.push(&row, &columns.features, &columns.layout)?;
                for &place in &columns.copied {
                    cell(&mut block.copied, row.cell(place)?);
                    block.copied.push(b',');
                }
                block.ends.push(block.copied.len());
            }
            Ok(())
        };
        read().map_err(|source| self.table(source))?;
        Ok(block)
    }

    /// A block's lines of output.
    fn score(&self, block: &Block, totals: &mut Totals) -> Result<Vec<u8>, BatchError> {
        let table = &block.table;
        let answers = self.predictor.predict(table).map_err(|source| {
            let path = self.path.to_owned();
            match source {
                PredictError::NotFinite { row } => BatchError::Row {
                    path,
                    line: table.line(row),
                    source,
                },
                source => BatchError::Rows {
                    path,
                    from: table.line(0),
                    to: table.line(table.rows() - 1),
                    source,
                },
            }
        })?;
        let mut out = Vec::with_capacity(block.copied.len() + 16 * answers.values().len());
        let mut start = 0;
        for (answer, &end) in answers.rows().zip(&block.ends) {
            out.extend_from_slice(&block.copied[start..end]);
            start = end;
            self.answers.write(&mut out, self.predictor, answer);
            totals.add(self.predictor, answer);
        }
        totals.unseen_categories += self.predictor.unseen_categories(table);
        Ok(out)
    }
}
