//! Arguments and configuration to one validated value.

use std::path::PathBuf;

use serde::Serialize;
use yard_cli::{Format, Io};
use yard_contract::{Input, SplitMethod};

use crate::args::FitArgs;
use crate::config::TrainConfig;
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
        check_features(&config)?;
        check_ranges(&config)?;
        Ok(Self {
            data: args.data,
            config,
            config_input: loaded.input,
            split,
            model_out: args.model,
            holdout_out: args.holdout,
            split_out: args.split,
            measurement_out: args.measurement,
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

fn check_features(config: &TrainConfig) -> Result<(), TrainError> {
    let mut seen = std::collections::BTreeSet::from([&config.target.column]);
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
    if seen.len() == 1 {
        return Err(TrainError::MissingKey {
            key: "features.numbers",
        });
    }
    Ok(())
}

fn check_ranges(config: &TrainConfig) -> Result<(), TrainError> {
    let logistic = &config.logistic_regression;
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
