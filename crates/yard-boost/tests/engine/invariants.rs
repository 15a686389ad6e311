//! Same bits on any threads, exact sums, exact thresholds, leaves as large as promised.

use std::ops::ControlFlow;

use rand_pcg::Pcg32;
use yard_boost::{
    Dataset, Ensemble, Features, Growth, Node, Objective, Params, Stop, Test, Tree, fit,
};

use crate::table::{Table, uniform};

/// Settings that between them use every code path of growth and sampling.
fn variety() -> Vec<Params> {
    let leaf = Params {
        rounds: 20,
        ..Params::new(Objective::Logistic)
    };
    let sampled = Params {
        row_sample: 0.6,
        column_sample: 0.5,
        seed: 3,
        ..leaf.clone()
    };
    let depth = Params {
        growth: Growth::Depth,
        max_depth: Some(4),
        lambda_l2: 1.0,
        ..leaf.clone()
    };
    let squared = Params {
        objective: Objective::Squared,
        max_leaves: 15,
        ..leaf.clone()
    };
    vec![leaf, sampled, depth, squared]
}

fn on_threads(threads: usize, table: &Table, params: &Params) -> Ensemble {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .unwrap();
    pool.install(|| table.fit(params)).ensemble
}

#[test]
fn threads_do_not_change_a_bit() {
    // Large enough that nodes are partitioned and summed in parallel.
    let table = Table::mixed(150_000, 1);
    for params in variety() {
        let params = Params {
            rounds: 4,
            ..params
        };
        let alone = on_threads(1, &table, &params);
        assert_eq!(alone, on_threads(2, &table, &params));
        assert_eq!(alone, on_threads(5, &table, &params));
    }
}

#[test]
fn many_columns_are_searched_the_same_on_any_threads() {
    let mut table = Table::mixed(3000, 2);
    let mut random = Pcg32::new(9, 9);
    for _ in 0..300 {
        table.columns.push(
            table
                .labels
                .iter()
                .map(|y| y + 9.0 * uniform(&mut random))
                .collect(),
        );
    }
    let params = Params {
        rounds: 5,
        ..Params::new(Objective::Logistic)
    };
    assert_eq!(
        on_threads(1, &table, &params),
        on_threads(3, &table, &params)
    );
}

#[test]
fn the_seed_decides_the_sample_and_nothing_else_does() {
    let table = Table::mixed(2000, 3);
    let params = Params {
        row_sample: 0.5,
        rounds: 5,
        ..Params::new(Objective::Logistic)
    };
    let ensemble = table.fit(&params).ensemble;
    assert_eq!(ensemble, table.fit(&params).ensemble);
    assert_ne!(
        ensemble,
        table
            .fit(&Params {
                seed: 1,
                ..params.clone()
            })
            .ensemble
    );
    // Fewer rounds are a prefix but for the grid, which the rounds decide; here both need the same.
    let shorter = table
        .fit(&Params {
            rounds: 4,
            ..params
        })
        .ensemble;
    assert_eq!(shorter.grid_exponent(), ensemble.grid_exponent());
    assert_eq!(shorter.trees(), &ensemble.trees()[..4]);
}

/// The value of a row's leaf, found by the documented rule alone.
fn leaf_value(tree: &Tree, table: &Table, row: usize) -> f32 {
    let mut at = 0;
    loop {
        match &tree.nodes()[at] {
            Node::Leaf { value, .. } => return *value,
            Node::Split {
                feature,
                test: Test::AtMost(threshold),
                missing_left,
                left,
                right,
                ..
            } => {
                let x = table.columns[*feature as usize][row];
                let goes_left = if x.is_nan() {
                    *missing_left
                } else {
                    x <= *threshold
                };
                at = if goes_left { *left } else { *right } as usize;
            }
            Node::Split { .. } => panic!("sets divide categories, and there are none"),
        }
    }
}

#[test]
fn any_order_of_summation_gives_the_same_margin() {
    let mut table = Table::mixed(3000, 4);
    for (scale, offset) in [(1.0, 0.0), (1e-20, 0.0), (1e30, 0.0), (3.7, 5e4)] {
        for params in variety() {
            if params.objective == Objective::Squared {
                let wave = |(row, p): (usize, &f32)| p * scale + offset + (row % 7) as f32 * scale;
                table.labels = table.probabilities.iter().enumerate().map(wave).collect();
            } else if scale != 1.0 {
                continue;
            }
            let ensemble = table.fit(&params).ensemble;
            let margins = table.margins(&ensemble);
            let unit = libm::ldexp(1.0, ensemble.grid_exponent());
            let mut random = Pcg32::new(5, 5);
            for row in (0..3000).step_by(17) {
                let mut terms: Vec<f32> = ensemble
                    .trees()
                    .iter()
                    .map(|t| leaf_value(t, &table, row))
                    .collect();
                terms.push(ensemble.base_scores()[0]);
                assert!(terms.iter().all(|&t| (f64::from(t) / unit).fract() == 0.0));
                for _ in 0..8 {
                    let keys: Vec<f32> = terms.iter().map(|_| uniform(&mut random)).collect();
                    let mut order: Vec<usize> = (0..terms.len()).collect();
                    order.sort_by(|&a, &b| keys[a].total_cmp(&keys[b]));
                    let one_by_one = order.iter().fold(0.0f32, |sum, &i| sum + terms[i]);
                    let (front, back) = order.split_at(order.len() / 3);
                    let halves = front.iter().map(|&i| terms[i]).sum::<f32>()
                        + back.iter().map(|&i| terms[i]).sum::<f32>();
                    assert_eq!(one_by_one.to_bits(), margins[row].to_bits());
                    assert_eq!(halves.to_bits(), margins[row].to_bits());
                }
            }
        }
    }
}

