//! Rows in, scores out, a block at a time.
//!
//! While one block is scored by all threads, the next is read: the table is parsed in one place and
//! in order, and so the output's bytes do not depend on the threads.

use std::io::{Read, Write as _};
use std::path::Path;

use yard_contract::Signature;
use yard_model::{PredictError, Predictor};
use yard_table::{RowStream, StreamError, Table, TableError};

use crate::columns::{Columns, cell};
use crate::error::BatchError;

/// Rows that are in memory together.
const BLOCK: usize = 1 << 15;

/// What was scored.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Totals {
    pub(crate) rows: u64,
    pub(crate) positives: u64,
    pub(crate) unseen_categories: u64,
    /// The sum of the probabilities, in the order of the rows.
    pub(crate) sum: f64,
}

/// The scorer of one table.
pub(crate) struct Scorer<'a> {
    pub(crate) predictor: &'a Predictor,
    pub(crate) columns: &'a Columns,
    /// The table's path, for errors.
    pub(crate) path: &'a Path,
    /// The ends of output lines.
    endings: Endings,
}

/// What follows a probability.
struct Endings {
    negative: Vec<u8>,
    positive: Vec<u8>,
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
        let signature: &Signature = predictor.signature();
        let ending = |class: &str| {
            let mut ending = vec![b','];
            cell(&mut ending, class);
            ending.push(b'\n');
            ending
        };
        let endings = Endings {
            negative: ending(&signature.target.classes.negative),
            positive: ending(&signature.target.classes.positive),
        };
        Self {
            predictor,
            columns,
            path,
            endings,
        }
    }

    /// Scores all rows of a table into a writer.
    pub(crate) fn run<R: Read + Send>(
        &self,
        rows: &mut RowStream<R>,
        write: &mut (impl FnMut(&[u8]) -> Result<(), BatchError> + Send),
        mut progress: impl FnMut(&R, u64) + Send,
    ) -> Result<Totals, BatchError> {
        let mut totals = Totals::default();
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
        let probabilities = self.predictor.predict(table).map_err(|source| {
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
        let mut out = Vec::with_capacity(block.copied.len() + 16 * probabilities.len());
        let mut start = 0;
        for (&probability, &end) in probabilities.iter().zip(&block.ends) {
            out.extend_from_slice(&block.copied[start..end]);
            start = end;
            // Writing to memory cannot fail. This is the shortest text that reads back the same.
            let _ = write!(out, "{probability}");
            let is_positive = self.predictor.is_positive(probability);
            let ending = if is_positive {
                &self.endings.positive
            } else {
                &self.endings.negative
            };
            out.extend_from_slice(ending);
            totals.positives += u64::from(is_positive);
            totals.sum += f64::from(probability);
        }
        totals.rows += probabilities.len() as u64;
        totals.unseen_categories += self.predictor.unseen_categories(table);
        Ok(out)
    }
}
