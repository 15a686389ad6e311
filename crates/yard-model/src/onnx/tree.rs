//! Trees as the writer takes them, whoever grew them.

/// One node of a tree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TreeNode {
    /// Rows with `feature <= threshold` go to `left`, the others to `right`.
    Split {
        /// Column of the ensemble's input.
        feature: u32,
        /// Compared in single precision.
        threshold: f32,
        /// Whether a missing value (NaN) goes left.
        missing_left: bool,
        /// Position of a node in the same tree.
        left: u32,
        /// Position of a node in the same tree.
        right: u32,
    },
    /// What the tree adds.
    Leaf {
        /// In the units of the ensemble's sum.
        value: f32,
    },
}

/// A tree: its first node is the root.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tree {
    /// All nodes, in any order after the root.
    pub nodes: Vec<TreeNode>,
    /// The sum that this tree adds to: 0 unless there are several, for example one per class.
    pub target: u32,
}

/// Trees whose values are summed.
#[derive(Clone, Debug, PartialEq)]
pub struct TreeEnsemble {
    /// The trees, in the order of summation.
    pub trees: Vec<Tree>,
    /// What each sum starts from; its length is the number of sums.
    pub base: Vec<f32>,
}
