//! The graph against the trees it was made of.

use std::fmt::Write as _;

use yard_contract::Classes;
use yard_model::{Inputs, Session};
use yard_table::{ColumnKind, ColumnSpec, Layout, Table};

use super::*;
use crate::checkpoint::Watch;
use crate::config::{CategoryCoding, Loss};

/// A number, few levels and many levels; every seventh cell of each is missing at times of its own.
fn table(rows: usize, from: usize) -> Table {
    let mut text = "x,few,many\n".to_owned();
    for row in (0..rows).map(|row| row + from) {
        let cell = |missing: bool, cell: String| if missing { String::new() } else { cell };
        let x = cell(row % 7 == 0, format!("{}", row * 7919 % 400));
        let few = cell(row % 7 == 1, format!("f{}", row * 31 % 4));
        let many = cell(row % 7 == 2, format!("m{}", row * 13 % (61 + from)));
        writeln!(text, "{x},{few},{many}").unwrap();
    }
    let specs = [
        ColumnSpec::new("x", ColumnKind::Number),
        ColumnSpec::new("few", ColumnKind::Category),
        ColumnSpec::new("many", ColumnKind::Category),
    ];
    let bytes = text.as_bytes();
    Table::read(bytes, &Layout::sniff(bytes), &specs).unwrap()
}

fn targets(rows: usize) -> Vec<Target> {
    let sum = |row: usize| row * 7919 % 400 / 40 + row * 31 % 4 * 3 + row * 13 % 61 % 5 * 2;
    let (low, middle) = ("low".to_owned(), "middle".to_owned());
    vec![
        Target::Binary {
            labels: (0..rows).map(|row| sum(row) > 11).collect(),
            classes: Classes {
                negative: low.clone(),
                positive: "high".to_owned(),
            },
        },
        Target::Multiclass {
            labels: (0..rows)
                .map(|row| u32::try_from(sum(row) / 10).unwrap())
                .collect(),
            classes: vec![low, middle, "top".to_owned()],
        },
        Target::Regression((0..rows).map(|row| sum(row) as f64).collect()),
    ]
}

/// What the graph answers before it makes probabilities of it.
fn asked(onnx: &[u8], table: &Table, output: &str) -> Vec<Vec<f32>> {
    let session = Session::load(onnx).unwrap();
    let columns = session.inputs().iter().map(|port| {
        table.category(&port.name).map_or_else(
            || yard_model::Column::F32(table.number(&port.name).unwrap()),
            |column| yard_model::Column::Text {
                levels: &column.levels,
                codes: &column.codes,
            },
        )
    });
    let outputs = session
        .run(&Inputs::new(table.rows(), columns.collect()))
        .unwrap();
    let width = session
        .outputs()
        .iter()
        .find(|port| port.name == output)
        .unwrap()
        .width();
    (0..width)
        .map(|column| outputs.numbers(output, column).unwrap().to_vec())
        .collect()
}

#[test]
fn the_graph_answers_what_the_trees_answer() {
    let rows = 3000;
    let known = table(rows, 0);
    let other = table(700, 40); // many of its levels were never seen
    let losses = [
        Loss::Squared,
        Loss::Absolute,
        Loss::Poisson,
        Loss::Quantile {
            level: Finite::new(0.8).unwrap(),
        },
        Loss::Huber {
            delta: Finite::new(2.0).unwrap(),
        },
    ];
    let weights: Vec<f64> = (0..rows).map(|row| (row % 3) as f64).collect();
    for target in targets(rows) {
        let training = Training {
            table: known.clone(),
            target,
            weights: None,
            groups: None,
            times: None,
        };
        for (loss, coding, weights) in losses.iter().flat_map(|loss| {
            [
                (loss, CategoryCoding::Native, None),
                (loss, CategoryCoding::Ranked, Some(weights.as_slice())),
            ]
        }) {
            let several = matches!(training.target, Target::Multiclass { .. });
            let config = TrainConfig {
                gradient_boosting: BoostingConfig {
                    rounds: 12,
                    max_leaves: 12,
                    objective: Some(loss.clone()),
                    categories: (!several).then_some(coding),
                    ..BoostingConfig::default()
                },
                seed: 5,
                ..crate::config::example()
            };
            let forest = grow(&training, weights, &config, &mut Watch::new(None, ""))
                .unwrap()
                .forest;
            let onnx = forest.graph(&training.target).unwrap();
            let gains = forest.ensemble.gain_importance();
            assert!(
                gains.iter().all(|gain| *gain > 0.0),
                "{loss:?}: every column counts"
            );
            for table in [&known, &other] {
                let seen = forest.preparation.apply(table).unwrap();
                let prepared = forest.codings.apply(&seen);
                let columns: Vec<_> = prepared.iter().map(columns::Prepared::column).collect();
                let margins = forest
                    .ensemble
                    .predict_margins(Features::mixed(&columns).unwrap())
                    .unwrap();
                match &training.target {
                    Target::Binary { .. } => {
                        assert!(asked(&onnx, table, "margin")[0] == margins);
                    }
                    Target::Multiclass { classes, .. } => {
                        let probabilities = asked(&onnx, table, "probabilities");
                        for (row, margins) in margins.chunks(classes.len()).enumerate() {
                            let total: f64 = margins.iter().map(|m| libm::exp(f64::from(*m))).sum();
                            for (margin, answers) in margins.iter().zip(&probabilities) {
                                let share = libm::exp(f64::from(*margin)) / total;
                                assert!((share - f64::from(answers[row])).abs() < 1e-6);
                            }
                        }
                    }
                    Target::Regression(_) => {
                        let values = asked(&onnx, table, "value").remove(0);
                        for (margin, value) in margins.iter().zip(values) {
                            if *loss == Loss::Poisson {
                                let mean = libm::exp(f64::from(*margin));
                                assert!((mean / f64::from(value) - 1.0).abs() < 1e-6);
                            } else {
                                assert_eq!(margin.to_bits(), value.to_bits());
                            }
                        }
                    }
                }
            }
        }
    }
}
