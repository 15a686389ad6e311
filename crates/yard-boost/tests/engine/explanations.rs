//! Contributions are Shapley values, by their definition; and importances point at what matters.

use yard_boost::{Dataset, Ensemble, Features, Node, Objective, Params, Test, Tree};

use crate::table::Table;

/// The mean of a tree where only the columns of a set are known.
fn mean_given(tree: &Tree, at: usize, set: u32, row: &[f32]) -> f64 {
    let rows = |at: u32| {
        let (Node::Split { cover, .. } | Node::Leaf { cover, .. }) = &tree.nodes()[at as usize];
        f64::from(cover.rows)
    };
    match &tree.nodes()[at] {
        Node::Leaf { value, .. } => f64::from(*value),
        Node::Split {
            feature,
            test: Test::AtMost(threshold),
            missing_left,
            left,
            right,
            ..
        } => {
            let x = row[*feature as usize];
            let goes_left = if x.is_nan() {
                *missing_left
            } else {
                x <= *threshold
            };
            let of = |child: u32| mean_given(tree, child as usize, set, row);
            if set >> feature & 1 == 1 {
                of(if goes_left { *left } else { *right })
            } else {
                (rows(*left) * of(*left) + rows(*right) * of(*right)) / (rows(*left) + rows(*right))
            }
        }
        Node::Split { .. } => panic!("sets divide categories, and there are none"),
    }
}

/// Shapley's formula over all sets of six columns.
fn by_definition(ensemble: &Ensemble, row: &[f32], column: u32) -> f64 {
    let value = |set: u32| -> f64 {
        let trees = ensemble.trees().iter();
        trees.map(|tree| mean_given(tree, 0, set, row)).sum()
    };
    let factorial = |n: u32| (1..=n).map(f64::from).product::<f64>();
    (0..1u32 << 6)
        .filter(|set| set >> column & 1 == 0)
        .map(|set| {
            let size = set.count_ones();
            let weight = factorial(size) * factorial(5 - size) / factorial(6);
            weight * (value(set | 1 << column) - value(set))
        })
        .sum()
}

#[test]
fn contributions_are_shapley_values() {
    let table = Table::mixed(2000, 71);
    let params = Params {
        rounds: 5,
        max_leaves: 12,
        ..Params::new(Objective::Logistic)
    };
    let ensemble = table.fit(&params).ensemble;
    let columns = table.slices();
    let features = Features::new(&columns).unwrap();
    let contributions = ensemble.contributions(features).unwrap();
    for row in (0..2000).step_by(97) {
        let values: Vec<f32> = columns.iter().map(|column| column[row]).collect();
        for column in 0..6u32 {
            let found = contributions[row * 7 + column as usize];
            let expected = by_definition(&ensemble, &values, column);
            assert!((found - expected).abs() < 1e-10, "{found} {expected}");
        }
    }
}

#[test]
fn they_sum_to_every_margin() {
    let table = Table::mixed(3000, 72);
    for objective in [
        Objective::Logistic,
        Objective::Softmax { classes: 2 },
        Objective::Absolute,
    ] {
        let ensemble = table.fit(&Params::new(objective)).ensemble;
        let columns: Vec<&[f32]> = table.columns.iter().map(|c| &c[..200]).collect();
        let features = Features::new(&columns).unwrap();
        let contributions = ensemble.contributions(features).unwrap();
        let margins = ensemble.predict_margins(features).unwrap();
        let sums = contributions
            .chunks_exact(7)
            .map(|row| row.iter().sum::<f64>());
        for (sum, margin) in sums.zip(&margins) {
            assert!((sum - f64::from(*margin)).abs() < 1e-9, "{sum} {margin}");
        }
        assert_eq!(margins.len(), 200 * ensemble.outputs());
    }
}

#[test]
fn what_matters_is_important_in_every_way() {
    let table = Table::mixed(5000, 73);
    let params = Params {
        rounds: 40,
        ..Params::new(Objective::Logistic)
    };
    let ensemble = table.fit(&params).ensemble;
    let importance = ensemble.importance();
    let splits: usize = importance.iter().map(|own| own.splits).sum();
    let leaves: usize = ensemble.trees().iter().map(Tree::leaves).sum();
    assert_eq!(splits + ensemble.trees().len(), leaves);
    let columns = table.slices();
    let data = Dataset::new(Features::new(&columns).unwrap(), &table.labels).unwrap();
    let rises = ensemble.permutation_importance(&data, 1, 3).unwrap();
    assert!(rises[..4].iter().all(|&rise| rise > 0.005), "{rises:?}");
    assert_eq!(rises[4..], [0.0, 0.0]);
    assert_eq!(rises, ensemble.permutation_importance(&data, 1, 3).unwrap());
    assert_ne!(rises, ensemble.permutation_importance(&data, 2, 3).unwrap());
}
