//! Arguments and configuration to one validated value.

use std::path::PathBuf;

use serde::Serialize;
use yard_cli::{Format, Io};
use yard_contract::{Algorithm, Finite, Input, SplitMethod, Task};

use crate::args::FitArgs;
use crate::checkpoint::CheckpointPlan;
use crate::config::{CategoryCoding, TrainConfig};
use crate::error::TrainError;

/// Everything that a fit needs, checked.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Plan {
    pub(crate) data: PathBuf,
    pub(crate) config: TrainConfig,
    pub(crate) config_input: Input,
    pub(crate) split: SplitPlan,
    pub(crate) model_out: PathBuf,
    pub(crate) holdout_out: PathBuf,
    pub(crate) split_out: PathBuf,
    pub(crate) measurement_out: Option<PathBuf>,
    /// Absent, too, where there is nothing to keep: linear models are solved in one go.
    pub(crate) checkpoint: Option<CheckpointPlan>,
    pub(crate) commit: Option<String>,
    pub(crate) threads: Option<usize>,
    #[serde(skip)]
    pub(crate) format: Format,
}

/// Which rows are held out.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SplitPlan {
    Time { column: String, from: String },
    Stratified { share: f64 },
    Random { share: f64 },
}

impl Plan {
    pub(crate) fn resolve(args: FitArgs, io: &Io) -> Result<Self, TrainError> {
        let loaded = io.read_config::<TrainConfig>(&args.config)?;
        let config = loaded.value;
        let split = split_plan(&config)?;
        check_task(&config)?;
        check_features(&config)?;
        check_constraints(&config)?;
        check_ranges(&config)?;
        let kept = (args.checkpoint).filter(|_| config.algorithm == Algorithm::GradientBoosting);
        let checkpoint = kept.map(|folder| CheckpointPlan {
            folder,
            rounds: args.checkpoint_rounds.map(std::num::NonZero::get),
            seconds: args.checkpoint_seconds,
        });
        Ok(Self {
            data: args.data,
            config,
            config_input: loaded.input,
            split,
            model_out: args.model,
            holdout_out: args.holdout,
            split_out: args.split,
            measurement_out: args.measurement,
            checkpoint,
            commit: args.commit.filter(|commit| !commit.is_empty()),
            threads: args.threads.map(std::num::NonZero::get),
            format: args.format,
        })
    }
}

fn split_plan(config: &TrainConfig) -> Result<SplitPlan, TrainError> {
    let split = &config.split;
    let share = || match split.holdout_share {
        Some(share) if share.get() > 0.0 && share.get() < 1.0 => Ok(share.get()),
        Some(share) => Err(wrong("split.holdout_share", &share, "above 0 and below 1")),
        None => Err(TrainError::MissingKey {
            key: "split.holdout_share",
        }),
    };
    match split.method {
        SplitMethod::Time => Ok(SplitPlan::Time {
            column: split.column.clone().ok_or(TrainError::MissingKey {
                key: "split.column",
            })?,
            from: split
                .from
                .clone()
                .ok_or(TrainError::MissingKey { key: "split.from" })?,
        }),
        SplitMethod::Stratified => Ok(SplitPlan::Stratified { share: share()? }),
        SplitMethod::Random => Ok(SplitPlan::Random { share: share()? }),
    }
}

/// A key that says nothing for the task is refused: whoever wrote it expects it to do something.
fn check_task(config: &TrainConfig) -> Result<(), TrainError> {
    let task = config.task;
    let unfit = |key, expected| {
        Err(TrainError::OutOfRange {
            key,
            found: "given".to_owned(),
            expected,
        })
    };
    match (task, &config.target.positive) {
        (Task::Binary, None) => {
            return Err(TrainError::MissingKey {
                key: "target.positive",
            });
        }
        (Task::Multiclass | Task::Regression, Some(_)) => {
            return unfit("target.positive", "absent where `task` is not `binary`");
        }
        _ => {}
    }
    if task == Task::Regression {
        if config.class_weight.is_some() {
            return unfit("class_weight", "absent where `task` is `regression`");
        }
        if config.split.method == SplitMethod::Stratified {
            return Err(TrainError::OutOfRange {
                key: "split.method",
                found: "stratified".to_owned(),
                expected: "`random` or `time` where `task` is `regression`",
            });
        }
    }
    let boosting = &config.gradient_boosting;
    if task != Task::Regression && boosting.objective.is_some() {
        let key = "gradient_boosting.objective";
        return unfit(key, "absent where `task` is not `regression`");
    }
    if task == Task::Multiclass && boosting.categories == Some(CategoryCoding::Ranked) {
        return Err(TrainError::OutOfRange {
            key: "gradient_boosting.categories",
            found: "ranked".to_owned(),
            expected: "`native` where `task` is `multiclass`",
        });
    }
    let fits = match config.algorithm {
        Algorithm::GradientBoosting => true,
        Algorithm::LogisticRegression => task != Task::Regression,
        Algorithm::LinearRegression => task == Task::Regression,
        Algorithm::Adopted => return Err(TrainError::Adopted),
    };
    if fits {
        return Ok(());
    }
    Err(TrainError::NotFor {
        algorithm: config.algorithm.as_str(),
        task: task.as_str(),
    })
}

