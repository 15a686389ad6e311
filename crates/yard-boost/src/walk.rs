//! Scoring raw values.
//!
//! Rows go through a tree in lockstep, [`LANES`] at a time: their loads are independent, so the
//! processor waits for many at once where a row alone would wait for each. A leaf leads to itself, so
//! that all lanes take as many steps as the tree is deep and no step branches.

use rayon::prelude::*;

use crate::data::Features;
use crate::tree::{Ensemble, Node, Tree};

/// Rows that walk together.
const LANES: usize = 16;

/// Rows whose values are copied side by side before the trees are walked.
const BLOCK: usize = 64;

/// Rows a task takes.
const TASK: usize = 32 * BLOCK;

#[derive(Debug, Clone, Copy)]
struct Step {
    threshold: f32,
    /// Column index, the sign bit set where missing goes left.
    column: u32,
    /// Left child; the right one follows it.
    left: u32,
    value: f32,
}

const MISSING_LEFT: u32 = 1 << 31;

/// An ensemble laid out for walking.
pub(crate) struct Walk {
    base: f32,
    trees: Vec<(usize, Vec<Step>)>,
}

impl Walk {
    pub(crate) fn new(ensemble: &Ensemble) -> Self {
        let trees = ensemble
            .trees
            .iter()
            .map(|tree| (tree.depth(), steps(tree)))
            .collect();
        Self {
            base: ensemble.base_score,
            trees,
        }
    }

    pub(crate) fn margins(&self, features: Features<'_>) -> Vec<f32> {
        let mut margins = vec![self.base; features.rows()];
        margins
            .par_chunks_mut(TASK)
            .enumerate()
            .for_each(|(task, margins)| {
                let mut block = vec![[0.0; BLOCK]; features.columns().len()];
                for (index, margins) in margins.chunks_mut(BLOCK).enumerate() {
                    let from = task * TASK + index * BLOCK;
                    for (values, column) in block.iter_mut().zip(features.columns()) {
                        values[..margins.len()]
                            .copy_from_slice(&column[from..from + margins.len()]);
                    }
                    for (depth, steps) in &self.trees {
                        for (lanes, margins) in margins.chunks_mut(LANES).enumerate() {
                            walk(*depth, steps, &block, lanes * LANES, margins);
                        }
                    }
                }
            });
        margins
    }
}

/// Adds one tree's values for up to [`LANES`] rows of a block, from row `first` on.
fn walk(depth: usize, steps: &[Step], block: &[[f32; BLOCK]], first: usize, margins: &mut [f32]) {
    let mut at = [0u32; LANES];
    for _ in 0..depth {
        for (lane, at) in at.iter_mut().enumerate() {
            let step = steps[*at as usize];
            let value = block[(step.column & !MISSING_LEFT) as usize][(first + lane) % BLOCK];
            // In integers, so that nothing branches.
            let missing_left = u32::from(value.is_nan()) & (step.column >> 31);
            *at = step.left + (1 ^ (u32::from(value <= step.threshold) | missing_left));
        }
    }
    for (margin, at) in margins.iter_mut().zip(at) {
        *margin += steps[at as usize].value;
    }
}

/// Renumbers a tree's nodes breadth first, so that siblings are neighbours.
fn steps(tree: &Tree) -> Vec<Step> {
    let mut order = vec![0u32];
    let mut steps = Vec::with_capacity(tree.nodes.len());
    while let Some(&node) = order.get(steps.len()) {
        steps.push(match tree.nodes[node as usize] {
            Node::Split {
                feature,
                threshold,
                missing_left,
                left,
                right,
                ..
            } => {
                let flag = if missing_left { MISSING_LEFT } else { 0 };
                let first = u32::try_from(order.len()).unwrap_or(u32::MAX);
                order.extend([left, right]);
                Step {
                    threshold,
                    column: feature | flag,
                    left: first,
                    value: 0.0,
                }
            }
            Node::Leaf { value, .. } => Step {
                threshold: f32::INFINITY,
                column: MISSING_LEFT,
                left: u32::try_from(steps.len()).unwrap_or(u32::MAX),
                value,
            },
        });
    }
    steps
}
