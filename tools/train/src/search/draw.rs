//! What a trial's parameters are. They depend on the seed, the parameter's name and the trial's
//! number, and on nothing else: not on other trials, other parameters, or who asks.

use std::collections::BTreeMap;

use yard_contract::{Finite, Scalar, SearchMethod, Sha256};

use super::config::{SearchConfig, Space};
use crate::split::draw;

/// The parameters of all trials, by number. Trial 0 changes nothing.
pub(crate) fn trials(config: &SearchConfig, size: u32) -> Vec<BTreeMap<String, Scalar>> {
    let mut all = vec![BTreeMap::new()];
    if config.method == SearchMethod::Grid {
        let chosen = combinations(config, size as usize);
        all.extend(chosen.into_iter().map(|number| combination(config, number)));
    } else {
        all.extend((1..=size).map(|trial| drawn(config, trial as usize)));
    }
    all
}

/// Which combinations a grid takes: all, or a draw of so many, in their order.
fn combinations(config: &SearchConfig, size: usize) -> Vec<usize> {
    let all: usize = (config.parameters.values())
        .map(|space| usize::try_from(space.listed()).unwrap_or(usize::MAX))
        .fold(1, usize::saturating_mul);
    if all <= size {
        return (0..all).collect();
    }
    // Floyd's: as many draws as there are to be chosen, however many combinations there are.
    let mut chosen = std::collections::BTreeSet::new();
    for last in all - size..all {
        let any = draw(config.seed, last) % (last as u64 + 1);
        let any = usize::try_from(any).unwrap_or(last);
        if !chosen.insert(any) {
            chosen.insert(last);
        }
    }
    chosen.into_iter().collect()
}

/// One combination: the number's digits, the last parameter changing quickest.
fn combination(config: &SearchConfig, mut number: usize) -> BTreeMap<String, Scalar> {
    let mut taken = BTreeMap::new();
    for (name, space) in config.parameters.iter().rev() {
        if let Space::Values(values) = space {
            taken.insert(name.clone(), values[number % values.len()].clone());
            number /= values.len();
        }
    }
    taken
}

fn drawn(config: &SearchConfig, trial: usize) -> BTreeMap<String, Scalar> {
    let draw_of = |(name, space): (&String, &Space)| {
        let seed = Sha256::of(format!("{}\n{name}", config.seed).as_bytes());
        let seed = seed.as_bytes().first_chunk().copied().unwrap_or_default();
        let bits = draw(u64::from_le_bytes(seed), trial);
        // The upper 53 bits: a multiple of 2^-53 in [0, 1).
        let unit = (bits >> 11) as f64 / 9_007_199_254_740_992.0;
        (name.clone(), space.at(unit))
    };
    config.parameters.iter().map(draw_of).collect()
}

impl Space {
    /// The value at a point of `[0, 1)`.
    fn at(&self, unit: f64) -> Scalar {
        match self {
            Self::Values(values) => values[floor(unit * values.len() as f64)].clone(),
            Self::Uniform([low, high]) => {
                let (low, high) = (low.get(), high.get());
                number(low + unit * (high - low), low, high)
            }
            Self::LogUniform([low, high]) => {
                let (low, high) = (low.get(), high.get());
                number(between_logarithms(low, high, unit), low, high)
            }
            Self::Whole([low, high]) => {
                let (low, high) = (f64::from(*low), f64::from(*high));
                let any = (low + unit * (high - low + 1.0)).floor();
                Scalar::number(any.clamp(low, high))
            }
            Self::LogWhole([low, high]) => {
                let (low, high) = (f64::from(*low), f64::from(*high));
                let any = between_logarithms(low, high + 1.0, unit).floor();
                Scalar::number(any.clamp(low, high))
            }
        }
    }
}

fn between_logarithms(low: f64, high: f64, unit: f64) -> f64 {
    let (from, to) = (libm::log(low), libm::log(high));
    libm::exp(from + unit * (to - from))
}

/// Four digits: no more of a parameter is worth reading.
fn number(value: f64, low: f64, high: f64) -> Scalar {
    let short: f64 = format!("{value:.3e}").parse().unwrap_or(value);
    Finite::new(short.clamp(low, high)).map_or(Scalar::Null, Scalar::Number)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number from 0 to a list's length"
)]
fn floor(value: f64) -> usize {
    value.floor() as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn config(method: &str, parameters: &str) -> SearchConfig {
        let text = format!(r#"{{"method": "{method}", "seed": 5, "parameters": {parameters}}}"#);
        serde_json::from_str(&text).unwrap()
    }

    const SPACES: &str = r#"{"a": {"uniform": [0, 1]}, "b": {"log_uniform": [0.001, 10]},
        "c": {"whole": [3, 5]}, "d": {"log_whole": [1, 64]}, "e": {"values": [null, true, "x"]}}"#;

    #[test]
    fn a_draw_depends_on_seed_name_and_number_alone() {
        let all = trials(&config("random", SPACES), 40);
        assert_eq!((all.len(), all[0].len()), (41, 0));
        assert_eq!(trials(&config("random", SPACES), 7), all[..8]);
        let alone = trials(&config("random", r#"{"c": {"whole": [3, 5]}}"#), 40);
        for (one, of_all) in alone.iter().zip(&all).skip(1) {
            assert_eq!(one["c"], of_all["c"]);
        }
        let mut other = config("random", SPACES);
        other.seed = 6;
        assert_ne!(trials(&other, 40), all);
    }

    #[test]
    fn a_grid_takes_every_combination_once_or_a_draw_of_them() {
        let grid = r#"{"a": {"values": [1, 2, 3]}, "b": {"values": ["x", "y"]}}"#;
        let all = trials(&config("grid", grid), 6);
        assert_eq!(all.len(), 7);
        let shown: std::collections::BTreeSet<String> =
            all[1..].iter().map(|trial| format!("{trial:?}")).collect();
        assert_eq!(shown.len(), 6);
        let some = trials(&config("grid", grid), 4);
        assert_eq!(some.len(), 5);
        assert!(some[1..].iter().all(|trial| all[1..].contains(trial)));
        assert!(some[1..].windows(2).all(|pair| pair[0] != pair[1]));
    }

    proptest! {
        #[test]
        fn a_value_lies_in_its_space(unit in 0.0..1.0_f64) {
            let number = |space: Space| match space.at(unit) {
                Scalar::Number(value) => value.get(),
                other => panic!("{other}"),
            };
            let finite = |value| Finite::new(value).unwrap();
            prop_assert!((0.1..=0.3).contains(&number(Space::Uniform([finite(0.1), finite(0.3)]))));
            let rate = number(Space::LogUniform([finite(0.01), finite(0.3)]));
            prop_assert!((0.01..=0.3).contains(&rate));
            prop_assert!(format!("{rate}").len() <= 7, "{rate}");
            prop_assert!((3.0..=5.0).contains(&number(Space::Whole([3, 5]))));
            prop_assert!((1.0..=64.0).contains(&number(Space::LogWhole([1, 64]))));
        }
    }
}
