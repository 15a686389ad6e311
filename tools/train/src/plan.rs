//! Arguments and configuration to one validated value.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::Serialize;
use yard_cli::{Format, Io};
use yard_contract::{Algorithm, Finite, FoldMethod, Input, SplitMethod, Task};

use crate::args::{Bits, FitArgs};
use crate::checkpoint::CheckpointPlan;
use crate::config::{CategoryCoding, TrainConfig};
use crate::error::TrainError;
use crate::explain::ExplainPlan;

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
    /// Whether the model is to be explained, and how; whoever resolves the plan says.
    pub(crate) explanation: Option<ExplainPlan>,
    pub(crate) parity: Option<ParityPlan>,
    pub(crate) measurement_out: Option<PathBuf>,
    pub(crate) checkpoint: Option<CheckpointPlan>,
    pub(crate) commit: Option<String>,
    pub(crate) threads: Option<usize>,
    #[serde(skip)]
    pub(crate) format: Format,
}

/// What is held against the fitted parts.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ParityPlan {
    /// Where the comparison is written.
    pub(crate) out: PathBuf,
    /// What weights and leaves of a second model become, and the folder for it.
    pub(crate) quantized: Option<(Bits, PathBuf)>,
}

/// Which rows are held out.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SplitPlan {
    Time {
        column: String,
        from: String,
    },
    Stratified {
        share: f64,
    },
    Random {
        share: f64,
    },
    Group {
        column: String,
        share: f64,
    },
    /// Rows whose column holds one of these values.
    Given {
        column: String,
        values: BTreeSet<String>,
    },
    /// Rows whose column holds one of the ids of a file.
    Listed {
        column: String,
        list: IdList,
    },
}

/// Ids that a file lists, one a line.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct IdList {
    pub(crate) input: Input,
    #[serde(skip)]
    pub(crate) ids: Vec<String>,
}

impl SplitPlan {
    /// The column that the division looks at.
    pub(crate) const fn column(&self) -> Option<&String> {
        match self {
            Self::Time { column, .. }
            | Self::Group { column, .. }
            | Self::Given { column, .. }
            | Self::Listed { column, .. } => Some(column),
            Self::Stratified { .. } | Self::Random { .. } => None,
        }
    }

    /// The file that the division is read from, besides the table.
    pub(crate) const fn input(&self) -> Option<&Input> {
        match self {
            Self::Listed { list, .. } => Some(&list.input),
            _ => None,
        }
    }
}

impl Plan {
    pub(crate) fn resolve(args: FitArgs, io: &Io) -> Result<Self, TrainError> {
        let plan = Self::for_command(args, io)?;
        if plan.config.algorithm == Algorithm::Command {
            return Err(TrainError::ByCommand);
        }
        Ok(plan)
    }

    /// Where the algorithm may be somebody else's, too.
    pub(crate) fn for_command(args: FitArgs, io: &Io) -> Result<Self, TrainError> {
        let loaded = io.read_config::<TrainConfig>(&args.config)?;
        let config = loaded.value;
        let split = split_plan(&config, io)?;
        check(&config)?;
        let checkpoint = args.checkpoint.map(|place| CheckpointPlan {
            place,
            resume: !args.no_resume,
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
            explanation: None,
            parity: args.parity.map(|out| ParityPlan {
                out,
                quantized: args.quantize.map(|bits| (bits, args.quantized)),
            }),
            measurement_out: args.measurement,
            checkpoint,
            commit: args.commit.filter(|commit| !commit.is_empty()),
            threads: args.threads.map(std::num::NonZero::get),
            format: args.format,
        })
    }
}

/// Whether a configuration can be fitted at all.
pub(crate) fn check(config: &TrainConfig) -> Result<(), TrainError> {
    check_task(config)?;
    check_features(config)?;
    check_constraints(config)?;
    check_ranges(config)?;
    check_folds(config)?;
    check_preparation(config)?;
    check_parity(config)
}

