//! From a column's values to one byte each.

use std::collections::BTreeMap;

use crate::bins::{ColumnBins, equal_shares};
use crate::data::{Column, MISSING_CATEGORY};
use crate::gradient::{Packed, Packing};

/// How the values of one column become codes `0..len`, and missing ones the code `len`.
#[derive(Debug, Clone)]
pub(crate) enum Coding {
    Numbers(ColumnBins),
    Levels(LevelBins),
}

impl Coding {
    /// Number of codes without the one for missing, 1 to 255.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Numbers(bins) => bins.len(),
            Self::Levels(levels) => levels.len(),
        }
    }

    /// The code of a missing value.
    pub(crate) fn missing(&self) -> u8 {
        match self {
            Self::Numbers(bins) => bins.missing(),
            Self::Levels(levels) => levels.missing(),
        }
    }

    /// What the column must hold to be coded.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Numbers(_) => "numbers",
            Self::Levels(_) => "categories",
        }
    }

    /// Writes the codes of rows `from..` to every `stride`-th byte of `codes`, from the first on. The
    /// column is of the coding's kind.
    pub(crate) fn encode(&self, column: Column<'_>, from: usize, codes: &mut [u8], stride: usize) {
        const LANES: usize = 16;
        match (self, column) {
            (Self::Numbers(bins), Column::Numbers(values)) => {
                let codes = codes.chunks_mut(LANES * stride);
                for (codes, values) in codes.zip(values[from..].chunks(LANES)) {
                    let mut lanes = [f32::NAN; LANES];
                    lanes[..values.len()].copy_from_slice(values);
                    let found = bins.codes(&lanes);
                    for (to, code) in codes.iter_mut().step_by(stride).zip(found) {
                        *to = code;
                    }
                }
            }
            (Self::Levels(levels), Column::Categories(values)) => {
                let codes = codes.iter_mut().step_by(stride);
                for (code, &value) in codes.zip(&values[from..]) {
                    *code = levels.code(value);
                }
            }
            (Self::Numbers(_), Column::Categories(_)) | (Self::Levels(_), Column::Numbers(_)) => {
                unreachable!("kinds are compared before columns are encoded")
            }
        }
    }
}

/// What a column holds.
pub(crate) fn kind(column: Column<'_>) -> &'static str {
    match column {
        Column::Numbers(_) => "numbers",
        Column::Categories(_) => "categories",
    }
}

/// The levels of one column in groups: a level a group if there are few enough, otherwise levels whose
/// rows look alike at the start. A level never seen is in no group.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LevelBins {
    /// The levels, ascending, each with its group.
    groups: Vec<(u32, u8)>,
    /// Groups by level, where levels are small; otherwise empty.
    direct: Vec<u8>,
    len: usize,
}

/// Levels up to this are looked up, others searched for.
const DIRECT: usize = 1 << 16;

/// What is known of one level.
#[derive(Debug, Clone, Default)]
struct Level {
    rows: usize,
    /// Summed gradients of the first round, by output.
    sums: Vec<Packed>,
}

/// Gradients of the first round, by output: what tells levels apart before anything is learnt.
pub(crate) type First = [(Vec<Packed>, Packing)];

impl LevelBins {
    /// Groups the levels of a column into `max_levels` (2 to 254) at most. If they are more, they are
    /// put in the order of their mean gradients (drawn to 0 by `smoothing` rows, of that output which
    /// tells most) and that order is divided into groups of nearly equal rows.
    pub(crate) fn learn(values: &[u32], first: &First, max_levels: usize, smoothing: f64) -> Self {
        let mut levels: BTreeMap<u32, Level> = BTreeMap::new();
        let mut counts = vec![0usize; DIRECT];
        for &value in values.iter().filter(|&&value| value != MISSING_CATEGORY) {
            match counts.get_mut(value as usize) {
                Some(count) => *count += 1,
                None => levels.entry(value).or_default().rows += 1,
            }
        }
        for (value, rows) in (0u32..).zip(counts).filter(|level| level.1 > 0) {
            levels.entry(value).or_default().rows = rows;
        }
        if levels.len() > max_levels {
            return Self::alike(values, levels, first, max_levels, smoothing);
        }
        let groups: Vec<(u32, u8)> = levels.into_keys().zip(0u8..).collect();
        let len = groups.len();
        Self::new(groups, len)
    }

