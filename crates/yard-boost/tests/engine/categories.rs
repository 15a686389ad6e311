//! Columns of categories: the same rows to the same leaves by codes, by raw values and by the rule
//! that is written down; and better than ranks where levels have no order.

use std::ops::ControlFlow;

use rand_pcg::Pcg32;
use rand_pcg::rand_core::Rng as _;
use yard_boost::{
    BoostError, Column, Dataset, Ensemble, Features, Link, MISSING_CATEGORY, Node, Objective,
    Params, Test, Tree, fit,
};

use crate::table::{auc, uniform};

/// A column of many levels, whose effects have no order, one of three, and one of numbers.
struct Levels {
    many: Vec<u32>,
    few: Vec<u32>,
    numbers: Vec<f32>,
    labels: Vec<f32>,
}

/// The effect of a level, on no scale that its code tells.
fn effect(level: u32) -> f32 {
    f32::from(u16::try_from(level.wrapping_mul(2_654_435_761) >> 16).unwrap()) / 65_536.0 - 0.5
}

impl Levels {
    fn new(rows: usize, levels: u32, seed: u64) -> Self {
        let mut random = Pcg32::new(seed, 2);
        let mut table = Self {
            many: Vec::new(),
            few: Vec::new(),
            numbers: Vec::new(),
            labels: Vec::new(),
        };
        for _ in 0..rows {
            // Low levels are frequent.
            let (a, b) = (random.next_u32() % levels, random.next_u32() % levels);
            let level = a.min(b);
            let missing = uniform(&mut random) < 0.05;
            let few = random.next_u32() % 3;
            let x = uniform(&mut random);
            let own = if missing { 1.0 } else { 6.0 * effect(level) };
            let margin = own + if few == 1 { 1.0 } else { -0.5 } + 2.0 * x - 1.0;
            let p = 1.0 / (1.0 + libm::expf(-margin));
            table.many.push(if missing {
                MISSING_CATEGORY
            } else {
                10 + 3 * level
            });
            table.few.push(few);
            table.numbers.push(x);
            table
                .labels
                .push(f32::from(u8::from(uniform(&mut random) < p)));
        }
        table
    }

    fn columns(&self) -> [Column<'_>; 3] {
        [
            Column::Categories(&self.many),
            Column::Categories(&self.few),
            Column::Numbers(&self.numbers),
        ]
    }

