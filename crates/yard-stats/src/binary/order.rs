//! Sorting rows by score, in little memory.
//!
//! A comparison sort of row numbers misses the cache at every comparison, and a sort of (score, row)
//! pairs takes 16 bytes a row. Here rows are first dealt into buckets by the leading bits of their
//! score's key, counted from the smallest key of the slice so that no bit is wasted on what all
//! scores share; buckets that stay large are dealt again; small ones are sorted as pairs, in the
//! cache. Peak 4 bytes a row where no bucket is crowded, else up to 8; O(n) for continuous scores, O(n log n) whatever they are.

/// Below this many rows, pairs of key and row are sorted where they stand.
const SMALL: usize = 2048;
/// Leading key bits that choose a bucket.
const DIGIT_BITS: u32 = 12;

/// Maps a finite score to an integer with the same order; −0 and 0 are one score.
pub(crate) fn ascending_key(score: f64) -> u64 {
    const SIGN: u64 = 1 << 63;
    let bits = (score + 0.0).to_bits();
    if bits & SIGN == 0 { bits | SIGN } else { !bits }
}

fn descending_key(score: f64) -> u64 {
    !ascending_key(score)
}

/// The rows from the highest score to the lowest; rows of equal score in ascending order.
///
/// `scores` must be finite and not longer than `u32::MAX`.
pub(super) fn descending(scores: &[f64]) -> Vec<u32> {
    let rows = || (0..).take(scores.len());
    let mut order: Vec<u32> = rows().collect();
    let mut pairs = Vec::with_capacity(SMALL);
    if order.len() <= SMALL {
        sort(&mut order, scores, &mut pairs);
    } else {
        // All rows in their order need no copy to be dealt from.
        deal(&mut order, rows(), scores, &mut pairs);
    }
    order
}

/// Invariant: `order` holds ascending rows within equal keys, on entry and on return.
fn sort(order: &mut [u32], scores: &[f64], pairs: &mut Vec<(u64, u32)>) {
    if order.len() > SMALL {
        let rows = order.to_vec();
        deal(order, rows.into_iter(), scores, pairs);
        return;
    }
    pairs.clear();
    pairs.extend((order.iter()).map(|&row| (descending_key(scores[row as usize]), row)));
    pairs.sort_unstable();
    for (slot, &(_, row)) in order.iter_mut().zip(pairs.iter()) {
        *slot = row;
    }
}

/// Deals rows into buckets, and sorts those. `order` holds the same rows, in the same order.
fn deal(
    order: &mut [u32],
    rows: impl Iterator<Item = u32>,
    scores: &[f64],
    pairs: &mut Vec<(u64, u32)>,
) {
    let key = |row: u32| descending_key(scores[row as usize]);
    let (mut lowest, mut highest) = (u64::MAX, u64::MIN);
    for &row in order.iter() {
        lowest = lowest.min(key(row));
        highest = highest.max(key(row));
    }
    if lowest == highest {
        return;
    }
    let shift = (u64::BITS - (highest - lowest).leading_zeros()).saturating_sub(DIGIT_BITS);
    #[expect(clippy::cast_possible_truncation, reason = "DIGIT_BITS bits are left")]
    let bucket = |row: u32| ((key(row) - lowest) >> shift) as usize;

    let mut ends = vec![0_usize; (1 << DIGIT_BITS) + 1];
    for &row in order.iter() {
        ends[bucket(row) + 1] += 1;
    }
    for index in 1..ends.len() {
        ends[index] += ends[index - 1];
    }
    // `ends[b]` is where bucket b starts; dealing moves it to where b ends.
    for row in rows {
        let slot = &mut ends[bucket(row)];
        order[*slot] = row;
        *slot += 1;
    }
    let mut start = 0;
    for &end in &ends[..1 << DIGIT_BITS] {
        if end - start > 1 {
            sort(&mut order[start..end], scores, pairs);
        }
        start = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn by_comparison(scores: &[f64]) -> Vec<u32> {
        let mut order: Vec<u32> = (0..).take(scores.len()).collect();
        order.sort_by(|&a, &b| scores[b as usize].partial_cmp(&scores[a as usize]).unwrap());
        order
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn equals_a_stable_comparison_sort(
            scores in prop::collection::vec(
                prop_oneof![
                    -1.0..1.0,
                    (0..20).prop_map(|step| f64::from(step) / 20.0),
                    any::<f64>().prop_filter("finite", |score| score.is_finite()),
                    Just(0.0), Just(-0.0), Just(f64::MAX), Just(f64::MIN_POSITIVE),
                ],
                0..6000,
            )
        ) {
            prop_assert_eq!(descending(&scores), by_comparison(&scores));
        }
    }

    #[test]
    fn deals_a_crowded_bucket_again() {
        let scores: Vec<f64> = (0..20_000_u32)
            .map(|row| 0.5 + f64::from(row.wrapping_mul(2_654_435_761) >> 12) * 1e-12)
            .chain([-1e300, 1e300])
            .collect();
        assert_eq!(descending(&scores), by_comparison(&scores));
    }

    #[test]
    fn one_tie_keeps_row_order() {
        let order = descending(&vec![0.25; 5000]);
        assert!(order.is_sorted());
    }
}