    fn alike(
        values: &[u32],
        mut levels: BTreeMap<u32, Level>,
        first: &First,
        max_levels: usize,
        smoothing: f64,
    ) -> Self {
        let mut places = vec![usize::MAX; DIRECT];
        for (place, (&value, level)) in levels.iter_mut().enumerate() {
            level.sums = vec![0; first.len()];
            if let Some(own) = places.get_mut(value as usize) {
                *own = place;
            }
        }
        let mut known: Vec<(u32, Level)> = levels.into_iter().collect();
        for (row, &value) in values.iter().enumerate() {
            let place = match places.get(value as usize) {
                Some(&place) => Some(place),
                None => known.binary_search_by_key(&value, |level| level.0).ok(),
            };
            if let Some((_, level)) = place.and_then(|place| known.get_mut(place)) {
                for (sum, (packed, _)) in level.sums.iter_mut().zip(first) {
                    *sum = sum.wrapping_add(packed[row]);
                }
            }
        }
        let mean = |level: &Level, output: usize| {
            let packing = &first[output].1;
            let hessian = packing.hessian(level.sums[output]) as f64;
            // Smoothing rows have the level's mean hessian, or that of one unit where it has none.
            let per_row = hessian.max(1.0) / level.rows as f64;
            packing.gradient(level.sums[output]) as f64 / (hessian + smoothing * per_row)
                * (packing.hessian_scale() / packing.gradient_scale().max(f64::MIN_POSITIVE))
        };
        let spread = |output: usize| -> f64 {
            let square = |level: &Level| {
                let mean = mean(level, output);
                mean * mean * level.rows as f64
            };
            known.iter().map(|level| square(&level.1)).sum()
        };
        let spreads: Vec<f64> = (0..first.len()).map(spread).collect();
        let output = (0..first.len())
            .max_by(|&a, &b| spreads[a].total_cmp(&spreads[b]).then(b.cmp(&a)))
            .unwrap_or(0);
        known.sort_by(|a, b| {
            mean(&a.1, output)
                .total_cmp(&mean(&b.1, output))
                .then(a.0.cmp(&b.0))
        });
        let lasts = equal_shares(known.iter().map(|level| level.1.rows), max_levels);
        let group = |place: usize| lasts.partition_point(|&last| last < place);
        let mut groups: Vec<(u32, u8)> = known
            .iter()
            .enumerate()
            .map(|(place, level)| (level.0, u8::try_from(group(place)).unwrap_or(u8::MAX)))
            .collect();
        groups.sort_unstable();
        Self::new(groups, lasts.len() + 1)
    }

    fn new(groups: Vec<(u32, u8)>, len: usize) -> Self {
        let mut bins = Self {
            groups,
            direct: Vec::new(),
            len: len.max(1),
        };
        if let Some(&(last, _)) = bins.groups.last()
            && (last as usize) < DIRECT
        {
            bins.direct = (0..=last).map(|value| bins.search(value)).collect();
        }
        bins
    }

    /// Number of groups, 1 to 254.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The code of a missing value.
    pub(crate) fn missing(&self) -> u8 {
        u8::try_from(self.len).unwrap_or(u8::MAX)
    }

    /// The levels, ascending, each with its group.
    pub(crate) fn groups(&self) -> &[(u32, u8)] {
        &self.groups
    }

    /// The group of a level. Of one never seen: a code beyond that of missing values, which no split
    /// names.
    pub(crate) fn code(&self, value: u32) -> u8 {
        if value == MISSING_CATEGORY {
            return self.missing();
        }
        match self.direct.get(value as usize) {
            Some(&code) => code,
            None if self.direct.is_empty() => self.search(value),
            None => self.missing() + 1,
        }
    }

    fn search(&self, value: u32) -> u8 {
        match self.groups.binary_search_by_key(&value, |entry| entry.0) {
            Ok(at) => self.groups[at].1,
            Err(_) => self.missing() + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_levels_have_a_group_each() {
        let values = [9, 9, 9, 2, 2, 7, 5, 5, MISSING_CATEGORY];
        let bins = LevelBins::learn(&values, &[], 254, 10.0);
        assert_eq!((bins.len(), bins.missing()), (4, 4));
        assert_eq!([2, 5, 7, 9].map(|v| bins.code(v)), [0, 1, 2, 3]);
        assert_eq!(bins.code(MISSING_CATEGORY), 4);
        assert_eq!([3, 1_000_000].map(|v| bins.code(v)), [5, 5]);
    }

    #[test]
    fn many_levels_are_grouped_with_their_like() {
        // Levels 0..40, every other one with a gradient of the other sign.
        let values: Vec<u32> = (0..4000).map(|row| row % 40 * 2000).collect();
        let packing = Packing::new(4000.0, 4000.0);
        let sign = |value: u32| {
            if value.is_multiple_of(4000) {
                1.0
            } else {
                -1.0
            }
        };
        let packed = values.iter().map(|&v| packing.pack(sign(v), 1.0)).collect();
        let bins = LevelBins::learn(&values, &[(packed, packing)], 2, 10.0);
        assert_eq!((bins.len(), bins.missing(), bins.code(1)), (2, 2, 3));
        for level in 0..40 {
            assert_eq!(bins.code(level * 2000), u8::from(level % 2 == 0));
        }
    }

    #[test]
    fn large_codes_are_found_too() {
        let values = [16_000_000, 3, 3, 80_000, 16_000_000, 16_000_000];
        let bins = LevelBins::learn(&values, &[], 254, 10.0);
        assert_eq!(
            [3, 80_000, 16_000_000, 4].map(|v| bins.code(v)),
            [0, 1, 2, 4]
        );
    }

    #[test]
    fn nothing_but_missing_is_one_empty_bin() {
        let bins = LevelBins::learn(&[MISSING_CATEGORY; 3], &[], 254, 10.0);
        assert_eq!(
            (bins.len(), bins.missing(), bins.code(MISSING_CATEGORY)),
            (1, 1, 1)
        );
    }
}
