use std::fmt::Write as _;

use yard_contract::{Algorithm, Classes};
use yard_model::Predictor;
use yard_table::{ColumnKind, ColumnSpec, Layout};

use super::*;
use crate::checkpoint::Watch;
use crate::config::{Loss, TrainConfig};
use crate::data::Training;
use crate::fit;

/// A number and a category with missing cells, and a number that says nothing.
fn table(rows: usize, from: usize) -> Table {
    let mut text = "x,level,same\n".to_owned();
    for row in (0..rows).map(|row| row + from) {
        let cell = |missing: bool, cell: String| if missing { String::new() } else { cell };
        let x = cell(row % 7 == 0, format!("{}", row * 7919 % 400));
        let level = cell(row % 11 == 1, format!("l{}", row * 31 % (5 + from)));
        writeln!(text, "{x},{level},3").unwrap();
    }
    let specs = [
        ColumnSpec::new("x", ColumnKind::Number),
        ColumnSpec::new("level", ColumnKind::Category),
        ColumnSpec::new("same", ColumnKind::Number),
    ];
    let bytes = text.as_bytes();
    Table::read(bytes, &Layout::sniff(bytes), &specs).unwrap()
}

fn targets(rows: usize) -> [Target; 3] {
    let sum = |row: usize| row * 7919 % 400 / 40 + row * 31 % 5 * 3 + row % 3;
    let class = |name: &str| name.to_owned();
    [
        Target::Binary {
            labels: (0..rows).map(|row| sum(row) > 11).collect(),
            classes: Classes {
                negative: class("no"),
                positive: class("yes"),
            },
        },
        Target::Multiclass {
            labels: (0..rows)
                .map(|row| u32::try_from(sum(row) / 8).unwrap().min(2))
                .collect(),
            classes: vec![class("high"), class("low"), class("middle")],
        },
        Target::Regression((0..rows).map(|row| 1.0 + sum(row) as f64).collect()),
    ]
}

/// Every algorithm with every task that it can.
fn fits() -> Vec<(Target, TrainConfig, Table, fit::Fitted)> {
    let rows = 900;
    let algorithms = [
        (Algorithm::GradientBoosting, None),
        (Algorithm::GradientBoosting, Some(Loss::Poisson)),
        (Algorithm::RandomForest, None),
        (Algorithm::LogisticRegression, None),
        (Algorithm::LinearRegression, None),
    ];
    let mut fits = Vec::new();
    for target in targets(rows) {
        for (algorithm, objective) in &algorithms {
            let is_number = matches!(target, Target::Regression(_));
            let can = match algorithm {
                Algorithm::LinearRegression => is_number,
                Algorithm::LogisticRegression => !is_number,
                _ => objective.is_none() || is_number,
            };
            if !can {
                continue;
            }
            let mut config = TrainConfig {
                algorithm: *algorithm,
                task: target.task(),
                seed: 3,
                ..crate::config::example()
            };
            config.gradient_boosting.rounds = 15;
            config.gradient_boosting.objective.clone_from(objective);
            config.random_forest.trees = 9;
            let training = Training {
                table: table(rows, 0),
                target: target.clone(),
                weights: Some((0..rows).map(|row| 1.0 + (row % 3) as f64).collect()),
                groups: None,
                times: None,
            };
            let fitted = fit::fit(&training, &config, &mut Watch::new(None, "")).unwrap();
            // Other rows, with levels that were never seen.
            fits.push((target.clone(), config, table(300, 3), fitted));
        }
    }
    fits
}

#[test]
fn the_parts_answer_what_the_graph_answers() {
    for (target, config, other, fitted) in fits() {
        let training = Training {
            table: table(900, 0),
            target: target.clone(),
            weights: None,
            groups: None,
            times: None,
        };
        let signature = fit::signature(&training, &config);
        let predictor = Predictor::new(&fitted.onnx, signature).unwrap();
        for table in [&training.table, &other] {
            let graph = predictor.predict(table).unwrap();
            let native = fitted.native.answers(table, &target).unwrap();
            assert_eq!(graph.values().len(), native.len());
            for (graph, native) in graph.values().iter().zip(&native) {
                let bound = 1e-6 * native.abs().max(1.0);
                assert!(
                    (f64::from(*graph) - native).abs() <= bound,
                    "{:?} {:?}: {graph} {native}",
                    config.algorithm,
                    config.task
                );
            }
        }
    }
}

#[test]
fn contributions_add_up_to_the_scores() {
    for (_, config, other, fitted) in fits() {
        let scores = fitted.native.scores(&other).unwrap();
        let explained = fitted.native.contributions(&other).unwrap();
        assert_eq!(explained.features, ["x", "level", "same"]);
        assert_eq!(scores.len(), other.rows() * explained.outputs);
        let rows = explained.values.chunks(3);
        let expected = explained.expected.iter().cycle();
        for ((score, own), expected) in scores.iter().zip(rows).zip(expected) {
            let sum = expected + own.iter().sum::<f64>();
            assert!(
                (score - sum).abs() <= 1e-5,
                "{:?}: {score} {sum}",
                config.algorithm
            );
            assert!(own[2].abs() < 1e-12, "a constant adds nothing: {own:?}");
        }
    }
}
