//! Weak slices: where does a model err more than elsewhere, beyond chance?
//!
//! Every value of every column, and every pair of values of two columns, is a slice. Each is tested
//! against the rows outside it; slices are ranked by how surely they are worse, with the number of slices
//! looked at accounted for.

#![expect(
    clippy::cast_possible_truncation,
    reason = "value and bin numbers come from 32-bit columns"
)]

mod tally;

use self::tally::Tally;
use crate::InputError;
use crate::binary::{all_finite, all_usable, same_length};
use crate::multiple::holm;

/// What each row costs, and how far rows are evidence of their own.
#[derive(Clone, Copy, Debug)]
pub struct Losses<'a> {
    /// One number a row, more being worse.
    pub values: &'a [f64],
    /// A row of weight 2 counts as two in every mean.
    pub weights: Option<&'a [f64]>,
    /// The entity of each row, from 0 without gaps, where several rows are one entity's.
    pub clusters: Option<&'a [u32]>,
}

/// What to look for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Search {
    /// Slices with fewer rows are not tested.
    pub min_rows: usize,
    /// Whether slices of two columns are looked at, beside those of one.
    pub pairs: bool,
}

/// One value of one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Number of the column, as it was passed.
    pub column: usize,
    /// The value's number.
    pub value: u32,
}

/// A slice and how it compares.
#[derive(Clone, Debug, PartialEq)]
pub struct WeakSlice {
    /// The one or two values that make it.
    pub parts: Vec<Part>,
    /// Rows in it.
    pub rows: usize,
    /// (Weighted) mean loss in it.
    pub mean: f64,
    /// (Weighted) mean loss of the rows outside it.
    pub rest: f64,
    /// One-sided p-value of "no worse than the rest".
    pub p_value: f64,
    /// The same by Holm's method over all slices that were tested.
    pub adjusted: f64,
}

/// All slices with enough rows (inside and outside), the surest weakness first; of equal ones the larger
/// excess first.
///
/// `losses` are a log-loss, a squared error, 0 or 1 for a wrong decision, or the challenger's loss minus the
/// champion's, which finds where a challenger is worse. `columns` hold a value number a row, from 0 without
/// gaps; bin numbers first ([`quantile_bins`]).
///
/// Rows of their own are compared by Welch's test. Where rows are weighted or several are one entity's, the
/// difference of the two weighted means is linearised and its parts added up within each entity, inside and
/// outside the slice together, before they are squared; Student's t then has one degree of freedom less than
/// entities (rows of positive weight) that reach into the slice, or out of it, whichever are fewer.
///
/// O(n · columns²) with pairs, and O(n) memory a pair. Slices overlap and are found on the rows that are
/// tested: take the first as where to look, not as proof; its p-value is honest about the search, not about
/// picking columns after seeing the data.
///
/// Fails when there are no rows, lengths differ, or a loss or weight is not usable.
///
/// B. L. Welch, "The generalization of Student's problem when several different population variances are
/// involved", Biometrika 1947. The entities' sums: K.-Y. Liang, S. L. Zeger, Biometrika 1986.
pub fn weak_slices(
    losses: &Losses<'_>,
    columns: &[&[u32]],
    search: Search,
) -> Result<Vec<WeakSlice>, InputError> {
    let rows = losses.values.len();
    if rows == 0 {
        return Err(InputError::Empty);
    }
    all_finite("loss", losses.values)?;
    if let Some(weights) = losses.weights {
        same_length("weight", rows, weights.len())?;
        all_usable("weight", weights)?;
    }
    if let Some(clusters) = losses.clusters {
        same_length("cluster", rows, clusters.len())?;
    }
    for column in columns {
        same_length("slice", rows, column.len())?;
    }
    let tally = Tally::new(losses);
    let mut found = Vec::new();
    for (first, one) in columns.iter().enumerate() {
        let key = |row: usize| one[row] as usize;
        for (value, slice) in tally.slices(key, levels(one), search) {
            let parts = vec![part(first, value)];
            found.push(WeakSlice { parts, ..slice });
        }
        for (second, other) in columns.iter().enumerate().skip(first + 1) {
            if !search.pairs {
                break;
            }
            let width = levels(other);
            let key = |row: usize| one[row] as usize * width + other[row] as usize;
            for (value, slice) in tally.slices(key, levels(one) * width, search) {
                let parts = vec![part(first, value / width), part(second, value % width)];
                found.push(WeakSlice { parts, ..slice });
            }
        }
    }
    let adjusted = holm(
        &found
            .iter()
            .map(|slice| slice.p_value)
            .collect::<Vec<f64>>(),
    );
    for (slice, adjusted) in found.iter_mut().zip(adjusted) {
        slice.adjusted = adjusted;
    }
    found.sort_by(|a, b| {
        let excess = |slice: &WeakSlice| slice.mean - slice.rest;
        a.p_value
            .total_cmp(&b.p_value)
            .then(excess(b).total_cmp(&excess(a)))
    });
    Ok(found)
}

