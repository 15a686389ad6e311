//! Histograms of packed gradients, a cell a bin.

use rayon::prelude::*;

use crate::gradient::Packed;
use crate::matrix::{Binning, Matrix, WIDEST};

/// Sums of all columns, laid out by [`Binning::range`].
pub(crate) type Histogram = Vec<Packed>;

/// Below this many additions a histogram is not worth a second thread.
const PARALLEL_ADDITIONS: usize = 1 << 17;

/// The rows of a node.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Rows<'a> {
    /// Every row of the table.
    All,
    /// These, ascending within runs that earlier splits left together.
    Some(&'a [u32]),
}

/// A tile's cells while it is being summed: a full 256 a column, so that a code needs no check.
type Cells = [[Packed; 256]];

/// Sums `packed` (one value a row, in the order of `rows`) into `histogram`, overwriting it. Sums are
/// integers, so the result does not depend on how the rows are shared among threads.
pub(crate) fn build(
    matrix: &Matrix,
    binning: &Binning,
    rows: Rows<'_>,
    packed: &[Packed],
    histogram: &mut [Packed],
) {
    let width = matrix.width();
    let tiles = matrix.tiles().len();
    let threads = rayon::current_num_threads();
    let additions = packed.len() * binning.columns().len();
    let alone = threads == 1 || additions < PARALLEL_ADDITIONS;
    let parts = if alone {
        1
    } else {
        (2 * threads).div_ceil(tiles)
    };

    let mut slices = Vec::with_capacity(tiles);
    let mut rest = histogram;
    for tile in 0..tiles {
        let members = binning.tile_columns(tile, width);
        let cells = binning.range(members.end - 1).end - binning.range(members.start).start;
        let (slice, after) = rest.split_at_mut(cells);
        slices.push((tile, members, slice));
        rest = after;
    }
    let sum_tile = |(tile, members, slice): (usize, std::ops::Range<usize>, &mut [Packed])| {
        let codes = &matrix.tiles()[tile];
        let cells = if parts == 1 {
            sum_part(width, codes, rows, packed)
        } else {
            let part_rows = packed.len().div_ceil(parts);
            (0..parts)
                .into_par_iter()
                .map(|part| {
                    let from = (part * part_rows).min(packed.len());
                    let to = (from + part_rows).min(packed.len());
                    match rows {
                        Rows::Some(rows) => {
                            sum_part(width, codes, Rows::Some(&rows[from..to]), &packed[from..to])
                        }
                        Rows::All => {
                            let codes = &codes[from * width..to * width];
                            sum_part(width, codes, Rows::All, &packed[from..to])
                        }
                    }
                })
                .reduce_with(|sum, part| add_cells(sum, &part))
                .unwrap_or_default()
        };
        let mut to = slice;
        for (column, cells) in members.zip(&cells) {
            let (own, after) = to.split_at_mut(binning.range(column).len());
            own.copy_from_slice(&cells[..own.len()]);
            to = after;
        }
    };
    if alone {
        slices.into_iter().for_each(sum_tile);
    } else {
        slices.into_par_iter().for_each(sum_tile);
    }
}

/// Takes the sums of one child from those of its parent, which leaves those of the other child.
pub(crate) fn subtract(parent: &mut [Packed], child: &[Packed]) {
    for (parent, child) in parent.iter_mut().zip(child) {
        *parent = parent.wrapping_sub(*child);
    }
}

fn add_cells(mut sum: Vec<[Packed; 256]>, part: &Cells) -> Vec<[Packed; 256]> {
    for (sum, part) in sum.as_flattened_mut().iter_mut().zip(part.as_flattened()) {
        *sum = sum.wrapping_add(*part);
    }
    sum
}

/// Dispatches on the tile's width, so that the inner loop is unrolled over columns.
fn sum_part(width: usize, codes: &[u8], rows: Rows<'_>, packed: &[Packed]) -> Vec<[Packed; 256]> {
    let mut cells = vec![[0; 256]; width];
    macro_rules! by_width {
        ($($w:literal)*) => {
            match width {
                $($w => add_rows::<$w>(&mut cells, codes, rows, packed),)*
                _ => unreachable!("tiles are 1 to {WIDEST} columns wide"),
            }
        };
    }
    by_width!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16);
    cells
}

fn add_rows<const W: usize>(cells: &mut Cells, codes: &[u8], rows: Rows<'_>, packed: &[Packed]) {
    let Some(cells) = cells.first_chunk_mut::<W>() else {
        return;
    };
    let (codes, _) = codes.as_chunks::<W>();
    let mut add = |codes: &[u8; W], pair: Packed| {
        for (cells, &code) in cells.iter_mut().zip(codes) {
            let cell = &mut cells[usize::from(code)];
            *cell = cell.wrapping_add(pair);
        }
    };
    match rows {
        Rows::All => codes
            .iter()
            .zip(packed)
            .for_each(|(codes, &pair)| add(codes, pair)),
        Rows::Some(rows) => {
            rows.iter()
                .zip(packed)
                .for_each(|(&row, &pair)| add(&codes[row as usize], pair));
        }
    }
}
