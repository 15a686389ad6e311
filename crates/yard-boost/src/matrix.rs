//! The training table as one byte a value.
//!
//! A row's codes stand together, so that a pass over scattered rows, which waits for memory more than
//! for anything else, fetches one cache line a row. They are words of eight bytes, a tile of up to eight
//! columns each: the histograms of a tile (2 KiB a column) leave half of the first-level cache to what
//! streams by, and consecutive additions go to different columns, so that a column of few values does
//! not make each addition wait for the one before.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::bins::ColumnBins;
use crate::coding::{self, Coding, First, LevelBins};
use crate::data::{Column, Features};
use crate::error::BoostError;
use crate::params::Params;
use crate::sample::{self, Purpose};

/// Columns of a tile at most.
pub(crate) const WIDEST: usize = 8;

/// A row's codes of one tile.
pub(crate) type Word = [u8; WIDEST];

/// Bytes of a cache line.
const LINE: usize = 64;

/// Rows whose values decide the cuts; more add time, not accuracy.
const CUT_SAMPLE: usize = 200_000;

/// Codes encoded at a time, so many bytes: all columns are written while they are in the cache.
const ENCODED: usize = 1 << 16;

/// The bins of every column.
#[derive(Debug)]
pub(crate) struct Binning {
    columns: Vec<Coding>,
    /// Where a column's cells begin in a histogram; one more than there are columns.
    offsets: Vec<usize>,
}

impl Binning {
    /// Finds the cuts or levels of every column, whose values were checked. `first` tells levels apart
    /// where there are too many.
    pub(crate) fn learn(features: Features<'_>, first: &First, params: &Params) -> Self {
        let rows = (features.rows() > CUT_SAMPLE)
            .then(|| sample::choose(features.rows(), CUT_SAMPLE, params.seed, Purpose::Bins, 0));
        let columns: Vec<Coding> = (0..features.width())
            .into_par_iter()
            .map(|index| match features.column(index) {
                Column::Numbers(column) => {
                    let known = |x: &f32| !x.is_nan();
                    let mut values: Vec<f32> = match &rows {
                        Some(rows) => rows
                            .iter()
                            .map(|&r| column[r as usize])
                            .filter(known)
                            .collect(),
                        None => column.iter().copied().filter(known).collect(),
                    };
                    Coding::Numbers(ColumnBins::from_sample(&mut values, params.max_bins))
                }
                Column::Categories(column) => Coding::Levels(LevelBins::learn(
                    column,
                    first,
                    params.categories.max_levels,
                    params.categories.smoothing,
                )),
            })
            .collect();
        let mut offsets = vec![0];
        for column in &columns {
            offsets.push(offsets[offsets.len() - 1] + column.len() + 1);
        }
        Self { columns, offsets }
    }

    /// Whether a table's columns are, in number, kind and values, such as were learnt.
    pub(crate) fn check(&self, features: Features<'_>) -> Result<(), BoostError> {
        let (expected, found) = (self.columns.len(), features.width());
        if found != expected {
            return Err(BoostError::ColumnCount { expected, found });
        }
        for (column, coding) in self.columns.iter().enumerate() {
            let (expected, found) = (coding.kind(), coding::kind(features.column(column)));
            if found != expected {
                return Err(BoostError::ColumnKind {
                    column,
                    expected,
                    found,
                });
            }
        }
        features.check()
    }

    pub(crate) fn columns(&self) -> &[Coding] {
        &self.columns
    }

    /// The levels of the columns that have some.
    pub(crate) fn levels(&self) -> BTreeMap<u32, LevelBins> {
        let numbered = (0u32..).zip(&self.columns);
        let levels = numbered.filter_map(|(column, coding)| match coding {
            Coding::Levels(levels) => Some((column, levels.clone())),
            Coding::Numbers(_) => None,
        });
        levels.collect()
    }

    /// Cells of a histogram: the bins of all columns and a missing cell each.
    pub(crate) fn cells(&self) -> usize {
        self.offsets[self.columns.len()]
    }

    /// The cells of one column: its value bins, then the missing cell.
    pub(crate) fn range(&self, column: usize) -> std::ops::Range<usize> {
        self.offsets[column]..self.offsets[column + 1]
    }

    /// The cells of a tile's columns, `width` columns a tile.
    pub(crate) fn tile_columns(&self, tile: usize, width: usize) -> std::ops::Range<usize> {
        let first = tile * width;
        first..(first + width).min(self.columns.len())
    }
}

/// Bin codes of a table, in tiles.
#[derive(Debug)]
pub(crate) struct Matrix {
    rows: usize,
    width: usize,
    tiles: usize,
    words: Vec<Word>,
    /// Where the first row begins: at a cache line, so that rows of 8, 16 or 32 bytes lie in one.
    start: usize,
}

impl Matrix {
    /// Encodes a table whose columns are those of the binning.
    pub(crate) fn encode(features: Features<'_>, binning: &Binning) -> Self {
        let rows = features.rows();
        let tiles = features.width().div_ceil(WIDEST);
        let width = features.width().div_ceil(tiles);
        let words = vec![[0; WIDEST]; rows * tiles + LINE / WIDEST];
        let start = match words.as_ptr().align_offset(LINE) {
            start if start < LINE / WIDEST => start,
            _ => 0,
        };
        let mut matrix = Self {
            rows,
            width,
            tiles,
            words,
            start,
        };
        let stride = tiles * WIDEST;
        let block_rows = (ENCODED / stride).clamp(64, 4096);
        let words = &mut matrix.words[start..start + rows * tiles];
        let blocks = words.par_chunks_mut(block_rows * tiles).enumerate();
        blocks.for_each(|(block, words)| {
            let codes = words.as_flattened_mut();
            for (column, coding) in binning.columns.iter().enumerate() {
                let values = features.column(column);
                let first = column / width * WIDEST + column % width;
                coding.encode(values, block * block_rows, &mut codes[first..], stride);
            }
        });
        matrix
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Columns of a tile; the last may hold fewer, its other lanes are 0.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Words of a row.
    pub(crate) fn tiles(&self) -> usize {
        self.tiles
    }

    /// All words, row by row.
    pub(crate) fn words(&self) -> &[Word] {
        &self.words[self.start..self.start + self.rows * self.tiles]
    }

    /// A reader of one column's codes.
    pub(crate) fn column(&self, column: usize) -> CodeColumn<'_> {
        let first = column / self.width * WIDEST + column % self.width;
        CodeColumn {
            codes: self.words().as_flattened().get(first..).unwrap_or_default(),
            stride: self.tiles * WIDEST,
        }
    }
}

/// One column's codes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CodeColumn<'a> {
    codes: &'a [u8],
    stride: usize,
}

impl CodeColumn<'_> {
    #[inline]
    pub(crate) fn code(&self, row: u32) -> u8 {
        self.codes[(row as usize).wrapping_mul(self.stride)]
    }
}
