//! The flat layout of an ensemble.

/// A node of 12 bytes. The children of a split stand side by side: `next` when the test holds, else `next + 1`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub(super) threshold: f32,
    pub(super) feature: u16,
    pub(super) test: Test,
    /// Whether a missing (NaN) feature counts as if the test held.
    pub(super) missing: bool,
    pub(super) next: u32,
}

/// What a node asks of its feature. Every mode of ONNX is one of the two, with children swapped or the
/// threshold moved to its neighbour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Test {
    AtMost,
    Equal,
    /// A leaf: the test always holds and leads back to the leaf itself.
    Leaf,
}

impl Node {
    /// A leaf at position `at`.
    pub(super) fn leaf(at: u32) -> Self {
        Self {
            threshold: f32::INFINITY,
            feature: 0,
            test: Test::Leaf,
            missing: true,
            next: at,
        }
    }

    /// Where a row with feature value `x` goes.
    #[inline]
    #[expect(clippy::float_cmp, reason = "the mode is defined as exact equality")]
    pub(super) fn follow(&self, x: f32) -> u32 {
        let holds = match self.test {
            Test::AtMost | Test::Leaf => x <= self.threshold,
            Test::Equal => x == self.threshold,
        };
        self.next + u32::from(!(holds | (self.missing & x.is_nan())))
    }

    /// As [`Node::follow`] where no node of the ensemble tests for equality.
    #[inline]
    pub(super) fn follow_order(&self, x: f32) -> u32 {
        self.next + u32::from(!((x <= self.threshold) | (self.missing & x.is_nan())))
    }
}

/// What the leaves add.
#[derive(Debug)]
pub(super) enum Leaves {
    /// Every leaf of a tree has one value for the tree's target: values by node, targets by tree.
    One { values: Vec<f32>, targets: Vec<u32> },
    /// The leaf at node `n` has the entries from `starts[n]` to `starts[n + 1]`: target and value.
    Many {
        starts: Vec<u32>,
        entries: Vec<(u32, f32)>,
    },
}

/// An ensemble, checked: every index in range, every tree a tree.
#[derive(Debug)]
pub(super) struct Forest {
    /// All trees one after the other, each breadth first.
    pub(super) nodes: Vec<Node>,
    /// The root of each tree.
    pub(super) roots: Vec<u32>,
    pub(super) leaves: Leaves,
    /// How many columns the input has.
    pub(super) features: usize,
    /// How many sums there are a row.
    pub(super) targets: usize,
    /// Whether no node tests for equality.
    pub(super) ordered: bool,
}
