//! Cross-validation on the training rows, and what trivial models reach in it.

use yard_cli::Progress;
use yard_contract::{Algorithm, CrossValidation, Finite, FoldMethod, Task, TrivialModel};
use yard_model::Predictor;
use yard_stats::binary::{Ranked, Scored};
use yard_stats::multiclass::Classified;
use yard_stats::regression::Regressed;

use crate::checkpoint::{Checkpoints, Watch};
use crate::config::{Loss, TrainConfig};
use crate::data::Training;
use crate::error::TrainError;
use crate::folds::{self, Fold};
use crate::target::Target;
use crate::{baseline, fit};

/// Where no cross-validation is asked for, trivial models have one of so many folds.
const TRIVIAL_FOLDS: u32 = 5;
/// And on so many cells of the table, within these numbers of rows.
const TRIVIAL_CELLS: usize = 150_000;
const TRIVIAL_ROWS: std::ops::RangeInclusive<usize> = 500..=20_000;

/// What the configured model and the trivial ones come to, fold by fold.
pub(crate) struct Validated {
    pub(crate) model: CrossValidation,
    pub(crate) trivial: Vec<TrivialModel>,
}

/// Fits on all folds but one and scores that one, for each fold, through the graph. Of a division in
/// time, on what came before the fold.
pub(crate) fn cross_validate(
    training: &Training,
    config: &TrainConfig,
    count: u32,
    checkpoints: Option<&Checkpoints>,
    mut progress: Option<Progress>,
) -> Result<Validated, TrainError> {
    let method = config.fold_method();
    let planned = folds::plan(training, method, count, config.seed)?;
    let level = level(config);
    let rounds = u64::from(config.gradient_boosting.rounds);
    let (trivial, rows) = trivials(training, config, &planned)?;
    let mut model = Vec::new();
    for (number, (inside, out)) in (0_u64..).zip(rows) {
        let part = format!("fold-{number}");
        let mut watch = Watch::new(checkpoints, &part).within(progress.take(), number * rounds);
        let fitted = fit::fit(&inside, config, &mut watch);
        progress = watch.hand_on();
        let signature = fit::signature(&inside, config);
        let predictor = Predictor::new(&fitted?.onnx, signature)?;
        model.push(measure(&out, &answers(&predictor, &out)?, level)?);
        if let Some(progress) = &mut progress {
            progress.at((number + 1) * rounds, String::new);
        }
    }
    let average = mean(&model);
    let squares = model
        .iter()
        .map(|value| (value - average) * (value - average));
    let variance = squares.sum::<f64>() / (model.len() as f64 - 1.0);
    // A draw within classes is a draw where there are none.
    let is_draw = method == FoldMethod::Stratified && config.task == Task::Regression;
    Ok(Validated {
        model: CrossValidation {
            folds: count,
            method: Some(if is_draw { FoldMethod::Random } else { method }),
            column: config.fold_column().cloned(),
            metric: metric(&training.target, level).to_owned(),
            values: model.iter().copied().map(finite).collect(),
            mean: finite(average),
            sd: finite(variance.sqrt()),
        },
        trivial,
    })
}

/// What trivial models reach where no cross-validation was asked for: in one of their own, on a
/// sample of the rows where they are many. None where rows are too few to be dealt out.
pub(crate) fn trivial(
    training: &Training,
    config: &TrainConfig,
) -> Result<Vec<TrivialModel>, TrainError> {
    let columns = training.table.columns().count().max(1);
    let limit = (TRIVIAL_CELLS / columns).clamp(*TRIVIAL_ROWS.start(), *TRIVIAL_ROWS.end());
    let rows = folds::sample(training.target.rows(), limit, config.seed);
    let sampled = training.take(&rows);
    // As many folds as the rows allow: entities, moments and classes may be few.
    let planned = (2..=TRIVIAL_FOLDS)
        .rev()
        .find_map(|count| folds::plan(&sampled, config.fold_method(), count, config.seed).ok());
    match planned {
        Some(planned) => Ok(trivials(&sampled, config, &planned)?.0),
        None => Ok(Vec::new()),
    }
}

/// The rows of a fold's model, and those that it answers.
type Sides = (Training, Training);

/// What trivial models reach, and the rows of each fold.
fn trivials(
    training: &Training,
    config: &TrainConfig,
    planned: &[Fold],
) -> Result<(Vec<TrivialModel>, Vec<Sides>), TrainError> {
    let level = level(config);
    let feature = baseline::best_feature(training, config)?;
    let (mut prior, mut single, mut rows) = (Vec::new(), Vec::new(), Vec::new());
    for fold in planned {
        let (inside, out) = (training.take(&fold.inside), training.take(&fold.out));
        let constant = baseline::prior(&inside, &out, level);
        prior.push(measure(&out, &constant, level)?);
        if let Some(feature) = &feature {
            let signature = fit::signature(&inside, config);
            let scores =
                baseline::answers_of_one(&inside, &out, config, &signature, feature, level)?;
            single.push(measure(&out, scores.as_ref().unwrap_or(&constant), level)?);
        }
        rows.push((inside, out));
    }
    let trivial = |name: &str, feature, values: &[f64]| TrivialModel {
        name: name.to_owned(),
        feature,
        mean: finite(mean(values)),
        metric: Some(metric(&training.target, level).to_owned()),
    };
    let mut trivials = vec![trivial("prior", None, &prior)];
    if feature.is_some() {
        trivials.push(trivial("best-feature", feature, &single));
    }
    Ok((trivials, rows))
}

fn finite(value: f64) -> Finite {
    Finite::new(value).unwrap_or_default()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The share of targets that the model's answers are to lie above, where it answers a quantile.
pub(crate) fn level(config: &TrainConfig) -> Option<f64> {
    let boosts = config.algorithm == Algorithm::GradientBoosting;
    match config
        .gradient_boosting
        .objective
        .as_ref()
        .filter(|_| boosts)?
    {
        Loss::Absolute => Some(0.5),
        Loss::Quantile { level } => Some(level.get()),
        Loss::Squared | Loss::Poisson | Loss::Huber { .. } => None,
    }
}

pub(crate) fn metric(target: &Target, level: Option<f64>) -> &'static str {
    match (target, level) {
        (Target::Binary { .. }, _) => "auc",
        (Target::Multiclass { .. }, _) => "log_loss",
        (Target::Regression(_), Some(_)) => "pinball_loss",
        (Target::Regression(_), None) => "rmse",
    }
}

/// The metric of answers, row by row as a model gives them.
pub(crate) fn measure(
    rows: &Training,
    answers: &[f64],
    level: Option<f64>,
) -> Result<f64, TrainError> {
    let weights = rows.weights.as_deref();
    Ok(match &rows.target {
        Target::Binary { labels, .. } => {
            Ranked::new(Scored::new(labels, answers, weights)?)?.auc()?
        }
        Target::Multiclass { labels, classes } => {
            let labels: Vec<usize> = labels.iter().map(|label| *label as usize).collect();
            Classified::new(&labels, answers, classes.len(), weights)?.log_loss()?
        }
        Target::Regression(values) => {
            let regressed = Regressed::new(values, answers, weights)?;
            level.map_or_else(
                || regressed.root_mean_squared_error(),
                |level| regressed.pinball_loss(level),
            )
        }
    })
}

pub(crate) fn answers(predictor: &Predictor, rows: &Training) -> Result<Vec<f64>, TrainError> {
    let answers = predictor.predict(&rows.table)?;
    Ok(answers
        .values()
        .iter()
        .map(|value| f64::from(*value))
        .collect())
}
