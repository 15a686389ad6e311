//! The grid that makes sums of leaf values exact.
//!
//! A runtime that adds the trees' values in `f32` rounds after every addition, so its result
//! depends on the order it chose: ONNX Runtime, for one, adds per thread and merges. Here every
//! leaf value, and the base score, is a whole multiple of one power of two, `2^exponent`, and
//!
//! ```text
//! |base| + rounds * largest leaf  <=  2^24 * 2^exponent
//! ```
//!
//! A multiple of a power of two that is no larger than 2^24 of them is an `f32` exactly. Therefore
//! **the sum of the base and any subset of the trees' values, one leaf a tree, in any order and
//! grouping, is exact in `f32`**: all runtimes agree bit for bit.
//!
//! The bound is known before the first round: the objective caps a Newton step, the rate scales it,
//! the rounds multiply it. Neither early stopping nor resuming changes the grid. Rounding feeds back
//! into the next round's gradients, so it does not accumulate: at 100 rounds of rate 0.1 the logistic
//! grid is 2^-18.

/// Multiples of `2^exponent` up to [`Self::cap`] of them a leaf.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LeafGrid {
    exponent: i32,
    cap: i64,
}

/// Whole numbers up to this are exact in `f32`.
const EXACT: i64 = 1 << 24;

impl LeafGrid {
    /// The finest grid for bases of at most `base` and `rounds` leaves of at most `step` each; none if it would
    /// overflow `f32`. All arguments are finite, `step >= 0`.
    pub(crate) fn new(base: f64, step: f64, rounds: usize) -> Option<Self> {
        let rounds = i64::try_from(rounds).ok()?;
        // A base of 2^24 units or more is refused by `room`, so start near the answer.
        let largest = libm::fabs(base).max(step * rounds as f64);
        let start = if largest > 0.0 {
            libm::ilogb(largest) - 25
        } else {
            -149
        };
        for exponent in start.max(-149)..=(127 - 24) {
            let unit = libm::ldexp(1.0, exponent);
            let base_units = to_units(base, unit);
            let cap = to_units_below(step, unit);
            let room = cap
                .checked_mul(rounds)
                .and_then(|all| all.checked_add(base_units.abs()));
            if room.is_some_and(|units| units <= EXACT) {
                return Some(Self { exponent, cap });
            }
        }
        None
    }

    /// The base on the grid.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "at most 24 bits: exact in f32"
    )]
    pub(crate) fn base(&self, base: f64) -> f32 {
        let unit = libm::ldexp(1.0, self.exponent);
        (to_units(base, unit) as f64 * unit) as f32
    }

    /// A leaf value on the grid, held within the cap.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "at most 24 bits: exact in f32"
    )]
    pub(crate) fn leaf(&self, value: f64) -> f32 {
        let unit = libm::ldexp(1.0, self.exponent);
        (to_units(value, unit).clamp(-self.cap, self.cap) as f64 * unit) as f32
    }

    /// The power of two of which every value is a multiple.
    pub(crate) fn exponent(&self) -> i32 {
        self.exponent
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "saturates, and the caller bounds it"
)]
fn to_units(value: f64, unit: f64) -> i64 {
    libm::rint(value / unit) as i64
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "saturates, and the caller bounds it"
)]
fn to_units_below(value: f64, unit: f64) -> i64 {
    libm::floor(value / unit) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_is_the_finest_that_holds_the_bound() {
        let grid = LeafGrid::new(-1.0, 0.5, 100).unwrap();
        assert_eq!(grid.exponent(), -18); // 51 <= 64 = 2^24 * 2^-18
        assert_eq!(grid.leaf(9.0), 0.5);
        assert_eq!(grid.leaf(-9.0), -0.5);
        assert_eq!(grid.leaf(0.1) * 262_144.0, 26_214.0);
    }

    #[test]
    fn no_grid_where_sums_would_overflow() {
        assert_eq!(LeafGrid::new(3e38, 3e38, 100), None);
        assert!(LeafGrid::new(1e36, 1e36, 10).is_some());
    }

    #[test]
    fn nothing_to_learn_still_has_a_grid() {
        assert_eq!(LeafGrid::new(0.0, 0.0, 10).unwrap().base(0.0), 0.0);
        let grid = LeafGrid::new(7.25, 0.0, 10).unwrap();
        assert_eq!(grid.base(7.25), 7.25);
        assert_eq!(grid.leaf(1.0), 0.0);
    }
}
