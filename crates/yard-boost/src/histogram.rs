//! Histograms of packed gradients, a cell a bin.
//!
//! A few hundred rows are fetched at a time into a batch, all their tiles at once, before anything is
//! summed: fetching alone, the processor waits for many rows of a scattered node together, where it would
//! wait for each if additions stood between. The batch is then summed tile by tile from the first-level
//! cache, where a tile's cells are too.

use rayon::prelude::*;

use crate::gradient::Packed;
use crate::matrix::{Binning, Matrix, WIDEST, Word};

/// Sums of all columns, laid out by [`Binning::range`].
pub(crate) type Histogram = Vec<Packed>;

/// Below this many additions a histogram is not worth a second thread.
const PARALLEL_ADDITIONS: usize = 1 << 16;

/// Rows fetched at a time.
const BATCH: usize = 512;

/// Tiles fetched at a time: half a cache line of each row.
const PANEL: usize = 4;

/// The rows of a node.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Rows<'a> {
    /// Every row of the table.
    All(usize),
    /// These, ascending.
    Some(&'a [u32]),
}

impl Rows<'_> {
    fn len(self) -> usize {
        match self {
            Self::All(rows) => rows,
            Self::Some(rows) => rows.len(),
        }
    }
}

/// What is summed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Addends<'a> {
    /// One value for every row of the table.
    Packed(&'a [Packed]),
    /// 1 a row: the sums are counts.
    Ones,
}