#[test]
fn the_worst_path_stays_inside_the_exact_range() {
    let table = Table::mixed(3000, 5);
    for params in variety() {
        let ensemble = table.fit(&params).ensemble;
        let largest = |tree: &Tree| {
            let value = |node: &Node| match node {
                Node::Leaf { value, .. } => f64::from(value.abs()),
                Node::Split { .. } => 0.0,
            };
            tree.nodes().iter().map(value).fold(0.0, f64::max)
        };
        let worst: f64 = ensemble.trees().iter().map(largest).sum();
        let bound = libm::ldexp(1.0, 24 + ensemble.grid_exponent());
        assert!(worst + f64::from(ensemble.base_scores()[0].abs()) <= bound);
    }
}

#[test]
fn covers_count_the_rows_that_thresholds_send() {
    let table = Table::mixed(4000, 6);
    for params in variety().into_iter().filter(|p| p.row_sample == 1.0) {
        let ensemble = table.fit(&params).ensemble;
        for tree in ensemble.trees() {
            let mut reached = vec![0u32; tree.nodes().len()];
            for row in 0..4000 {
                let mut at = 0;
                loop {
                    reached[at] += 1;
                    let Node::Split {
                        feature,
                        test: Test::AtMost(threshold),
                        missing_left,
                        left,
                        right,
                        ..
                    } = &tree.nodes()[at]
                    else {
                        break;
                    };
                    let x = table.columns[*feature as usize][row];
                    let goes_left = if x.is_nan() {
                        *missing_left
                    } else {
                        x <= *threshold
                    };
                    at = if goes_left { *left } else { *right } as usize;
                }
            }
            for (node, reached) in tree.nodes().iter().zip(reached) {
                let (Node::Split { cover, .. } | Node::Leaf { cover, .. }) = node;
                assert_eq!(cover.rows, reached);
            }
        }
    }
}

#[test]
fn every_leaf_has_the_rows_that_were_asked_for() {
    // Rare positives: hessians differ a hundredfold, so estimated counts are often wrong.
    let mut table = Table::mixed(5000, 7);
    for (label, x) in table.labels.iter_mut().zip(&table.columns[0]) {
        *label *= f32::from(u8::from(*x > 0.3));
    }
    for min_rows_in_leaf in [1, 20, 200, 2500] {
        let params = Params {
            min_rows_in_leaf,
            rounds: 30,
            ..Params::new(Objective::Logistic)
        };
        for tree in table.fit(&params).ensemble.trees() {
            for node in tree.nodes() {
                let (Node::Split { cover, .. } | Node::Leaf { cover, .. }) = node;
                assert!(cover.rows as usize >= min_rows_in_leaf);
            }
        }
    }
}

#[test]
fn leaves_and_depth_are_bounded() {
    let table = Table::mixed(5000, 8);
    for growth in [Growth::Leaf, Growth::Depth] {
        for (max_leaves, max_depth) in [(2, None), (7, None), (31, Some(3)), (8, Some(20))] {
            let params = Params {
                growth,
                max_leaves,
                max_depth,
                rounds: 3,
                ..Params::new(Objective::Logistic)
            };
            for tree in table.fit(&params).ensemble.trees() {
                assert!(tree.leaves() <= max_leaves && tree.leaves() > 1);
                assert!(max_depth.is_none_or(|deepest| tree.depth() <= deepest));
            }
        }
    }
}

#[test]
fn early_stopping_keeps_the_best_round() {
    let (table, other) = (Table::mixed(1500, 9), Table::mixed(1500, 10));
    let (columns, held_out) = (table.slices(), other.slices());
    let data = Dataset::new(Features::new(&columns).unwrap(), &table.labels).unwrap();
    let validation = Dataset::new(Features::new(&held_out).unwrap(), &other.labels).unwrap();
    let params = Params {
        rounds: 500,
        learning_rate: 0.2,
        early_stopping: Some(10),
        ..Params::new(Objective::Logistic)
    };
    let mut losses = Vec::new();
    let fit = fit(&data, Some(&validation), &params, &mut |report| {
        losses.push(report.losses.validation.unwrap());
        ControlFlow::Continue(())
    })
    .unwrap();
    let best = (0..losses.len())
        .min_by(|&a, &b| losses[a].total_cmp(&losses[b]))
        .unwrap();
    assert_eq!(fit.stop, Stop::NoImprovement);
    assert_eq!(fit.ensemble.trees().len(), best + 1);
    assert_eq!(losses.len(), best + 1 + 10);
    // The loss reported for the best round is that of the ensemble returned.
    let margins = other.margins(&fit.ensemble);
    let loss: f64 = margins
        .iter()
        .zip(&other.labels)
        .map(|(&m, &y)| libm::log1p(libm::exp(f64::from((1.0 - 2.0 * y) * m))))
        .sum::<f64>()
        / 1500.0;
    assert!((loss - losses[best]).abs() < 1e-12);
}

#[test]
fn the_observer_can_end_the_fit() {
    let table = Table::mixed(500, 11);
    let columns = table.slices();
    let data = Dataset::new(Features::new(&columns).unwrap(), &table.labels).unwrap();
    let params = Params::new(Objective::Logistic);
    let stop_at_three = &mut |report: &yard_boost::RoundReport<'_>| match report.round {
        3 => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    let fit = fit(&data, None, &params, stop_at_three).unwrap();
    assert_eq!((fit.stop, fit.ensemble.trees().len()), (Stop::Observer, 3));
}
