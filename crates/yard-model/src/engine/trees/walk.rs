//! Few rows: each row walks all trees, several trees at a time so that their memory accesses overlap.

use super::forest::{Forest, Leaves};

/// Trees that one row walks together.
const TOGETHER: usize = 8;

impl Forest {
    /// Adds the leaves of one row, whose features are `x`, to its sums.
    pub(super) fn walk(&self, x: &[f32], sums: &mut [f32]) {
        let mut first = 0;
        for group in self.roots.chunks(TOGETHER) {
            let mut at = [group[0]; TOGETHER];
            at[..group.len()].copy_from_slice(group);
            if self.ordered {
                self.descend(&mut at, |node| {
                    node.follow_order(x[usize::from(node.feature)])
                });
            } else {
                self.descend(&mut at, |node| node.follow(x[usize::from(node.feature)]));
            }
            for (tree, &leaf) in (first..).zip(&at[..group.len()]) {
                self.add(tree, leaf as usize, sums);
            }
            first += group.len();
        }
    }

    /// Moves every position to its leaf; a leaf leads to itself.
    #[inline]
    fn descend(&self, at: &mut [u32; TOGETHER], follow: impl Fn(&super::forest::Node) -> u32) {
        loop {
            let mut moved = 0;
            for at in at.iter_mut() {
                let next = follow(&self.nodes[*at as usize]);
                moved |= next ^ *at;
                *at = next;
            }
            if moved == 0 {
                return;
            }
        }
    }

    #[inline]
    fn add(&self, tree: usize, leaf: usize, sums: &mut [f32]) {
        match &self.leaves {
            Leaves::One { values, targets } => sums[targets[tree] as usize] += values[leaf],
            Leaves::Many { starts, entries } => {
                for &(target, value) in &entries[starts[leaf] as usize..starts[leaf + 1] as usize] {
                    sums[target as usize] += value;
                }
            }
        }
    }
}