/// Sums into `histogram`, overwriting it. Sums are integers, so the result does not depend on how the
/// rows are shared among threads.
pub(crate) fn build(
    matrix: &Matrix,
    binning: &Binning,
    rows: Rows<'_>,
    addends: Addends<'_>,
    histogram: &mut [Packed],
) {
    let panels = matrix.tiles().div_ceil(PANEL);
    let threads = rayon::current_num_threads();
    let additions = rows.len() * binning.columns().len();
    let alone = threads == 1 || additions < PARALLEL_ADDITIONS;
    // Where there is much to do, twice the threads, so that one that is late holds up less.
    let wanted = if additions < 8 * PARALLEL_ADDITIONS {
        threads
    } else {
        2 * threads
    };
    let parts = if alone { 1 } else { wanted.div_ceil(panels) };

    let panel_columns = matrix.width() * PANEL;
    let mut slices = Vec::with_capacity(panels);
    let mut rest = histogram;
    for panel in 0..panels {
        let members = binning.tile_columns(panel, panel_columns);
        let cells = binning.range(members.end - 1).end - binning.range(members.start).start;
        let (slice, after) = rest.split_at_mut(cells);
        slices.push((panel, members, slice));
        rest = after;
    }
    let sum_panel = |(panel, members, slice): (usize, std::ops::Range<usize>, &mut [Packed])| {
        let tiles = panel * PANEL..((panel + 1) * PANEL).min(matrix.tiles());
        let sum = |from, to| sum_part(matrix, tiles.clone(), rows, from..to, addends);
        let cells = if parts == 1 {
            sum(0, rows.len())
        } else {
            let part_rows = rows.len().div_ceil(parts);
            (0..parts)
                .into_par_iter()
                .map(|part| {
                    let from = (part * part_rows).min(rows.len());
                    sum(from, (from + part_rows).min(rows.len()))
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
        slices.into_iter().for_each(sum_panel);
    } else {
        slices.into_par_iter().for_each(sum_panel);
    }
}

/// Takes the sums of one child from those of its parent, which leaves those of the other child.
pub(crate) fn subtract(parent: &mut [Packed], child: &[Packed]) {
    for (parent, child) in parent.iter_mut().zip(child) {
        *parent = parent.wrapping_sub(*child);
    }
}

/// A column's cells while they are being summed: a full 256, so that a code needs no check.
type Cells = [Packed; 256];

fn add_cells(mut sum: Vec<Cells>, part: &[Cells]) -> Vec<Cells> {
    for (sum, part) in sum.as_flattened_mut().iter_mut().zip(part.as_flattened()) {
        *sum = sum.wrapping_add(*part);
    }
    sum
}

/// Sums the columns of some tiles over the rows that stand at `places`.
fn sum_part(
    matrix: &Matrix,
    tiles: std::ops::Range<usize>,
    rows: Rows<'_>,
    places: std::ops::Range<usize>,
    addends: Addends<'_>,
) -> Vec<Cells> {
    let width = matrix.width();
    let mut cells = vec![[0; 256]; width * tiles.len()];
    let mut batch = Batch {
        packed: [1; BATCH],
        words: [[[0; WIDEST]; BATCH]; PANEL],
    };
    for from in places.clone().step_by(BATCH) {
        let places = from..(from + BATCH).min(places.end);
        let count = places.len();
        match rows {
            Rows::All(_) => batch.fetch(matrix, &tiles, places, addends),
            Rows::Some(rows) => {
                let rows = rows[places].iter().map(|&row| row as usize);
                batch.fetch(matrix, &tiles, rows, addends);
            }
        }
        for (cells, words) in cells.chunks_exact_mut(width).zip(&batch.words) {
            add_tile(cells, &words[..count], &batch.packed[..count]);
        }
    }
    cells
}

/// Rows side by side, the words of each tile together.
struct Batch {
    packed: [Packed; BATCH],
    words: [[Word; BATCH]; PANEL],
}

impl Batch {
    fn fetch(
        &mut self,
        matrix: &Matrix,
        tiles: &std::ops::Range<usize>,
        rows: impl Iterator<Item = usize> + Clone,
        addends: Addends<'_>,
    ) {
        if let Addends::Packed(packed) = addends {
            for (to, row) in self.packed.iter_mut().zip(rows.clone()) {
                *to = packed[row];
            }
        }
        let (words, stride, first) = (matrix.words(), matrix.tiles(), tiles.start);
        match tiles.len() {
            1 => self.fetch_words::<1>(words, stride, first, rows),
            2 => self.fetch_words::<2>(words, stride, first, rows),
            3 => self.fetch_words::<3>(words, stride, first, rows),
            _ => self.fetch_words::<PANEL>(words, stride, first, rows),
        }
    }

    fn fetch_words<const TILES: usize>(
        &mut self,
        words: &[Word],
        stride: usize,
        first: usize,
        rows: impl Iterator<Item = usize>,
    ) {
        for (place, row) in (0..BATCH).zip(rows) {
            let at = row.wrapping_mul(stride).wrapping_add(first);
            let own = &words[at..][..TILES];
            for (to, word) in self.words.iter_mut().zip(own) {
                to[place] = *word;
            }
        }
    }
}

/// Dispatches on the tile's width, so that the inner loop is unrolled over columns.
fn add_tile(cells: &mut [Cells], words: &[Word], packed: &[Packed]) {
    match cells.len() {
        1 => add_rows::<1>(cells, words, packed),
        2 => add_rows::<2>(cells, words, packed),
        3 => add_rows::<3>(cells, words, packed),
        4 => add_rows::<4>(cells, words, packed),
        5 => add_rows::<5>(cells, words, packed),
        6 => add_rows::<6>(cells, words, packed),
        7 => add_rows::<7>(cells, words, packed),
        _ => add_rows::<WIDEST>(cells, words, packed),
    }
}

fn add_rows<const WIDTH: usize>(cells: &mut [Cells], words: &[Word], packed: &[Packed]) {
    let Some(cells) = cells.first_chunk_mut::<WIDTH>() else {
        return;
    };
    for (word, &pair) in words.iter().zip(packed) {
        for (cells, &code) in cells.iter_mut().zip(word) {
            let cell = &mut cells[usize::from(code)];
            *cell = cell.wrapping_add(pair);
        }
    }
}
