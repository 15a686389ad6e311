//! Laws that hold for any table.
#![expect(
    clippy::float_cmp,
    clippy::unwrap_used,
    reason = "exactness is what some of these laws say, and helpers are part of the test"
)]

use proptest::prelude::*;
use std::num::{NonZeroU32, NonZeroUsize};
use yard_stats::Undefined;
use yard_stats::binary::{CalibrationFit, Confusion, Ranked, Reliability, Scored, brier, log_loss};
use yard_stats::bootstrap::{Design, Plan, Resampler, Statistic};
use yard_stats::distribution::{normal_cdf, normal_quantile};
use yard_stats::drift::{Shares, ks_two_sample};
use yard_stats::interval::{Confidence, wilson};
use yard_stats::paired::{Pair, delong, delong_difference};

#[derive(Clone, Debug)]
struct Table {
    labels: Vec<bool>,
    scores: Vec<f64>,
    champion: Vec<f64>,
    weights: Vec<f64>,
}

impl Table {
    fn scored(&self) -> Scored<'_> {
        Scored::new(&self.labels, &self.scores, None).unwrap()
    }

    fn weighted(&self) -> Scored<'_> {
        Scored::new(&self.labels, &self.scores, Some(&self.weights)).unwrap()
    }

    fn pair(&self) -> Pair<'_> {
        Pair::new(&self.labels, &self.scores, &self.champion, None).unwrap()
    }

    fn has_both_classes(&self) -> bool {
        self.labels.contains(&true) && self.labels.contains(&false)
    }
}

/// Other numbers in the same order, ties kept: each distinct score becomes the sum of the steps up to it.
fn stretched(scores: &[f64], steps: &[f64]) -> Vec<f64> {
    let mut distinct = scores.to_vec();
    distinct.sort_by(f64::total_cmp);
    distinct.dedup();
    let place = |score: &f64| distinct.partition_point(|known| known < score);
    let places = scores.iter().map(place);
    places.map(|place| steps[..=place].iter().sum()).collect()
}

/// Half of the scores lie on a coarse grid, so that ties are common; a tenth of the weights is 0.
fn score() -> impl Strategy<Value = f64> {
    prop_oneof![0.0..1.0, (0..=8).prop_map(|step| f64::from(step) / 8.0)]
}

fn tables() -> impl Strategy<Value = Table> {
    let weight = prop_oneof![1 => Just(0.0), 9 => 0.01..5.0];
    prop::collection::vec((any::<bool>(), score(), score(), weight), 1..80).prop_map(|rows| {
        let mut table = Table {
            labels: rows.iter().map(|row| row.0).collect(),
            scores: rows.iter().map(|row| row.1).collect(),
            champion: rows.iter().map(|row| row.2).collect(),
            weights: rows.iter().map(|row| row.3).collect(),
        };
        table.weights[0] = 1.0; // some weight
        table
    })
}

