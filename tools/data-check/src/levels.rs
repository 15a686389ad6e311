//! How often each value of a category occurs.

use std::collections::BTreeMap;

/// More different values than this are not counted.
const MOST: usize = 50;

/// How many places are remembered. A power of two.
const REMEMBERED: usize = 64;

/// The different values of a column, counted while they are few.
pub(crate) struct Levels {
    /// In order of first occurrence.
    entries: Vec<Level>,
    /// Where the last value of that length and those ends was found: one comparison instead of a
    /// search for nearly every cell.
    remembered: [u8; REMEMBERED],
    too_many: bool,
}

struct Level {
    value: String,
    is_allowed: bool,
    rows: u64,
}

impl Levels {
    pub(crate) const fn new() -> Self {
        Self {
            entries: Vec::new(),
            remembered: [0; REMEMBERED],
            too_many: false,
        }
    }

    /// Counts a value and answers whether it is allowed. `judge` is asked once for each different
    /// value while they are few.
    pub(crate) fn count(&mut self, value: &str, judge: impl FnOnce(&str) -> bool) -> bool {
        if self.too_many {
            return judge(value);
        }
        let slot = slot_of(value.as_bytes());
        let guess = usize::from(self.remembered[slot]);
        let level = match self.entries.get(guess) {
            Some(level) if level.value == value => guess,
            _ => match self.entries.iter().position(|level| level.value == value) {
                Some(place) => place,
                None if self.entries.len() == MOST => {
                    self.too_many = true;
                    self.entries = Vec::new();
                    return judge(value);
                }
                None => {
                    self.entries.push(Level {
                        value: value.to_owned(),
                        is_allowed: judge(value),
                        rows: 0,
                    });
                    self.entries.len() - 1
                }
            },
        };
        self.remembered[slot] = u8::try_from(level).unwrap_or(0);
        let level = &mut self.entries[level];
        level.rows += 1;
        level.is_allowed
    }

    /// Rows per value; empty where the values were too many.
    pub(crate) fn counts(&self) -> BTreeMap<String, u64> {
        let pair = |level: &Level| (level.value.clone(), level.rows);
        self.entries.iter().map(pair).collect()
    }
}

fn slot_of(value: &[u8]) -> usize {
    let end = |byte: Option<&u8>| byte.copied().map_or(0, usize::from);
    (value.len() * 5 + end(value.first()) * 3 + end(value.last())) % REMEMBERED
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_are_counted_and_many_still_judged() {
        let mut levels = Levels::new();
        for value in ["b", "a", "b", "c"] {
            assert_eq!(levels.count(value, |value| value != "c"), value != "c");
        }
        let counts: Vec<_> = levels.counts().into_iter().collect();
        assert_eq!(
            counts,
            [
                ("a".to_owned(), 1),
                ("b".to_owned(), 2),
                ("c".to_owned(), 1)
            ]
        );
        for number in 0..100 {
            assert!(levels.count(&number.to_string(), |_| true));
        }
        assert!(levels.counts().is_empty());
        assert!(!levels.count("c", |value| value != "c"));
    }
}
