//! Scoring raw values.
//!
//! Rows go through a tree in lockstep, [`LANES`] at a time: their loads are independent, so the
//! processor waits for many at once where a row alone would wait for each. A leaf leads to itself, so
//! that all lanes take as many steps as the tree is deep and no step branches. Trees that ask for sets
//! of categories take a path of their own, on which each step looks what it is asked.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::coding::LevelBins;
use crate::data::{Column, Features, MISSING_CATEGORY};
use crate::split::CodeSet;
use crate::tree::{Ensemble, Node, Test, Tree};

/// Rows that walk together.
const LANES: usize = 16;

/// Rows whose values are copied side by side before the trees are walked.
const BLOCK: usize = 64;

/// Rows a task takes.
const TASK: usize = 32 * BLOCK;

#[derive(Debug, Clone, Copy)]
struct Step {
    /// For a set: none, so that nothing is at most it.
    threshold: f32,
    /// Column index, the sign bit set where missing goes left.
    column: u32,
    /// Left child; the right one follows it.
    left: u32,
    value: f32,
}

const MISSING_LEFT: u32 = 1 << 31;

/// A tree laid out for walking.
struct Path {
    depth: usize,
    steps: Vec<Step>,
    /// The sets of the steps that ask for one; empty if none does.
    sets: Vec<Option<CodeSet>>,
}

/// An ensemble laid out for walking.
pub(crate) struct Walk<'a> {
    bases: &'a [f32],
    paths: Vec<Path>,
    levels: &'a BTreeMap<u32, LevelBins>,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(ensemble: &'a Ensemble) -> Self {
        Self {
            bases: &ensemble.base_scores,
            paths: ensemble.trees.iter().map(path).collect(),
            levels: &ensemble.levels,
        }
    }

    /// Margins of rows, a row's together; the columns are such as the ensemble was trained on.
    pub(crate) fn margins(&self, features: Features<'_>) -> Vec<f32> {
        let outputs = self.bases.len();
        let mut margins = self.bases.repeat(features.rows());
        margins
            .par_chunks_mut(TASK * outputs)
            .enumerate()
            .for_each(|(task, margins)| {
                let mut block = vec![[0.0; BLOCK]; features.width()];
                for (index, margins) in margins.chunks_mut(BLOCK * outputs).enumerate() {
                    let from = task * TASK + index * BLOCK;
                    self.copy(features, from, margins.len() / outputs, &mut block);
                    for (tree, path) in self.paths.iter().enumerate() {
                        let output = tree % outputs;
                        for (lanes, margins) in margins.chunks_mut(LANES * outputs).enumerate() {
                            let margins = margins[output..].iter_mut().step_by(outputs);
                            if path.sets.is_empty() {
                                path.walk(&block, lanes * LANES, margins);
                            } else {
                                path.walk_sets(&block, lanes * LANES, margins);
                            }
                        }
                    }
                }
            });
        margins
    }

    /// Copies a block of rows: numbers as they are; of a level its group, and NaN if it is missing.
    fn copy(&self, features: Features<'_>, from: usize, rows: usize, block: &mut [[f32; BLOCK]]) {
        for ((column, values), number) in block.iter_mut().enumerate().zip(0u32..) {
            match features.column(column) {
                Column::Numbers(numbers) => {
                    values[..rows].copy_from_slice(&numbers[from..from + rows]);
                }
                Column::Categories(codes) => {
                    let levels = &self.levels[&number];
                    for (value, &code) in values.iter_mut().zip(&codes[from..from + rows]) {
                        *value = if code == MISSING_CATEGORY {
                            f32::NAN
                        } else {
                            f32::from(levels.code(code))
                        };
                    }
                }
            }
        }
    }
}

impl Path {
    /// Adds the tree's values for up to [`LANES`] rows of a block, from row `first` on.
    fn walk<'m>(
        &self,
        block: &[[f32; BLOCK]],
        first: usize,
        margins: impl Iterator<Item = &'m mut f32>,
    ) {
        let steps = &self.steps;
        let mut at = [0u32; LANES];
        for _ in 0..self.depth {
            for (lane, at) in at.iter_mut().enumerate() {
                let step = steps[*at as usize];
                let value = block[(step.column & !MISSING_LEFT) as usize][(first + lane) % BLOCK];
                // In integers, so that nothing branches.
                let missing_left = u32::from(value.is_nan()) & (step.column >> 31);
                *at = step.left + (1 ^ (u32::from(value <= step.threshold) | missing_left));
            }
        }
        for (margin, at) in margins.zip(at) {
            *margin += steps[at as usize].value;
        }
    }

    /// The same for a tree with sets.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "groups are whole numbers up to 255"
    )]
    fn walk_sets<'m>(
        &self,
        block: &[[f32; BLOCK]],
        first: usize,
        margins: impl Iterator<Item = &'m mut f32>,
    ) {
        for (lane, margin) in margins.enumerate() {
            let mut at = 0;
            for _ in 0..self.depth {
                let step = self.steps[at];
                let value = block[(step.column & !MISSING_LEFT) as usize][(first + lane) % BLOCK];
                let left = if value.is_nan() {
                    step.column & MISSING_LEFT != 0
                } else if let Some(set) = &self.sets[at] {
                    set.holds(value as u8)
                } else {
                    value <= step.threshold
                };
                at = step.left as usize + usize::from(!left);
            }
            *margin += self.steps[at].value;
        }
    }
}

/// Renumbers a tree's nodes breadth first, so that siblings are neighbours.
fn path(tree: &Tree) -> Path {
    let mut order = vec![0u32];
    let mut steps = Vec::with_capacity(tree.nodes.len());
    let mut sets = Vec::with_capacity(tree.nodes.len());
    while let Some(&node) = order.get(steps.len()) {
        match &tree.nodes[node as usize] {
            Node::Split {
                feature,
                test,
                missing_left,
                left,
                right,
                ..
            } => {
                let flag = if *missing_left { MISSING_LEFT } else { 0 };
                let first = u32::try_from(order.len()).unwrap_or(u32::MAX);
                order.extend([*left, *right]);
                let (threshold, set) = match test {
                    Test::AtMost(threshold) => (*threshold, None),
                    Test::OneOf(groups) => {
                        let mut set = CodeSet::default();
                        for &group in groups {
                            set.insert(group);
                        }
                        (f32::NAN, Some(set))
                    }
                };
                sets.push(set);
                steps.push(Step {
                    threshold,
                    column: feature | flag,
                    left: first,
                    value: 0.0,
                });
            }
            Node::Leaf { value, .. } => {
                sets.push(None);
                steps.push(Step {
                    threshold: f32::INFINITY,
                    column: MISSING_LEFT,
                    left: u32::try_from(steps.len()).unwrap_or(u32::MAX),
                    value: *value,
                });
            }
        }
    }
    if sets.iter().all(Option::is_none) {
        sets.clear();
    }
    Path {
        depth: tree.depth(),
        steps,
        sets,
    }
}
