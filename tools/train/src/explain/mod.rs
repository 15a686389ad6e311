//! What a finished model leans on, and how its answers follow its features.
//!
//! Shuffles and curves are asked of the graph, so every model has them, also one that another program
//! fitted; what features add to scores is known of models whose parts we have. The rows are those
//! that the model was not fitted on, a seeded draw where there are many.

mod contributions;
mod dependence;
mod error;
mod graph;
mod judge;
mod permutation;

use std::path::PathBuf;

use serde::Serialize;
use yard_contract::{
    Algorithm, Answer, ExplainedRows, ExplainedSide, Explanation, Finite, Importance, Profile,
    Sha256,
};
use yard_model::Predictor;
use yard_table::Table;

pub use self::error::ExplainError;
pub(crate) use self::graph::{Graph, write as write_of_graph};

use self::judge::Judge;
use crate::error::TrainError;
use crate::native::Native;
use crate::split::shuffled;
use crate::target::Target;

/// The most features that are shuffled: a table of thousands would be asked for hours.
const SHUFFLED: usize = 100;
/// About so many cells are shown to the graph at most, within at least so many rows.
const CELLS: usize = 10_000_000_000;
const FEWEST_ROWS: usize = 500;
/// The most features whose curves are drawn.
const CURVES: usize = 8;

/// What is asked for.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ExplainPlan {
    pub(crate) path: PathBuf,
    pub(crate) rows: u32,
    pub(crate) repeats: u32,
}

/// The model, and what is known of how it came about.
pub(crate) struct Model<'a> {
    pub(crate) predictor: &'a Predictor,
    pub(crate) sha256: Sha256,
    /// How its training rows are distributed.
    pub(crate) profile: &'a Profile,
    pub(crate) algorithm: Algorithm,
    pub(crate) importance: &'a [Importance],
    /// The quantile that it answers, if it answers one.
    pub(crate) level: Option<f64>,
    /// Its parts, where it was fitted here.
    pub(crate) native: Option<&'a Native>,
    pub(crate) seed: u64,
}

/// Rows whose outcomes are known.
pub(crate) struct Known<'a> {
    pub(crate) side: ExplainedSide,
    pub(crate) table: &'a Table,
    pub(crate) target: &'a Target,
    pub(crate) weights: Option<&'a [f64]>,
}

/// Explains a model on rows.
pub(crate) fn of(
    model: &Model<'_>,
    known: &Known<'_>,
    plan: &ExplainPlan,
) -> Result<Explanation, TrainError> {
    let signature = model.predictor.signature();
    let places = leaned_on(model);
    let shuffled_features = places.len().min(SHUFFLED);
    let all = known.table.rows();
    let limit = limit(plan, shuffled_features, signature.features.len());
    let rows = draw(all, limit, model.seed);
    let mut table = known.table.take(&rows);
    let target = known.target.take(&rows);
    let weights: Option<Vec<f64>> = known
        .weights
        .map(|weights| rows.iter().map(|&row| weights[row]).collect());
    let judge = Judge::new(&target, weights.as_deref(), model.level);

    let permutation = permutation::importance(
        model,
        &mut table,
        &judge,
        &places[..shuffled_features],
        plan.repeats,
    )?;
    let mut dependence = Vec::new();
    for shuffled in &permutation.features {
        if dependence.len() == CURVES {
            break;
        }
        // What no shuffle touches, no curve follows.
        let spread = shuffled.loss;
        if spread.mean == Finite::ZERO && spread.sd == Finite::ZERO {
            continue;
        }
        dependence.extend(dependence::of(model, &mut table, &shuffled.feature)?);
    }
    let contributions = match model.native {
        None => None,
        Some(native) => Some(contributions::mean(native, &table, &target)?),
    };
    let no_contributions = contributions
        .is_none()
        .then(|| "another program fitted the model, and only its graph is known".to_owned());
    Ok(Explanation {
        model_sha256: model.sha256,
        rows: ExplainedRows {
            side: known.side,
            all: all as u64,
            used: rows.len() as u64,
        },
        seed: model.seed,
        answers: match &signature.answer {
            Answer::Binary(binary) => vec![binary.classes.positive.clone()],
            Answer::Multiclass(several) => several.classes.clone(),
            Answer::Regression(_) => vec![signature.target.clone()],
        },
        permutation,
        dependence,
        contributions,
        no_contributions,
        gain: match model.algorithm {
            Algorithm::GradientBoosting | Algorithm::RandomForest => model.importance.to_vec(),
            _ => Vec::new(),
        },
    })
}

/// The features' places in the signature: all in its order, or, where there are more than can be
/// shuffled, those first of which the fit made most.
fn leaned_on(model: &Model<'_>) -> Vec<usize> {
    let features = &model.predictor.signature().features;
    let mut places: Vec<usize> = (0..features.len()).collect();
    if places.len() > SHUFFLED {
        let rank = |place: &usize| {
            let name = &features[*place].name;
            let found = model.importance.iter().position(|e| e.feature == *name);
            found.unwrap_or(usize::MAX)
        };
        places.sort_by_cached_key(rank);
    }
    places
}

/// How many rows can be asked about.
fn limit(plan: &ExplainPlan, shuffled: usize, columns: usize) -> usize {
    let shows = shuffled.saturating_mul(plan.repeats as usize).max(1);
    let affordable = CELLS / shows.saturating_mul(columns).max(1);
    (plan.rows as usize).min(affordable.max(FEWEST_ROWS))
}

/// So many rows, in their order.
fn draw(all: usize, limit: usize, seed: u64) -> Vec<usize> {
    if all <= limit {
        return (0..all).collect();
    }
    // Another draw than those of the split and of the folds.
    let mut drawn = shuffled((0..all).collect(), seed ^ 0xe7_91a1);
    drawn.truncate(limit);
    drawn.sort_unstable();
    drawn
}

/// A number of an explanation.
fn finite(value: f64, what: &'static str) -> Result<Finite, ExplainError> {
    Finite::new(value).ok_or(ExplainError::NotFinite { what })
}
