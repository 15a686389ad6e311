//! Many rows: each tree splits a block of rows from its root down, as training would.
//!
//! At every split the threshold and the feature's column are known, so the work per row and level is a load, a
//! comparison and two stores without a branch, and rows stop where their own leaf is instead of at the deepest
//! one. A walk row by row has to chase an unpredictable chain of loads instead.

use super::super::BLOCK;
use super::forest::{Forest, Leaves, Node, Test};

/// Rows of a block by number; `& LAST` tells the optimiser that they are in range.
type Rows = [u16; BLOCK];
const LAST: usize = BLOCK - 1;
const _: () = assert!(BLOCK.is_power_of_two() && BLOCK <= 1 << 16);

/// The features of a block of rows.
pub(super) struct Block<'a> {
    /// One column a feature, padded to the size of a block.
    pub(super) columns: Vec<&'a [f32; BLOCK]>,
    /// Whether the column holds a missing value.
    pub(super) missing: Vec<bool>,
    /// The rows that count.
    pub(super) rows: usize,
}

/// The buffers that a forest needs to split blocks.
pub(super) struct Splitter {
    all: Box<Rows>,
    even: Box<Rows>,
    odd: Box<Rows>,
    /// Splits that are still to do: node, depth, rows from, rows to.
    pending: Vec<(u32, u32, u16, u16)>,
}

impl Splitter {
    pub(super) fn new() -> Self {
        let mut all = Box::new([0; BLOCK]);
        for (row, number) in all.iter_mut().zip(0..) {
            *row = number;
        }
        Self {
            all,
            even: Box::new([0; BLOCK]),
            odd: Box::new([0; BLOCK]),
            pending: Vec::new(),
        }
    }

    /// Adds the leaves of all trees to the sums, one array a target.
    pub(super) fn add(
        &mut self,
        forest: &Forest,
        block: &Block<'_>,
        sums: &mut [Box<[f32; BLOCK]>],
    ) {
        for (tree, &root) in forest.roots.iter().enumerate() {
            self.add_tree(forest, tree, root, block, sums);
        }
    }

    fn add_tree(
        &mut self,
        forest: &Forest,
        tree: usize,
        root: u32,
        block: &Block<'_>,
        sums: &mut [Box<[f32; BLOCK]>],
    ) {
        let Some(last) = block
            .rows
            .checked_sub(1)
            .and_then(|last| u16::try_from(last).ok())
        else {
            return;
        };
        self.pending.push((root, 0, 0, last));
        while let Some((at, depth, first, last)) = self.pending.pop() {
            let range = usize::from(first)..usize::from(last) + 1;
            let node = &forest.nodes[at as usize];
            // The rows of even depths lie in one buffer, of odd ones in the other; the root has all of them.
            let (from, to): (&Rows, &mut Rows) = match depth {
                0 => (&self.all, &mut self.odd),
                depth if depth % 2 == 0 => (&self.even, &mut self.odd),
                _ => (&self.odd, &mut self.even),
            };
            let from = &from[range.clone()];
            if node.test == Test::Leaf {
                add_leaf(forest, tree, at as usize, from, sums);
                continue;
            }
            let column = block.columns[usize::from(node.feature)];
            let missing = block.missing[usize::from(node.feature)];
            if let Leaves::One { values, targets } = &forest.leaves
                && let next = node.next as usize
                && let [
                    Node {
                        test: Test::Leaf, ..
                    },
                    Node {
                        test: Test::Leaf, ..
                    },
                ] = forest.nodes[next..next + 2]
            {
                let sums = &mut sums[targets[tree] as usize];
                let values = (values[next], values[next + 1]);
                test(
                    node,
                    missing,
                    Add {
                        column,
                        from,
                        sums,
                        values,
                    },
                );
                continue;
            }
            let middle = test(
                node,
                missing,
                Part {
                    column,
                    from,
                    to,
                    first: usize::from(first),
                },
            );
            let split = u16::try_from(middle).unwrap_or(u16::MAX);
            if middle <= usize::from(last) {
                self.pending.push((node.next + 1, depth + 1, split, last));
            }
            if middle > usize::from(first) {
                self.pending
                    .push((node.next, depth + 1, first, split.wrapping_sub(1)));
            }
        }
    }
}

/// What is done with the rows at a split, for any test.
trait Task {
    type Out;
    fn run(self, holds: impl Fn(f32) -> bool) -> Self::Out;
}

/// Runs a task with the test of a node, in the cheapest form that is right for the column.
#[inline]
#[expect(clippy::float_cmp, reason = "the mode is defined as exact equality")]
fn test<T: Task>(node: &Node, missing: bool, task: T) -> T::Out {
    let threshold = node.threshold;
    match (node.test, missing && node.missing) {
        (Test::Equal, false) => task.run(|x| x == threshold),
        (Test::Equal, true) => task.run(|x| (x == threshold) | x.is_nan()),
        (_, false) => task.run(|x| x <= threshold),
        (_, true) => task.run(|x| (x <= threshold) | x.is_nan()),
    }
}

/// Parts rows: those that pass the test to the front of the range, the others from its end.
struct Part<'r> {
    column: &'r [f32; BLOCK],
    from: &'r [u16],
    to: &'r mut Rows,
    first: usize,
}

impl Task for Part<'_> {
    /// The first of the rows that failed.
    type Out = usize;

    #[inline]
    fn run(self, holds: impl Fn(f32) -> bool) -> usize {
        let mut front = self.first;
        let mut back = self.first.wrapping_add(self.from.len()).wrapping_sub(1);
        for &row in self.from {
            let pass = usize::from(holds(self.column[usize::from(row) & LAST]));
            // Both places are free until the range is full, so storing twice costs less than a branch.
            self.to[front & LAST] = row;
            self.to[back & LAST] = row;
            front = front.wrapping_add(pass);
            back = back.wrapping_sub(1 - pass);
        }
        front
    }
}

/// Adds one of two leaves to each row's sum.
struct Add<'r> {
    column: &'r [f32; BLOCK],
    from: &'r [u16],
    sums: &'r mut [f32; BLOCK],
    values: (f32, f32),
}

impl Task for Add<'_> {
    type Out = ();

    #[inline]
    fn run(self, holds: impl Fn(f32) -> bool) {
        let values = [self.values.1, self.values.0];
        for &row in self.from {
            let row = usize::from(row) & LAST;
            self.sums[row] += values[usize::from(holds(self.column[row]))];
        }
    }
}

fn add_leaf(
    forest: &Forest,
    tree: usize,
    leaf: usize,
    rows: &[u16],
    sums: &mut [Box<[f32; BLOCK]>],
) {
    match &forest.leaves {
        Leaves::One { values, targets } => {
            let sums = &mut sums[targets[tree] as usize];
            for &row in rows {
                sums[usize::from(row) & LAST] += values[leaf];
            }
        }
        Leaves::Many { starts, entries } => {
            for &(target, value) in &entries[starts[leaf] as usize..starts[leaf + 1] as usize] {
                let sums = &mut sums[target as usize];
                for &row in rows {
                    sums[usize::from(row) & LAST] += value;
                }
            }
        }
    }
}
