//! Every objective finds what it is for, and weights mean the same to all.

use std::ops::ControlFlow;

use yard_boost::{Dataset, Features, Objective, Params, fit};

use crate::table::Table;

/// Labels around 10 times the probability, skewed upwards.
fn skewed(rows: usize, seed: u64) -> Table {
    let mut table = Table::mixed(rows, seed);
    let label = |(row, p): (usize, &f32)| {
        let noise = ((row * 7919) % 1000) as f32 / 1000.0;
        10.0 * p + 4.0 * noise * noise * noise
    };
    table.labels = table.probabilities.iter().enumerate().map(label).collect();
    table
}

fn params(objective: Objective) -> Params {
    Params {
        rounds: 150,
        ..Params::new(objective)
    }
}

#[test]
fn quantiles_have_their_share_of_the_labels_below() {
    // Noise of even density, so that a small error of the prediction is a small error of the share.
    let [table, test] = [31, 32].map(|seed| {
        let mut table = skewed(20_000, seed);
        let label = |(row, p): (usize, &f32)| 10.0 * p + ((row * 7919) % 1000) as f32 / 250.0;
        table.labels = table.probabilities.iter().enumerate().map(label).collect();
        table
    });
    for level in [0.1, 0.5, 0.9] {
        // Large leaves: a quantile of twenty rows is far off by chance, and always towards the middle.
        let params = Params {
            min_rows_in_leaf: 300,
            ..params(Objective::Quantile { level })
        };
        let found = test.margins(&table.fit(&params).ensemble);
        let below = found
            .iter()
            .zip(&test.labels)
            .filter(|(m, y)| y < m)
            .count();
        let share = below as f64 / 20_000.0;
        assert!((share - level).abs() < 0.025, "{level}: {share}");
    }
    let [median, half] = [Objective::Absolute, Objective::Quantile { level: 0.5 }]
        .map(|objective| table.fit(&params(objective)).ensemble.base_scores()[0]);
    assert_eq!(median, half);
}

#[test]
fn each_robust_loss_is_least_where_it_was_made_small() {
    let mut table = skewed(20_000, 33);
    for label in table.labels.iter_mut().step_by(50) {
        *label += 1000.0; // what the mean cannot bear
    }
    let test = skewed(20_000, 34);
    let error = |objective| {
        let found = test.margins(&table.fit(&params(objective)).ensemble);
        let errors = found
            .iter()
            .zip(&test.labels)
            .map(|(m, y)| f64::from((m - y).abs()));
        errors.sum::<f64>() / 20_000.0
    };
    let [squared, absolute, huber] = [
        Objective::Squared,
        Objective::Absolute,
        Objective::Huber { delta: 1.0 },
    ]
    .map(error);
    // The median of the noise, 4 u^3, is 0.5, and its mean distance from there 0.875.
    assert!(absolute < 0.875 * 1.05 && huber < 1.0, "{absolute} {huber}");
    assert!(squared > 5.0, "{squared}");
}

#[test]
fn counts_have_the_right_mean() {
    let mut table = Table::mixed(30_000, 35);
    let count = |(row, p): (usize, &f32)| {
        let noise = ((row * 7919) % 1000) as f32 / 1000.0;
        (4.0 * p * 2.0 * noise + 0.5).floor()
    };
    table.labels = table.probabilities.iter().enumerate().map(count).collect();
    let found = table.margins(&table.fit(&params(Objective::Poisson)).ensemble);
    let mean: f64 = found.iter().map(|&m| libm::exp(f64::from(m))).sum::<f64>() / 30_000.0;
    let expected = table.labels.iter().map(|&y| f64::from(y)).sum::<f64>() / 30_000.0;
    assert!((mean / expected - 1.0).abs() < 0.01, "{mean} {expected}");
}