fn ranked(scored: Scored<'_>) -> Ranked<'_> {
    Ranked::new(scored).unwrap()
}

/// The share of pairs that are ordered rightly, by looking at every pair.
fn auc_of_all_pairs(scored: Scored<'_>) -> f64 {
    let weight = |row: usize| scored.weights().map_or(1.0, |weights| weights[row]);
    let (mut wins, mut pairs) = (0.0, 0.0);
    for (i, _) in scored.labels().iter().enumerate().filter(|row| *row.1) {
        for (j, _) in scored.labels().iter().enumerate().filter(|row| !*row.1) {
            let both = weight(i) * weight(j);
            pairs += both;
            let gap = scored.scores()[i] - scored.scores()[j];
            wins += both
                * if gap > 0.0 {
                    1.0
                } else if gap < 0.0 {
                    0.0
                } else {
                    0.5
                };
        }
    }
    wins / pairs
}

/// DeLong by its definition: placements by looking at every pair, then sample covariances.
fn covariance_of_all_pairs(table: &Table, a: &[f64], b: &[f64]) -> f64 {
    let split = |class: bool| -> Vec<usize> {
        (0..a.len())
            .filter(|&row| table.labels[row] == class)
            .collect()
    };
    let (positives, negatives) = (split(true), split(false));
    let wins = |high: f64, low: f64| {
        if high > low {
            1.0
        } else if high < low {
            0.0
        } else {
            0.5
        }
    };
    let of_positive = |scores: &[f64], row: usize| -> f64 {
        let wins = negatives
            .iter()
            .map(|&other| wins(scores[row], scores[other]));
        wins.sum::<f64>() / negatives.len() as f64
    };
    let of_negative = |scores: &[f64], row: usize| -> f64 {
        let wins = positives
            .iter()
            .map(|&other| wins(scores[other], scores[row]));
        wins.sum::<f64>() / positives.len() as f64
    };
    let covariance = |pairs: Vec<(f64, f64)>| {
        let n = pairs.len() as f64;
        let mean_a = pairs.iter().map(|pair| pair.0).sum::<f64>() / n;
        let mean_b = pairs.iter().map(|pair| pair.1).sum::<f64>() / n;
        let products = pairs
            .iter()
            .map(|pair| (pair.0 - mean_a) * (pair.1 - mean_b));
        products.sum::<f64>() / (n - 1.0) / n
    };
    let placed = |rows: &[usize], place: &dyn Fn(&[f64], usize) -> f64| {
        covariance(
            rows.iter()
                .map(|&row| (place(a, row), place(b, row)))
                .collect(),
        )
    };
    placed(&positives, &of_positive) + placed(&negatives, &of_negative)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn auc_is_the_share_of_ordered_pairs(table in tables()) {
        prop_assume!(table.has_both_classes());
        let auc = ranked(table.scored()).auc().unwrap();
        prop_assert!((auc - auc_of_all_pairs(table.scored())).abs() < 1e-14);
        if let Ok(auc) = ranked(table.weighted()).auc() {
            prop_assert!((auc - auc_of_all_pairs(table.weighted())).abs() < 1e-13);
        }
    }

    #[test]
    fn a_strictly_increasing_transform_changes_no_ranking_metric(
        table in tables(),
        steps in prop::collection::vec(1e-6..1e6, 160),
    ) {
        let scores = stretched(&table.scores, &steps[..80]);
        let champion = stretched(&table.champion, &steps[80..]);
        let before = ranked(table.weighted());
        let after = ranked(Scored::new(&table.labels, &scores, Some(&table.weights)).unwrap());
        prop_assert_eq!(before.auc(), after.auc());
        prop_assert_eq!(before.gini(), after.gini());
        prop_assert_eq!(before.average_precision(), after.average_precision());
        prop_assert_eq!(
            before.kolmogorov_smirnov().map(|ks| ks.statistic),
            after.kolmogorov_smirnov().map(|ks| ks.statistic)
        );
        prop_assert_eq!(delong(&ranked(table.scored())), {
            delong(&ranked(Scored::new(&table.labels, &scores, None).unwrap()))
        });
        // Each model may have a scale of its own: only orders are compared.
        let pair = Pair::new(&table.labels, &scores, &champion, None).unwrap();
        prop_assert_eq!(delong_difference(&table.pair()), delong_difference(&pair));
    }

    #[test]
    fn copies_of_rows_tell_nothing_new_where_they_are_one_cluster(
        table in tables(),
        times in 2_usize..5,
        seed: u64,
    ) {
        prop_assume!(table.has_both_classes());
        let rows = u32::try_from(table.labels.len()).unwrap();
        let clusters: Vec<u32> = (0..rows).cycle().take(times * table.labels.len()).collect();
        let (labels, scores) = (table.labels.repeat(times), table.scores.repeat(times));
        let champion = table.champion.repeat(times);
        let copied = Pair::new(&labels, &scores, &champion, None).unwrap();
        let replicates = |pair: &Pair<'_>, design: Design<'_>| {
            let plan = Plan { replicates: NonZeroU32::new(40).unwrap(), seed, design };
            Resampler::of_pair(pair, &[Statistic::Auc], &plan).unwrap().draw(0..40)
        };
        let single = replicates(&table.pair(), Design::Stratified);
        let clustered = replicates(&copied, Design::Clustered(&clusters));
        for (one, many) in single.iter().zip(&clustered) {
            prop_assert!((one - many).abs() < 1e-12, "{one} is not {many}");
        }
    }

    #[test]
    fn the_order_of_rows_does_not_matter(table in tables()) {
        let reversed = |column: &[f64]| column.iter().rev().copied().collect::<Vec<f64>>();
        let labels: Vec<bool> = table.labels.iter().rev().copied().collect();
        let (scores, champion) = (reversed(&table.scores), reversed(&table.champion));
        let before = ranked(table.scored());
        let after = ranked(Scored::new(&labels, &scores, None).unwrap());
        prop_assert_eq!(before.auc(), after.auc());
        prop_assert_eq!(before.average_precision(), after.average_precision());
        let bins = NonZeroUsize::new(7).unwrap();
        prop_assert_eq!(before.gains(bins), after.gains(bins));
        let pair = Pair::new(&labels, &scores, &champion, None).unwrap();
        prop_assert_eq!(delong_difference(&table.pair()), delong_difference(&pair));
    }

    #[test]
    fn whole_weights_are_repeated_rows(
        rows in prop::collection::vec((any::<bool>(), score(), 0_u8..4), 2..50)
    ) {
        prop_assume!(rows.iter().any(|row| row.2 > 0));
        let labels: Vec<bool> = rows.iter().map(|row| row.0).collect();
        let scores: Vec<f64> = rows.iter().map(|row| row.1).collect();
        let weights: Vec<f64> = rows.iter().map(|row| f64::from(row.2)).collect();
        let repeat = |row: &(bool, f64, u8)| std::iter::repeat_n((row.0, row.1), row.2.into());
        let (long_labels, long_scores): (Vec<bool>, Vec<f64>) =
            rows.iter().flat_map(repeat).unzip();
        let weighted = Scored::new(&labels, &scores, Some(&weights)).unwrap();
        let repeated = Scored::new(&long_labels, &long_scores, None).unwrap();
        let (a, b) = (ranked(weighted), ranked(repeated));
        let near = |a: Result<f64, Undefined>, b: Result<f64, Undefined>| match (a, b) {
            (Ok(a), Ok(b)) => (a - b).abs() < 1e-12,
            (a, b) => a == b,
        };
        prop_assert!(near(a.auc(), b.auc()));
        prop_assert!(near(a.average_precision(), b.average_precision()));
        prop_assert!(near(log_loss(weighted), log_loss(repeated)));
        prop_assert!(near(brier(weighted), brier(repeated)));
        prop_assert_eq!(Confusion::at(weighted, 0.5), Confusion::at(repeated, 0.5));
        prop_assert_eq!(a.roc_curve(999), b.roc_curve(999));
        let fits = (CalibrationFit::new(weighted), CalibrationFit::new(repeated));
        match fits {
            (Ok(a), Ok(b)) => {
                // In units of what is known: a nearly flat likelihood pins nothing down further.
                let error = b.slope.standard_error;
                prop_assert!((a.slope.value - b.slope.value).abs() < 1e-7 * error);
                prop_assert!((a.slope.standard_error - error).abs() < 1e-7 * error);
            }
            (a, b) => prop_assert_eq!(a, b),
        }
    }

    #[test]
    fn delong_is_its_definition(table in tables()) {
        let Ok(found) = delong_difference(&table.pair()) else { return Ok(()); };
        let (a, b) = (&table.scores[..], &table.champion[..]);
        let vector = [
            (found.challenger.variance, covariance_of_all_pairs(&table, a, a)),
            (found.champion.variance, covariance_of_all_pairs(&table, b, b)),
            (found.covariance, covariance_of_all_pairs(&table, a, b)),
        ];
        for (found, expected) in vector {
            prop_assert!((found - expected).abs() < 1e-15, "{found} is not {expected}");
        }
        let combined = found.challenger.variance + found.champion.variance
            - 2.0 * found.covariance;
        prop_assert!((found.variance - combined).abs() < 1e-15);
        prop_assert_eq!(Ok(found.challenger.value), ranked(table.scored()).auc());
        prop_assert_eq!(Ok(found.challenger), delong(&ranked(table.scored())));
    }

    #[test]
    fn swapping_models_negates_the_difference_to_the_bit(table in tables()) {
        let swapped = Pair::new(&table.labels, &table.champion, &table.scores, None).unwrap();
        match (delong_difference(&table.pair()), delong_difference(&swapped)) {
            (Ok(one), Ok(other)) => {
                prop_assert_eq!(one.value, -other.value);
                prop_assert_eq!(one.variance, other.variance);
                prop_assert_eq!(one.z().map(|z| -z), other.z());
                prop_assert_eq!(one.p_value(), other.p_value());
                prop_assert_eq!(one.published_p_value(), other.published_p_value());
                prop_assert_eq!(one.p_at_most(-0.02), other.p_at_least(0.02));
                prop_assert_eq!(one.enough(), other.enough());
                prop_assert_eq!(one.studentised.skewness, -other.studentised.skewness);
            }
            (one, other) => prop_assert_eq!(one, other),
        }
    }

    #[test]
    fn a_model_does_not_differ_from_itself(table in tables()) {
        let pair = Pair::new(&table.labels, &table.scores, &table.scores, None).unwrap();
        let Ok(found) = delong_difference(&pair) else { return Ok(()); };
        prop_assert_eq!((found.value, found.standard_error()), (0.0, 0.0));
        prop_assert_eq!((found.enough(), found.p_value()), (Ok(()), 1.0));
        prop_assert_eq!((found.p_at_most(-1e-9), found.p_at_least(1e-9)), (0.0, 0.0));
    }

    #[test]
    fn tails_and_intervals_agree(table in tables()) {
        let Ok(found) = delong_difference(&table.pair()) else { return Ok(()); };
        prop_assert!((0.0..=1.0).contains(&found.p_value()));
        let ends = found.studentised.interval(Confidence::P95);
        if found.variance > 0.0 {
            prop_assert!((found.p_at_most(ends.lower) - 0.025).abs() < 1e-9);
            prop_assert!((found.p_at_least(ends.upper) - 0.025).abs() < 1e-9);
        }
    }

    #[test]
    fn repeating_rows_shrinks_the_error_by_the_root(table in tables(), times in 2_usize..5) {
        let Ok(once) = delong(&ranked(table.scored())) else { return Ok(()); };
        let labels = table.labels.repeat(times);
        let scores = table.scores.repeat(times);
        let many = delong(&ranked(Scored::new(&labels, &scores, None).unwrap())).unwrap();
        prop_assert_eq!(once.value, many.value);
        // Exactly k where the class sizes entered as n; n − 1 leaves a little less.
        let ratio = once.variance - many.variance * times as f64;
        prop_assert!(ratio >= -1e-15);
        let positives = table.labels.iter().filter(|&&label| label).count();
        let rarer = positives.min(labels.len() / times - positives) as f64;
        prop_assert!(ratio <= once.variance / rarer + 1e-15);
    }

    #[test]
    fn curves_rise_from_nothing_to_everything(table in tables(), most in 0_usize..40) {
        let ranked = ranked(table.weighted());
        if let Ok(points) = ranked.roc_curve(most) {
            let (first, last) = (points[0], points[points.len() - 1]);
            prop_assert_eq!((first.false_positive_rate, first.true_positive_rate), (0.0, 0.0));
            prop_assert_eq!((last.false_positive_rate, last.true_positive_rate), (1.0, 1.0));
            for pair in points.windows(2) {
                prop_assert!(pair[0].false_positive_rate <= pair[1].false_positive_rate);
                prop_assert!(pair[0].true_positive_rate <= pair[1].true_positive_rate);
            }
        }
        if let Ok(gains) = ranked.gains(NonZeroUsize::new(5).unwrap()) {
            prop_assert_eq!(gains.len(), 5);
            prop_assert!((gains[4].recall - 1.0).abs() < 1e-12);
            prop_assert!(gains.is_sorted_by(|a, b| a.recall <= b.recall));
        }
    }

    #[test]
    fn one_pass_finds_the_same_decisions_as_looking_at_every_row(
        table in tables(),
        thresholds in prop::collection::vec(score(), 0..6),
    ) {
        let found = ranked(table.weighted()).confusions(&thresholds);
        for (found, threshold) in found.iter().zip(&thresholds) {
            let expected = Confusion::at(table.weighted(), *threshold);
            prop_assert!((found.true_positives - expected.true_positives).abs() < 1e-12);
            prop_assert!((found.false_positives - expected.false_positives).abs() < 1e-12);
            prop_assert!((found.false_negatives - expected.false_negatives).abs() < 1e-12);
            prop_assert!((found.true_negatives - expected.true_negatives).abs() < 1e-12);
        }
    }

    #[test]
    fn metrics_stay_in_their_range(table in tables(), threshold in score()) {
        let scored = table.weighted();
        let ranked = ranked(scored);
        let confusion = Confusion::at(scored, threshold);
        let unit = [
            ranked.auc(), ranked.average_precision(), brier(scored),
            ranked.kolmogorov_smirnov().map(|ks| ks.statistic),
            confusion.precision(), confusion.recall(), confusion.f1(), Ok(confusion.accuracy()),
            Reliability::new(scored, NonZeroUsize::new(10).unwrap())
                .map(|table| table.expected_error()),
        ];
        for value in unit.into_iter().flatten() {
            prop_assert!((0.0..=1.0).contains(&value), "{value}");
        }
        for value in [confusion.matthews(), confusion.kappa(), ranked.gini()].into_iter().flatten() {
            prop_assert!((-1.0..=1.0).contains(&value), "{value}");
        }
    }

    #[test]
    fn a_rebuilt_logit_recovers_its_line(
        rows in prop::collection::vec((any::<bool>(), 0.05_f64..0.95), 20..80),
        slope in 0.5_f64..2.0,
    ) {
        // Refitting p' = expit(slope · logit p) must divide the slope and leave the rest.
        let labels: Vec<bool> = rows.iter().map(|row| row.0).collect();
        let scores: Vec<f64> = rows.iter().map(|row| row.1).collect();
        let steep: Vec<f64> = scores
            .iter()
            .map(|p| 1.0 / (1.0 + (-slope * (p / (1.0 - p)).ln()).exp()))
            .collect();
        let fit = |scores: &[f64]| CalibrationFit::new(Scored::new(&labels, scores, None).unwrap());
        let (Ok(plain), Ok(steep)) = (fit(&scores), fit(&steep)) else { return Ok(()); };
        let scale = 1.0 + plain.slope.value.abs();
        prop_assert!((plain.slope.value - steep.slope.value * slope).abs() < 1e-8 * scale);
        prop_assert!((plain.intercept.value - steep.intercept.value).abs() < 1e-8 * scale);
    }

    #[test]
    fn the_quantile_inverts_the_cdf(p in 1e-12..1.0) {
        let x = normal_quantile(p).unwrap();
        prop_assert!((normal_cdf(x) - p).abs() <= 1e-14 * p);
    }

    #[test]
    fn wilson_holds_the_estimate_and_narrows(successes in 0_u64..200, misses in 0_u64..200) {
        prop_assume!(successes + misses > 0);
        let trials = successes + misses;
        let wide = wilson(successes, trials, Confidence::new(0.99).unwrap()).unwrap();
        let narrow = wilson(successes, trials, Confidence::P95).unwrap();
        prop_assert!(narrow.contains(successes as f64 / trials as f64));
        prop_assert!(wide.lower <= narrow.lower && narrow.upper <= wide.upper);
        let mirrored = wilson(misses, trials, Confidence::P95).unwrap();
        prop_assert!((mirrored.upper - (1.0 - narrow.lower)).abs() < 1e-14);
    }

    #[test]
    fn distances_are_symmetric_and_bounded(
        bins in prop::collection::vec((0_u8..9, 0_u8..9), 1..12)
    ) {
        let reference: Vec<f64> = bins.iter().map(|bin| bin.0.into()).collect();
        let current: Vec<f64> = bins.iter().map(|bin| bin.1.into()).collect();
        let (Ok(there), Ok(back)) =
            (Shares::new(&reference, &current), Shares::new(&current, &reference))
        else {
            return Ok(());
        };
        let measures = |shares: &Shares| [
            shares.jensen_shannon(), shares.hellinger(), shares.total_variation(),
            shares.largest_change(), shares.kolmogorov_smirnov(),
        ];
        for (one, other) in measures(&there).into_iter().zip(measures(&back)) {
            prop_assert!((one - other).abs() < 1e-14);
            prop_assert!((0.0..=1.0).contains(&one));
        }
        let psi = there.population_stability(1e-4).unwrap();
        prop_assert!((psi - back.population_stability(1e-4).unwrap()).abs() < 1e-12);
    }

    #[test]
    fn ks_between_samples_is_ks_between_classes(table in tables()) {
        prop_assume!(table.has_both_classes());
        let of = |class: bool| -> Vec<f64> {
            let rows = table.labels.iter().zip(&table.scores);
            rows.filter(|row| *row.0 == class).map(|row| *row.1).collect()
        };
        let drift = ks_two_sample(&of(false), &of(true)).unwrap();
        let ks = ranked(table.scored()).kolmogorov_smirnov().unwrap();
        prop_assert!((drift.statistic - ks.statistic).abs() < 1e-14);
    }
}
