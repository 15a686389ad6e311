//! Growing one tree.

use std::ops::Range;

use rayon::prelude::*;

use crate::gradient::{Packed, Packing};
use crate::grid::LeafGrid;
use crate::histogram::{self, Histogram, Rows};
use crate::matrix::{Binning, Matrix};
use crate::params::{Growth, Params};
use crate::partition;
use crate::split::{self, Split};
use crate::tree::{Cover, Node, Tree};

/// What every tree of a fit is grown from, and the memory that they reuse.
pub(crate) struct Grower<'a> {
    matrix: &'a Matrix,
    binning: &'a Binning,
    params: &'a Params,
    grid: LeafGrid,
    /// The tree's rows, each node's in one range.
    rows: Vec<u32>,
    scratch: Vec<u32>,
    /// A node's packed gradients in the order of its rows.
    ordered: Vec<Packed>,
    /// Histograms that no node uses now.
    spare: Vec<Histogram>,
}

/// A tree and the rows of its leaves.
pub(crate) struct Grown {
    pub(crate) tree: Tree,
    /// The same tree in codes, node by node; none for a leaf.
    pub(crate) tests: Vec<Option<Split>>,
    /// Leaf value and where its rows stand in [`Grower::rows`].
    leaves: Vec<(f32, Range<usize>)>,
}

/// A node under construction.
struct Site {
    total: Packed,
    rows: Range<usize>,
    depth: usize,
    split: Option<Split>,
    /// The left child, once split; the right one follows it.
    left: Option<usize>,
}

