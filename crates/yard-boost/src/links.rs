//! Trees whose every node is one comparison, for formats that know no sets.

use crate::tree::{Node, Test, Tree};

/// One node of [`Tree::links`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Link {
    /// Rows with `x <= value` go left. ONNX's `BRANCH_LEQ`.
    AtMost {
        /// Column index.
        feature: u32,
        /// Compared in `f32`.
        value: f32,
        /// Whether missing values (NaN) go left.
        missing_left: bool,
        /// Index of the left child.
        left: u32,
        /// Index of the right child.
        right: u32,
    },
    /// Rows with `x == value` go left, `x` being the number of the level's group, any other number for
    /// a level in none, and NaN for a missing one. ONNX's `BRANCH_EQ`.
    Equal {
        /// Column index.
        feature: u32,
        /// A group's number, or -1, which is none's.
        value: f32,
        /// Whether missing values (NaN) go left.
        missing_left: bool,
        /// Index of the left child.
        left: u32,
        /// Index of the right child.
        right: u32,
    },
    /// Rows end here.
    Leaf {
        /// Added to the margin.
        value: f32,
    },
}

impl Tree {
    /// The same tree, each set of groups a chain of comparisons: equal goes left, else on to the next,
    /// and from the last to the right. The links of a chain share their left child, so that the result
    /// is as long as the sets together, but no longer a tree to the letter; ONNX Runtime takes it, and
    /// ai.onnx.ml has no set before version 5. The root is first; children come after their parents.
    pub fn links(&self) -> Vec<Link> {
        let mut next = 0u32;
        let starts: Vec<u32> = (self.nodes.iter())
            .map(|node| {
                let start = next;
                next += match node {
                    Node::Split {
                        test: Test::OneOf(groups),
                        ..
                    } => u32::try_from(groups.len().max(1)).unwrap_or(u32::MAX),
                    Node::Split { .. } | Node::Leaf { .. } => 1,
                };
                start
            })
            .collect();
        let mut links = Vec::with_capacity(next as usize);
        for (node, &start) in self.nodes.iter().zip(&starts) {
            match node {
                Node::Leaf { value, .. } => links.push(Link::Leaf { value: *value }),
                Node::Split {
                    feature,
                    test,
                    missing_left,
                    left,
                    right,
                    ..
                } => {
                    let [left, right] = [left, right].map(|&child| starts[child as usize]);
                    let equal = |value, missing_left, right| Link::Equal {
                        feature: *feature,
                        value,
                        missing_left,
                        left,
                        right,
                    };
                    match test {
                        Test::AtMost(value) => links.push(Link::AtMost {
                            feature: *feature,
                            value: *value,
                            missing_left: *missing_left,
                            left,
                            right,
                        }),
                        Test::OneOf(groups) => match groups.split_last() {
                            None => links.push(equal(-1.0, *missing_left, right)),
                            Some((last, before)) => {
                                // A missing value that goes left does so at the first link, and is
                                // equal to nothing at the others.
                                let mut missing_left = *missing_left;
                                for (&group, after) in before.iter().zip(start + 1..) {
                                    links.push(equal(f32::from(group), missing_left, after));
                                    missing_left = false;
                                }
                                links.push(equal(f32::from(*last), missing_left, right));
                            }
                        },
                    }
                }
            }
        }
        links
    }
}
