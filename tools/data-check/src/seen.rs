//! Which values have occurred before.

use std::hash::{BuildHasherDefault, Hash, Hasher};

use yard_contract::Digester;

/// The values seen, and where: 16 bytes each, however long they are.
///
/// Of each value 88 bits of its SHA-256 are kept, and of its line the low 40 bits. Among a
/// thousand million different values the chance that any two are taken for equal is below one in
/// a hundred million.
#[derive(Default)]
pub(crate) struct Seen {
    #[expect(
        clippy::disallowed_types,
        reason = "only membership is asked; the order is never seen"
    )]
    entries: std::collections::HashSet<Entry, BuildHasherDefault<Folded>>,
}

const LINE_BITS: u32 = 40;

/// The digest in the high bits, the line in the low ones. Only the digest counts.
#[derive(Clone, Copy)]
struct Entry(u128);

impl Seen {
    /// Notes a value, given as its parts, and answers the line on which it occurred first, where
    /// it has occurred before.
    pub(crate) fn note<'a>(
        &mut self,
        parts: impl IntoIterator<Item = &'a str>,
        line: u64,
    ) -> Option<u64> {
        let mut digester = Digester::new();
        for part in parts {
            // The length keeps ("ab", "c") and ("a", "bc") apart.
            digester.update(&(part.len() as u64).to_le_bytes());
            digester.update(part.as_bytes());
        }
        let digest = digester.finish();
        let (high, _) = digest.as_bytes().split_at(16);
        let high = high
            .iter()
            .fold(0, |bits, byte| bits << 8 | u128::from(*byte));
        let mask = (1_u128 << LINE_BITS) - 1;
        let entry = Entry((high & !mask) | (u128::from(line) & mask));
        if let Some(Entry(first)) = self.entries.get(&entry) {
            return u64::try_from(first & mask).ok();
        }
        self.entries.insert(entry);
        None
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.0 >> LINE_BITS == other.0 >> LINE_BITS
    }
}

impl Eq for Entry {}

impl Hash for Entry {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u128(self.0 >> LINE_BITS);
    }
}

/// The low bits of a digest are a hash already.
#[derive(Default)]
struct Folded(u64);

impl Hasher for Folded {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u128(&mut self, bits: u128) {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "64 of the digest's bits are enough"
        )]
        {
            self.0 = bits as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_seen_again_names_its_first_line() {
        let mut seen = Seen::default();
        assert_eq!(seen.note(["a"], 2), None);
        assert_eq!(seen.note(["b"], 3), None);
        assert_eq!(seen.note(["a"], 4), Some(2));
        assert_eq!(seen.note(["a"], 5), Some(2));
        for value in 0..100_000 {
            assert_eq!(seen.note([value.to_string().as_str()], 6), None);
        }
    }

    #[test]
    fn the_parts_of_a_key_do_not_run_together() {
        let mut seen = Seen::default();
        assert_eq!(seen.note(["ab", "c"], 2), None);
        assert_eq!(seen.note(["a", "bc"], 3), None);
        assert_eq!(seen.note(["ab", "c"], 4), Some(2));
    }
}
