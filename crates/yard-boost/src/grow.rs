//! Growing one tree.

use std::ops::Range;

use rayon::prelude::*;

use crate::gradient::{Packed, Packing};
use crate::grid::LeafGrid;
use crate::grown::Grown;
use crate::histogram::{self, Addends, Histogram, Rows};
use crate::matrix::{Binning, Matrix};
use crate::params::{Growth, Params};
use crate::partition;
use crate::site::{Open, Site};
use crate::split::{self, Split};

/// Margins that a task adds a tree to: 128 KiB, which the second-level cache holds.
const ADD_ROWS: usize = 1 << 15;

/// What every tree of a fit is grown from, and the memory that they reuse.
pub(crate) struct Grower<'a> {
    matrix: &'a Matrix,
    binning: &'a Binning,
    params: &'a Params,
    grid: LeafGrid,
    /// The tree's rows, each node's in one range, ascending.
    rows: Vec<u32>,
    scratch: Vec<u32>,
    /// Histograms that no node uses now.
    spare: Vec<Histogram>,
}

/// One round's gradients and what the tree may use.
#[derive(Clone, Copy)]
pub(crate) struct Round<'a> {
    pub(crate) packed: &'a [Packed],
    pub(crate) packing: &'a Packing,
    /// Rows to learn from, ascending; none: all.
    pub(crate) sample: Option<&'a [u32]>,
    /// Columns to split on, ascending.
    pub(crate) columns: &'a [u32],
}

impl<'a> Grower<'a> {
    pub(crate) fn new(
        matrix: &'a Matrix,
        binning: &'a Binning,
        params: &'a Params,
        grid: LeafGrid,
    ) -> Self {
        let scratch = vec![0; matrix.rows()];
        Self {
            matrix,
            binning,
            params,
            grid,
            rows: Vec::with_capacity(matrix.rows()),
            scratch,
            spare: Vec::new(),
        }
    }

    /// The rows of the tree grown last, each leaf's in one range.
    pub(crate) fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// A leaf value: a step times the learning rate, on the grid.
    pub(crate) fn value(&self, step: f64) -> f32 {
        self.grid.leaf(self.params.learning_rate * step)
    }

    /// Adds the tree's values to the margins of the rows it was grown on.
    pub(crate) fn add_to(&self, grown: &Grown, margins: &mut [f32]) {
        // A leaf's rows ascend, so that each task finds its own in every leaf.
        margins
            .par_chunks_mut(ADD_ROWS)
            .enumerate()
            .for_each(|(task, margins)| {
                let first = task * ADD_ROWS;
                for leaf in &grown.leaves {
                    let value = grown.value(leaf);
                    let rows = &self.rows[leaf.rows.clone()];
                    let from = rows.partition_point(|&row| (row as usize) < first);
                    for &row in &rows[from..] {
                        let Some(margin) = margins.get_mut(row as usize - first) else {
                            break;
                        };
                        *margin += value;
                    }
                }
            });
    }

    pub(crate) fn grow(&mut self, round: Round<'_>) -> Grown {
        self.rows.clear();
        match round.sample {
            Some(sample) => self.rows.extend_from_slice(sample),
            None => self.rows.extend((0u32..).take(self.matrix.rows())),
        }
        let total = match round.sample {
            Some(rows) => rows
                .iter()
                .fold(0, |sum, &row| round.packed[row as usize].wrapping_add(sum)),
            None => round
                .packed
                .iter()
                .fold(0, |sum, &pair| pair.wrapping_add(sum)),
        };
        let root = Site::root(total, self.rows.len());
        let mut open = Vec::new();
        if self.may_split(&root, 1) {
            let histogram = self.sum(round, &root.rows, round.sample.is_none());
            let split = self.best(round, &root, &histogram, None);
            open.extend(self.keep(0, histogram, split, false));
        }
        let mut sites = vec![root];
        let mut leaves = 1;
        while leaves < self.params.max_leaves
            && let Some(next) = self.take_next(&sites, &mut open)
        {
            if self.split(round, next, &mut sites, &mut open, leaves) {
                leaves += 1;
            }
        }
        self.spare
            .extend(open.into_iter().map(|open| open.histogram));
        Grown::new(sites, self.binning, round.packing, self.params, |step| {
            self.value(step)
        })
    }

    /// Whether a site can have children, in a tree that has so many leaves by then.
    fn may_split(&self, site: &Site, leaves: usize) -> bool {
        leaves < self.params.max_leaves
            && self
                .params
                .max_depth
                .is_none_or(|deepest| site.depth < deepest)
            && site.rows.len() / 2 >= self.params.min_rows_in_leaf
    }

