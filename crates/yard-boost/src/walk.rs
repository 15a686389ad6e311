//! Scoring raw values.
//!
//! Rows go through a tree in lockstep, [`LANES`] at a time: their loads are independent, so the
//! processor waits for many at once where a row alone would wait for each. A leaf leads to itself, so
//! that all lanes take as many steps as the tree is deep and no step branches. Trees that ask for sets
//! of categories take a path of their own, on which each step looks what it is asked.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::coding;
use crate::data::{Column, Features, MISSING_CATEGORY};
use crate::error::BoostError;
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
    /// The levels that any set names, ascending, by column: a level's position stands for it.
    levels: BTreeMap<usize, Vec<u32>>,
    /// Columns that are asked for numbers.
    numbers: BTreeSet<usize>,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(ensemble: &'a Ensemble) -> Self {
        let mut levels: BTreeMap<usize, BTreeSet<u32>> = BTreeMap::new();
        let mut numbers = BTreeSet::new();
        for node in ensemble.trees.iter().flat_map(Tree::nodes) {
            if let Node::Split { feature, test, .. } = node {
                let column = *feature as usize;
                match test {
                    Test::AtMost(_) => drop(numbers.insert(column)),
                    Test::OneOf(members) => levels.entry(column).or_default().extend(members),
                }
            }
        }
        let levels = levels
            .into_iter()
            .map(|(column, levels)| (column, levels.into_iter().collect()))
            .collect();
        let paths = ensemble.trees.iter().map(|tree| path(tree, &levels));
        Self {
            bases: &ensemble.base_scores,
            paths: paths.collect(),
            levels,
            numbers,
        }
    }

    /// Margins of rows, a row's together; the columns are as many as the ensemble has.
    pub(crate) fn margins(&self, features: Features<'_>) -> Result<Vec<f32>, BoostError> {
        self.check(features)?;
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
        Ok(margins)
    }

    /// Whether columns hold what the trees ask them for.
    pub(crate) fn check(&self, features: Features<'_>) -> Result<(), BoostError> {
        let asked = (self.numbers.iter().map(|&column| (column, "numbers")))
            .chain(self.levels.keys().map(|&column| (column, "categories")));
        for (column, expected) in asked {
            let found = coding::kind(features.column(column));
            if found != expected {
                return Err(BoostError::ColumnKind {
                    column,
                    expected,
                    found,
                });
            }
        }
        Ok(())
    }

    /// Copies a block of rows: numbers as they are; of a level its position among those that are
    /// named, or a number beyond them, and NaN if it is missing.
    fn copy(&self, features: Features<'_>, from: usize, rows: usize, block: &mut [[f32; BLOCK]]) {
        for (column, values) in block.iter_mut().enumerate() {
            match features.column(column) {
                Column::Numbers(numbers) => {
                    values[..rows].copy_from_slice(&numbers[from..from + rows]);
                }
                Column::Categories(codes) => {
                    let Some(levels) = self.levels.get(&column) else {
                        continue;
                    };
                    for (value, &code) in values.iter_mut().zip(&codes[from..from + rows]) {
                        *value = if code == MISSING_CATEGORY {
                            f32::NAN
                        } else {
                            levels.binary_search(&code).unwrap_or(levels.len()) as f32
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
        reason = "positions of levels are small whole numbers, and sets hold none beyond 255"
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
                    value < 256.0 && set.holds(value as u8)
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
fn path(tree: &Tree, levels: &BTreeMap<usize, Vec<u32>>) -> Path {
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
                    Test::OneOf(members) => {
                        let levels = levels.get(&(*feature as usize)).map_or(&[][..], |l| l);
                        (f32::NAN, Some(positions(members, levels)))
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

/// Members by their position among a column's levels, which are at most 254.
fn positions(members: &[u32], levels: &[u32]) -> CodeSet {
    let mut set = CodeSet::default();
    for member in members {
        if let Ok(at) = levels.binary_search(member)
            && let Ok(at) = u8::try_from(at)
        {
            set.insert(at);
        }
    }
    set
}
