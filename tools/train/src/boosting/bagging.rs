//! Random forests: the engine's trees, each grown on rows drawn with replacement, and their mean.
//!
//! Of two classes the trees learn zeros and ones, whose squared error falls by a split exactly as the
//! Gini impurity does, so that a leaf's mean is its share of positives. Of several classes each has a
//! forest of its own, and the shares are divided by their sum.

use yard_boost::{Dataset, Ensemble, Features, Objective, Params};
use yard_contract::Scalar;
use yard_model::GraphBuilder;

use super::columns::{Codings, boosted_columns};
use super::forest::sums;
use super::settings::splits;
use super::{by_feature, shares, single};
use crate::checkpoint::Watch;
use crate::config::{CategoryCoding, ForestConfig, TrainConfig};
use crate::data::Training;
use crate::error::TrainError;
use crate::fit::{Fitted, finish_shares};
use crate::native::{Bag, Native};
use crate::prepare::Preparation;
use crate::target::Target;

/// Fits a forest and writes it as one graph.
pub(crate) fn bag(
    training: &Training,
    weights: Option<&[f64]>,
    config: &TrainConfig,
    watch: &mut Watch<'_>,
) -> Result<Fitted, TrainError> {
    let preparation = Preparation::fit(training, weights, config)?;
    let seen = preparation.training(&training.table)?;
    let codings = Codings::fit(&seen, CategoryCoding::Native, &[], weights);
    let prepared = codings.apply(&seen);
    let columns = boosted_columns(&prepared);
    let features = Features::mixed(&columns)?;
    let weights = weights.map(single);
    let params = params(&config.random_forest, config.seed);
    let mut ensembles: Vec<Ensemble> = Vec::new();
    for labels in outputs(&training.target) {
        let labels = single(&labels);
        let mut dataset = Dataset::new(features, &labels)?;
        if let Some(weights) = &weights {
            dataset = dataset.with_weights(weights)?;
        }
        ensembles.push(watch.boost(&dataset, None, &params)?.ensemble);
    }

    let mut graph = GraphBuilder::new("trainyard", "trainyard", env!("CARGO_PKG_VERSION"));
    let handles = preparation.write(&mut graph)?;
    let of_each: Result<Vec<_>, _> = ensembles
        .iter()
        .map(|ensemble| sums(&mut graph, &handles, &codings, ensemble))
        .collect();
    let of_each = of_each?;
    let scores = graph.concat(&of_each.iter().collect::<Vec<_>>())?;
    let mut gains = vec![0.0; seen.len()];
    for ensemble in &ensembles {
        let own = ensemble.gain_importance();
        gains
            .iter_mut()
            .zip(own)
            .for_each(|(sum, gain)| *sum += gain);
    }
    let (names, amounts) = by_feature(seen.iter().map(|column| column.feature).zip(gains));
    let mut parameters = recorded(&params);
    parameters.extend(preparation.recorded());
    let importance = shares(&names, &amounts);
    drop(columns);
    drop(prepared);
    drop(seen);
    let native = Native::Bagged(Bag {
        preparation,
        codings,
        ensembles,
    });
    Ok(Fitted {
        onnx: finish_shares(graph, &scores, &training.target)?,
        history: Vec::new(),
        importance,
        parameters,
        validation_rows: None,
        native,
    })
}

/// What each forest learns.
fn outputs(target: &Target) -> Vec<Vec<f64>> {
    match target {
        Target::Multiclass { labels, classes } => (0_u32..)
            .take(classes.len())
            .map(|class| {
                let is_class = labels
                    .iter()
                    .map(|label| f64::from(u8::from(*label == class)));
                is_class.collect()
            })
            .collect(),
        Target::Binary { .. } | Target::Regression(_) => target.numbers().into_iter().collect(),
    }
}

fn params(config: &ForestConfig, seed: u64) -> Params {
    let count = |value: u32| value as usize;
    Params {
        rounds: count(config.trees),
        // The sum of the trees is their mean.
        learning_rate: 1.0 / f64::from(config.trees.max(1)),
        max_leaves: count(config.max_leaves),
        max_depth: config.max_depth.map(count),
        min_rows_in_leaf: count(config.min_rows_in_leaf),
        column_sample: config.column_sample.get(),
        max_bins: count(config.max_bins),
        categories: splits(&config.category_splits),
        bagging: true,
        seed,
        ..Params::new(Objective::Squared)
    }
}

/// Every parameter, defaults included.
fn recorded(params: &Params) -> std::collections::BTreeMap<String, Scalar> {
    let count = |value: usize| Scalar::number(value as f64);
    [
        ("trees", count(params.rounds)),
        ("max_leaves", count(params.max_leaves)),
        ("max_depth", params.max_depth.map_or(Scalar::Null, count)),
        ("min_rows_in_leaf", count(params.min_rows_in_leaf)),
        ("column_sample", Scalar::number(params.column_sample)),
        ("max_bins", count(params.max_bins)),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}
