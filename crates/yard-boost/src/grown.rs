//! A tree just grown, and the rows of its leaves.

use std::ops::Range;

use rayon::prelude::*;

use crate::coding::Coding;
use crate::gradient::Packing;
use crate::matrix::{Binning, Matrix};
use crate::params::Params;
use crate::site::Site;
use crate::split::{Bounds, Sides, Split};
use crate::tree::{Cover, Node, Test, Tree};

/// A tree and the rows of its leaves.
pub(crate) struct Grown {
    pub(crate) tree: Tree,
    /// The same tree in codes, node by node; none for a leaf.
    tests: Vec<Option<Split>>,
    pub(crate) leaves: Vec<Leaf>,
}

/// A leaf and its rows.
pub(crate) struct Leaf {
    /// Its position among the tree's nodes.
    pub(crate) node: usize,
    /// Where its rows stand in the grower's.
    pub(crate) rows: Range<usize>,
    /// Where its value must lie, before the learning rate.
    pub(crate) bounds: Bounds,
}

impl Grown {
    /// Writes a tree down; `value` makes a leaf value of a step.
    pub(crate) fn new(
        sites: Vec<Site>,
        binning: &Binning,
        packing: &Packing,
        params: &Params,
        value: impl Fn(f64) -> f32,
    ) -> Self {
        let mut nodes = Vec::with_capacity(sites.len());
        let mut leaves = Vec::new();
        for site in &sites {
            let cover = Cover {
                rows: u32::try_from(site.rows.len()).unwrap_or(u32::MAX),
                hessian: site.hessian(packing),
            };
            nodes.push(
                if let (Some(split), Some(left)) = (&site.split, site.left) {
                    let left = u32::try_from(left).unwrap_or(u32::MAX);
                    let (test, missing_left) =
                        test(split, &binning.columns()[split.column as usize]);
                    Node::Split {
                        feature: split.column,
                        test,
                        missing_left,
                        left,
                        right: left + 1,
                        gain: split.gain,
                        cover,
                    }
                } else {
                    leaves.push(Leaf {
                        node: nodes.len(),
                        rows: site.rows.clone(),
                        bounds: site.bounds,
                    });
                    let value = value(site.step(packing, params));
                    Node::Leaf { value, cover }
                },
            );
        }
        Self {
            tree: Tree { nodes },
            tests: sites.into_iter().map(|site| site.split).collect(),
            leaves,
        }
    }

    /// A leaf's value.
    pub(crate) fn value(&self, leaf: &Leaf) -> f32 {
        match self.tree.nodes[leaf.node] {
            Node::Leaf { value, .. } => value,
            Node::Split { .. } => unreachable!("a leaf's node is a leaf"),
        }
    }

    /// Replaces the values of the leaves, in their order.
    pub(crate) fn renew(&mut self, values: &[f32]) {
        for (leaf, &new) in self.leaves.iter().zip(values) {
            if let Node::Leaf { value, .. } = &mut self.tree.nodes[leaf.node] {
                *value = new;
            }
        }
    }

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

/// A split as it is to be applied to values, and which way missing ones go.
fn test(split: &Split, coding: &Coding) -> (Test, bool) {
    match (&split.sides, coding) {
        (Sides::UpTo { bin, missing_left }, Coding::Numbers(bins)) => {
            (Test::AtMost(bins.threshold(*bin)), *missing_left)
        }
        (Sides::Members(set), Coding::Levels(levels)) => {
            let missing = levels.missing();
            let members = (0..missing).filter(|&group| set.holds(group)).collect();
            (Test::OneOf(members), set.holds(missing))
        }
        (Sides::UpTo { .. }, Coding::Levels(_)) | (Sides::Members(_), Coding::Numbers(_)) => {
            unreachable!("cuts divide numbers, sets divide levels")
        }
    }
}
