//! The bootstrap against its definition: the same draws, evaluated by the plain metrics.
#![expect(clippy::unwrap_used, reason = "helpers are part of the test")]

use std::num::{NonZeroU32, NonZeroUsize};
use yard_stats::binary::{Confusion, Ranked, Reliability, Scored, brier, log_loss};
use yard_stats::bootstrap::{Design, Plan, Rate, Resampled, Resampler, Statistic, resample};
use yard_stats::interval::Confidence;
use yard_stats::paired::{Pair, delong_difference};

const BINS: NonZeroUsize = NonZeroUsize::new(5).unwrap();

fn statistics() -> Vec<Statistic> {
    let rates = [
        Rate::Accuracy,
        Rate::BalancedAccuracy,
        Rate::Precision,
        Rate::Recall,
        Rate::Specificity,
        Rate::F1,
        Rate::Matthews,
        Rate::Kappa,
        Rate::SelectionRate,
        Rate::Cost {
            false_positive: 1.0,
            false_negative: 7.0,
        },
    ];
    let mut statistics = vec![
        Statistic::Auc,
        Statistic::Gini,
        Statistic::AveragePrecision,
        Statistic::KolmogorovSmirnov,
        Statistic::LogLoss,
        Statistic::Brier,
        Statistic::CalibrationError(BINS),
        Statistic::Captured { share: 0.2 },
    ];
    statistics.extend(rates.map(|rate| Statistic::At {
        rate,
        challenger: 0.4,
        champion: 0.5,
    }));
    statistics
}

/// The same statistics, from the metrics of a weighted table.
fn plainly(scored: Scored<'_>, threshold: f64) -> Vec<f64> {
    let ranked = Ranked::new(scored).unwrap();
    let mut found = vec![
        ranked.auc(),
        ranked.gini(),
        ranked.average_precision(),
        ranked.kolmogorov_smirnov().map(|ks| ks.statistic),
        log_loss(scored),
        brier(scored),
        Reliability::new(scored, BINS).map(|table| table.expected_error()),
        ranked.top(0.2 * ranked.total()).map(|depth| depth.recall),
    ];
    let confusion = Confusion::at(scored, threshold);
    found.extend(statistics().iter().filter_map(|statistic| match statistic {
        Statistic::At { rate, .. } => Some(rate.of(&confusion)),
        _ => None,
    }));
    found
        .into_iter()
        .map(|value| value.unwrap_or(f64::NAN))
        .collect()
}

struct Table {
    labels: Vec<bool>,
    challenger: Vec<f64>,
    champion: Vec<f64>,
    weights: Vec<f64>,
    clusters: Vec<u32>,
}

/// Deterministic numbers in [0, 1).
fn unit(state: &mut u64) -> f64 {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    (*state >> 11) as f64 / 9_007_199_254_740_992.0
}

fn table(rows: usize, steps: f64) -> Table {
    let mut state = rows as u64 ^ steps.to_bits();
    let mut table = Table {
        labels: Vec::new(),
        challenger: Vec::new(),
        champion: Vec::new(),
        weights: Vec::new(),
        clusters: Vec::new(),
    };
    for row in 0..rows {
        let positive = unit(&mut state) < 0.3;
        let lift = if positive { 0.3 } else { 0.0 };
        let mut score = |lift: f64| ((0.7 * unit(&mut state) + lift) * steps).round() / steps;
        table.challenger.push(score(lift));
        table.champion.push(score(0.8 * lift));
        table.labels.push(positive);
        table.weights.push(if row % 9 == 4 {
            0.0
        } else {
            3.0 * unit(&mut state)
        });
        table.clusters.push(u32::try_from(row / 3).unwrap());
    }
    table.weights[0] = 1.0;
    table
}

