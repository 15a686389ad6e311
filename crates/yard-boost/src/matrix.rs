//! The training table as one byte a value.
//!
//! Columns stand together in tiles of up to [`WIDEST`], row-major inside a tile: one row of a tile is
//! a few adjacent bytes, so a histogram pass over scattered rows fetches one cache line a row for all
//! columns of the tile, while the tile's histograms (2 KiB a column) stay in the first-level cache.
//! Consecutive additions go to different columns, so that a column of few values does not make each
//! addition wait for the one before.

use rayon::prelude::*;

use crate::bins::ColumnBins;
use crate::data::Features;
use crate::error::BoostError;
use crate::sample::{self, Purpose};

/// Columns of a tile at most.
pub(crate) const WIDEST: usize = 16;

/// Rows whose values decide the cuts; more add time, not accuracy.
const CUT_SAMPLE: usize = 200_000;

/// Rows encoded at a time: 64 KiB of a tile.
const ENCODE_ROWS: usize = 4096;

/// The bins of every column.
#[derive(Debug)]
pub(crate) struct Binning {
    columns: Vec<ColumnBins>,
    /// Where a column's cells begin in a histogram; one more than there are columns.
    offsets: Vec<usize>,
}

impl Binning {
    /// Finds the cuts of every column. Refuses infinite values.
    pub(crate) fn learn(
        features: Features<'_>,
        max_bins: usize,
        seed: u64,
    ) -> Result<Self, BoostError> {
        let rows = (features.rows() > CUT_SAMPLE)
            .then(|| sample::choose(features.rows(), CUT_SAMPLE, seed, Purpose::Bins, 0));
        let columns: Vec<Result<ColumnBins, BoostError>> = (0..features.columns().len())
            .into_par_iter()
            .map(|index| {
                features.check_finite(index)?;
                let column = features.columns()[index];
                let known = |x: &f32| !x.is_nan();
                let mut values: Vec<f32> = match &rows {
                    Some(rows) => rows
                        .iter()
                        .map(|&r| column[r as usize])
                        .filter(known)
                        .collect(),
                    None => column.iter().copied().filter(known).collect(),
                };
                Ok(ColumnBins::from_sample(&mut values, max_bins))
            })
            .collect();
        // The first refused column in column order, whichever thread met it first.
        let columns = columns.into_iter().collect::<Result<Vec<_>, _>>()?;
        let mut offsets = vec![0];
        for column in &columns {
            offsets.push(offsets[offsets.len() - 1] + column.len() + 1);
        }
        Ok(Self { columns, offsets })
    }

    pub(crate) fn columns(&self) -> &[ColumnBins] {
        &self.columns
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
    tiles: Vec<Vec<u8>>,
}

impl Matrix {
    /// Encodes a table whose columns are those of the binning.
    pub(crate) fn encode(features: Features<'_>, binning: &Binning) -> Self {
        let (rows, columns) = (features.rows(), features.columns());
        let tiles = columns.len().div_ceil(WIDEST);
        let width = columns.len().div_ceil(tiles);
        let tiles = (0..tiles)
            .into_par_iter()
            .map(|tile| {
                let mut codes = vec![0; rows * width];
                let members = binning.tile_columns(tile, width);
                let blocks = codes.par_chunks_mut(ENCODE_ROWS * width).enumerate();
                blocks.for_each(|(block, codes)| {
                    for (lane, column) in members.clone().enumerate() {
                        let bins = &binning.columns[column];
                        let values = &columns[column][block * ENCODE_ROWS..];
                        for (codes, &value) in codes.chunks_exact_mut(width).zip(values) {
                            codes[lane] = bins.code(value);
                        }
                    }
                });
                codes
            })
            .collect();
        Self { rows, width, tiles }
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Columns of a tile; the last may hold fewer, its other lanes are 0.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// The tiles, each `rows * width` codes.
    pub(crate) fn tiles(&self) -> &[Vec<u8>] {
        &self.tiles
    }

    /// A reader of one column's codes.
    pub(crate) fn column(&self, column: usize) -> CodeColumn<'_> {
        CodeColumn {
            codes: &self.tiles[column / self.width][column % self.width..],
            stride: self.width,
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
    pub(crate) fn code(&self, row: u32) -> u8 {
        self.codes[row as usize * self.stride]
    }
}
