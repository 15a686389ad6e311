//! Tables that nobody should train on: an error that names the trouble, or a defined model.

use std::ops::ControlFlow;

use yard_boost::{
    BoostError, Column, Dataset, Features, Fit, MISSING_CATEGORY, Node, Objective, Params, Stop,
    Test, fit,
};

fn train(columns: &[&[f32]], labels: &[f32], params: &Params) -> Result<Fit, BoostError> {
    let data = Dataset::new(Features::new(columns)?, labels)?;
    fit(&data, None, params, &mut |_| ControlFlow::Continue(()))
}

fn params(objective: Objective) -> Params {
    Params {
        min_rows_in_leaf: 1,
        rounds: 5,
        ..Params::new(objective)
    }
}

#[test]
fn nothing_at_all_is_refused() {
    assert_eq!(Features::new(&[]).unwrap_err(), BoostError::NoColumns);
    assert_eq!(
        train(&[&[]], &[], &params(Objective::Squared)),
        Err(BoostError::NoRows)
    );
}

#[test]
fn one_row_is_its_own_mean() {
    let fit = train(&[&[1.0]], &[3.5], &params(Objective::Squared)).unwrap();
    assert_eq!(
        (fit.ensemble.base_scores()[0], fit.stop),
        (3.5, Stop::NothingToSplit)
    );
    let refused = train(&[&[1.0]], &[1.0], &params(Objective::Logistic));
    assert_eq!(refused, Err(BoostError::OneClass { label: 1.0 }));
}

#[test]
fn two_rows_can_be_told_apart() {
    for objective in [Objective::Logistic, Objective::Squared] {
        let x: &[f32] = &[1.0, 2.0];
        let fit = train(&[x], &[0.0, 1.0], &params(objective)).unwrap();
        let margins = fit
            .ensemble
            .predict_margins(Features::new(&[x]).unwrap())
            .unwrap();
        assert!(margins[0] < margins[1]);
    }
}

#[test]
fn columns_without_information_give_the_base_score() {
    let (constant, missing) = ([4.0; 50], [f32::NAN; 50]);
    let labels: Vec<f32> = (0..50u8).map(|i| f32::from(i % 2)).collect();
    for objective in [Objective::Logistic, Objective::Squared] {
        let fit = train(&[&constant, &missing], &labels, &params(objective)).unwrap();
        assert_eq!(fit.stop, Stop::NothingToSplit);
        assert!(fit.ensemble.trees().is_empty());
    }
}

#[test]
fn a_constant_target_is_predicted() {
    let x: Vec<f32> = (0..50u8).map(f32::from).collect();
    for label in [0.0, -1e-30, 1e30, 0.1] {
        let fit = train(&[&x], &[label; 50], &params(Objective::Squared)).unwrap();
        let margins = fit
            .ensemble
            .predict_margins(Features::new(&[&x]).unwrap())
            .unwrap();
        assert!(
            margins
                .iter()
                .all(|m| (m - label).abs() <= label.abs() * 1e-6)
        );
    }
}

#[test]
fn known_against_missing_is_a_split() {
    let x: Vec<f32> = (0..40u8)
        .map(|i| if i % 2 == 0 { 1.0 } else { f32::NAN })
        .collect();
    let labels: Vec<f32> = (0..40u8).map(|i| f32::from(i % 2)).collect();
    let fit = train(&[&x], &labels, &params(Objective::Squared)).unwrap();
    let root = &fit.ensemble.trees()[0].nodes()[0];
    assert!(
        matches!(
            root,
            Node::Split {
                test: Test::AtMost(f32::MAX),
                missing_left: false,
                ..
            }
        ),
        "{root:?}"
    );
}

#[test]
#[expect(
    clippy::cast_possible_truncation,
    reason = "what happens to such values is the question"
)]
fn values_beyond_f32_are_named_and_tiny_ones_are_zero() {
    let big = [1.0, 1e300f64 as f32, 2.0];
    let refused = train(
        &[&[0.0; 3], &big],
        &[0.0, 1.0, 0.0],
        &params(Objective::Logistic),
    );
    let error = refused.unwrap_err();
    assert_eq!(error, BoostError::InfiniteFeature { column: 1, row: 1 });
    assert_eq!(error.to_string(), "column 1, row 1: infinite value");

    let tiny = [1e-300f64 as f32, f32::from_bits(1), f32::MAX, f32::MIN];
    let fit = train(&[&tiny], &[0.0, 1.0, 2.0, 3.0], &params(Objective::Squared)).unwrap();
    let margins = fit
        .ensemble
        .predict_margins(Features::new(&[&tiny]).unwrap())
        .unwrap();
    assert!(margins[0] < margins[1] && margins[1] < margins[2] && margins[2] < margins[3]);
}

