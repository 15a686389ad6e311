//! Gradient boosting: columns to trees to a graph.

mod columns;
mod forest;
#[cfg(test)]
mod parity_tests;
mod settings;

use yard_boost::{Dataset, Features, Objective, Params};
use yard_contract::{Finite, Importance};

use crate::checkpoint::Watch;
use crate::config::BoostingConfig;
use crate::data::Training;
use crate::error::TrainError;
use crate::fit::Fitted;
use crate::target::Target;

use columns::Codings;
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
    let Grown { forest, params } = grown;
    let names: Vec<&str> = forest.codings.names().collect();
    Ok(Fitted {
        onnx: forest.graph(&training.target)?,
        history: Vec::new(),
        importance: shares(&names, &forest.ensemble.gain_importance()),
        parameters: settings::recorded(&params, config.coding(&training.target)),
    })
}

/// What a fit ends with, before it is written down.
struct Grown {
    forest: Forest,
    params: Params,
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
    let params = settings::params(config, objective, seed);
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
    })
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
