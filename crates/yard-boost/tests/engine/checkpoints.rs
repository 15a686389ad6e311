//! Interrupted anywhere and gone on with, a fit ends in the same bits.

use std::ops::ControlFlow;

use yard_boost::{
    BoostError, Column, Dataset, Features, Fit, Objective, Params, Stop, fit, resume,
};

use crate::table::Table;

/// Rows with the third column as categories, and others to judge by.
struct Inputs {
    train: Table,
    held_out: Table,
    codes: [Vec<u32>; 2],
}

impl Inputs {
    fn new() -> Self {
        let [train, held_out] = [61, 62].map(|seed| Table::mixed(1500, seed));
        let codes = [&train, &held_out].map(|table| {
            let code = |&value: &f32| (0..9).find(|&code| f32::from(code) >= value);
            let code = |value| u32::from(code(value).unwrap_or(0u16));
            table.columns[2].iter().map(code).collect()
        });
        Self {
            train,
            held_out,
            codes,
        }
    }

    fn run(&self, params: &Params, from: Option<&[u8]>, until: usize) -> (Fit, Vec<u8>) {
        let [train, held_out] = [(&self.train, 0), (&self.held_out, 1)].map(|(table, which)| {
            let mut columns: Vec<Column<'_>> = Vec::new();
            columns.extend(table.slices().into_iter().map(Column::Numbers));
            columns[2] = Column::Categories(&self.codes[which]);
            columns
        });
        let train = Dataset::new(Features::mixed(&train).unwrap(), &self.train.labels).unwrap();
        let held_out =
            Dataset::new(Features::mixed(&held_out).unwrap(), &self.held_out.labels).unwrap();
        let mut kept = Vec::new();
        let observer = &mut |report: &yard_boost::RoundReport<'_>| {
            kept = report.checkpoint();
            if report.round == until {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let fit = match from {
            Some(bytes) => resume(&train, Some(&held_out), params, bytes, observer),
            None => fit(&train, Some(&held_out), params, observer),
        };
        (fit.unwrap(), kept)
    }
}

#[test]
fn every_round_is_a_place_to_stop() {
    let inputs = Inputs::new();
    for objective in [
        Objective::Logistic,
        Objective::Softmax { classes: 2 },
        Objective::Quantile { level: 0.7 },
    ] {
        let params = Params {
            rounds: 12,
            row_sample: 0.7,
            column_sample: 0.8,
            early_stopping: Some(5),
            report_train_loss: true,
            ..Params::new(objective)
        };
        let (whole, last) = inputs.run(&params, None, usize::MAX);
        for stop in 1..whole.history.len() {
            let (part, kept) = inputs.run(&params, None, stop);
            assert_eq!((part.stop, part.history.len()), (Stop::Observer, stop));
            let (resumed, again) = inputs.run(&params, Some(&kept), usize::MAX);
            assert_eq!(resumed, whole);
            assert_eq!(again, last, "the bytes of the last checkpoint too");
        }
        let (resumed, _) = inputs.run(&params, Some(&last), usize::MAX);
        assert_eq!(resumed, whole, "nothing was left to do");
    }
}

#[test]
fn a_fit_that_pauses_holds_the_first_trees_and_goes_on_to_the_last() {
    let inputs = Inputs::new();
    let params = Params {
        rounds: 12,
        row_sample: 0.7,
        ..Params::new(Objective::Logistic)
    };
    let until = |pause_after: Option<usize>| Params {
        pause_after,
        ..params.clone()
    };
    let (whole, _) = inputs.run(&params, None, usize::MAX);
    let (first, kept) = inputs.run(&until(Some(4)), None, usize::MAX);
    assert_eq!((first.stop, first.history.len()), (Stop::Paused, 4));
    assert_eq!(first.ensemble.trees(), &whole.ensemble.trees()[..4]);
    let (again, _) = inputs.run(&until(Some(4)), Some(&kept), usize::MAX);
    assert_eq!(again, first, "no round is done twice");
    let (second, kept) = inputs.run(&until(Some(9)), Some(&kept), usize::MAX);
    assert_eq!((second.stop, second.history.len()), (Stop::Paused, 9));
    assert_eq!(inputs.run(&params, Some(&kept), usize::MAX).0, whole);
    assert_eq!(
        inputs.run(&until(Some(50)), Some(&kept), usize::MAX).0,
        whole
    );
}

#[test]
fn patience_remembers_what_was_before() {
    let inputs = Inputs::new();
    let params = Params {
        rounds: 200,
        learning_rate: 0.5,
        early_stopping: Some(4),
        ..Params::new(Objective::Logistic)
    };
    let (whole, last) = inputs.run(&params, None, usize::MAX);
    assert_eq!(whole.stop, Stop::NoImprovement);
    let rounds = whole.history.len();
    for stop in rounds.saturating_sub(6)..rounds {
        let (_, kept) = inputs.run(&params, None, stop);
        assert_eq!(inputs.run(&params, Some(&kept), usize::MAX).0, whole);
    }
    assert_eq!(inputs.run(&params, Some(&last), usize::MAX).0, whole);
}

#[test]
fn other_inputs_are_told() {
    let table = Table::mixed(300, 63);
    let columns = table.slices();
    let data = Dataset::new(Features::new(&columns).unwrap(), &table.labels).unwrap();
    let params = Params {
        rounds: 3,
        ..Params::new(Objective::Logistic)
    };
    let mut kept = Vec::new();
    fit(&data, None, &params, &mut |report| {
        kept = report.checkpoint();
        ControlFlow::Break(())
    })
    .unwrap();
    let refused = |data: &Dataset<'_>, held_out: Option<&Dataset<'_>>, params: &Params| {
        resume(data, held_out, params, &kept, &mut |_| {
            ControlFlow::Continue(())
        })
        .unwrap_err()
    };
    let of_other = |what| BoostError::CheckpointOfOther { what };
    let more = Params {
        rounds: 4,
        ..params.clone()
    };
    assert_eq!(refused(&data, None, &more), of_other("parameters"));
    assert_eq!(
        refused(&data, Some(&data), &params),
        of_other("validation rows")
    );
    let weights = [2.0; 300];
    let weighted = data.with_weights(&weights).unwrap();
    assert_eq!(refused(&weighted, None, &params), of_other("training rows"));
    let mut other = table.clone();
    other.columns[3][7] = 0.125;
    let columns = other.slices();
    let changed = Dataset::new(Features::new(&columns).unwrap(), &table.labels).unwrap();
    assert_eq!(refused(&changed, None, &params), of_other("training rows"));
    let damaged = resume(&data, None, &params, &kept[1..], &mut |_| {
        ControlFlow::Continue(())
    });
    assert_eq!(damaged, Err(BoostError::CheckpointDamaged));
}