fn plan(design: Design<'_>, replicates: u32) -> Plan<'_> {
    Plan {
        replicates: NonZeroU32::new(replicates).unwrap(),
        seed: 11,
        design,
    }
}

fn same(a: &Resampled, b: &Resampled, what: &str) {
    assert!((a.estimate() - b.estimate()).abs() < 1e-12, "{what}");
    assert_eq!(a.undefined(), b.undefined(), "{what}");
    for (a, b) in a.replicates().iter().zip(b.replicates()) {
        assert!((a - b).abs() < 1e-12, "{what}: {a} is not {b}");
    }
    let ends = |of: &Resampled| of.bca(Confidence::P95);
    if let (Ok(a), Ok(b)) = (ends(a), ends(b)) {
        let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(
            near(a.lower, b.lower) && near(a.upper, b.upper),
            "{what}: {a:?} is not {b:?}"
        );
    }
}

#[test]
fn replicates_are_the_metrics_of_the_rows_drawn() {
    for (rows, steps, weighted) in [
        (7, 1e9, false),
        (90, 1e9, false),
        (90, 8.0, false),
        (700, 20.0, false),
        (700, 1e9, true),
        (300, 10.0, true),
    ] {
        let table = table(rows, steps);
        let weights = weighted.then_some(&table.weights[..]);
        let pair = Pair::new(&table.labels, &table.challenger, &table.champion, weights).unwrap();
        for design in [
            Design::Stratified,
            Design::Unstratified,
            Design::Clustered(&table.clusters),
        ] {
            let plan = plan(design, 101);
            let statistics = statistics();
            let fast = Resampler::of_pair(&pair, &statistics, &plan).unwrap().run();
            let count = statistics.len();
            let slow = resample(&table.labels, 3 * count, &plan, |drawn, found| {
                let product = |(count, weight): (&f64, &f64)| count * weight;
                let weights: Vec<f64> = if weighted {
                    drawn.iter().zip(&table.weights).map(product).collect()
                } else {
                    drawn.to_vec()
                };
                let of = |scores: &[f64], threshold| match Scored::new(
                    &table.labels,
                    scores,
                    Some(&weights),
                ) {
                    Ok(scored) => plainly(scored, threshold),
                    Err(_) => vec![f64::NAN; count],
                };
                let (one, other) = (of(&table.challenger, 0.4), of(&table.champion, 0.5));
                found[..count].copy_from_slice(&one);
                found[count..2 * count].copy_from_slice(&other);
                for (index, found) in found[2 * count..].iter_mut().enumerate() {
                    *found = one[index] - other[index];
                }
            })
            .unwrap();
            for (index, statistic) in statistics.iter().enumerate() {
                let name = format!("{statistic:?} of {rows} rows, {design:?}");
                let sides = [
                    fast.challenger(index),
                    fast.champion(index),
                    fast.difference(index),
                ];
                for (side, found) in sides.into_iter().enumerate() {
                    match found {
                        Ok(found) => same(&found, &slow[side * count + index], &name),
                        Err(_) => assert!(slow[side * count + index].estimate().is_nan()),
                    }
                }
            }
        }
    }
}

#[test]
fn portions_give_the_same_bits_as_the_whole() {
    let table = table(3000, 1e9);
    let pair = Pair::new(&table.labels, &table.challenger, &table.champion, None).unwrap();
    let plan = plan(Design::Stratified, 150);
    let resampler = Resampler::of_pair(&pair, &statistics(), &plan).unwrap();
    let whole = resampler.draw(0..150);
    let mut portions = Vec::new();
    for (from, to) in [(0, 64), (64, 67), (67, 131), (131, 150)] {
        portions.extend(resampler.draw(from..to));
    }
    let bits = |values: &[f64]| {
        values
            .iter()
            .map(|value| value.to_bits())
            .collect::<Vec<u64>>()
    };
    assert_eq!(bits(&whole), bits(&portions));
}

#[test]
fn the_spread_of_auc_is_delongs() {
    let table = table(4000, 1e9);
    let pair = Pair::new(&table.labels, &table.challenger, &table.champion, None).unwrap();
    let plan = plan(Design::Stratified, 2000);
    let bootstrap = Resampler::of_pair(&pair, &[Statistic::Auc], &plan)
        .unwrap()
        .run();
    let found = bootstrap.difference(0).unwrap();
    let delong = delong_difference(&pair).unwrap();
    assert!((found.estimate() - delong.value).abs() < 1e-14);
    let ratio = found.standard_error().unwrap() / delong.standard_error();
    assert!((ratio - 1.0).abs() < 0.06, "{ratio}");
    let p = (found.p_at_most(0.0).unwrap(), delong.p_at_most(0.0));
    assert!((p.0 - p.1).abs() < 0.02, "{p:?}");
}

/// Every row four times, with its copies in one cluster: no more is known than before.
#[test]
fn copies_shrink_the_error_but_not_the_clustered_one() {
    let table = table(500, 1e9);
    let labels = table.labels.repeat(4);
    let challenger = table.challenger.repeat(4);
    let champion = table.champion.repeat(4);
    let clusters: Vec<u32> = (0..2000).map(|row| row % 500).collect();
    let once = Pair::new(&table.labels, &table.challenger, &table.champion, None).unwrap();
    let many = Pair::new(&labels, &challenger, &champion, None).unwrap();
    let error = |pair: &Pair<'_>, design: Design<'_>| {
        let plan = plan(design, 1000);
        let bootstrap = Resampler::of_pair(pair, &[Statistic::Auc], &plan)
            .unwrap()
            .run();
        bootstrap.difference(0).unwrap().standard_error().unwrap()
    };
    let single = error(&once, Design::Stratified);
    let copied = error(&many, Design::Stratified);
    let clustered = error(&many, Design::Clustered(&clusters));
    assert!((copied / single - 0.5).abs() < 0.04, "{}", copied / single);
    // Clusters of one row are drawn as rows are: the same draws, the same error.
    assert!(
        (clustered / single - 1.0).abs() < 1e-9,
        "{}",
        clustered / single
    );
}

#[test]
fn a_model_does_not_differ_from_itself() {
    let table = table(400, 50.0);
    let pair = Pair::new(&table.labels, &table.challenger, &table.challenger, None).unwrap();
    let plan = plan(Design::Stratified, 200);
    let bootstrap = Resampler::of_pair(&pair, &[Statistic::Auc], &plan)
        .unwrap()
        .run();
    let difference = bootstrap.difference(0).unwrap();
    let ends = difference.bca(Confidence::P95).unwrap();
    assert!(ends.lower.abs() < 1e-300 && ends.upper.abs() < 1e-300);
}

#[test]
fn a_short_cluster_column_is_named() {
    let labels = [true, false];
    let scored = Scored::new(&labels, &[0.1, 0.2], None).unwrap();
    let ranked = Ranked::new(scored).unwrap();
    let error = Resampler::of(
        &ranked,
        &[Statistic::Auc],
        &plan(Design::Clustered(&[0]), 10),
    );
    assert_eq!(
        error.map(|_| ()).unwrap_err().to_string(),
        "column `cluster` has 1 rows where 2 are expected"
    );
}

/// The cheapest threshold of each draw, as the metric itself finds it; next above the highest score where it
/// is cheapest to call nothing positive. Its interval is the percentile one, of the units of the smaller class.
#[test]
fn cheapest_thresholds_are_those_of_the_draws() {
    for (rows, steps, weighted) in [(7, 1e9, false), (90, 8.0, false), (700, 1e9, true)] {
        let table = table(rows, steps);
        let weights = weighted.then_some(&table.weights[..]);
        let scored = Scored::new(&table.labels, &table.challenger, weights).unwrap();
        let ranked = Ranked::new(scored).unwrap();
        let highest = table.challenger.iter().copied().fold(f64::MIN, f64::max);
        for design in [Design::Stratified, Design::Clustered(&table.clusters)] {
            for (false_positive, false_negative) in [(1.0, 1.0), (1.0, 6.0), (9.0, 1.0), (0.0, 2.0)]
            {
                let plan = plan(design, 101);
                let statistic = Statistic::CheapestThreshold {
                    false_positive,
                    false_negative,
                };
                let fast = Resampler::of(&ranked, &[statistic], &plan).unwrap().run();
                let fast = fast.challenger(0).unwrap();
                let slow = resample(&table.labels, 1, &plan, |drawn, found| {
                    let product = |(row, count): (usize, &f64)| {
                        count * weights.map_or(1.0, |weights| weights[row])
                    };
                    let weights: Vec<f64> = drawn.iter().enumerate().map(product).collect();
                    let scored = Scored::new(&table.labels, &table.challenger, Some(&weights));
                    let Ok(scored) = scored else { return };
                    let cut = Ranked::new(scored).unwrap();
                    let cut = cut.cheapest_cut(false_positive, false_negative);
                    found[0] = cut.threshold.unwrap_or_else(|| highest.next_up());
                })
                .unwrap();
                let name =
                    format!("{rows} rows, {false_positive} and {false_negative}, {design:?}");
                let estimates = [fast.estimate(), slow[0].estimate()].map(f64::to_bits);
                assert_eq!(estimates[0], estimates[1], "{name}");
                assert_eq!(fast.replicates(), slow[0].replicates(), "{name}");
            }
        }
    }
}

/// Groups left out seldom move where a sum of steps is least, so the interval does not lean on them; a class
/// of a handful of rows carries none.
#[test]
fn a_cheapest_threshold_is_decided_by_the_rarer_class() {
    let threshold = Statistic::CheapestThreshold {
        false_positive: 1.0,
        false_negative: 3.0,
    };
    let found = |positives: usize| {
        let labels: Vec<bool> = (0..400).map(|row| row < positives).collect();
        let mut state = 5;
        let mut score =
            |positive: bool| 0.7 * unit(&mut state) + 0.3 * f64::from(u8::from(positive));
        let scores: Vec<f64> = labels.iter().map(|&positive| score(positive)).collect();
        let ranked = Ranked::new(Scored::new(&labels, &scores, None).unwrap()).unwrap();
        let plan = plan(Design::Stratified, 400);
        Resampler::of(&ranked, &[threshold], &plan)
            .unwrap()
            .run()
            .challenger(0)
            .unwrap()
    };
    let of_many = found(100);
    assert!(of_many.enough().is_ok());
    let ends = of_many.percentile(Confidence::P95).unwrap();
    assert!(
        ends.contains(of_many.estimate()) && ends.lower < ends.upper,
        "{ends:?}"
    );
    assert!(found(12).enough().is_err());
}