fn check_features(config: &TrainConfig) -> Result<(), TrainError> {
    let mut seen = std::collections::BTreeSet::from([&config.target.column]);
    seen.extend(&config.weight_column);
    let others = seen.len();
    for name in config
        .features
        .numbers
        .iter()
        .chain(&config.features.categories)
    {
        if !seen.insert(name) {
            return Err(TrainError::FeatureTwice { name: name.clone() });
        }
    }
    if seen.len() == others {
        return Err(TrainError::MissingKey {
            key: "features.numbers",
        });
    }
    Ok(())
}

/// Columns whose use in trees is limited.
fn check_constraints(config: &TrainConfig) -> Result<(), TrainError> {
    let features = &config.features;
    let boosting = &config.gradient_boosting;
    let unfit = |key, found: String, expected| {
        Err(TrainError::OutOfRange {
            key,
            found,
            expected,
        })
    };
    let monotone = boosting.monotone.keys();
    if let Some(name) = monotone
        .into_iter()
        .find(|name| !features.numbers.contains(name))
    {
        let key = "gradient_boosting.monotone";
        let found = format!("given for `{name}`");
        return unfit(key, found, "about columns in `features.numbers`");
    }
    if config.task == Task::Multiclass && !boosting.monotone.is_empty() {
        let key = "gradient_boosting.monotone";
        return unfit(
            key,
            "given".to_owned(),
            "absent where `task` is `multiclass`",
        );
    }
    let known =
        |name: &&String| features.numbers.contains(name) || features.categories.contains(name);
    let named = boosting.interactions.iter().flatten();
    match named.into_iter().find(|name| !known(name)) {
        Some(name) => {
            let key = "gradient_boosting.interactions";
            unfit(key, format!("given for `{name}`"), "about features")
        }
        None => Ok(()),
    }
}

fn check_ranges(config: &TrainConfig) -> Result<(), TrainError> {
    let logistic = &config.logistic_regression;
    let linear = &config.linear_regression;
    for (key, penalty) in [
        ("linear_regression.l1", linear.l1),
        ("linear_regression.l2", linear.l2),
    ] {
        if penalty < Finite::ZERO {
            return Err(wrong(key, &penalty, "at least 0"));
        }
    }
    if linear.max_iterations == 0 {
        return Err(wrong("linear_regression.max_iterations", &0, "at least 1"));
    }
    let threshold = config.threshold.get();
    if !(threshold > 0.0 && threshold < 1.0) {
        return Err(wrong("threshold", &threshold, "above 0 and below 1"));
    }
    if logistic.l2.get() <= 0.0 {
        return Err(wrong("logistic_regression.l2", &logistic.l2, "above 0"));
    }
    if logistic.max_iterations == 0 {
        return Err(wrong(
            "logistic_regression.max_iterations",
            &0,
            "at least 1",
        ));
    }
    if let Some(folds) = config
        .cross_validation
        .as_ref()
        .map(|cv| cv.folds)
        .filter(|n| *n < 2)
    {
        return Err(wrong("cross_validation.folds", &folds, "at least 2"));
    }
    Ok(())
}

fn wrong(key: &'static str, found: &impl ToString, expected: &'static str) -> TrainError {
    TrainError::OutOfRange {
        key,
        found: found.to_string(),
        expected,
    }
}
