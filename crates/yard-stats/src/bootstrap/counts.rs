//! How often each row is drawn by four replicates, in two bytes a row.

use super::{BITS, LANES};
use std::collections::BTreeMap;

/// The draws of one row, by replicate.
pub(super) type Drawn = [u8; LANES];

/// Where a walk learns how often a row counts.
pub(super) trait Count {
    /// How often each of four replicates drew the row.
    fn of(&self, row: usize) -> Drawn;
}

/// Draws by row, four bits a replicate.
///
/// A row of many is drawn fifteen times or more once in 10¹² draws. It is kept beside, so that
/// counts are exact and still half the size of bytes: rows are looked up in the order of their scores,
/// which is bound by how much of the counts fits the caches.
#[derive(Clone, Debug)]
pub(super) struct Counts {
    packed: Vec<u16>,
    often: BTreeMap<usize, Drawn>,
}

/// The most that four bits hold; in all lanes it says that the row is kept beside.
const MOST: u8 = (1 << BITS) - 1;

/// All lanes at [`MOST`].
const BESIDE: u16 = u16::MAX;

impl Counts {
    /// No draws.
    pub(super) fn new(rows: usize) -> Self {
        Self {
            packed: vec![0; rows],
            often: BTreeMap::new(),
        }
    }

    /// Forgets which rows were drawn often; every row is to be set again.
    pub(super) fn clear(&mut self) {
        self.often.clear();
    }

    /// Sets the draws of a row.
    #[inline]
    pub(super) fn set(&mut self, row: usize, drawn: Drawn) {
        if drawn.iter().any(|&count| count >= MOST) {
            self.packed[row] = BESIDE;
            self.often.insert(row, drawn);
            return;
        }
        let lanes = drawn.iter().rev();
        self.packed[row] = lanes.fold(0, |packed, &count| packed << BITS | u16::from(count));
    }

    #[cold]
    fn beside(&self, row: usize) -> Drawn {
        self.often.get(&row).copied().unwrap_or_default()
    }
}

impl Count for Counts {
    #[inline]
    fn of(&self, row: usize) -> Drawn {
        let packed = self.packed[row];
        if packed == BESIDE {
            return self.beside(row);
        }
        [0, BITS, 2 * BITS, 3 * BITS].map(|shift| (packed >> shift) as u8 & MOST)
    }
}

/// All rows once, but for those of one group a lane.
pub(super) struct LeavingOut<F> {
    /// The group of a row.
    pub(super) group_of: F,
    /// The group that the first lane leaves out; the next leaves out the next.
    pub(super) first: usize,
}

impl<F: Fn(usize) -> usize> Count for LeavingOut<F> {
    #[inline]
    fn of(&self, row: usize) -> Drawn {
        let mut drawn = [1; LANES];
        let lane = (self.group_of)(row).wrapping_sub(self.first);
        if let Some(count) = drawn.get_mut(lane) {
            *count = 0;
        }
        drawn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_any_size_come_back() {
        let drawn = [
            [0, 0, 0, 0],
            [1, 2, 3, 14],
            [14, 14, 14, 14],
            [15, 0, 0, 1],
            [15, 15, 15, 15],
            [255, 16, 0, 7],
        ];
        let mut counts = Counts::new(drawn.len());
        for _ in 0..2 {
            counts.clear();
            for (row, drawn) in drawn.into_iter().enumerate() {
                counts.set(row, drawn);
            }
            for (row, drawn) in drawn.into_iter().enumerate() {
                assert_eq!(counts.of(row), drawn);
            }
        }
    }

    #[test]
    fn each_lane_leaves_out_its_group() {
        let leaving = LeavingOut {
            group_of: |row| row / 2,
            first: 1,
        };
        assert_eq!(leaving.of(0), [1, 1, 1, 1]);
        assert_eq!(leaving.of(3), [0, 1, 1, 1]);
        assert_eq!(leaving.of(8), [1, 1, 1, 0]);
        assert_eq!(leaving.of(10), [1, 1, 1, 1]);
    }
}
