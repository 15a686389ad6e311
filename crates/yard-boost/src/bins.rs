//! Cutting a column into value bins.
//!
//! A cut is an `f32` that separates two adjacent values of the column: `low <= cut < high`. Values
//! are put into bins by comparing with cuts in `f32`, never by position, so "bin at most `b`" and
//! "`x <= cut b`" are the same statement about every row, seen or not.

/// A threshold that sends every finite value left; what is missing alone goes right.
const ALL_FINITE: f32 = f32::MAX;

/// The cuts of one column. Bin `b` holds `cut[b - 1] < x <= cut[b]`; the code after the last bin is
/// for missing values.
#[derive(Debug, Clone)]
pub(crate) struct ColumnBins {
    /// Ascending cuts, then +infinity up to the end.
    padded: Box<[f32; 256]>,
    cuts: u8,
    /// Binary search steps that reach every cut.
    first_step: usize,
}

impl ColumnBins {
    /// At most `max_bins` (2 to 255) bins of nearly equal numbers of the sampled values; one bin a
    /// value if there are that few. Sorts the sample, which holds no NaN and no infinity.
    pub(crate) fn from_sample(sample: &mut [f32], max_bins: usize) -> Self {
        for value in sample.iter_mut() {
            *value += 0.0; // -0 becomes +0: they are equal, and only one may be in the list
        }
        sample.sort_unstable_by(f32::total_cmp);
        let distinct: Vec<(f32, usize)> = sample
            .chunk_by(|a, b| a == b)
            .map(|run| (run[0], run.len()))
            .collect();
        let cuts = if distinct.len() <= max_bins {
            distinct
                .windows(2)
                .map(|pair| cut_between(pair[0].0, pair[1].0))
                .collect()
        } else {
            cuts_of_equal_rows(&distinct, max_bins)
        };
        Self::from_cuts(&cuts)
    }

    fn from_cuts(cuts: &[f32]) -> Self {
        let mut padded = Box::new([f32::INFINITY; 256]);
        padded[..cuts.len()].copy_from_slice(cuts);
        let first_step = (cuts.len() + 1).next_power_of_two() / 2;
        Self {
            padded,
            cuts: u8::try_from(cuts.len()).unwrap_or(u8::MAX),
            first_step,
        }
    }

    /// Number of value bins, 1 to 255.
    pub(crate) fn len(&self) -> usize {
        usize::from(self.cuts) + 1
    }

    /// The `f32` threshold of "bin at most `bin`".
    pub(crate) fn threshold(&self, bin: u8) -> f32 {
        if bin < self.cuts {
            self.padded[usize::from(bin)]
        } else {
            ALL_FINITE
        }
    }

    /// The code of a value: its bin, or the missing code for NaN.
    pub(crate) fn code(&self, value: f32) -> u8 {
        if value.is_nan() {
            return self.missing();
        }
        let mut below = 0; // cuts known to be below the value
        let mut step = self.first_step;
        while step > 0 {
            if self.padded[(below + step - 1) & 255] < value {
                below += step;
            }
            step /= 2;
        }
        u8::try_from(below).unwrap_or(self.cuts)
    }

    /// The code of a missing value.
    pub(crate) fn missing(&self) -> u8 {
        self.cuts + 1
    }
}

/// An `f32` in `[low, high)`, as near their middle as `f32` allows.
#[expect(
    clippy::cast_possible_truncation,
    reason = "rounding to f32 is the purpose"
)]
fn cut_between(low: f32, high: f32) -> f32 {
    let middle = f64::midpoint(f64::from(low), f64::from(high)) as f32;
    if middle < high { middle } else { low }
}

fn cuts_of_equal_rows(distinct: &[(f32, usize)], max_bins: usize) -> Vec<f32> {
    let rows: Vec<usize> = distinct.iter().map(|value| value.1).collect();
    equal_shares(&rows, max_bins)
        .into_iter()
        .map(|last| cut_between(distinct[last].0, distinct[last + 1].0))
        .collect()
}

/// Divides items, of so many rows each, into at most `most` runs of nearly equal rows, and returns the
/// last item of every run but the last. Walks the items in order and closes a run when it holds its
/// share of the rows that are left, or before an item so frequent that it deserves a run of its own.
pub(crate) fn equal_shares(rows: &[usize], most: usize) -> Vec<usize> {
    let mut lasts = Vec::with_capacity(most - 1);
    let (mut rows_left, mut held) = (rows.iter().sum::<usize>(), 0);
    for (item, pair) in rows.windows(2).enumerate() {
        let (count, next) = (pair[0], pair[1]);
        held += count;
        let runs_left = most - lasts.len();
        if runs_left == 1 {
            break;
        }
        let full = held * runs_left >= rows_left;
        let next_is_frequent = next * runs_left >= rows_left && 2 * held * runs_left >= rows_left;
        if full || next_is_frequent {
            lasts.push(item);
            rows_left -= held;
            held = 0;
        }
    }
    lasts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_get_a_bin_each() {
        let bins = ColumnBins::from_sample(&mut [3.0, 1.0, -0.0, 0.0, 1.0], 255);
        assert_eq!(bins.len(), 3);
        let codes = [-1.0, 0.0, 0.5, 0.6, 1.0, 2.0, 2.1, 9.0, f32::NAN].map(|x| bins.code(x));
        assert_eq!(codes, [0, 0, 0, 1, 1, 1, 2, 2, 3]);
        assert_eq!(
            [bins.threshold(0), bins.threshold(1), bins.threshold(2)],
            [0.5, 2.0, f32::MAX]
        );
    }

    #[test]
    fn codes_and_thresholds_say_the_same_of_every_value() {
        let mut sample: Vec<f32> = (0..20_000u16)
            .map(|i| libm::sinf(f32::from(i)) * 1e-3)
            .collect();
        for max_bins in [2, 3, 17, 254, 255] {
            let bins = ColumnBins::from_sample(&mut sample, max_bins);
            assert_eq!(bins.len(), max_bins);
            for &value in &sample {
                for bin in 0..u8::try_from(bins.len()).unwrap() {
                    assert_eq!(bins.code(value) <= bin, value <= bins.threshold(bin));
                }
            }
        }
    }

    #[test]
    fn bins_hold_nearly_equal_numbers() {
        let mut sample: Vec<f32> = (0..10_000u16).map(f32::from).collect();
        let bins = ColumnBins::from_sample(&mut sample, 100);
        let mut held = [0; 100];
        for &value in &sample {
            held[usize::from(bins.code(value))] += 1;
        }
        assert!(held.iter().all(|&n| n == 100), "{held:?}");
    }

    #[test]
    fn neighbours_in_f32_are_separated() {
        let low = 1.0f32;
        let high = low.next_up();
        assert_eq!(cut_between(low, high), low);
        assert_eq!(cut_between(f32::MIN, f32::MAX), 0.0);
        let tiny = f32::from_bits(1);
        assert_eq!(cut_between(0.0, tiny), 0.0);
    }

    #[test]
    fn nothing_but_missing_is_one_empty_bin() {
        let bins = ColumnBins::from_sample(&mut [], 255);
        assert_eq!((bins.len(), bins.missing(), bins.code(f32::NAN)), (1, 1, 1));
    }
}
