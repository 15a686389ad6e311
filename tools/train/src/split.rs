//! Which rows are held out: decided from the plan, the labels and the rows' places, and from
//! nothing else.

/// A number that looks random and depends on the seed and the row alone.
///
/// The finaliser of `SplitMix64` (Steele, Lea and Flood, 2014) over the seed and the row's place. A
/// row's draw does not depend on any other row's, so no order of evaluation can change it.
pub(crate) fn draw(seed: u64, row: usize) -> u64 {
    mixed(seed, row as u64)
}

/// The same of a seed and any number.
pub(crate) fn mixed(seed: u64, number: u64) -> u64 {
    let mix = |mut z: u64| {
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    mix(mix(seed ^ 0x9e37_79b9_7f4a_7c15).wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
}

/// Marks a share of the rows, drawn without replacement from each stratum on its own; `strata` holds
/// each row's number. Each stratum gives the rounded share, and at least one row where it has two or
/// more.
pub(crate) fn share_of(strata: &[u32], share: f64, seed: u64) -> Vec<bool> {
    let mut held_out = vec![false; strata.len()];
    for stratum in rows_of(strata) {
        let drawn = shuffled(stratum, seed);
        for &row in &drawn[..count_of(drawn.len(), share)] {
            held_out[row] = true;
        }
    }
    held_out
}

/// The fold of each row, `0..folds`, each stratum dealt out evenly.
pub(crate) fn folds(strata: &[u32], folds: u32, seed: u64) -> Vec<u32> {
    let mut fold_of = vec![0; strata.len()];
    for stratum in rows_of(strata) {
        for (row, fold) in shuffled(stratum, seed).into_iter().zip((0..folds).cycle()) {
            fold_of[row] = fold;
        }
    }
    fold_of
}

fn rows_of(strata: &[u32]) -> Vec<Vec<usize>> {
    let count = strata.iter().max().map_or(0, |last| *last as usize + 1);
    let mut rows = vec![Vec::new(); count];
    for (row, &stratum) in strata.iter().enumerate() {
        rows[stratum as usize].push(row);
    }
    rows
}

/// The rows in an order that the seed decides.
pub(crate) fn shuffled(mut rows: Vec<usize>, seed: u64) -> Vec<usize> {
    rows.sort_by_cached_key(|&row| (draw(seed, row), row));
    rows
}

fn count_of(rows: usize, share: f64) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of rows"
    )]
    let count = (rows as f64 * share + 0.5).floor() as usize;
    if rows < 2 {
        0
    } else {
        count.clamp(1, rows - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_class_gives_its_share(
            labels in proptest::collection::vec(0_u32..3, 4..400),
            share in 0.05..0.95,
            seed: u64,
        ) {
            let held_out = share_of(&labels, share, seed);
            for class in 0..3 {
                let rows: Vec<usize> = (0..labels.len()).filter(|&row| labels[row] == class).collect();
                let out = rows.iter().filter(|&&row| held_out[row]).count();
                prop_assert_eq!(out, count_of(rows.len(), share));
            }
            prop_assert_eq!(&held_out, &share_of(&labels, share, seed));
        }

        #[test]
        fn folds_cover_every_row_and_differ_by_one_at_most(
            labels in proptest::collection::vec(0_u32..3, 10..300),
            seed: u64,
        ) {
            let fold_of = folds(&labels, 5, seed);
            for class in 0..3 {
                let sizes = (0..5).map(|fold| {
                    (0..labels.len()).filter(|&row| labels[row] == class && fold_of[row] == fold).count()
                });
                let sizes: Vec<usize> = sizes.collect();
                prop_assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1);
            }
        }
    }

    #[test]
    fn another_seed_draws_other_rows() {
        let labels = vec![0; 100];
        assert_ne!(share_of(&labels, 0.3, 1), share_of(&labels, 0.3, 2));
    }
}