/// A leaf that could be split, waiting for its turn.
struct Open {
    site: usize,
    histogram: Histogram,
    split: Split,
    /// Whether the split's row counts were counted, not estimated.
    counted: bool,
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
            ordered: Vec::new(),
            spare: Vec::new(),
        }
    }

    /// Adds the tree's values to the margins of the rows it was grown on.
    pub(crate) fn add_to(&self, grown: &Grown, margins: &mut [f32]) {
        for (value, range) in &grown.leaves {
            for &row in &self.rows[range.clone()] {
                margins[row as usize] += value;
            }
        }
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
        let root = Site {
            total,
            rows: 0..self.rows.len(),
            depth: 0,
            split: None,
            left: None,
        };
        let mut open = Vec::new();
        if self.may_split(&root, 1) {
            let histogram = self.sum(round, &root.rows, round.sample.is_none());
            open.extend(self.search(round, 0, &root, histogram));
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
        self.finish(round, sites)
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
        let (range, depth) = (site.rows.clone(), site.depth + 1);
        let column = self.matrix.column(split.column as usize);
        let sides = split.sides(self.binning.columns()[split.column as usize].missing());
        let left = partition::stable(
            &mut self.rows[range.clone()],
            &mut self.scratch[range.clone()],
            |row| sides[usize::from(column.code(row))],
        );
        let fewest = left.min(range.len() - left);
        if !counted && fewest < self.params.min_rows_in_leaf {
            open.extend(self.search_counting(round, parent, site, larger_sums));
            return false;
        }

        let middle = range.start + left;
        let child = |total, rows| Site {
            total,
            rows,
            depth,
            split: None,
            left: None,
        };
        let children = [
            child(split.left, range.start..middle),
            child(site.total.wrapping_sub(split.left), middle..range.end),
        ];
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
            for (side, sums) in sums.into_iter().enumerate() {
                if grows[side] {
                    open.extend(self.search(round, first + side, &children[side], sums));
                } else {
                    self.spare.push(sums);
                }
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
        if all {
            histogram::build(
                self.matrix,
                self.binning,
                Rows::All,
                round.packed,
                &mut sums,
            );
            return sums;
        }
        let rows = &self.rows[rows.clone()];
        let gather = |&row: &u32| round.packed[row as usize];
        self.ordered.clear();
        if rows.len() > 1 << 16 {
            self.ordered
                .par_extend(rows.par_iter().with_min_len(1 << 14).map(gather));
        } else {
            self.ordered.extend(rows.iter().map(gather));
        }
        histogram::build(
            self.matrix,
            self.binning,
            Rows::Some(rows),
            &self.ordered,
            &mut sums,
        );
        sums
    }

    /// The best split of a site, ready to wait; the histogram is kept for reuse if there is none.
    fn search(
        &mut self,
        round: Round<'_>,
        index: usize,
        site: &Site,
        histogram: Histogram,
    ) -> Option<Open> {
        self.search_with(round, index, site, histogram, None)
    }

    /// The same, with every cell's rows counted. Rarely needed: an estimate must have been wrong.
    fn search_counting(
        &mut self,
        round: Round<'_>,
        index: usize,
        site: &Site,
        histogram: Histogram,
    ) -> Option<Open> {
        let rows = &self.rows[site.rows.clone()];
        let mut counts = vec![0; self.binning.cells()];
        let ones = vec![1; rows.len()];
        histogram::build(
            self.matrix,
            self.binning,
            Rows::Some(rows),
            &ones,
            &mut counts,
        );
        self.search_with(round, index, site, histogram, Some(&counts))
    }

    fn search_with(
        &mut self,
        round: Round<'_>,
        index: usize,
        site: &Site,
        histogram: Histogram,
        counts: Option<&[Packed]>,
    ) -> Option<Open> {
        let node = split::Node {
            histogram: &histogram,
            counts,
            total: site.total,
            rows: site.rows.len(),
        };
        let best = split::best(
            node,
            self.binning,
            round.columns,
            round.packing,
            self.params,
        );
        if let Some(split) = best {
            Some(Open {
                site: index,
                histogram,
                split,
                counted: counts.is_some(),
            })
        } else {
            self.spare.push(histogram);
            None
        }
    }

    fn finish(&self, round: Round<'_>, sites: Vec<Site>) -> Grown {
        let mut nodes = Vec::with_capacity(sites.len());
        let mut leaves = Vec::new();
        for site in &sites {
            let hessian = round.packing.hessian(site.total) as f64 / round.packing.hessian_scale();
            let rows = u32::try_from(site.rows.len()).unwrap_or(u32::MAX);
            let cover = Cover { rows, hessian };
            nodes.push(if let (Some(split), Some(left)) = (site.split, site.left) {
                let left = u32::try_from(left).unwrap_or(u32::MAX);
                Node::Split {
                    feature: split.column,
                    threshold: self.binning.columns()[split.column as usize].threshold(split.bin),
                    missing_left: split.missing_left,
                    left,
                    right: left + 1,
                    gain: split.gain,
                    cover,
                }
            } else {
                let gradient = round.packing.gradient(site.total) as f64;
                let weight = hessian + self.params.lambda_l2;
                let value = if gradient != 0.0 && weight > 0.0 {
                    let step = -gradient / round.packing.gradient_scale() / weight;
                    self.grid.leaf(self.params.learning_rate * step)
                } else {
                    0.0
                };
                leaves.push((value, site.rows.clone()));
                Node::Leaf { value, cover }
            });
        }
        let tests = sites.into_iter().map(|site| site.split).collect();
        Grown {
            tree: Tree { nodes },
            tests,
            leaves,
        }
    }
}

impl Grown {
    /// Adds the tree's values to the margins of any encoded table's rows.
    pub(crate) fn add_by_codes(&self, matrix: &Matrix, binning: &Binning, margins: &mut [f32]) {
        const TASK: usize = 4096;
        margins
            .par_chunks_mut(TASK)
            .enumerate()
            .for_each(|(task, margins)| {
                for (row, margin) in (0u32..).skip(task * TASK).zip(margins) {
                    let mut at = 0;
                    loop {
                        match (&self.tree.nodes[at], &self.tests[at]) {
                            (Node::Split { left, right, .. }, Some(split)) => {
                                let column = split.column as usize;
                                let code = matrix.column(column).code(row);
                                let missing = binning.columns()[column].missing();
                                at = if split.sends_left(code, missing) {
                                    *left
                                } else {
                                    *right
                                } as usize;
                            }
                            (Node::Leaf { value, .. }, _) => {
                                *margin += value;
                                break;
                            }
                            (Node::Split { .. }, None) => unreachable!("every split has its test"),
                        }
                    }
                }
            });
    }
}