    fn fit(&self, params: &Params, columns: &[Column<'_>]) -> Ensemble {
        let data = Dataset::new(Features::mixed(columns).unwrap(), &self.labels).unwrap();
        fit(&data, None, params, &mut |_| ControlFlow::Continue(()))
            .unwrap()
            .ensemble
    }
}

fn by_the_rule(ensemble: &Ensemble, table: &Levels, row: usize) -> f32 {
    let mut margin = ensemble.base_scores()[0];
    for tree in ensemble.trees() {
        let mut at = 0;
        margin += loop {
            match &tree.nodes()[at] {
                Node::Leaf { value, .. } => break *value,
                Node::Split {
                    feature,
                    test,
                    missing_left,
                    left,
                    right,
                    ..
                } => {
                    let goes_left = match (test, feature) {
                        (Test::AtMost(t), _) => table.numbers[row] <= *t,
                        (Test::OneOf(members), feature) => {
                            let code = [&table.many, &table.few][*feature as usize][row];
                            if code == MISSING_CATEGORY {
                                *missing_left
                            } else {
                                let groups = ensemble.groups(*feature).unwrap();
                                let at = groups.iter().position(|level| level.0 == code);
                                at.is_some_and(|at| members.contains(&groups[at].1))
                            }
                        }
                    };
                    at = if goes_left { *left } else { *right } as usize;
                }
            }
        };
    }
    margin
}

#[test]
fn codes_raw_values_and_the_written_rule_agree() {
    // Levels beyond 254, so that some share a group; and few, so that some are first met in scoring.
    for (levels, rows) in [(900, 20_000), (60, 3000), (4, 500)] {
        let table = Levels::new(rows, levels, 1);
        let other = Levels::new(2000, levels + 40, 2);
        let (columns, unseen) = (table.columns(), other.columns());
        for row_sample in [1.0, 0.7] {
            let params = Params {
                row_sample,
                rounds: 30,
                ..Params::new(Objective::Logistic)
            };
            let mut last = None;
            let data = Dataset::new(Features::mixed(&columns).unwrap(), &table.labels).unwrap();
            let held_out = Dataset::new(Features::mixed(&unseen).unwrap(), &other.labels).unwrap();
            let ensemble = fit(&data, Some(&held_out), &params, &mut |round| {
                last = round.losses.validation;
                ControlFlow::Continue(())
            })
            .unwrap()
            .ensemble;
            let margins = ensemble.predict_margins(held_out.features()).unwrap();
            for (row, &margin) in margins.iter().enumerate() {
                assert_eq!(margin, by_the_rule(&ensemble, &other, row));
            }
            let loss =
                |(m, y): (&f32, &f32)| libm::log1p(libm::exp(f64::from((1.0 - 2.0 * y) * m)));
            let loss = margins.iter().zip(&other.labels).map(loss).sum::<f64>() / 2000.0;
            assert!((loss - last.unwrap()).abs() < 1e-12);
            let asks = |node: &Node| {
                matches!(
                    node,
                    Node::Split {
                        test: Test::OneOf(_),
                        ..
                    }
                )
            };
            assert!(ensemble.trees().iter().flat_map(Tree::nodes).any(asks));
        }
    }
}

#[test]
fn sets_beat_an_order_that_means_nothing() {
    let (table, test) = (Levels::new(30_000, 150, 3), Levels::new(30_000, 150, 4));
    let params = Params {
        rounds: 60,
        ..Params::new(Objective::Logistic)
    };
    let native = table.fit(&params, &table.columns());
    let ordered = |t: &Levels| -> [Vec<f32>; 2] {
        [&t.many, &t.few].map(|codes| codes.iter().map(|&c| c as f32).collect())
    };
    let [many, few] = ordered(&table);
    let numbers = [many.as_slice(), &few, &table.numbers].map(Column::Numbers);
    let ranks = table.fit(&params, &numbers);
    let found = native
        .predict_margins(Features::mixed(&test.columns()).unwrap())
        .unwrap();
    let [many, few] = ordered(&test);
    let numbers = [many.as_slice(), &few, &test.numbers].map(Column::Numbers);
    let by_rank = ranks
        .predict_margins(Features::mixed(&numbers).unwrap())
        .unwrap();
    let [native, ranks] = [found, by_rank].map(|margins| auc(&margins, &test.labels));
    assert!(native > ranks + 0.01, "{native} {ranks}");
}

#[test]
fn names_of_levels_do_not_matter() {
    let table = Levels::new(5000, 40, 5);
    let mut renamed = Levels::new(5000, 40, 5);
    let other_name = |code: &mut u32| {
        if *code != MISSING_CATEGORY {
            *code = 70_000 + *code * 11;
        }
    };
    renamed.many.iter_mut().for_each(other_name);
    let params = Params {
        rounds: 20,
        ..Params::new(Objective::Logistic)
    };
    let [a, b] = [&table, &renamed].map(|table| {
        let ensemble = table.fit(&params, &table.columns());
        ensemble
            .predict_margins(Features::mixed(&table.columns()).unwrap())
            .unwrap()
    });
    assert_eq!(a, b);
}

#[test]
fn threads_do_not_change_a_set() {
    let table = Levels::new(150_000, 2000, 6);
    let params = Params {
        rounds: 4,
        ..Params::new(Objective::Logistic)
    };
    let [one, three] = [1, 3].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| table.fit(&params, &table.columns()))
    });
    assert_eq!(one, three);
}

#[test]
fn wrong_codes_and_kinds_are_named() {
    let codes = [1, 2, 1 << 24];
    let numbers = [0.0, 1.0, 2.0];
    let labels = [0.0, 1.0, 1.0];
    let columns = [Column::Numbers(&numbers), Column::Categories(&codes)];
    let params = Params {
        min_rows_in_leaf: 1,
        ..Params::new(Objective::Logistic)
    };
    let data = Dataset::new(Features::mixed(&columns).unwrap(), &labels).unwrap();
    let refused = fit(&data, None, &params, &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "column 1, row 2: category code 16777216 is not below 16777216"
    );
    let few = [Column::Categories(&codes[..2])];
    let data = Dataset::new(Features::mixed(&few).unwrap(), &labels[..2]).unwrap();
    let fitted = fit(&data, None, &params, &mut |_| ControlFlow::Continue(())).unwrap();
    let refused = fitted
        .ensemble
        .predict_margins(Features::new(&[&numbers]).unwrap());
    assert!(
        matches!(refused, Err(BoostError::ColumnKind { column: 0, .. })),
        "{refused:?}"
    );
}