#[test]
fn labels_are_checked() {
    let x: &[f32] = &[1.0, 2.0, 3.0];
    let refused = |labels: &[f32], objective| train(&[x], labels, &params(objective)).unwrap_err();
    let error = refused(&[0.0, 1.0, 2.0], Objective::Logistic);
    assert_eq!(error.to_string(), "row 2: label 2 is not 0 or 1");
    let error = refused(&[0.0, f32::NAN, 2.0], Objective::Squared);
    assert_eq!(error.to_string(), "row 1: label NaN is not finite");
    let params = Params {
        rounds: 100,
        ..params(Objective::Squared)
    };
    let error = train(&[x], &[3e38, -3e38, 0.0], &params).unwrap_err();
    assert_eq!(error, BoostError::LabelRange { largest: 3e38 });
}

#[test]
fn large_labels_stay_finite() {
    let x: Vec<f32> = (0..100u8).map(f32::from).collect();
    let labels: Vec<f32> = x.iter().map(|x| (x - 50.0) * 1e34).collect();
    let fit = train(&[&x], &labels, &params(Objective::Squared)).unwrap();
    let margins = fit
        .ensemble
        .predict_margins(Features::new(&[&x]).unwrap())
        .unwrap();
    assert!(margins.iter().all(|m| m.is_finite()) && margins[0] < margins[99]);
}

#[test]
fn weights_are_checked_and_extremes_hold() {
    let x: Vec<f32> = (0..100u8).map(f32::from).collect();
    let labels: Vec<f32> = (0..100u8).map(|i| f32::from(u8::from(i > 30))).collect();
    let columns = [x.as_slice()];
    let data = Dataset::new(Features::new(&columns).unwrap(), &labels).unwrap();
    let error = data.with_weights(&[-1.0; 100]).unwrap_err();
    assert_eq!(
        error,
        BoostError::Weight {
            row: 0,
            weight: -1.0
        }
    );
    assert_eq!(
        data.with_weights(&[0.0; 100]).unwrap_err(),
        BoostError::NoWeight
    );
    assert!(matches!(
        data.with_weights(&[1.0; 99]).unwrap_err(),
        BoostError::Length { .. }
    ));
    for objective in [Objective::Logistic, Objective::Squared] {
        for extreme in [0.0, 1e-38, 1e38] {
            let weights: Vec<f32> = (0..100u8)
                .map(|i| if i % 3 == 0 { extreme } else { 1.0 })
                .collect();
            let data = data.with_weights(&weights).unwrap();
            let fit = fit(&data, None, &params(objective), &mut |_| {
                ControlFlow::Continue(())
            });
            let margins = fit
                .unwrap()
                .ensemble
                .predict_margins(data.features())
                .unwrap();
            assert!(margins.iter().all(|m| m.is_finite()));
        }
    }
}

#[test]
fn ten_thousand_columns_are_only_many() {
    let columns: Vec<Vec<f32>> = (0..10_000u16)
        .map(|c| {
            (0..60u16)
                .map(|r| f32::from(c.wrapping_mul(r).wrapping_mul(40_503) >> 4))
                .collect()
        })
        .collect();
    let slices: Vec<&[f32]> = columns.iter().map(Vec::as_slice).collect();
    let labels: Vec<f32> = (0..60u8).map(|r| f32::from(r % 2)).collect();
    let fit = train(&slices, &labels, &params(Objective::Logistic)).unwrap();
    assert_eq!(fit.ensemble.trees().len(), 5);
}

#[test]
fn another_number_of_columns_is_refused() {
    let x: &[f32] = &[1.0, 2.0];
    let fit = train(&[x], &[0.0, 1.0], &params(Objective::Logistic)).unwrap();
    let error = fit
        .ensemble
        .predict_margins(Features::new(&[x, x]).unwrap())
        .unwrap_err();
    assert_eq!(
        error,
        BoostError::ColumnCount {
            expected: 1,
            found: 2
        }
    );
}

#[test]
fn patience_needs_something_to_watch() {
    let x: &[f32] = &[1.0, 2.0];
    let params = Params {
        early_stopping: Some(3),
        ..params(Objective::Logistic)
    };
    let error = train(&[x], &[0.0, 1.0], &params).unwrap_err();
    assert!(
        error.to_string().starts_with("`early_stopping` is set"),
        "{error}"
    );
}

