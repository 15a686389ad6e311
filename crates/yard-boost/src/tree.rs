//! Trees and their sum.

use std::collections::BTreeMap;

use crate::coding::{self, LevelBins};
use crate::data::{Column, Features, MISSING_CATEGORY};
use crate::error::BoostError;
use crate::params::Objective;
use crate::walk::Walk;

/// One node of a [`Tree`].
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// Rows that pass the test go left, others right, missing ones where `missing_left` says.
    Split {
        /// Column index.
        feature: u32,
        /// What a row that goes left has in the column.
        test: Test,
        /// Whether missing values (NaN, [`MISSING_CATEGORY`](crate::MISSING_CATEGORY)) go left.
        missing_left: bool,
        /// Index of the left child.
        left: u32,
        /// Index of the right child.
        right: u32,
        /// How much the split lowered the regularised loss (unhalved).
        gain: f64,
        /// What was learnt here.
        cover: Cover,
    },
    /// Rows end here.
    Leaf {
        /// Added to the margin; on the ensemble's grid, learning rate included.
        value: f32,
        /// What was learnt here.
        cover: Cover,
    },
}

/// What decides at a split, of a value that is not missing.
///
/// In ONNX's tree ensembles the first is `BRANCH_LEQ`. The second is `BRANCH_MEMBER` from ai.onnx.ml 5
/// on; before, a chain of `BRANCH_EQ`, which [`Tree::links`] writes out: exact, since groups are small
/// whole numbers.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// `x <= t` in `f32`, of a column of numbers. It separates two adjacent values of the training
    /// column; `f32::MAX` where only missing rows go right.
    AtMost(f32),
    /// The group of the level is one of these, of a column of categories. Ascending. Which level is in
    /// which group [`Ensemble::groups`] says; one that is in none passes no such test. Empty
    /// where only missing values go left.
    OneOf(Vec<u8>),
}

/// Training rows that reached a node.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cover {
    /// How many (of those the tree was grown on).
    pub rows: u32,
    /// The sum of their hessians.
    pub hessian: f64,
}

/// A binary tree as an array: the root is node 0, children come after their parent.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    pub(crate) nodes: Vec<Node>,
}

impl Tree {
    /// The nodes, root first.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Number of leaves, at least 1.
    pub fn leaves(&self) -> usize {
        self.nodes.len().div_ceil(2)
    }

    /// Splits on the longest way from the root to a leaf.
    pub fn depth(&self) -> usize {
        let mut depths = vec![0; self.nodes.len()];
        for (index, node) in self.nodes.iter().enumerate() {
            if let Node::Split { left, right, .. } = node {
                depths[*left as usize] = depths[index] + 1;
                depths[*right as usize] = depths[index] + 1;
            }
        }
        depths.into_iter().max().unwrap_or(0)
    }
}

/// Base scores and trees, one of each for every output in turn. **The `f32` sum of an output's base score and one leaf of any subset of its
/// trees is exact in any order**, because all are multiples of `2^grid_exponent` and no such sum exceeds
/// 2^24 of them; any runtime that adds them in `f32` gets these margins bit for bit.
#[derive(Debug, Clone, PartialEq)]
pub struct Ensemble {
    pub(crate) objective: Objective,
    pub(crate) base_scores: Vec<f32>,
    pub(crate) trees: Vec<Tree>,
    pub(crate) feature_count: usize,
    pub(crate) grid_exponent: i32,
    /// The groups of the columns of categories.
    pub(crate) levels: BTreeMap<u32, LevelBins>,
}

impl Ensemble {
    /// What the margin means.
    pub fn objective(&self) -> Objective {
        self.objective
    }

    /// Margins before the first tree, one an output: one, or one a class.
    pub fn base_scores(&self) -> &[f32] {
        &self.base_scores
    }

    /// Margins of a row.
    pub fn outputs(&self) -> usize {
        self.base_scores.len()
    }

    /// The trees, in the order in which they were grown: tree `i` belongs to output
    /// `i % self.outputs()`.
    pub fn trees(&self) -> &[Tree] {
        &self.trees
    }

    /// The levels of a column of categories, ascending, each with the group that tests ask for; none
    /// for a column of numbers. Levels are grouped where training had more than
    /// [`Categories::max_levels`](crate::Categories::max_levels) of them.
    pub fn groups(&self, column: u32) -> Option<&[(u32, u8)]> {
        self.levels.get(&column).map(LevelBins::groups)
    }

    /// Columns that [`Self::predict_margins`] expects.
    pub fn feature_count(&self) -> usize {
        self.feature_count
    }

    /// Base score and leaf values are multiples of 2 to this power.
    pub fn grid_exponent(&self) -> i32 {
        self.grid_exponent
    }

    /// Margins of rows, on the caller's rayon pool: `rows * outputs` of them, a row's together. What
    /// they mean the objective says. Every value, infinities included, is compared as it is.
    pub fn predict_margins(&self, features: Features<'_>) -> Result<Vec<f32>, BoostError> {
        self.check(features)?;
        Ok(Walk::new(self).margins(features))
    }

    /// The same, one vector an output.
    pub(crate) fn margins_by_output(
        &self,
        features: Features<'_>,
    ) -> Result<Vec<Vec<f32>>, BoostError> {
        let margins = self.predict_margins(features)?;
        let outputs = self.outputs();
        let of = |output: usize| margins.iter().skip(output).step_by(outputs).copied();
        Ok((0..outputs).map(|output| of(output).collect()).collect())
    }

    /// Whether a row goes left at a split of a column. The column is of the kind that was learnt.
    pub(crate) fn sends_left(
        &self,
        (feature, test, missing_left): (u32, &Test, bool),
        column: Column<'_>,
        row: usize,
    ) -> bool {
        match (test, column) {
            (Test::AtMost(_), Column::Numbers(values)) if values[row].is_nan() => missing_left,
            (Test::AtMost(threshold), Column::Numbers(values)) => values[row] <= *threshold,
            (Test::OneOf(_), Column::Categories(codes)) if codes[row] == MISSING_CATEGORY => {
                missing_left
            }
            (Test::OneOf(groups), Column::Categories(codes)) => {
                let group = self.levels[&feature].code(codes[row]);
                groups.binary_search(&group).is_ok()
            }
            (Test::AtMost(_), Column::Categories(_)) | (Test::OneOf(_), Column::Numbers(_)) => {
                unreachable!("kinds are compared before trees are walked")
            }
        }
    }

    /// Refuses another number of columns, or columns of another kind.
    pub(crate) fn check(&self, features: Features<'_>) -> Result<(), BoostError> {
        let (expected, found) = (self.feature_count, features.width());
        if found != expected {
            return Err(BoostError::ColumnCount { expected, found });
        }
        for (column, number) in (0..expected).zip(0u32..) {
            let expected = match self.levels.get(&number) {
                Some(_) => "categories",
                None => "numbers",
            };
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
}
