//! Trees as the writer takes them, whoever grew them, and as the file holds them.

use super::attribute::{floats, int, ints, string, strings};
use super::builder::signed;
use super::proto::Attribute;

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
    /// Rows with `feature == value` go to `left`, the others to `right`. Several such nodes in a chain
    /// may share their `left` and so ask for a set.
    Equal {
        /// Column of the ensemble's input.
        feature: u32,
        /// Compared in single precision.
        value: f32,
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

/// The attribute lists of a `TreeEnsembleRegressor`.
pub(super) fn tree_attributes(ensemble: &TreeEnsemble) -> Vec<Attribute> {
    let mut trees = Vec::new();
    let mut ids = Vec::new();
    let mut features = Vec::new();
    let mut modes = Vec::new();
    let mut thresholds = Vec::new();
    let mut yes = Vec::new();
    let mut no = Vec::new();
    let mut missing = Vec::new();
    let mut leaf_trees = Vec::new();
    let mut leaf_ids = Vec::new();
    let mut leaf_targets = Vec::new();
    let mut leaf_values = Vec::new();
    for (number, tree) in (0_i64..).zip(&ensemble.trees) {
        for (id, node) in (0_i64..).zip(&tree.nodes) {
            trees.push(number);
            ids.push(id);
            match *node {
                TreeNode::Split {
                    feature,
                    threshold: value,
                    missing_left,
                    left,
                    right,
                }
                | TreeNode::Equal {
                    feature,
                    value,
                    missing_left,
                    left,
                    right,
                } => {
                    features.push(i64::from(feature));
                    modes.push(match *node {
                        TreeNode::Equal { .. } => "BRANCH_EQ",
                        TreeNode::Split { .. } | TreeNode::Leaf { .. } => "BRANCH_LEQ",
                    });
                    thresholds.push(value);
                    yes.push(i64::from(left));
                    no.push(i64::from(right));
                    missing.push(i64::from(missing_left));
                }
                TreeNode::Leaf { value } => {
                    features.push(0);
                    modes.push("LEAF");
                    thresholds.push(0.0);
                    yes.push(0);
                    no.push(0);
                    missing.push(0);
                    leaf_trees.push(number);
                    leaf_ids.push(id);
                    leaf_targets.push(i64::from(tree.target));
                    leaf_values.push(value);
                }
            }
        }
    }
    vec![
        int("n_targets", signed(ensemble.base.len())),
        string("aggregate_function", "SUM"),
        string("post_transform", "NONE"),
        floats("base_values", ensemble.base.clone()),
        ints("nodes_treeids", trees),
        ints("nodes_nodeids", ids),
        ints("nodes_featureids", features),
        strings("nodes_modes", modes.into_iter()),
        floats("nodes_values", thresholds),
        ints("nodes_truenodeids", yes),
        ints("nodes_falsenodeids", no),
        ints("nodes_missing_value_tracks_true", missing),
        ints("target_treeids", leaf_trees),
        ints("target_nodeids", leaf_ids),
        ints("target_ids", leaf_targets),
        floats("target_weights", leaf_values),
    ]
}
