//! Monotone columns, columns that may not meet, and penalties.

use std::collections::{BTreeMap, BTreeSet};

use yard_boost::{Features, Growth, Monotone, Node, Objective, Params, Tree};

use crate::table::Table;

#[test]
fn predictions_go_one_way_on_a_grid() {
    let mut table = Table::mixed(8000, 51);
    // Column 0 falls over part of its range, and column 2 is noisy: unconstrained, both would bend.
    for row in 0..8000 {
        let x = table.columns[0][row];
        table.labels[row] += 2.0 * (x * 9.0).sin();
    }
    let monotone = BTreeMap::from([(0, Monotone::Increasing), (2, Monotone::Decreasing)]);
    for (objective, growth) in [
        (Objective::Squared, Growth::Leaf),
        (Objective::Squared, Growth::Depth),
        (Objective::Absolute, Growth::Leaf),
        (Objective::Quantile { level: 0.8 }, Growth::Leaf),
    ] {
        let free = Params {
            growth,
            max_depth: Some(7),
            ..Params::new(objective)
        };
        let bound = Params {
            monotone: monotone.clone(),
            ..free.clone()
        };
        for (column, sign) in [(0, 1.0), (2, -1.0)] {
            let bends = |params: &Params| {
                let ensemble = table.fit(params).ensemble;
                let mut bends = 0;
                for row in (0..8000).step_by(80) {
                    let grid: Vec<f32> = (0..=120u8).map(|i| f32::from(i) * 0.05 - 1.0).collect();
                    let columns: Vec<Vec<f32>> = (0..6)
                        .map(|c| {
                            if c == column {
                                grid.clone()
                            } else {
                                vec![table.columns[c][row]; grid.len()]
                            }
                        })
                        .collect();
                    let columns: Vec<&[f32]> = columns.iter().map(Vec::as_slice).collect();
                    let margins = ensemble.predict_margins(Features::new(&columns).unwrap());
                    let margins = margins.unwrap();
                    bends += margins
                        .windows(2)
                        .filter(|w| sign * (w[1] - w[0]) < 0.0)
                        .count();
                }
                bends
            };
            assert_eq!(bends(&bound), 0, "{objective:?} column {column}");
            assert!(bends(&free) > 0, "{objective:?} column {column}");
        }
    }
}

/// The columns on each way from the root to a leaf.
fn ways(tree: &Tree) -> Vec<BTreeSet<u32>> {
    let mut used = vec![BTreeSet::new(); tree.nodes().len()];
    let mut ways = Vec::new();
    for (index, node) in tree.nodes().iter().enumerate() {
        match node {
            Node::Split {
                feature,
                left,
                right,
                ..
            } => {
                let mut below = used[index].clone();
                below.insert(*feature);
                used[*left as usize].clone_from(&below);
                used[*right as usize] = below;
            }
            Node::Leaf { .. } => ways.push(used[index].clone()),
        }
    }
    ways
}

#[test]
fn columns_meet_only_in_their_groups() {
    let table = Table::mixed(5000, 52);
    let groups = [
        BTreeSet::from([0, 1]),
        BTreeSet::from([1, 2]),
        BTreeSet::from([3]),
    ];
    let params = Params {
        interactions: vec![vec![0, 1], vec![1, 2]],
        ..Params::new(Objective::Logistic)
    };
    let ensemble = table.fit(&params).ensemble;
    let ways: Vec<BTreeSet<u32>> = ensemble.trees().iter().flat_map(ways).collect();
    assert!(
        ways.iter()
            .all(|way| groups.iter().any(|group| way.is_subset(group)))
    );
    assert!(ways.iter().any(|way| way.len() == 2));
    assert!(
        ways.iter().any(|way| way.contains(&3)),
        "in no group, and used alone"
    );
}

#[test]
fn constraints_name_columns_that_exist() {
    let table = Table::mixed(100, 53);
    let columns = table.slices();
    let data = yard_boost::Dataset::new(Features::new(&columns).unwrap(), &table.labels).unwrap();
    let refused = |params: Params| {
        let ignore = &mut |_: &yard_boost::RoundReport<'_>| std::ops::ControlFlow::Continue(());
        yard_boost::fit(&data, None, &params, ignore)
            .unwrap_err()
            .to_string()
    };
    let params = Params::new(Objective::Logistic);
    let far = Params {
        monotone: BTreeMap::from([(6, Monotone::Increasing)]),
        ..params.clone()
    };
    assert_eq!(
        refused(far),
        "`monotone` is set for column 6, but must be about columns of the table"
    );
    let far = Params {
        interactions: vec![vec![0, 9]],
        ..params
    };
    assert!(refused(far).starts_with("`interactions` is set for column 9"));
}

#[test]
fn an_l1_penalty_shortens_steps_and_ends_the_search() {
    let table = Table::mixed(5000, 54);
    let params = Params {
        rounds: 30,
        ..Params::new(Objective::Logistic)
    };
    let spread = |lambda_l1| {
        let ensemble = table
            .fit(&Params {
                lambda_l1,
                ..params.clone()
            })
            .ensemble;
        let margins = table.margins(&ensemble);
        let (low, high) = margins
            .iter()
            .fold((f32::MAX, f32::MIN), |(low, high), &m| {
                (low.min(m), high.max(m))
            });
        high - low
    };
    let [none, some, all] = [0.0, 20.0, 1e6].map(spread);
    assert!(
        none > some && some > all && all == 0.0,
        "{none} {some} {all}"
    );
}
