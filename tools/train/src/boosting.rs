//! Gradient boosting: columns to trees to a graph.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use yard_boost::{Dataset, Features, Node, Objective, Params, Test};
use yard_contract::{Algorithm, Finite, Importance, Scalar};
use yard_model::{GraphBuilder, Numbers, Tree, TreeEnsemble, TreeNode};
use yard_table::Column;

use crate::config::BoostingConfig;
use crate::data::Training;
use crate::error::TrainError;
use crate::fit::{Fitted, finish};
use crate::ranks::Ranks;
use crate::target::Target;

/// Fits trees and writes them, with the categories' ranks in front, as one graph.
pub(crate) fn fit(
    training: &Training,
    weights: Option<&[f64]>,
    config: &BoostingConfig,
    seed: u64,
    mut observer: impl FnMut(u64),
) -> Result<Fitted, TrainError> {
    let (objective, labels) = learnt(&training.target)?;
    let ranked: Vec<(&str, Prepared<'_>)> = training
        .table
        .columns()
        .map(|(name, column)| match column {
            Column::Number(values) => (name, Prepared::Number(values)),
            Column::Category(values) => {
                let ranks = Ranks::fit(values, &labels, weights);
                let codes = ranks.apply(values);
                (name, Prepared::Category(ranks, codes))
            }
        })
        .collect();
    let columns: Vec<&[f32]> = ranked
        .iter()
        .map(|(_, prepared)| prepared.values())
        .collect();
    let (labels, weights) = (single(&labels), weights.map(single));
    let features = Features::new(&columns)?;
    let params = params(config, objective, seed);
    let mut dataset = Dataset::new(features, &labels)?;
    if let Some(weights) = &weights {
        dataset = dataset.with_weights(weights)?;
    }
    let fitted = yard_boost::fit(&dataset, None, &params, &mut |round| {
        observer(round.round as u64);
        ControlFlow::Continue(())
    })?;
    let ensemble = fitted.ensemble;
    let mut graph = GraphBuilder::new("trainyard", "trainyard", env!("CARGO_PKG_VERSION"));
    let mut parts = Vec::with_capacity(ranked.len());
    for (name, prepared) in &ranked {
        parts.push(match prepared {
            Prepared::Number(_) => graph.input_number(name)?,
            Prepared::Category(ranks, _) => {
                let text = graph.input_text(name)?;
                graph.label_encoder(&text, &ranks.ranks, f32::NAN)?
            }
        });
    }
    let joined = graph.concat(&parts.iter().collect::<Vec<&Numbers>>())?;
    let trees = ensemble.trees().iter().map(|tree| Tree {
        nodes: nodes(tree.nodes()),
        target: 0,
    });
    let trees = TreeEnsemble {
        trees: trees.collect(),
        base: ensemble.base_scores().to_vec(),
    };
    let scores = graph.tree_ensemble(&joined, &trees)?;
    let onnx = finish(graph, &scores, &training.target)?;
    let gains = ensemble.gain_importance();
    let names: Vec<&str> = ranked.iter().map(|(name, _)| *name).collect();
    Ok(Fitted {
        onnx,
        history: Vec::new(),
        importance: shares(&names, &gains),
        parameters: recorded(&params),
    })
}

/// A column as the trees see it.
enum Prepared<'a> {
    Number(&'a [f32]),
    Category(Ranks, Vec<f32>),
}

impl Prepared<'_> {
    fn values(&self) -> &[f32] {
        match self {
            Self::Number(values) => values,
            Self::Category(_, codes) => codes,
        }
    }
}

/// What the trees learn, and from which numbers.
fn learnt(target: &Target) -> Result<(Objective, Vec<f64>), TrainError> {
    match (target, target.numbers()) {
        (Target::Binary { .. }, Some(numbers)) => Ok((Objective::Logistic, numbers)),
        (Target::Regression(_), Some(numbers)) => Ok((Objective::Squared, numbers)),
        _ => Err(TrainError::NotFor {
            algorithm: Algorithm::GradientBoosting.as_str(),
            task: target.task().as_str(),
        }),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "trees learn in single precision"
)]
fn single(numbers: &[f64]) -> Vec<f32> {
    numbers.iter().map(|number| *number as f32).collect()
}

fn params(config: &BoostingConfig, objective: Objective, seed: u64) -> Params {
    let count = |value: u32| value as usize;
    Params {
        rounds: count(config.rounds),
        learning_rate: config.learning_rate.get(),
        max_leaves: count(config.max_leaves),
        max_depth: config.max_depth.map(count),
        min_rows_in_leaf: count(config.min_rows_in_leaf),
        lambda_l2: config.lambda_l2.get(),
        row_sample: config.row_sample.get(),
        column_sample: config.column_sample.get(),
        max_bins: count(config.max_bins),
        seed,
        ..Params::new(objective)
    }
}

fn recorded(params: &Params) -> BTreeMap<String, Scalar> {
    let count = |value: usize| Scalar::number(value as f64);
    BTreeMap::from([
        ("rounds".to_owned(), count(params.rounds)),
        (
            "learning_rate".to_owned(),
            Scalar::number(params.learning_rate),
        ),
        ("max_leaves".to_owned(), count(params.max_leaves)),
        (
            "max_depth".to_owned(),
            params.max_depth.map_or(Scalar::Null, count),
        ),
        (
            "min_rows_in_leaf".to_owned(),
            count(params.min_rows_in_leaf),
        ),
        (
            "min_hessian_in_leaf".to_owned(),
            Scalar::number(params.min_hessian_in_leaf),
        ),
        ("lambda_l2".to_owned(), Scalar::number(params.lambda_l2)),
        ("min_gain".to_owned(), Scalar::number(params.min_gain)),
        ("row_sample".to_owned(), Scalar::number(params.row_sample)),
        (
            "column_sample".to_owned(),
            Scalar::number(params.column_sample),
        ),
        ("max_bins".to_owned(), count(params.max_bins)),
    ])
}

fn nodes(nodes: &[Node]) -> Vec<TreeNode> {
    let node = |node: &Node| match *node {
        Node::Split {
            feature,
            test: Test::AtMost(threshold),
            missing_left,
            left,
            right,
            ..
        } => TreeNode::Split {
            feature,
            threshold,
            missing_left,
            left,
            right,
        },
        Node::Split { .. } => unreachable!("categories are given as ranks, which are numbers"),
        Node::Leaf { value, .. } => TreeNode::Leaf { value },
    };
    nodes.iter().map(node).collect()
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
