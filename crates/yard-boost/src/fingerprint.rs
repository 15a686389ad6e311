//! Whether two fits have the same inputs.
//!
//! A fingerprint tells a mistake, not a forgery: it is quick and has 64 bits, and whoever must not
//! trust the inputs compares cryptographic digests of the files.

use rayon::prelude::*;

use crate::data::{Column, Dataset};
use crate::params::Params;

/// Folds words into 64 bits.
#[derive(Debug, Clone, Copy)]
struct Mixer(u64);

impl Mixer {
    fn new() -> Self {
        Self(0x243f_6a88_85a3_08d3) // the first digits of pi's fraction
    }

    fn mix(&mut self, word: u64) {
        let mixed = (self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 29);
    }
}

/// The words' fingerprint, by their order.
pub(crate) fn of_words(words: impl Iterator<Item = u64>) -> u64 {
    let mut mixer = Mixer::new();
    let mut count = 0u64;
    for word in words {
        mixer.mix(word);
        count += 1;
    }
    mixer.mix(count);
    mixer.0
}

/// The bytes' fingerprint.
pub(crate) fn of_bytes(bytes: &[u8]) -> u64 {
    of_words(bytes.iter().map(|&byte| u64::from(byte)))
}

/// The fingerprint of every parameter: all are in their debug form, and numbers exactly.
pub(crate) fn of_params(params: &Params) -> u64 {
    of_bytes(format!("{params:?}").as_bytes())
}

/// The fingerprint of rows, their labels and weights. All NaNs are one value.
pub(crate) fn of_dataset(data: &Dataset<'_>) -> u64 {
    let features = data.features();
    let columns: Vec<u64> = (0..features.width())
        .into_par_iter()
        .map(|index| match features.column(index) {
            Column::Numbers(values) => of_numbers(values),
            Column::Categories(codes) => !of_words(codes.iter().map(|&code| u64::from(code))),
        })
        .collect();
    let rest = [
        of_numbers(data.labels()),
        data.weights().map_or(0, of_numbers),
    ];
    of_words(columns.into_iter().chain(rest))
}

fn of_numbers(values: &[f32]) -> u64 {
    of_words(values.iter().map(|&value| {
        let value = if value.is_nan() { f32::NAN } else { value };
        u64::from(value.to_bits())
    }))
}