#[test]
fn columns_of_one_level_or_none_are_left_alone() {
    let (lone, missing) = ([5; 50], [MISSING_CATEGORY; 50]);
    let labels: Vec<f32> = (0..50u8).map(|i| f32::from(i % 2)).collect();
    let columns = [Column::Categories(&lone), Column::Categories(&missing)];
    let data = Dataset::new(Features::mixed(&columns).unwrap(), &labels).unwrap();
    let params = Params {
        min_rows_in_leaf: 1,
        ..Params::new(Objective::Logistic)
    };
    let fitted = fit(&data, None, &params, &mut |_| ControlFlow::Continue(())).unwrap();
    assert!(fitted.ensemble.trees().is_empty());
}

/// The value of a row's leaf by links, from the numbers that a graph would feed them.
fn by_links(links: &[Link], row: &[f32]) -> f32 {
    let mut at = 0;
    loop {
        let (x, goes_left, missing_left, left, right) = match links[at] {
            Link::Leaf { value } => return value,
            Link::AtMost {
                feature,
                value,
                missing_left,
                left,
                right,
            } => {
                let x = row[feature as usize];
                (x, x <= value, missing_left, left, right)
            }
            Link::Equal {
                feature,
                value,
                missing_left,
                left,
                right,
            } => {
                let x = row[feature as usize];
                (x, x == value, missing_left, left, right)
            }
        };
        let goes_left = if x.is_nan() { missing_left } else { goes_left };
        at = if goes_left { left } else { right } as usize;
    }
}

#[test]
fn chains_of_comparisons_end_in_the_same_leaves() {
    let (table, other) = (Levels::new(6000, 300, 7), Levels::new(1500, 350, 8));
    let params = Params {
        rounds: 20,
        ..Params::new(Objective::Logistic)
    };
    let ensemble = table.fit(&params, &table.columns());
    let margins = ensemble
        .predict_margins(Features::mixed(&other.columns()).unwrap())
        .unwrap();
    let chains: Vec<Vec<Link>> = ensemble.trees().iter().map(Tree::links).collect();
    assert!(
        chains
            .iter()
            .flatten()
            .any(|link| matches!(link, Link::Equal { .. }))
    );
    let group = |column: u32, code: u32| {
        let groups = ensemble.groups(column).unwrap();
        match groups.binary_search_by_key(&code, |level| level.0) {
            _ if code == MISSING_CATEGORY => f32::NAN,
            Ok(at) => f32::from(groups[at].1),
            Err(_) => -7.0,
        }
    };
    for (row, margin) in margins.iter().enumerate() {
        let [many, few] = [&other.many, &other.few].map(|codes| codes[row]);
        let row = [group(0, many), group(1, few), other.numbers[row]];
        let sum: f32 = chains.iter().map(|links| by_links(links, &row)).sum();
        assert_eq!(ensemble.base_scores()[0] + sum, *margin);
    }
}

/// A column of six levels is divided with the caution of many also where a node holds two of them: a
/// smoothing that no level outweighs then leaves nothing to divide, anywhere in a tree.
#[test]
fn the_levels_of_the_column_decide_how_it_is_divided_not_those_of_a_node() {
    let mut table = Levels::new(4000, 6, 31);
    // The number alone brings each node down to a level or two.
    for (number, &level) in table.numbers.iter_mut().zip(&table.many) {
        *number = if level == MISSING_CATEGORY {
            -1.0
        } else {
            level as f32
        } + *number * 3.0;
    }
    let asked = |one_against_rest| {
        let params = Params {
            categories: yard_boost::Categories {
                one_against_rest,
                smoothing: 1e9,
                ..yard_boost::Categories::default()
            },
            rounds: 20,
            ..Params::new(Objective::Logistic)
        };
        let ensemble = table.fit(&params, &[table.columns()[0], table.columns()[2]]);
        let nodes = ensemble.trees().iter().flat_map(Tree::nodes);
        let sets = nodes.filter(|node| {
            matches!(
                node,
                Node::Split {
                    test: Test::OneOf(_),
                    ..
                }
            )
        });
        sets.count()
    };
    assert_eq!(asked(4), 0);
    assert!(asked(6) > 0);
}