/// Numbers a column's values by the bin they fall into: about `bins` of equal size, ties together. Bin i
/// holds the values up to and including the i-th of the edges that are returned, the last bin the rest.
///
/// O(n log n). Fails when there are no values or one is not finite.
pub fn quantile_bins(values: &[f64], bins: usize) -> Result<(Vec<u32>, Vec<f64>), InputError> {
    if values.is_empty() {
        return Err(InputError::Empty);
    }
    all_finite("slice", values)?;
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let largest = sorted[sorted.len() - 1];
    let mut edges: Vec<f64> = (1..bins)
        .map(|bin| sorted[(bin * sorted.len() / bins).saturating_sub(1)])
        .filter(|&edge| edge < largest)
        .collect();
    edges.dedup();
    let bin = |value: &f64| edges.partition_point(|edge| edge < value) as u32;
    let bins = values.iter().map(bin).collect();
    Ok((bins, edges))
}

fn part(column: usize, value: usize) -> Part {
    Part {
        column,
        value: value as u32,
    }
}

fn levels(column: &[u32]) -> usize {
    column.iter().max().map_or(0, |&last| last as usize + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEARCH: Search = Search {
        min_rows: 20,
        pairs: true,
    };

    fn plain(values: &[f64]) -> Losses<'_> {
        Losses {
            values,
            weights: None,
            clusters: None,
        }
    }

    /// 4 × 5 values, and losses that scatter around 0.3.
    fn table(planted: impl Fn(u32, u32) -> f64) -> (Vec<f64>, Vec<u32>, Vec<u32>) {
        let rows = 4000_u32;
        let one: Vec<u32> = (0..rows).map(|row| row % 4).collect();
        let other: Vec<u32> = (0..rows).map(|row| row / 4 % 5).collect();
        let losses = (0..rows)
            .zip(one.iter().zip(&other))
            .map(|(row, (&a, &b))| {
                let scatter = f64::from(row.wrapping_mul(2_654_435_761) >> 8) / 16_777_216.0;
                0.3 + 0.5 * (scatter - 0.5) + planted(a, b)
            })
            .collect();
        (losses, one, other)
    }

    #[test]
    fn a_planted_weakness_comes_first() {
        let weak = |a, b| if (a, b) == (2, 3) { 0.15 } else { 0.0 };
        let (losses, one, other) = table(weak);
        let found = weak_slices(&plain(&losses), &[&one, &other], SEARCH).unwrap();
        let planted = [
            Part {
                column: 0,
                value: 2,
            },
            Part {
                column: 1,
                value: 3,
            },
        ];
        assert_eq!(found[0].parts, planted);
        assert_eq!(found[0].rows, 200);
        assert!(found[0].adjusted < 1e-6);
        assert!((found[0].mean - found[0].rest - 0.15).abs() < 0.03);
        assert_eq!(found.len(), 4 + 5 + 20);
    }

    #[test]
    fn where_nothing_is_planted_nothing_is_sure() {
        let (losses, one, other) = table(|_, _| 0.0);
        let found = weak_slices(&plain(&losses), &[&one, &other], SEARCH).unwrap();
        assert!(found[0].adjusted > 0.05, "{:?}", found[0]);
    }

    #[test]
    fn small_slices_and_constant_losses_are_no_weakness() {
        let one = [0, 0, 0, 1];
        let search = Search {
            min_rows: 2,
            pairs: false,
        };
        assert!(
            weak_slices(&plain(&[0.5; 4]), &[&one], search)
                .unwrap()
                .is_empty()
        );
        let halves = weak_slices(&plain(&[0.5; 4]), &[&[0, 0, 1, 1]], search).unwrap();
        assert!(halves.iter().all(|slice| slice.p_value >= 1.0));
        assert!(weak_slices(&plain(&[f64::NAN]), &[], search).is_err());
    }

    /// Rows repeated as one entity's say what the rows once say; as rows of their own they say twice as much.
    /// A weight of 4 says no more than a weight of 1, and moves means as four rows do.
    #[test]
    fn entities_and_weights_are_no_evidence_of_their_own() {
        let weak = |a, b| if (a, b) == (2, 3) { 0.06 } else { 0.0 };
        let (losses, one, other) = table(weak);
        let once = weak_slices(&plain(&losses), &[&one, &other], SEARCH).unwrap();
        let four = |column: &[u32]| -> Vec<u32> { column.iter().flat_map(|at| [*at; 4]).collect() };
        let many: Vec<f64> = losses.iter().flat_map(|loss| [*loss; 4]).collect();
        let (first, second) = (four(&one), four(&other));
        let naive = weak_slices(&plain(&many), &[&first, &second], SEARCH).unwrap();
        assert!(naive[0].p_value < 1e-3 * once[0].p_value);
        let entities: Vec<u32> = (0..16_000).map(|row| row / 4).collect();
        let clustered = Losses {
            clusters: Some(&entities),
            ..plain(&many)
        };
        let clustered = weak_slices(&clustered, &[&first, &second], SEARCH).unwrap();
        let weights = vec![4.0; 4000];
        let weighted = Losses {
            weights: Some(&weights),
            ..plain(&losses)
        };
        let weighted = weak_slices(&weighted, &[&one, &other], SEARCH).unwrap();
        for found in [&clustered, &weighted] {
            for slice in found {
                let same = once.iter().find(|of| of.parts == slice.parts).unwrap();
                assert!((slice.mean - same.mean).abs() < 1e-12);
                assert!((slice.rest - same.rest).abs() < 1e-12);
                // One t has Welch's degrees of freedom, the other those of the slice.
                let (a, b) = (libm::log(slice.p_value), libm::log(same.p_value));
                assert!((a - b).abs() < 0.05 + 0.06 * b.abs(), "{slice:?} {same:?}");
            }
        }
    }

    /// An entity on both sides of a slice: its rows err together, so that the difference within it is sure.
    #[test]
    fn an_entity_may_reach_into_a_slice_and_out_of_it() {
        let rows = 400_u32;
        let noise = |row: u32| f64::from((row + 7).wrapping_mul(2_654_435_761) >> 8) / 16_777_216.0;
        let losses: Vec<f64> = (0..rows)
            .map(|row| noise(row / 2) + 0.05 * f64::from(row % 2) + 0.01 * noise(row + 999))
            .collect();
        let column: Vec<u32> = (0..rows).map(|row| row % 2).collect();
        let entities: Vec<u32> = (0..rows).map(|row| row / 2).collect();
        let apart = weak_slices(&plain(&losses), &[&column], SEARCH).unwrap();
        let together = Losses {
            clusters: Some(&entities),
            ..plain(&losses)
        };
        let together = weak_slices(&together, &[&column], SEARCH).unwrap();
        assert_eq!(together[0].parts[0].value, 1);
        assert!(apart[0].p_value > 0.01 && together[0].p_value < 1e-9);
    }

    #[test]
    fn bins_are_of_equal_size_and_keep_ties_together() {
        let values = [5.0, 1.0, 1.0, 1.0, 2.0, 3.0, 4.0, 6.0];
        let (bins, edges) = quantile_bins(&values, 4).unwrap();
        assert_eq!(edges, [1.0, 2.0, 4.0]);
        assert_eq!(bins, [3, 0, 0, 0, 1, 2, 2, 3]);
        let (bins, edges) = quantile_bins(&[7.0; 3], 4).unwrap();
        assert!(edges.is_empty() && bins == [0, 0, 0]);
    }
}
