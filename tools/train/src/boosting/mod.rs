//! Gradient boosting: columns to trees to a graph.

mod bagging;
mod columns;
mod forest;
#[cfg(test)]
mod parity_tests;
mod settings;

use yard_boost::{Dataset, Ensemble, Features, Objective, Params, RoundLoss};
use yard_contract::{Finite, Importance, Round, Scalar};

use crate::checkpoint::Watch;
use crate::config::{BoostingConfig, TrainConfig};
use crate::data::Training;
use crate::error::TrainError;
use crate::fit::Fitted;
use crate::folds;
use crate::native::Native;
use crate::prepare::{Preparation, Prepared as Seen};
use crate::target::Target;

pub(crate) use bagging::bag;
pub(crate) use columns::{Codings, ColumnCode, boosted_columns};
pub(crate) use forest::Forest;

/// Fits trees and writes them, with what makes numbers of categories in front, as one graph.
pub(crate) fn fit(
    training: &Training,
    weights: Option<&[f64]>,
    config: &TrainConfig,
    watch: &mut Watch<'_>,
) -> Result<Fitted, TrainError> {
    let grown = grow(training, weights, config, watch)?;
    let Grown {
        forest,
        params,
        history,
        aside,
    } = grown;
    let settings = &config.gradient_boosting;
    let coding = settings.coding(&training.target);
    let mut parameters = settings::recorded(&params, settings, coding);
    parameters.extend(forest.preparation.recorded());
    if aside.is_some() {
        let kept = forest.ensemble.trees().len() / forest.ensemble.base_scores().len().max(1);
        parameters.insert("rounds_kept".to_owned(), Scalar::number(kept as f64));
    }
    let prepared = forest.preparation.training(&training.table)?;
    let gains = forest.ensemble.gain_importance();
    let (names, amounts) = by_feature(prepared.iter().map(|column| column.feature).zip(gains));
    let importance = shares(&names, &amounts);
    drop(prepared);
    Ok(Fitted {
        onnx: forest.graph(&training.target)?,
        history,
        importance,
        parameters,
        validation_rows: aside,
        native: Native::Boosted(forest),
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
    config: &TrainConfig,
    watch: &mut Watch<'_>,
) -> Result<Exported, TrainError> {
    let forest = grow(training, weights, config, watch)?.forest;
    Ok(Exported {
        onnx: forest.graph(&training.target)?,
        columns: forest.codings.legend(&forest.preparation)?,
        ensemble: forest.ensemble,
    })
}

/// What a fit ends with, before it is written down.
struct Grown {
    forest: Forest,
    params: Params,
    history: Vec<Round>,
    /// How many rows only decided when to stop.
    aside: Option<u64>,
}

/// Rows as the trees take them.
struct Rows<'t> {
    prepared: Vec<columns::Prepared<'t>>,
    labels: Vec<f32>,
    weights: Option<Vec<f32>>,
}

fn grow(
    training: &Training,
    weights: Option<&[f64]>,
    config: &TrainConfig,
    watch: &mut Watch<'_>,
) -> Result<Grown, TrainError> {
    let settings = &config.gradient_boosting;
    let Some(stopping) = &settings.early_stopping else {
        return grow_on(training, weights, None, config, watch);
    };
    let (share, method) = (stopping.share.get(), config.fold_method());
    let (inside, aside) = folds::set_aside(training, method, share, config.seed)?;
    check_classes(&training.target, &inside)?;
    let some = |rows: &[usize]| -> Option<Vec<f64>> {
        weights.map(|weights| rows.iter().map(|&row| weights[row]).collect())
    };
    let judging = (training.take(&aside), some(&aside));
    let (rows, weights) = (training.take(&inside), some(&inside));
    grow_on(&rows, weights.as_deref(), Some(&judging), config, watch)
}

/// Every class must be among the rows that are left to fit on.
fn check_classes(target: &Target, inside: &[usize]) -> Result<(), TrainError> {
    let shares = target.take(inside).shares();
    match shares.into_iter().find(|share| share.count == 0) {
        Some(absent) => Err(TrainError::AbsentClass {
            part: "training",
            class: absent.value,
        }),
        None => Ok(()),
    }
}

fn grow_on(
    training: &Training,
    weights: Option<&[f64]>,
    judging: Option<&(Training, Option<Vec<f64>>)>,
    config: &TrainConfig,
    watch: &mut Watch<'_>,
) -> Result<Grown, TrainError> {
    let settings = &config.gradient_boosting;
    let (objective, labels) = learnt(&training.target, settings);
    let preparation = Preparation::fit(training, weights, config)?;
    let seen = preparation.training(&training.table)?;
    let codings = Codings::fit(&seen, settings.coding(&training.target), &labels, weights);
    let names: Vec<(&str, &str)> = seen.iter().map(|c| (c.feature, c.name.as_str())).collect();
    let few = training.target.rows() <= LOSS_ROWS;
    let params = Params {
        report_train_loss: watch.wants_losses() && (few || judging.is_some()),
        ..settings::params(settings, objective, config.seed, &names)
    };
    let own = Rows::of(&codings, &seen, &labels, weights);
    let judging_columns = judging
        .map(|(rows, _)| preparation.apply(&rows.table))
        .transpose()?;
    let judges = judging
        .zip(judging_columns.as_ref())
        .map(|((rows, weights), columns)| {
            let (_, labels) = learnt(&rows.target, settings);
            Rows::of(&codings, columns, &labels, weights.as_deref())
        });
    let columns = own.columns();
    let dataset = own.dataset(&columns)?;
    let judged_columns = judges.as_ref().map(Rows::columns);
    let validation = match (&judges, &judged_columns) {
        (Some(rows), Some(columns)) => Some(rows.dataset(columns)?),
        _ => None,
    };
    let fitted = watch.boost(&dataset, validation.as_ref(), &params)?;
    let ensemble = fitted.ensemble;
    drop((own, judges));
    drop((seen, judging_columns));
    Ok(Grown {
        params,
        history: rounds(&fitted.history),
        aside: judging.map(|(rows, _)| rows.target.rows() as u64),
        forest: Forest {
            preparation,
            codings,
            ensemble,
        },
    })
}

impl<'t> Rows<'t> {
    fn of(
        codings: &Codings,
        rows: &'t [Seen<'t>],
        labels: &[f64],
        weights: Option<&[f64]>,
    ) -> Self {
        Self {
            prepared: codings.apply(rows),
            labels: single(labels),
            weights: weights.map(single),
        }
    }

    fn columns(&self) -> Vec<yard_boost::Column<'_>> {
        boosted_columns(&self.prepared)
    }

    fn dataset<'a>(
        &'a self,
        columns: &'a [yard_boost::Column<'a>],
    ) -> Result<Dataset<'a>, TrainError> {
        let dataset = Dataset::new(Features::mixed(columns)?, &self.labels)?;
        Ok(match &self.weights {
            Some(weights) => dataset.with_weights(weights)?,
            None => dataset,
        })
    }
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

/// Amounts of columns summed by the features that they were made of, in the features' order.
pub(crate) fn by_feature<'n>(
    amounts: impl Iterator<Item = (&'n str, f64)>,
) -> (Vec<&'n str>, Vec<f64>) {
    let mut summed: Vec<(&str, f64)> = Vec::new();
    for (feature, amount) in amounts {
        // The columns of a feature stand side by side.
        match summed.last_mut() {
            Some((last, sum)) if *last == feature => *sum += amount,
            _ => summed.push((feature, amount)),
        }
    }
    summed.into_iter().unzip()
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
