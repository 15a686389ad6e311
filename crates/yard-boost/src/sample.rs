//! Random choice without a running state: every draw is made from `(seed, purpose, round)` alone, so
//! that a fit resumed at round `r` draws what an uninterrupted one would have drawn.

use rand_pcg::Pcg32;
use rand_pcg::rand_core::Rng as _;

/// What a stream of random numbers is for; no two purposes share one.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    Bins,
    Rows,
    Columns,
    Deals,
    Bags,
}

/// How many of `n` a share keeps: at least one, rounded to nearest.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share in (0, 1] of a count lies between 0 and that count"
)]
pub(crate) fn share_of(n: usize, share: f64) -> usize {
    (libm::rint(n as f64 * share) as usize).clamp(1, n.max(1))
}

/// Exactly `k` of `0..n`, each subset equally likely, in ascending order (selection sampling: Knuth,
/// TAOCP 2, 3.4.2, algorithm S).
pub(crate) fn choose(n: usize, k: usize, seed: u64, purpose: Purpose, round: usize) -> Vec<u32> {
    let mut random = stream(seed, purpose, round);
    let mut wanted = k.min(n) as u64;
    let mut chosen = Vec::with_capacity(k.min(n));
    for index in 0..n {
        let left = (n - index) as u64;
        // A 32-bit draw scaled to 0..left; at most 2^27 rows keep the bias below 2^-5 of a row.
        if (u64::from(random.next_u32()) * left) >> 32 < wanted {
            chosen.push(u32::try_from(index).unwrap_or(u32::MAX));
            wanted -= 1;
        }
    }
    chosen
}

/// As many draws from `0..n` as there are, each from all of them, in ascending order (Efron, *Bootstrap
/// methods*, 1979).
pub(crate) fn with_replacement(n: usize, seed: u64, round: usize) -> Vec<u32> {
    let mut random = stream(seed, Purpose::Bags, round);
    let mut times = vec![0_u32; n];
    for _ in 0..n {
        let drawn = (u64::from(random.next_u32()) * n as u64) >> 32;
        times[usize::try_from(drawn).unwrap_or(0)] += 1;
    }
    let rows = (0u32..).zip(times);
    rows.flat_map(|(row, times)| std::iter::repeat_n(row, times as usize))
        .collect()
}

/// `0..n` in an order of chance (Knuth, TAOCP 2, 3.4.2, algorithm P).
pub(crate) fn permutation(n: usize, seed: u64, round: usize) -> Vec<u32> {
    let mut random = stream(seed, Purpose::Deals, round);
    let mut order: Vec<u32> = (0u32..).take(n).collect();
    for last in (1..n).rev() {
        let other = (u64::from(random.next_u32()) * (last as u64 + 1)) >> 32;
        order.swap(last, usize::try_from(other).unwrap_or(last));
    }
    order
}

fn stream(seed: u64, purpose: Purpose, round: usize) -> Pcg32 {
    // An odd multiplier spreads neighbouring rounds over the whole state.
    let state = seed.wrapping_add((round as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    Pcg32::new(state, purpose as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_k_in_order_and_by_round() {
        let first = choose(1000, 300, 7, Purpose::Rows, 0);
        assert_eq!(first.len(), 300);
        assert!(first.is_sorted_by(|a, b| a < b));
        assert_eq!(first, choose(1000, 300, 7, Purpose::Rows, 0));
        assert_ne!(first, choose(1000, 300, 7, Purpose::Rows, 1));
        assert_ne!(first, choose(1000, 300, 8, Purpose::Rows, 0));
        assert_ne!(first, choose(1000, 300, 7, Purpose::Columns, 0));
        assert_eq!(choose(5, 5, 0, Purpose::Bins, 0), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn a_bag_holds_as_many_and_leaves_a_third_out() {
        let bag = with_replacement(10_000, 7, 3);
        assert_eq!(bag.len(), 10_000);
        assert!(bag.is_sorted());
        let mut different = bag.clone();
        different.dedup();
        let share = different.len() as f64 / 10_000.0;
        assert!((share - (1.0 - (-1.0_f64).exp())).abs() < 0.02, "{share}");
        assert_ne!(bag, with_replacement(10_000, 7, 4));
    }

    #[test]
    fn a_permutation_holds_every_row_once() {
        let mut order = permutation(1000, 7, 0);
        assert_ne!(order, permutation(1000, 7, 1));
        assert!(!order.is_sorted());
        order.sort_unstable();
        assert!(order.iter().copied().eq(0..1000));
        assert!(permutation(0, 0, 0).is_empty());
    }

    #[test]
    fn a_share_is_never_nothing() {
        assert_eq!(share_of(10, 0.01), 1);
        assert_eq!(share_of(10, 0.55), 6); // 5.5 to even
        assert_eq!(share_of(10, 1.0), 10);
    }
}
