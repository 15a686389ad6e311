//! Gradient boosting: columns to trees to a graph.

mod columns;
mod forest;
#[cfg(test)]
mod parity_tests;
mod settings;

use yard_boost::{Dataset, Ensemble, Features, Objective, Params, RoundLoss};
use yard_contract::{Finite, Importance, Round};

use crate::checkpoint::Watch;
use crate::config::BoostingConfig;
use crate::data::Training;
use crate::error::TrainError;
use crate::fit::Fitted;
use crate::target::Target;

use columns::Codings;
pub(crate) use columns::ColumnCode;
use forest::Forest;

/// Fits trees and writes them, with what makes numbers of categories in front, as one graph.
pub(crate) fn fit(
    training: &Training,
    weights: Option<&[f64]>,
    config: &BoostingConfig,
    seed: u64,
    watch: &mut Watch<'_>,
) -> Result<Fitted, TrainError> {
    let grown = grow(training, weights, config, seed, watch)?;
    let Grown {
        forest,
        params,
        history,
    } = grown;
    let names: Vec<&str> = forest.codings.names().collect();
    Ok(Fitted {
        onnx: forest.graph(&training.target)?,
        history,
        importance: shares(&names, &forest.ensemble.gain_importance()),
        parameters: settings::recorded(&params, config, config.coding(&training.target)),
    })
}

/// Up to so many training rows, rounds report their loss; of more it would take too large a part of
/// the time.
const LOSS_ROWS: usize = 100_000;

/// Trees, and all that it takes to use them without the graph.
pub(crate) struct Exported {
    pub(crate) ensemble: Ensemble,
    /// What the trees' columns are.
    pub(crate) columns: Vec<ColumnCode>,
    /// The graph that [`fit`] makes of the same trees.
    pub(crate) onnx: Vec<u8>,
}

/// Fits the same trees for another engine's file.
pub(crate) fn export(
    training: &Training,
    weights: Option<&[f64]>,
    config: &BoostingConfig,
    seed: u64,
    watch: &mut Watch<'_>,
) -> Result<Exported, TrainError> {
    let forest = grow(training, weights, config, seed, watch)?.forest;
    Ok(Exported {
        onnx: forest.graph(&training.target)?,
        columns: forest.codings.legend(),
        ensemble: forest.ensemble,
    })
}

/// What a fit ends with, before it is written down.
struct Grown {
    forest: Forest,
    params: Params,
    history: Vec<Round>,
}

fn grow(
    training: &Training,
    weights: Option<&[f64]>,
    config: &BoostingConfig,
    seed: u64,
    watch: &mut Watch<'_>,
) -> Result<Grown, TrainError> {
    let (objective, labels) = learnt(&training.target, config);
    let codings = Codings::fit(
        &training.table,
        config.coding(&training.target),
        &labels,
        weights,
    );
    let prepared = codings.apply(&training.table);
    let columns: Vec<_> = prepared.iter().map(columns::Prepared::column).collect();
    let features = Features::mixed(&columns)?;
    let names: Vec<&str> = codings.names().collect();
    let params = Params {
        report_train_loss: watch.wants_losses() && training.target.rows() <= LOSS_ROWS,
        ..settings::params(config, objective, seed, &names)
    };
    let (labels, weights) = (single(&labels), weights.map(single));
    let mut dataset = Dataset::new(features, &labels)?;
    if let Some(weights) = &weights {
        dataset = dataset.with_weights(weights)?;
    }
    let fitted = watch.boost(&dataset, &params)?;
    let ensemble = fitted.ensemble;
    Ok(Grown {
        forest: Forest { codings, ensemble },
        params,
        history: rounds(&fitted.history),
    })
}

/// The rounds whose loss was asked for.
fn rounds(history: &[RoundLoss]) -> Vec<Round> {
    let rounds = (1..).zip(history);
    let rounds = rounds.filter_map(|(round, losses)| {
        Some(Round {
            round,
            train_loss: Finite::new(losses.train?)?,
            validation_loss: losses.validation.and_then(Finite::new),
        })
    });
    rounds.collect()
}

/// What the trees learn, and from which numbers.
fn learnt(target: &Target, config: &BoostingConfig) -> (Objective, Vec<f64>) {
    match target {
        Target::Binary { labels, .. } => {
            let labels = labels.iter().map(|label| f64::from(u8::from(*label)));
            (Objective::Logistic, labels.collect())
        }
        Target::Multiclass { labels, classes } => {
            let classes = classes.len();
            let labels = labels.iter().map(|label| f64::from(*label));
            (Objective::Softmax { classes }, labels.collect())
        }
        Target::Regression(values) => (settings::of_numbers(config), values.clone()),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "trees learn in single precision"
)]
fn single(numbers: &[f64]) -> Vec<f32> {
    numbers.iter().map(|number| *number as f32).collect()
}

/// Each feature's share of a total, largest first.
pub(crate) fn shares(names: &[&str], amounts: &[f64]) -> Vec<Importance> {
    let total: f64 = amounts.iter().sum();
    let mut shares: Vec<Importance> = names
        .iter()
        .zip(amounts)
        .map(|(name, amount)| Importance {
            feature: (*name).to_owned(),
            share: Finite::new(amount / total).unwrap_or_default(),
        })
        .collect();
    shares.sort_by(|a, b| {
        b.share
            .get()
            .total_cmp(&a.share.get())
            .then_with(|| a.feature.cmp(&b.feature))
    });
    shares
}
