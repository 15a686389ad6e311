//! Cutting a column into value bins.
//!
//! A cut is an `f32` that separates two adjacent values of the column: `low <= cut < high`. Values
//! are put into bins by comparing with cuts in `f32`, never by position, so "bin at most `b`" and
//! "`x <= cut b`" are the same statement about every row, seen or not.

use crate::radix;

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
    first_step: u32,
}

impl ColumnBins {
    /// At most `max_bins` (2 to 255) bins of nearly equal numbers of the sampled values; one bin a
    /// value if there are that few. Sorts the sample, which holds no NaN and no infinity.
    pub(crate) fn from_sample(sample: &mut [f32], max_bins: usize) -> Self {
        for value in sample.iter_mut() {
            *value += 0.0; // -0 becomes +0: they are equal, and only one may be in the list
        }
        radix::sort(sample);
        let runs = || sample.chunk_by(|a, b| a == b);
        let few = runs().nth(max_bins).is_none();
        let lasts = (!few).then(|| equal_shares(runs().map(<[f32]>::len), max_bins));
        let closes = |run| match &lasts {
            Some(lasts) => lasts.binary_search(&run).is_ok(),
            None => true,
        };
        let neighbours = runs().zip(runs().skip(1)).enumerate();
        let cuts: Vec<f32> = neighbours
            .filter(|(run, _)| closes(*run))
            .map(|(_, (low, high))| cut_between(low[0], high[0]))
            .collect();
        Self::from_cuts(&cuts)
    }

    fn from_cuts(cuts: &[f32]) -> Self {
        let mut padded = Box::new([f32::INFINITY; 256]);
        padded[..cuts.len()].copy_from_slice(cuts);
        let cuts = u8::try_from(cuts.len()).unwrap_or(u8::MAX);
        Self {
            padded,
            cuts,
            first_step: (u32::from(cuts) + 1).next_power_of_two() / 2,
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

    /// The codes of values: their bins, or the missing code for NaN. The searches go side by side, since
    /// each by itself waits for one load after the other.
    pub(crate) fn codes<const N: usize>(&self, values: &[f32; N]) -> [u8; N] {
        let mut below = [0_u32; N]; // cuts known to be below the value
        let mut step = self.first_step;
        while step > 0 {
            for (below, value) in below.iter_mut().zip(values) {
                let cut = self.padded[below.wrapping_add(step - 1) as usize & 255];
                // The sign of the difference says whether the cut is below. It is arithmetic because a
                // comparison becomes a branch, which half of the time is not the one foreseen.
                let sign = (cut - *value).to_bits() >> 31;
                *below = below.wrapping_add(step & sign.wrapping_neg());
            }
            step /= 2;
        }
        let missing = self.missing();
        let code = |lane: usize| match u8::try_from(below[lane]) {
            Ok(code) if !values[lane].is_nan() => code,
            _ => missing,
        };
        std::array::from_fn(code)
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

/// Divides items, of so many rows each, into at most `most` runs of nearly equal rows, and returns the
/// last item of every run but the last. Walks the items in order and closes a run when it holds its
/// share of the rows that are left, or before an item so frequent that it deserves a run of its own.
pub(crate) fn equal_shares(rows: impl Iterator<Item = usize> + Clone, most: usize) -> Vec<usize> {
    let mut lasts = Vec::with_capacity(most - 1);
    let (mut rows_left, mut held) = (rows.clone().sum::<usize>(), 0);
    for (item, (count, next)) in rows.clone().zip(rows.skip(1)).enumerate() {
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

    fn code(bins: &ColumnBins, value: f32) -> u8 {
        bins.codes(&[value])[0]
    }

    #[test]
    fn few_values_get_a_bin_each() {
        let bins = ColumnBins::from_sample(&mut [3.0, 1.0, -0.0, 0.0, 1.0], 255);
        assert_eq!(bins.len(), 3);
        let codes = [-1.0, 0.0, 0.5, 0.6, 1.0, 2.0, 2.1, 9.0, f32::NAN].map(|x| code(&bins, x));
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
                    assert_eq!(code(&bins, value) <= bin, value <= bins.threshold(bin));
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
            held[usize::from(code(&bins, value))] += 1;
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
        assert_eq!(
            (bins.len(), bins.missing(), code(&bins, f32::NAN)),
            (1, 1, 1)
        );
    }
}