/// Four classes: which of two columns is larger, and the parity of a third.
fn four_classes(rows: usize, seed: u64) -> Table {
    let mut table = Table::mixed(rows, seed);
    table.labels = (0..rows)
        .map(|row| {
            let larger = table.columns[0][row] > table.columns[1][row];
            2.0 * f32::from(u8::from(larger)) + table.columns[2][row] % 2.0
        })
        .collect();
    table
}

fn hits(margins: &[f32], labels: &[f32], classes: usize) -> f64 {
    let best = |row: &[f32]| (0..classes).max_by(|&a, &b| row[a].total_cmp(&row[b]));
    let rows = margins.chunks_exact(classes).zip(labels);
    let right = rows.filter(|(row, y)| best(row).map(|c| c as f32) == Some(**y));
    right.count() as f64 / labels.len() as f64
}

#[test]
fn classes_are_told_apart() {
    let (table, test) = (four_classes(8000, 36), four_classes(8000, 37));
    let objective = Objective::Softmax { classes: 4 };
    let ensemble = table
        .fit(&Params {
            rounds: 40,
            ..params(objective)
        })
        .ensemble;
    assert_eq!((ensemble.outputs(), ensemble.trees().len()), (4, 160));
    let found = hits(&test.margins(&ensemble), &test.labels, 4);
    assert!(found > 0.98, "{found}");
}

#[test]
fn a_class_without_rows_is_never_likely_and_a_lone_one_is_refused() {
    let table = four_classes(2000, 38);
    let objective = Objective::Softmax { classes: 6 };
    let ensemble = table
        .fit(&Params {
            rounds: 10,
            ..params(objective)
        })
        .ensemble;
    for row in table.margins(&ensemble).chunks_exact(6) {
        let most = row[..4].iter().fold(f32::MIN, |a, &b| a.max(b));
        assert!(row.iter().all(|m| m.is_finite()) && row[4..].iter().all(|&m| m < most - 5.0));
    }
    let (columns, lone) = (table.slices(), vec![3.0; 2000]);
    let data = Dataset::new(Features::new(&columns).unwrap(), &lone).unwrap();
    let refused = fit(&data, None, &params(objective), &mut |_| {
        ControlFlow::Continue(())
    });
    let message = refused.unwrap_err().to_string();
    assert!(
        message.starts_with("every row with weight has label 3"),
        "{message}"
    );
}

#[test]
fn two_classes_by_softmax_are_the_logistic_ones() {
    let (table, test) = (Table::mixed(20_000, 39), Table::mixed(20_000, 40));
    let one = test.margins(&table.fit(&params(Objective::Logistic)).ensemble);
    let two = test.margins(
        &table
            .fit(&params(Objective::Softmax { classes: 2 }))
            .ensemble,
    );
    let two: Vec<f32> = two.chunks_exact(2).map(|row| row[1] - row[0]).collect();
    let [one, two] = [one, two].map(|found| crate::table::auc(&found, &test.labels));
    assert!((one - two).abs() < 0.003, "{one} {two}");
}

#[test]
fn the_train_loss_is_that_of_the_margins() {
    for objective in [
        Objective::Logistic,
        Objective::Softmax { classes: 2 },
        Objective::Quantile { level: 0.3 },
        Objective::Poisson,
    ] {
        let table = Table::mixed(1000, 41);
        let columns = table.slices();
        let data = Dataset::new(Features::new(&columns).unwrap(), &table.labels).unwrap();
        let params = Params {
            rounds: 15,
            report_train_loss: true,
            ..Params::new(objective)
        };
        let mut losses = Vec::new();
        fit(&data, Some(&data), &params, &mut |round| {
            losses.push((
                round.losses.train.unwrap(),
                round.losses.validation.unwrap(),
            ));
            ControlFlow::Continue(())
        })
        .unwrap();
        assert!(losses.iter().all(|(train, held_out)| train == held_out));
        assert!(losses.last() < losses.first(), "{losses:?}");
    }
}
