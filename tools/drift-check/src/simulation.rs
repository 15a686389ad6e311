//! How often nothing alarms and something does not: rows drawn again and again from a known law.

use yard_contract::{DriftMeasure, FeatureProfile, Finite};
use yard_stats::distribution::normal_quantile;
use yard_stats::multiple::holm;

use crate::bins::{self, Bins};
use crate::compare::{kolmogorov_smirnov, stability};
use crate::homogeneity::same_share;

const TRAINING: usize = 1500;
const FRESH: usize = 700;
const COLUMNS: usize = 6;

/// Uniform numbers, the same in every run (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64 + 1e-17
    }

    fn normal(&mut self, shift: f64) -> f64 {
        normal_quantile(self.uniform()).unwrap() + shift
    }

    /// Rows of columns that hang together, as features do; one of them with many ties.
    fn table(&mut self, rows: usize, shift: f64) -> Vec<Vec<f32>> {
        let mut columns = vec![Vec::new(); COLUMNS];
        for _ in 0..rows {
            let common = self.normal(shift);
            for (place, column) in columns.iter_mut().enumerate() {
                let value = 0.6 * common + 0.8 * self.normal(shift);
                let value = if place == 0 {
                    (value * 2.0).round()
                } else {
                    value
                };
                column.push(single(value));
            }
        }
        columns
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "tables hold single precision"
)]
fn single(value: f64) -> f32 {
    value as f32
}

/// A profile over twentieths of the sorted rows, as training makes it.
fn profile(values: &[f32]) -> FeatureProfile {
    let mut sorted = values.to_vec();
    sorted.sort_by(f32::total_cmp);
    let last = sorted.len() - 1;
    let mut edges: Vec<f32> = (0..=20).map(|bin| sorted[last * bin / 20]).collect();
    edges.dedup_by(|a, b| a.to_bits() == b.to_bits());
    let mut from = 0;
    let counts = edges[1..].iter().map(|edge| {
        let end = sorted.partition_point(|value| value <= edge);
        let count = end - from;
        from = end;
        count as u64
    });
    FeatureProfile {
        name: "x".to_owned(),
        missing_share: Finite::ZERO,
        mean: None,
        sd: None,
        counts: counts.collect(),
        edges: edges
            .iter()
            .map(|edge| Finite::new(f64::from(*edge)).unwrap())
            .collect(),
        categories: Vec::new(),
    }
}

fn compared(before: &[f32], now: &[f32]) -> Bins {
    bins::numbers(&profile(before), before.len() as u64, now).unwrap()
}

/// p-values of all comparisons of one run.
fn run(dice: &mut Dice, shift: f64) -> Vec<(DriftMeasure, f64)> {
    let (before, now) = (dice.table(TRAINING, 0.0), dice.table(FRESH, shift));
    let mut found = Vec::new();
    for (before, now) in before.iter().zip(&now) {
        let bins = compared(before, now);
        found.push((
            DriftMeasure::Psi,
            stability(&bins).unwrap().p_value.unwrap(),
        ));
        found.push((
            DriftMeasure::Ks,
            kolmogorov_smirnov(&bins).unwrap().p_value.unwrap(),
        ));
        // What is missing here and there: every cell above a level that is the same for both.
        let hits = |values: &[f32]| values.iter().filter(|value| **value > 1.3).count() as u64;
        let p = same_share((hits(before), TRAINING as u64), (hits(now), FRESH as u64));
        found.push((DriftMeasure::Missing, p));
    }
    found
}

#[test]
fn unchanged_rows_alarm_no_more_often_than_the_level_says() {
    const LEVEL: f64 = 0.05;
    let runs = 600;
    let mut dice = Dice(7);
    let (mut alarms, mut single) = (0, [0_u32; 3]);
    for _ in 0..runs {
        let found = run(&mut dice, 0.0);
        let p_values: Vec<f64> = found.iter().map(|(_, p)| *p).collect();
        alarms += u32::from(holm(&p_values).iter().any(|p| *p <= LEVEL));
        for (measure, p) in found {
            let place = match measure {
                DriftMeasure::Psi => 0,
                DriftMeasure::Ks => 1,
                _ => 2,
            };
            single[place] += u32::from(p <= LEVEL);
        }
    }
    let share = |count: u32, of: u32| f64::from(count) / f64::from(of);
    let within = |share: f64, count: u32| {
        share <= LEVEL + 3.0 * (LEVEL * (1.0 - LEVEL) / f64::from(count)).sqrt()
    };
    let together = share(alarms, runs);
    assert!(within(together, runs), "{together}");
    let tests = runs * u32::try_from(COLUMNS).unwrap();
    for (count, least) in single.into_iter().zip([0.03, 0.005, 0.005]) {
        let alone = share(count, tests);
        // Columns of one run hang together: only runs are independent.
        assert!(
            within(alone, runs) && alone >= least,
            "{single:?} of {tests}"
        );
    }
}

#[test]
fn a_shift_that_matters_is_seen_every_time() {
    let mut dice = Dice(11);
    for _ in 0..50 {
        let p_values: Vec<f64> = run(&mut dice, 0.4).iter().map(|(_, p)| *p).collect();
        assert!(holm(&p_values).iter().any(|p| *p <= 0.01), "{p_values:?}");
    }
}

/// The profile knows the training rows at its edges only; what it says of the distance between the
/// samples themselves must hold.
#[test]
fn the_distance_between_the_samples_lies_within_the_stated_bounds() {
    let mut dice = Dice(3);
    for round in 0..60 {
        let shift = f64::from(round) / 60.0;
        let (before, now) = (dice.table(300, 0.0), dice.table(200, shift));
        for (before, now) in before.iter().zip(&now) {
            let figures = kolmogorov_smirnov(&compared(before, now)).unwrap();
            let wide = |values: &[f32]| values.iter().map(|v| f64::from(*v)).collect::<Vec<f64>>();
            let exact = yard_stats::drift::ks_two_sample(&wide(before), &wide(now)).unwrap();
            let (low, high) = (figures.value.unwrap(), figures.at_most.unwrap());
            assert!(
                low <= exact.statistic + 1e-12 && exact.statistic <= high + 1e-12,
                "{low} {} {high}",
                exact.statistic
            );
            assert!(figures.p_value.unwrap() >= exact.p_value - 1e-12);
        }
    }
}