    /// Takes the leaf whose turn it is; of equals the oldest.
    fn take_next(&self, sites: &[Site], open: &mut Vec<Open>) -> Option<Open> {
        let depth = |leaf: &Open| match self.params.growth {
            Growth::Leaf => 0,
            Growth::Depth => sites[leaf.site].depth,
        };
        let next = (0..open.len()).min_by(|&a, &b| {
            let (a, b) = (&open[a], &open[b]);
            depth(a)
                .cmp(&depth(b))
                .then(b.split.gain.total_cmp(&a.split.gain))
                .then(a.site.cmp(&b.site))
        })?;
        Some(open.swap_remove(next))
    }

    /// Carries out a leaf's split, or finds that it must not be: then the leaf waits with another, or
    /// stays a leaf.
    fn split(
        &mut self,
        round: Round<'_>,
        leaf: Open,
        sites: &mut Vec<Site>,
        open: &mut Vec<Open>,
        leaves: usize,
    ) -> bool {
        let Open {
            site: parent,
            histogram: mut larger_sums,
            split,
            counted,
        } = leaf;
        let site = &sites[parent];
        let range = site.rows.clone();
        let column = self.matrix.column(split.column as usize);
        let sides = split.table(self.binning.columns()[split.column as usize].missing());
        let left = partition::stable(
            &mut self.rows[range.clone()],
            &mut self.scratch[range.clone()],
            |row| sides[usize::from(column.code(row))],
        );
        let fewest = left.min(range.len() - left);
        if !counted && fewest < self.params.min_rows_in_leaf {
            self.rows[range].sort_unstable(); // as they stood before
            open.extend(self.search_counting(round, parent, site, larger_sums));
            return false;
        }

        let children = site.children(&split, left, round.packing, self.params);
        let first = sites.len();
        sites[parent].split = Some(split);
        sites[parent].left = Some(first);

        let smaller = usize::from(2 * left > range.len());
        let grows = [0, 1].map(|side| self.may_split(&children[side], leaves + 1));
        if grows[smaller] || grows[1 - smaller] {
            let smaller_sums = self.sum(round, &children[smaller].rows, false);
            histogram::subtract(&mut larger_sums, &smaller_sums);
            let mut sums = [smaller_sums, larger_sums];
            sums.rotate_right(smaller); // now in the order left, right
            let best = |side: usize| {
                let (site, sums) = (&children[side], &sums[side]);
                grows[side].then(|| self.best(round, site, sums, None))?
            };
            let found = if grows[0] && grows[1] && rayon::current_num_threads() > 1 {
                <[_; 2]>::from(rayon::join(|| best(0), || best(1)))
            } else {
                [0, 1].map(best)
            };
            for (side, (sums, split)) in sums.into_iter().zip(found).enumerate() {
                open.extend(self.keep(first + side, sums, split, false));
            }
        } else {
            self.spare.push(larger_sums);
        }
        sites.extend(children);
        true
    }

    /// The histogram of a node.
    fn sum(&mut self, round: Round<'_>, rows: &Range<usize>, all: bool) -> Histogram {
        let mut sums = self
            .spare
            .pop()
            .unwrap_or_else(|| vec![0; self.binning.cells()]);
        let rows = if all {
            Rows::All(self.matrix.rows())
        } else {
            Rows::Some(&self.rows[rows.clone()])
        };
        let addends = Addends::Packed(round.packed);
        histogram::build(self.matrix, self.binning, rows, addends, &mut sums);
        sums
    }

    /// Searches a site again, with every cell's rows counted. Rarely needed: an estimate must have been
    /// wrong.
    fn search_counting(
        &mut self,
        round: Round<'_>,
        index: usize,
        site: &Site,
        histogram: Histogram,
    ) -> Option<Open> {
        let rows = Rows::Some(&self.rows[site.rows.clone()]);
        let mut counts = vec![0; self.binning.cells()];
        histogram::build(self.matrix, self.binning, rows, Addends::Ones, &mut counts);
        let split = self.best(round, site, &histogram, Some(&counts));
        self.keep(index, histogram, split, true)
    }

    /// The best split of a site.
    fn best(
        &self,
        round: Round<'_>,
        site: &Site,
        histogram: &[Packed],
        counts: Option<&[Packed]>,
    ) -> Option<Split> {
        let node = split::Node {
            histogram,
            counts,
            total: site.total,
            rows: site.rows.len(),
            bounds: site.bounds,
        };
        let allowed = site.allowed(round.columns, self.params);
        split::best(
            node,
            self.binning,
            allowed.as_deref().unwrap_or(round.columns),
            round.packing,
            self.params,
        )
    }

    /// A site ready to wait with the split that was found; without one, its histogram is kept for reuse.
    fn keep(
        &mut self,
        site: usize,
        histogram: Histogram,
        split: Option<Split>,
        counted: bool,
    ) -> Option<Open> {
        let Some(split) = split else {
            self.spare.push(histogram);
            return None;
        };
        Some(Open {
            site,
            histogram,
            split,
            counted,
        })
    }
}
