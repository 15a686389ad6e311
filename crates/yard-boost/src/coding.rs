//! From a column's values to one byte each.

use std::collections::BTreeMap;

use crate::bins::ColumnBins;
use crate::data::{Column, MISSING_CATEGORY};

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
        let codes = codes.iter_mut().step_by(stride);
        match (self, column) {
            (Self::Numbers(bins), Column::Numbers(values)) => {
                for (code, &value) in codes.zip(&values[from..]) {
                    *code = bins.code(value);
                }
            }
            (Self::Levels(levels), Column::Categories(values)) => {
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

/// The levels of one column that have a code of their own. If there are more levels than that, the
/// last code is for all of the others; a level never seen has that code too, or, where every level
/// seen has its own, one that no split ever names.
#[derive(Debug, Clone)]
pub(crate) struct LevelBins {
    /// The levels by code: most frequent first.
    levels: Vec<u32>,
    /// The same, ascending, each with its code.
    sorted: Vec<(u32, u8)>,
    /// Codes by level, where levels are small; otherwise empty.
    direct: Vec<u8>,
    /// Whether there is a code for all other levels.
    has_rest: bool,
}

/// Levels up to this are looked up, others searched for.
const DIRECT: usize = 1 << 16;

impl LevelBins {
    /// Codes for the most frequent levels, `max_levels` (2 to 254) at most; of equals the lower level.
    pub(crate) fn learn(values: impl Iterator<Item = u32>, max_levels: usize) -> Self {
        let mut small = vec![0usize; DIRECT];
        let mut large: BTreeMap<u32, usize> = BTreeMap::new();
        for value in values.filter(|&value| value != MISSING_CATEGORY) {
            match small.get_mut(value as usize) {
                Some(count) => *count += 1,
                None => *large.entry(value).or_default() += 1,
            }
        }
        let mut counted: Vec<(usize, u32)> = small
            .into_iter()
            .zip(0u32..)
            .filter(|level| level.0 > 0)
            .chain(large.into_iter().map(|(level, count)| (count, level)))
            .collect();
        counted.sort_unstable_by_key(|&(count, level)| (std::cmp::Reverse(count), level));
        let has_rest = counted.len() > max_levels;
        if has_rest {
            counted.truncate(max_levels - 1);
        }
        let levels: Vec<u32> = counted.into_iter().map(|(_, level)| level).collect();
        let mut sorted: Vec<(u32, u8)> = levels.iter().copied().zip(0u8..).collect();
        sorted.sort_unstable();
        let mut bins = Self {
            levels,
            sorted,
            direct: Vec::new(),
            has_rest,
        };
        if let Some(&(last, _)) = bins.sorted.last()
            && (last as usize) < DIRECT
        {
            bins.direct = (0..=last).map(|value| bins.search(value)).collect();
        }
        bins
    }

    /// Number of codes without the one for missing, 1 to 254.
    pub(crate) fn len(&self) -> usize {
        (self.levels.len() + usize::from(self.has_rest)).max(1)
    }

    /// The code of a missing value.
    pub(crate) fn missing(&self) -> u8 {
        u8::try_from(self.len()).unwrap_or(u8::MAX)
    }

    /// The level of a code; none for missing and for the code of all other levels.
    pub(crate) fn level(&self, code: u8) -> Option<u32> {
        self.levels.get(usize::from(code)).copied()
    }

    /// The code of all levels that have none of their own, if there are such.
    pub(crate) fn rest(&self) -> Option<u8> {
        self.has_rest.then(|| self.missing() - 1)
    }

    /// The code of a level.
    pub(crate) fn code(&self, value: u32) -> u8 {
        if value == MISSING_CATEGORY {
            return self.missing();
        }
        match self.direct.get(value as usize) {
            Some(&code) => code,
            None if self.direct.is_empty() => self.search(value),
            None => self.other(),
        }
    }

    fn search(&self, value: u32) -> u8 {
        match self.sorted.binary_search_by_key(&value, |entry| entry.0) {
            Ok(at) => self.sorted[at].1,
            Err(_) => self.other(),
        }
    }

    /// The code of levels that have none of their own. Without a code for the rest it lies beyond
    /// that of missing values.
    fn other(&self) -> u8 {
        if self.has_rest {
            u8::try_from(self.levels.len()).unwrap_or(u8::MAX)
        } else {
            self.missing() + 1
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequent_levels_have_codes_and_the_rest_shares_one() {
        let values = [9, 9, 9, 2, 2, 7, 5, 5, MISSING_CATEGORY];
        let all = LevelBins::learn(values.into_iter(), 254);
        assert_eq!((all.len(), all.missing()), (4, 4));
        assert_eq!([9, 2, 5, 7].map(|v| all.code(v)), [0, 1, 2, 3]);
        assert_eq!(all.code(MISSING_CATEGORY), 4);
        assert_eq!(all.code(1_000_000), 5);
        let few = LevelBins::learn(values.into_iter(), 3);
        assert_eq!((few.len(), few.missing()), (3, 3));
        assert_eq!(
            [9, 2, 5, 7, 8, 70_000].map(|v| few.code(v)),
            [0, 1, 2, 2, 2, 2]
        );
        assert_eq!(
            (few.level(1), few.level(2), few.level(3)),
            (Some(2), None, None)
        );
    }

    #[test]
    fn large_codes_are_found_too() {
        let values = [16_000_000, 3, 3, 80_000, 16_000_000, 16_000_000];
        let bins = LevelBins::learn(values.into_iter(), 254);
        assert_eq!(
            [16_000_000, 3, 80_000, 4].map(|v| bins.code(v)),
            [0, 1, 2, 4]
        );
    }

    #[test]
    fn nothing_but_missing_is_one_empty_bin() {
        let bins = LevelBins::learn([MISSING_CATEGORY; 3].into_iter(), 254);
        assert_eq!(
            (bins.len(), bins.missing(), bins.code(MISSING_CATEGORY)),
            (1, 1, 1)
        );
    }
}
