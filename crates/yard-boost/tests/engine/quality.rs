//! How good the models are, on tables whose best possible score is known.

use yard_boost::{Growth, Objective, Params};

use crate::table::{Table, auc};

#[test]
fn auc_comes_near_that_of_the_true_probabilities() {
    let (table, test) = (Table::mixed(50_000, 21), Table::mixed(50_000, 22));
    let bayes = auc(&test.probabilities, &test.labels);
    for growth in [Growth::Leaf, Growth::Depth] {
        let params = Params {
            growth,
            max_depth: Some(6),
            ..Params::new(Objective::Logistic)
        };
        let found = auc(&test.margins(&table.fit(&params).ensemble), &test.labels);
        assert!(bayes - found < 0.006, "{growth:?}: {found} of {bayes}");
    }
}

#[test]
fn sampling_costs_little() {
    let (table, test) = (Table::mixed(20_000, 23), Table::mixed(20_000, 24));
    let params = Params::new(Objective::Logistic);
    let sampled = Params {
        row_sample: 0.5,
        column_sample: 0.7,
        ..params.clone()
    };
    let [full, part] = [params, sampled]
        .map(|params| auc(&test.margins(&table.fit(&params).ensemble), &test.labels));
    assert!((full - part).abs() < 0.01, "{full} {part}");
}

#[test]
fn squared_loss_recovers_the_mean() {
    let (mut table, test) = (Table::mixed(50_000, 25), Table::mixed(5000, 26));
    table.labels.clone_from(&table.probabilities);
    let fit = table.fit(&Params {
        rounds: 300,
        ..Params::new(Objective::Squared)
    });
    let square = |(a, b): (&f32, &f32)| f64::from(a - b) * f64::from(a - b);
    let found = test.margins(&fit.ensemble);
    let mean_square = found
        .iter()
        .zip(&test.probabilities)
        .map(square)
        .sum::<f64>()
        / found.len() as f64;
    assert!(libm::sqrt(mean_square) < 0.02, "{mean_square}");
}

#[test]
fn a_learnt_direction_for_missing_values_is_used() {
    let table = Table::mixed(20_000, 27);
    let params = Params {
        rounds: 50,
        ..Params::new(Objective::Logistic)
    };
    let ensemble = table.fit(&params).ensemble;
    let importance = ensemble.gain_importance();
    // Missing raises the margin by 1.5 over the mean of the known values.
    let mean = |missing: bool| {
        let margins = table.margins(&ensemble);
        let rows: Vec<usize> = (0..margins.len())
            .filter(|&r| table.columns[3][r].is_nan() == missing)
            .collect();
        rows.iter().map(|&r| f64::from(margins[r])).sum::<f64>() / rows.len() as f64
    };
    assert!(
        (mean(true) - mean(false) - 1.5).abs() < 0.15,
        "{} {}",
        mean(true),
        mean(false)
    );
    assert!(importance[..4].iter().all(|&gain| gain > 0.0));
    assert_eq!(
        importance[4..],
        [0.0, 0.0],
        "constant and empty columns are never split on"
    );
}

#[test]
fn a_weight_of_two_is_a_row_given_twice() {
    let mut table = Table::mixed(3000, 28);
    // Few values, so that more rows do not move the cuts.
    for value in table.columns.iter_mut().flatten() {
        *value = (*value * 32.0).floor();
    }
    let mut twice = table.clone();
    for column in &mut twice.columns {
        column.extend_from_within(..1000);
    }
    twice.labels.extend_from_within(..1000);
    let weights: Vec<f32> = (0..3000)
        .map(|row| if row < 1000 { 2.0 } else { 1.0 })
        .collect();
    let params = Params {
        min_rows_in_leaf: 1,
        rounds: 10,
        ..Params::new(Objective::Logistic)
    };
    let columns = table.slices();
    let features = yard_boost::Features::new(&columns).unwrap();
    let data = yard_boost::Dataset::new(features, &table.labels).unwrap();
    let weighted = yard_boost::fit(
        &data.with_weights(&weights).unwrap(),
        None,
        &params,
        &mut |_| std::ops::ControlFlow::Continue(()),
    )
    .unwrap();
    let (a, b) = (
        table.margins(&weighted.ensemble),
        table.margins(&twice.fit(&params).ensemble),
    );
    let far = a
        .iter()
        .zip(&b)
        .filter(|(a, b)| (*a - *b).abs() > 0.05)
        .count();
    assert!(far < 60, "{far} of 3000 rows differ");
}