fn split_plan(config: &TrainConfig, io: &Io) -> Result<SplitPlan, TrainError> {
    let split = &config.split;
    let column = || {
        split.column.clone().ok_or(TrainError::MissingKey {
            key: "split.column",
        })
    };
    let given = split.method == SplitMethod::Given;
    if !given && (!split.held_out.is_empty() || split.held_out_file.is_some()) {
        return Err(wrong(
            "split.held_out",
            &"given",
            "absent where `split.method` is not `given`",
        ));
    }
    let share = || match split.holdout_share {
        Some(share) if share.get() > 0.0 && share.get() < 1.0 => Ok(share.get()),
        Some(share) => Err(wrong("split.holdout_share", &share, "above 0 and below 1")),
        None => Err(TrainError::MissingKey {
            key: "split.holdout_share",
        }),
    };
    match split.method {
        SplitMethod::Group => Ok(SplitPlan::Group {
            column: column()?,
            share: share()?,
        }),
        SplitMethod::Given => match (&split.held_out_file, split.held_out.is_empty()) {
            (None, true) => Err(TrainError::MissingKey {
                key: "split.held_out",
            }),
            (Some(_), false) => Err(wrong(
                "split.held_out",
                &"given",
                "absent where `split.held_out_file` is there",
            )),
            (None, false) => Ok(SplitPlan::Given {
                column: column()?,
                values: split.held_out.iter().cloned().collect(),
            }),
            (Some(path), true) => {
                let source = io.read("ids", path)?;
                let text = String::from_utf8_lossy(&source.bytes);
                let ids = text.lines().map(|line| line.trim().to_owned());
                Ok(SplitPlan::Listed {
                    column: column()?,
                    list: IdList {
                        input: source.input,
                        ids: ids.collect(),
                    },
                })
            }
        },
        SplitMethod::Time => Ok(SplitPlan::Time {
            column: column()?,
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
                expected: "`random`, `time`, `group` or `given` where `task` is `regression`",
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
        Algorithm::GradientBoosting | Algorithm::RandomForest | Algorithm::Command => true,
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
    let mut seen = BTreeSet::from([&config.target.column]);
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

/// What is said of a column must be of a feature, and of a kind that it does something to.
fn check_preparation(config: &TrainConfig) -> Result<(), TrainError> {
    let preparation = &config.preparation;
    let linear = matches!(
        config.algorithm,
        Algorithm::LinearRegression | Algorithm::LogisticRegression
    );
    let several = config.task == Task::Multiclass;
    let all = std::iter::once(("preparation.scale", preparation.scale)).chain(
        preparation
            .columns
            .values()
            .map(|own| ("preparation.columns.scale", own.scale)),
    );
    for (key, scale) in all {
        if let Some(scale) = scale.filter(|_| !linear) {
            let expected = "absent where trees are grown, which no scale changes";
            return Err(wrong(key, &scale.as_str(), expected));
        }
    }
    let means = std::iter::once(preparation.target_mean)
        .chain(preparation.columns.values().map(|own| own.target_mean));
    if several && means.into_iter().any(|mean| mean == Some(true)) {
        let expected = "absent where `task` is `multiclass`, which has no mean";
        return Err(wrong("preparation.target_mean", &"given", expected));
    }
    let (numbers, categories) = (&config.features.numbers, &config.features.categories);
    for (name, own) in &preparation.columns {
        let (is_number, is_category) = (numbers.contains(name), categories.contains(name));
        let misfit = |key, expected| TrainError::Preparation {
            column: name.clone(),
            key,
            expected,
        };
        if !is_number && !is_category {
            return Err(misfit("…", "about a feature"));
        }
        if is_number && (own.target_mean == Some(true) || own.rare_below.is_some()) {
            return Err(misfit(
                "target_mean",
                "about a column in `features.categories`",
            ));
        }
        let of_numbers = own.impute.is_some() || own.indicator.is_some() || own.scale.is_some();
        if is_category && of_numbers {
            return Err(misfit("impute", "about a column in `features.numbers`"));
        }
        if own.date.as_ref().is_some_and(|date| date.parts.is_empty()) {
            return Err(misfit(
                "date.parts",
                "at least one of `days`, `year`, `month`, `day`, `weekday`",
            ));
        }
    }
    Ok(())
}

/// Where rows are dealt out by a column, it must be named; and what is set aside must be something.
fn check_folds(config: &TrainConfig) -> Result<(), TrainError> {
    let by_column = matches!(config.fold_method(), FoldMethod::Group | FoldMethod::Time);
    if by_column && config.fold_column().is_none() {
        return Err(TrainError::MissingKey {
            key: "cross_validation.column",
        });
    }
    let named = config.cross_validation.as_ref();
    if !by_column && named.is_some_and(|cv| cv.column.is_some()) {
        let expected = "absent where rows are dealt out by no column";
        return Err(wrong("cross_validation.column", &"given", expected));
    }
    if config.task == Task::Regression
        && named.is_some_and(|cv| cv.method == Some(FoldMethod::Stratified))
    {
        let expected = "`random`, `group` or `time` where `task` is `regression`";
        return Err(wrong("cross_validation.method", &"stratified", expected));
    }
    let Some(stopping) = &config.gradient_boosting.early_stopping else {
        return Ok(());
    };
    if stopping.rounds == 0 {
        let key = "gradient_boosting.early_stopping.rounds";
        return Err(wrong(key, &0, "at least 1"));
    }
    let share = stopping.share.get();
    if !(share > 0.0 && share < 1.0) {
        let key = "gradient_boosting.early_stopping.share";
        return Err(wrong(key, &share, "above 0 and below 1"));
    }
    Ok(())
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

fn check_parity(config: &TrainConfig) -> Result<(), TrainError> {
    let limits = &config.parity;
    for (key, limit) in [
        ("parity.tolerance", limits.tolerance),
        ("parity.metric_loss", limits.metric_loss),
    ] {
        if limit < Finite::ZERO {
            return Err(wrong(key, &limit, "at least 0"));
        }
    }
    match limits.changed_labels {
        Some(share) if !(0.0..=1.0).contains(&share.get()) => {
            Err(wrong("parity.changed_labels", &share, "between 0 and 1"))
        }
        _ => Ok(()),
    }
}

fn wrong(key: &'static str, found: &impl ToString, expected: &'static str) -> TrainError {
    TrainError::OutOfRange {
        key,
        found: found.to_string(),
        expected,
    }
}
