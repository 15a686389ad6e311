//! The configuration as the engine takes it, and as `run.json` records it.

use std::collections::BTreeMap;

use yard_boost::{Categories, Growth, Monotone, Objective, Params};
use yard_contract::Scalar;

use crate::config::{
    BoostingConfig, CategoryCoding, CategorySplitConfig, Direction, GrowthConfig, Loss,
};
use crate::target::Target;

impl BoostingConfig {
    /// How categories are given to the trees. Several classes have no one order of categories.
    pub(super) fn coding(&self, target: &Target) -> CategoryCoding {
        match (target, self.categories) {
            (Target::Multiclass { .. }, _) => CategoryCoding::Native,
            (_, given) => given.unwrap_or(CategoryCoding::Ranked),
        }
    }
}

/// The objective of a target that is a number.
pub(super) fn of_numbers(config: &BoostingConfig) -> Objective {
    match config.objective {
        None | Some(Loss::Squared) => Objective::Squared,
        Some(Loss::Absolute) => Objective::Absolute,
        Some(Loss::Poisson) => Objective::Poisson,
        Some(Loss::Quantile { level }) => Objective::Quantile { level: level.get() },
        Some(Loss::Huber { delta }) => Objective::Huber { delta: delta.get() },
    }
}

/// How the engine splits categories.
pub(super) fn splits(config: &CategorySplitConfig) -> Categories {
    let count = |value: u32| value as usize;
    Categories {
        max_levels: count(config.max_levels),
        one_against_rest: count(config.one_against_rest),
        smoothing: config.smoothing.get(),
        lambda_l2: config.lambda_l2.get(),
        min_rows_per_group: count(config.min_rows_per_group),
        max_members: count(config.max_members),
    }
}

/// The engine's parameters, for columns of these features and names.
pub(super) fn params(
    config: &BoostingConfig,
    objective: Objective,
    seed: u64,
    names: &[(&str, &str)],
) -> Params {
    let count = |value: u32| value as usize;
    // The plan has seen that every name is a feature's. A feature may have become several columns; the
    // number itself is the one that kept its name.
    let number = |name: &String| {
        let at = names.iter().position(|(_, column)| column == name)?;
        u32::try_from(at).ok()
    };
    let all = |name: &String| {
        let columns = (0..)
            .zip(names)
            .filter(move |(_, (feature, _))| feature == name);
        columns.map(|(at, _)| at).collect::<Vec<u32>>()
    };
    let monotone = config.monotone.iter().filter_map(|(name, way)| {
        let way = match way {
            Direction::Increasing => Monotone::Increasing,
            Direction::Decreasing => Monotone::Decreasing,
        };
        Some((number(name)?, way))
    });
    let interactions = config.interactions.iter();
    let interactions = interactions.map(|group| group.iter().flat_map(all).collect());
    Params {
        rounds: count(config.rounds),
        learning_rate: config.learning_rate.get(),
        max_leaves: count(config.max_leaves),
        max_depth: config.max_depth.map(count),
        growth: match config.growth {
            GrowthConfig::Leaf => Growth::Leaf,
            GrowthConfig::Depth => Growth::Depth,
        },
        min_rows_in_leaf: count(config.min_rows_in_leaf),
        min_hessian_in_leaf: config.min_hessian_in_leaf.get(),
        min_gain: config.min_gain.get(),
        lambda_l1: config.lambda_l1.get(),
        lambda_l2: config.lambda_l2.get(),
        categories: splits(&config.category_splits),
        early_stopping: config
            .early_stopping
            .as_ref()
            .map(|stop| count(stop.rounds)),
        row_sample: config.row_sample.get(),
        column_sample: config.column_sample.get(),
        max_bins: count(config.max_bins),
        monotone: monotone.collect(),
        interactions: interactions.collect(),
        seed,
        ..Params::new(objective)
    }
}

/// Every parameter, defaults included.
pub(super) fn recorded(
    params: &Params,
    config: &BoostingConfig,
    coding: CategoryCoding,
) -> BTreeMap<String, Scalar> {
    let count = |value: usize| Scalar::number(value as f64);
    let number = Scalar::number;
    let (objective, parameter) = match params.objective {
        Objective::Logistic | Objective::Softmax { .. } => ("log_loss", None),
        Objective::Squared => ("squared", None),
        Objective::Absolute => ("absolute", None),
        Objective::Poisson => ("poisson", None),
        Objective::Quantile { level } => ("quantile", Some(("objective.level", level))),
        Objective::Huber { delta } => ("huber", Some(("objective.delta", delta))),
        _ => ("other", None),
    };
    let native = coding == CategoryCoding::Native;
    let coding = match coding {
        CategoryCoding::Native => "native",
        CategoryCoding::Ranked => "ranked",
    };
    let growth = match params.growth {
        Growth::Leaf => "leaf",
        Growth::Depth => "depth",
    };
    let splits = &params.categories;
    let splits = [
        ("category_splits.max_levels", count(splits.max_levels)),
        (
            "category_splits.one_against_rest",
            count(splits.one_against_rest),
        ),
        ("category_splits.smoothing", number(splits.smoothing)),
        ("category_splits.lambda_l2", number(splits.lambda_l2)),
        (
            "category_splits.min_rows_per_group",
            count(splits.min_rows_per_group),
        ),
        ("category_splits.max_members", count(splits.max_members)),
    ];
    let splits = splits.into_iter().filter(|_| native);
    let stopping = config.early_stopping.iter().flat_map(|stop| {
        [
            ("early_stopping.rounds", number(f64::from(stop.rounds))),
            ("early_stopping.share", number(stop.share.get())),
        ]
    });
    let depth = params.max_depth.map_or(Scalar::Null, count);
    let recorded = [
        ("objective", Scalar::from(objective)),
        ("categories", Scalar::from(coding)),
        ("rounds", count(params.rounds)),
        ("learning_rate", number(params.learning_rate)),
        ("max_leaves", count(params.max_leaves)),
        ("max_depth", depth),
        ("min_rows_in_leaf", count(params.min_rows_in_leaf)),
        ("min_hessian_in_leaf", number(params.min_hessian_in_leaf)),
        ("growth", Scalar::from(growth)),
        ("lambda_l1", number(params.lambda_l1)),
        ("lambda_l2", number(params.lambda_l2)),
        ("min_gain", number(params.min_gain)),
        ("row_sample", number(params.row_sample)),
        ("column_sample", number(params.column_sample)),
        ("max_bins", count(params.max_bins)),
    ];
    let parameter = parameter.map(|(name, value)| (name, number(value)));
    let all = recorded
        .into_iter()
        .chain(parameter)
        .chain(splits)
        .chain(stopping);
    let all = all.map(|(name, value)| (name.to_owned(), value));
    let monotone = config.monotone.iter().map(|(name, way)| {
        let way = match way {
            Direction::Increasing => "increasing",
            Direction::Decreasing => "decreasing",
        };
        (format!("monotone.{name}"), Scalar::from(way))
    });
    let groups = config.interactions.iter().enumerate();
    let groups = groups.map(|(place, group)| {
        let names = group.join(", ");
        (
            format!("interactions.{place}"),
            Scalar::from(names.as_str()),
        )
    });
    all.chain(monotone).chain(groups).collect()
}
