//! Weak slices: where does a model err more than elsewhere, beyond chance?
//!
//! Every value of every column, and every pair of values of two columns, is a slice. Each is tested
//! against the rows outside it; slices are ranked by how surely they are worse, with the number of slices
//! looked at accounted for.

#![expect(
    clippy::cast_possible_truncation,
    reason = "value and bin numbers come from 32-bit columns"
)]

use crate::binary::{all_finite, same_length};
use crate::distribution::student_t_tail;
use crate::multiple::holm;
use crate::{InputError, sum::Sum};

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
    /// Mean loss in it.
    pub mean: f64,
    /// Mean loss of the rows outside it.
    pub rest: f64,
    /// One-sided p-value of "no worse than the rest" (Welch's test).
    pub p_value: f64,
    /// The same by Holm's method over all slices that were tested.
    pub adjusted: f64,
}

/// All slices with enough rows (inside and outside), the surest weakness first; of equal ones the larger
/// excess first.
///
/// `losses` holds one number a row, more being worse: a log-loss, a squared error, 0 or 1 for a wrong
/// decision, or the challenger's loss minus the champion's, which finds where a challenger is worse.
/// `columns` hold a value number a row, from 0 without gaps; bin numbers first ([`quantile_bins`]).
///
/// O(n · columns²) with pairs. Slices overlap and are found on the rows that are tested: take the first as
/// where to look, not as proof; its p-value is honest about the search, not about picking columns after
/// seeing the data.
///
/// Fails when there are no rows, lengths differ, or a loss is not finite.
///
/// B. L. Welch, "The generalization of Student's problem when several different population variances are
/// involved", Biometrika 1947.
pub fn weak_slices(
    losses: &[f64],
    columns: &[&[u32]],
    search: Search,
) -> Result<Vec<WeakSlice>, InputError> {
    if losses.is_empty() {
        return Err(InputError::Empty);
    }
    all_finite("loss", losses)?;
    for column in columns {
        same_length("slice", losses.len(), column.len())?;
    }
    let mean = losses.iter().copied().collect::<Sum>().value() / losses.len() as f64;
    let mut all = Moments::default();
    for loss in losses {
        all.add(loss - mean); // centred, so that squares lose nothing
    }
    let mut found = Vec::new();
    for (first, one) in columns.iter().enumerate() {
        let key = |row: usize| one[row] as usize;
        for (value, inside) in tally(losses, mean, key, levels(one)) {
            let parts = vec![part(first, value)];
            found.extend(compare(parts, inside, all, mean, search));
        }
        for (second, other) in columns.iter().enumerate().skip(first + 1) {
            if !search.pairs {
                break;
            }
            let width = levels(other);
            let key = |row: usize| one[row] as usize * width + other[row] as usize;
            for (value, inside) in tally(losses, mean, key, levels(one) * width) {
                let parts = vec![part(first, value / width), part(second, value % width)];
                found.extend(compare(parts, inside, all, mean, search));
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

#[derive(Clone, Copy, Debug, Default)]
struct Moments {
    rows: usize,
    sum: Sum,
    squares: Sum,
}

impl Moments {
    fn add(&mut self, value: f64) {
        self.rows += 1;
        self.sum.add(value);
        self.squares.add(value * value);
    }

    /// Mean, and variance of the mean.
    fn of(rows: usize, sum: f64, squares: f64) -> (f64, f64) {
        let n = rows as f64;
        let mean = sum / n;
        (mean, (squares / n - mean * mean).max(0.0) / (n - 1.0))
    }
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

fn tally(
    losses: &[f64],
    mean: f64,
    key: impl Fn(usize) -> usize,
    cells: usize,
) -> impl Iterator<Item = (usize, Moments)> {
    let mut moments = vec![Moments::default(); cells];
    for (row, loss) in losses.iter().enumerate() {
        moments[key(row)].add(loss - mean);
    }
    moments.into_iter().enumerate()
}

fn compare(
    parts: Vec<Part>,
    inside: Moments,
    all: Moments,
    centre: f64,
    search: Search,
) -> Option<WeakSlice> {
    let outside = all.rows - inside.rows;
    if inside.rows < search.min_rows.max(2) || outside < 2 {
        return None;
    }
    let (sum, squares) = (inside.sum.value(), inside.squares.value());
    let (mean, variance) = Moments::of(inside.rows, sum, squares);
    let rest_squares = all.squares.value() - squares;
    let (rest, rest_variance) = Moments::of(outside, all.sum.value() - sum, rest_squares);
    let spread = variance + rest_variance;
    let freedom = spread * spread
        / (variance * variance / (inside.rows - 1) as f64
            + rest_variance * rest_variance / (outside - 1) as f64);
    let p_value = if spread > 0.0 {
        student_t_tail((mean - rest) / spread.sqrt(), freedom)
    } else {
        f64::from(u8::from(mean <= rest))
    };
    Some(WeakSlice {
        parts,
        rows: inside.rows,
        mean: mean + centre,
        rest: rest + centre,
        p_value,
        adjusted: p_value,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEARCH: Search = Search {
        min_rows: 20,
        pairs: true,
    };

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
        let found = weak_slices(&losses, &[&one, &other], SEARCH).unwrap();
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
        let found = weak_slices(&losses, &[&one, &other], SEARCH).unwrap();
        assert!(found[0].adjusted > 0.05, "{:?}", found[0]);
    }

    #[test]
    fn small_slices_and_constant_losses_are_no_weakness() {
        let one = [0, 0, 0, 1];
        let search = Search {
            min_rows: 2,
            pairs: false,
        };
        assert!(weak_slices(&[0.5; 4], &[&one], search).unwrap().is_empty());
        let halves = weak_slices(&[0.5; 4], &[&[0, 0, 1, 1]], search).unwrap();
        assert!(halves.iter().all(|slice| slice.p_value >= 1.0));
        assert!(weak_slices(&[f64::NAN], &[], search).is_err());
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