/// Every objective, with labels that it takes.
const OBJECTIVES: [Objective; 8] = [
    Objective::Logistic,
    Objective::Softmax { classes: 2 },
    Objective::Squared,
    Objective::Absolute,
    Objective::Quantile { level: 0.01 },
    Objective::Quantile { level: 0.99 },
    Objective::Huber { delta: 1e-30 },
    Objective::Poisson,
];

#[test]
fn few_rows_of_any_kind_are_a_model_or_a_named_error() {
    let numbers = [f32::NAN, 0.0, f32::MAX, f32::MIN, 1e-45, 1.0, 1.0];
    let codes = [MISSING_CATEGORY, 0, 7, 7, 16_777_215, 1, 1];
    let labels = [0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0];
    for objective in OBJECTIVES {
        for rows in 1..=7 {
            let columns = [
                Column::Numbers(&numbers[..rows]),
                Column::Categories(&codes[..rows]),
            ];
            for weight in [1.0, 1e-30, 1e30] {
                let features = Features::mixed(&columns).unwrap();
                let mut weights = vec![1.0; rows];
                weights[rows / 2] = weight;
                let data = Dataset::new(features, &labels[..rows]).unwrap();
                let data = data.with_weights(&weights).unwrap();
                let mut params = params(objective);
                params.min_hessian_in_leaf = 0.0;
                params.categories.min_rows_per_group = 1;
                params.categories.smoothing = 0.0;
                params.categories.one_against_rest = 2;
                params.report_train_loss = true;
                match fit(&data, Some(&data), &params, &mut |_| {
                    ControlFlow::Continue(())
                }) {
                    Ok(fit) => {
                        let margins = fit.ensemble.predict_margins(features).unwrap();
                        assert!(
                            margins.iter().all(|m| m.is_finite()),
                            "{objective:?} {rows}"
                        );
                        let losses = fit.history.iter().filter_map(|losses| losses.train);
                        losses.for_each(|loss| assert!(!loss.is_nan(), "{objective:?}"));
                        let contributions = fit.ensemble.contributions(features).unwrap();
                        assert!(contributions.iter().all(|c| c.is_finite()));
                    }
                    Err(error) => assert!(
                        matches!(error, BoostError::OneClass { .. } | BoostError::NoCounts),
                        "{objective:?} {rows}: {error}"
                    ),
                }
            }
        }
    }
}

#[test]
fn extreme_labels_stay_finite_or_are_refused() {
    let x: Vec<f32> = (0..60u8).map(f32::from).collect();
    for objective in &OBJECTIVES[2..] {
        for scale in [1e-45, 1e-30, 1.0, 1e15, 1e30, 3e38] {
            let labels: Vec<f32> = x.iter().map(|x| scale * (x / 60.0)).collect();
            match train(&[&x], &labels, &params(*objective)) {
                Ok(fit) => {
                    let features = [x.as_slice()];
                    let margins = fit
                        .ensemble
                        .predict_margins(Features::new(&features).unwrap());
                    let margins = margins.unwrap();
                    assert!(
                        margins.iter().all(|m| m.is_finite()),
                        "{objective:?} {scale}"
                    );
                }
                Err(error) => assert!(
                    matches!(
                        error,
                        BoostError::LabelRange { .. }
                            | BoostError::Label { .. }
                            | BoostError::NoCounts
                    ),
                    "{objective:?} {scale}: {error}"
                ),
            }
        }
    }
}

#[test]
fn other_engines_refuse_nothing_without_a_name() {
    let codes: Vec<u32> = (0..80)
        .map(|i| if i % 4 == 0 { MISSING_CATEGORY } else { i % 4 })
        .collect();
    let labels: Vec<f32> = codes
        .iter()
        .map(|&c| f32::from(u8::from(c == MISSING_CATEGORY)))
        .collect();
    let columns = [Column::Categories(&codes)];
    let data = Dataset::new(Features::mixed(&columns).unwrap(), &labels).unwrap();
    let fit = fit(&data, None, &params(Objective::Squared), &mut |_| {
        ControlFlow::Continue(())
    });
    let ensemble = fit.unwrap().ensemble;
    let error = ensemble.to_lightgbm().unwrap_err();
    assert_eq!(
        error.to_string(),
        "LightGBM cannot express a split that sends missing categories left"
    );
    assert!(
        ensemble.to_xgboost().contains("Infinity"),
        "known against missing"
    );
}
