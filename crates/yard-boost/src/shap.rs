//! What each column adds to a margin: Shapley values of the trees.
//!
//! The value of a set of columns is the tree's mean over the training rows that agree with the row on
//! those columns, as far as the tree's own covers tell: a split on a column outside the set sends
//! the row both ways, in the proportion of the rows that went. Computed for all sets at once by the
//! polynomial-time algorithm of Lundberg, Erion and Lee, *Consistent individualized feature attribution
//! for tree ensembles* (2018), algorithm 2.

use rayon::prelude::*;

use crate::data::Features;
use crate::error::BoostError;
use crate::tree::{Ensemble, Node, Tree};

/// Rows a task explains.
const TASK: usize = 16;

impl Ensemble {
    /// The contributions of columns to the margins of rows, in units of the margin: `rows * outputs`
    /// times `feature_count + 1` numbers, a row's together and in it an output's. The last of an
    /// output's numbers is its expected margin, and all of them sum to its margin (within rounding in
    /// `f64`).
    ///
    /// On the caller's rayon pool; the result does not depend on it.
    pub fn contributions(&self, features: Features<'_>) -> Result<Vec<f64>, BoostError> {
        self.check(features)?;
        let (outputs, width) = (self.outputs(), self.feature_count + 1);
        let mut expected: Vec<f64> = self.base_scores.iter().map(|&b| f64::from(b)).collect();
        for (index, tree) in self.trees.iter().enumerate() {
            expected[index % outputs] += mean(tree);
        }
        let mut contributions = vec![0.0; features.rows() * outputs * width];
        contributions
            .par_chunks_mut(TASK * outputs * width)
            .enumerate()
            .for_each(|(task, contributions)| {
                let rows = contributions.chunks_mut(outputs * width);
                for (row, contributions) in (task * TASK..).zip(rows) {
                    for (index, tree) in self.trees.iter().enumerate() {
                        let output = &mut contributions[index % outputs * width..][..width];
                        let mut explained = Explained {
                            ensemble: self,
                            tree,
                            features,
                            row,
                            contributions: output,
                        };
                        explained.visit(0, &[], Step::ROOT);
                    }
                    for (output, expected) in contributions.chunks_mut(width).zip(&expected) {
                        output[width - 1] = *expected;
                    }
                }
            });
        Ok(contributions)
    }
}

/// The mean leaf value of the rows that a tree was grown on.
fn mean(tree: &Tree) -> f64 {
    let total: f64 = (tree.nodes.iter())
        .map(|node| match node {
            Node::Leaf { value, cover } => f64::from(*value) * f64::from(cover.rows),
            Node::Split { .. } => 0.0,
        })
        .sum();
    total / rows(&tree.nodes[0])
}

fn rows(node: &Node) -> f64 {
    let (Node::Split { cover, .. } | Node::Leaf { cover, .. }) = node;
    f64::from(cover.rows)
}

/// One column on the way from the root.
#[derive(Clone, Copy)]
struct Step {
    /// The column; none at the root.
    column: Option<u32>,
    /// Share of rows that come this way when the column is not in the set.
    without: f64,
    /// 1 if the explained row comes this way, otherwise 0.
    with: f64,
    /// Share of the sets with as many columns as this step's place says.
    weight: f64,
}

impl Step {
    const ROOT: Self = Self {
        column: None,
        without: 1.0,
        with: 1.0,
        weight: 0.0,
    };
}

/// One tree explained for one row.
struct Explained<'a> {
    ensemble: &'a Ensemble,
    tree: &'a Tree,
    features: Features<'a>,
    row: usize,
    contributions: &'a mut [f64],
}

impl Explained<'_> {
    fn visit(&mut self, at: usize, way: &[Step], step: Step) {
        let mut way = extended(way, step);
        match &self.tree.nodes[at] {
            Node::Leaf { value, .. } => {
                for (place, step) in way.iter().enumerate() {
                    if let Some(column) = step.column {
                        let weight = unwound_weight(&way, place);
                        self.contributions[column as usize] +=
                            weight * (step.with - step.without) * f64::from(*value);
                    }
                }
            }
            Node::Split {
                feature,
                test,
                missing_left,
                left,
                right,
                ..
            } => {
                let column = self.features.column(*feature as usize);
                let split = (*feature, test, *missing_left);
                let goes_left = self.ensemble.sends_left(split, column, self.row);
                let (hot, cold) = if goes_left {
                    (*left, *right)
                } else {
                    (*right, *left)
                };
                // A column that was met before is taken out, and put back with both conditions.
                let (mut without, mut with) = (1.0, 1.0);
                if let Some(place) = way.iter().position(|step| step.column == Some(*feature)) {
                    (without, with) = (way[place].without, way[place].with);
                    unwind(&mut way, place);
                }
                let total = rows(&self.tree.nodes[at]);
                for (child, with) in [(hot, with), (cold, 0.0)] {
                    let step = Step {
                        column: Some(*feature),
                        without: without * rows(&self.tree.nodes[child as usize]) / total,
                        with,
                        weight: 0.0,
                    };
                    self.visit(child as usize, &way, step);
                }
            }
        }
    }
}

/// The way with one more step: the weights of sets with and without its column.
fn extended(way: &[Step], step: Step) -> Vec<Step> {
    let length = way.len();
    let mut longer = Vec::with_capacity(length + 1);
    longer.extend_from_slice(way);
    longer.push(Step {
        weight: if length == 0 { 1.0 } else { 0.0 },
        ..step
    });
    let places = (length + 1) as f64;
    for place in (0..length).rev() {
        let weight = longer[place].weight;
        longer[place + 1].weight += step.with * weight * (place + 1) as f64 / places;
        longer[place].weight = step.without * weight * (length - place) as f64 / places;
    }
    longer
}

/// Takes a step out again.
fn unwind(way: &mut Vec<Step>, taken: usize) {
    let last = way.len() - 1;
    let (with, without) = (way[taken].with, way[taken].without);
    let places = (last + 1) as f64;
    let mut next = way[last].weight;
    for place in (0..last).rev() {
        let weight = way[place].weight;
        if with == 0.0 {
            way[place].weight = weight * places / (without * (last - place) as f64);
        } else {
            way[place].weight = next * places / ((place + 1) as f64 * with);
            next = weight - way[place].weight * without * (last - place) as f64 / places;
        }
    }
    for place in taken..last {
        let weight = way[place].weight;
        way[place] = Step {
            weight,
            ..way[place + 1]
        };
    }
    way.pop();
}

/// The sum of the weights that taking a step out would leave.
fn unwound_weight(way: &[Step], taken: usize) -> f64 {
    let last = way.len() - 1;
    let (with, without) = (way[taken].with, way[taken].without);
    let places = (last + 1) as f64;
    let (mut next, mut total) = (way[last].weight, 0.0);
    for place in (0..last).rev() {
        let weight = way[place].weight;
        if with == 0.0 {
            total += weight * places / (without * (last - place) as f64);
        } else {
            let unwound = next * places / ((place + 1) as f64 * with);
            total += unwound;
            next = weight - unwound * without * (last - place) as f64 / places;
        }
    }
    total
}
