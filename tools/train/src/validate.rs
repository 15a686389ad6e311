//! Cross-validation on the training rows, and what trivial models reach in it.

use yard_contract::{Algorithm, CrossValidation, Finite, Signature, TrivialModel};
use yard_model::Predictor;
use yard_stats::binary::{Ranked, Scored};
use yard_stats::multiclass::Classified;
use yard_stats::regression::Regressed;

use crate::checkpoint::{Checkpoints, Watch};
use crate::config::{Loss, TrainConfig};
use crate::data::Training;
use crate::error::TrainError;
use crate::linear::Penalty;
use crate::target::Target;
use crate::{fit, linear, split};

/// What the configured model and the trivial ones come to, fold by fold.
pub(crate) struct Validated {
    pub(crate) model: CrossValidation,
    pub(crate) trivial: Vec<TrivialModel>,
}

/// Fits on all folds but one and scores that one, for each fold, through the graph.
pub(crate) fn cross_validate(
    training: &Training,
    config: &TrainConfig,
    folds: u32,
    checkpoints: Option<&Checkpoints>,
) -> Result<Validated, TrainError> {
    check_rows(&training.target, folds)?;
    let level = level(config);
    let fold_of = split::folds(&training.target.codes(), folds, config.seed);
    let feature = best_feature(training, config)?;
    let (mut model, mut prior, mut single) = (Vec::new(), Vec::new(), Vec::new());
    for fold in 0..folds {
        let (out, inside): (Vec<usize>, Vec<usize>) =
            (0..fold_of.len()).partition(|&row| fold_of[row] == fold);
        let (inside, out) = (training.take(&inside), training.take(&out));
        let signature = fit::signature(&inside, config);
        let constant = constant_answers(&inside, &out, level);
        prior.push(measure(&out, &constant, level)?);
        if let Some(feature) = &feature {
            let scores = answers_of_one(&inside, &out, config, &signature, feature)?;
            single.push(measure(&out, scores.as_ref().unwrap_or(&constant), level)?);
        }
        let mut watch = Watch::new(checkpoints, &format!("fold-{fold}"));
        let fitted = fit::fit(&inside, config, &mut watch)?;
        let predictor = Predictor::new(&fitted.onnx, signature)?;
        model.push(measure(&out, &answers(&predictor, &out)?, level)?);
    }
    let trivial = |name: &str, feature, values: &[f64]| TrivialModel {
        name: name.to_owned(),
        feature,
        mean: finite(mean(values)),
    };
    let mut others = vec![trivial("prior", None, &prior)];
    if feature.is_some() {
        others.push(trivial("best-feature", feature, &single));
    }
    let average = mean(&model);
    let squares = model
        .iter()
        .map(|value| (value - average) * (value - average));
    let variance = squares.sum::<f64>() / (model.len() as f64 - 1.0);
    Ok(Validated {
        model: CrossValidation {
            folds,
            metric: metric(&training.target, level).to_owned(),
            values: model.iter().copied().map(finite).collect(),
            mean: finite(average),
            sd: finite(variance.sqrt()),
        },
        trivial: others,
    })
}

fn check_rows(target: &Target, folds: u32) -> Result<(), TrainError> {
    let of_classes = target.shares().iter().map(|share| share.count).min();
    let smallest = of_classes.unwrap_or(target.rows() as u64);
    if smallest >= u64::from(folds) {
        return Ok(());
    }
    Err(TrainError::TooFewForFolds {
        folds,
        found: usize::try_from(smallest).unwrap_or(usize::MAX),
    })
}

fn finite(value: f64) -> Finite {
    Finite::new(value).unwrap_or_default()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The share of targets that the model's answers are to lie above, where it answers a quantile.
fn level(config: &TrainConfig) -> Option<f64> {
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

fn metric(target: &Target, level: Option<f64>) -> &'static str {
    match (target, level) {
        (Target::Binary { .. }, _) => "auc",
        (Target::Multiclass { .. }, _) => "log_loss",
        (Target::Regression(_), Some(_)) => "pinball_loss",
        (Target::Regression(_), None) => "rmse",
    }
}

/// The metric of answers, row by row as a model gives them.
fn measure(rows: &Training, answers: &[f64], level: Option<f64>) -> Result<f64, TrainError> {
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

fn answers(predictor: &Predictor, rows: &Training) -> Result<Vec<f64>, TrainError> {
    let answers = predictor.predict(&rows.table)?;
    Ok(answers
        .values()
        .iter()
        .map(|value| f64::from(*value))
        .collect())
}

/// What answers every row alike: the share of the classes, the mean, or the quantile.
fn constant_answers(inside: &Training, out: &Training, level: Option<f64>) -> Vec<f64> {
    let weight = |row: usize| inside.weights.as_ref().map_or(1.0, |weights| weights[row]);
    let total: f64 = (0..inside.target.rows()).map(weight).sum();
    let answer = if let (Target::Regression(values), Some(level)) = (&inside.target, level) {
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
        let mut below = 0.0;
        let at = order.iter().find(|&&row| {
            below += weight(row);
            below >= level * total
        });
        at.or(order.last())
            .map(|&row| values[row])
            .into_iter()
            .collect()
    } else if let Some(numbers) = inside.target.numbers() {
        let weighted = numbers.iter().enumerate().map(|(row, y)| weight(row) * y);
        vec![weighted.sum::<f64>() / total]
    } else {
        let mut shares = vec![0.0; inside.target.classes().len()];
        for (row, code) in inside.target.codes().into_iter().enumerate() {
            shares[code as usize] += weight(row) / total;
        }
        shares
    };
    answer.repeat(out.target.rows())
}

const fn penalty<'c>(target: &Target, config: &'c TrainConfig) -> Penalty<'c> {
    match target {
        Target::Regression(_) => Penalty::Linear(&config.linear_regression),
        _ => Penalty::Logistic(&config.logistic_regression),
    }
}

/// The feature whose linear model has the smallest loss on all rows.
fn best_feature(training: &Training, config: &TrainConfig) -> Result<Option<String>, TrainError> {
    let weights = training.weights.as_deref();
    let penalty = penalty(&training.target, config);
    let mut best: Option<(f64, &str)> = None;
    for (name, _) in training.table.columns() {
        let loss = linear::loss_of_one(training, weights, penalty, name)?;
        if loss < best.map_or(f64::INFINITY, |(loss, _)| loss) {
            best = Some((loss, name));
        }
    }
    Ok(best.map(|(_, name)| name.to_owned()))
}

/// What the linear model of one feature answers; `None` where these rows leave nothing to fit it on.
fn answers_of_one(
    inside: &Training,
    out: &Training,
    config: &TrainConfig,
    signature: &Signature,
    feature: &str,
) -> Result<Option<Vec<f64>>, TrainError> {
    let penalty = penalty(&inside.target, config);
    let weights = inside.weights.as_deref();
    let fitted = match linear::fit(inside, weights, penalty, Some(feature)) {
        Err(TrainError::NoColumns) => return Ok(None),
        fitted => fitted?,
    };
    let mut signature = signature.clone();
    signature.features.retain(|known| known.name == feature);
    let predictor = Predictor::new(&fitted.onnx, signature)?;
    answers(&predictor, out).map(Some)
}
