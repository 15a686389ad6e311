//! What is done to features before anything is fitted on them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yard_contract::Finite;

/// What is done to the features before anything is fitted on them: of all, and of single ones.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PreparationConfig {
    /// What stands in place of missing numbers; absent: what the algorithm does by itself.
    pub(crate) impute: Option<Impute>,
    /// Whether a column of its own tells where a number was missing.
    pub(crate) indicator: Option<bool>,
    /// How linear models scale numbers; absent: `standard`.
    pub(crate) scale: Option<Scale>,
    /// Categories with fewer training rows become one, and so does any that training did not see.
    pub(crate) rare_below: Option<u32>,
    /// Whether categories become their mean target. Each training row is told the mean of rows of other
    /// folds, so that its own target is not in it. Not of several classes.
    pub(crate) target_mean: Option<bool>,
    /// What is done to single features instead.
    pub(crate) columns: BTreeMap<String, Prepare>,
}

/// What is done to one feature.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Prepare {
    /// What stands in place of missing numbers.
    pub(crate) impute: Option<Impute>,
    /// Whether a column of its own tells where a number was missing.
    pub(crate) indicator: Option<bool>,
    /// How linear models scale the number.
    pub(crate) scale: Option<Scale>,
    /// Categories with fewer training rows become one.
    pub(crate) rare_below: Option<u32>,
    /// Whether categories become their mean target.
    pub(crate) target_mean: Option<bool>,
    /// The categories from the lowest to the highest; each becomes its place, any other is missing.
    pub(crate) order: Vec<String>,
    /// That the column holds days, and what is to be made of them.
    pub(crate) date: Option<DateConfig>,
}

/// What stands in place of missing numbers.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Impute {
    /// Nothing: the algorithm sees that they are missing.
    Native,
    /// The mean of the others.
    Mean,
    /// Their median.
    Median,
    /// This number.
    Constant(Finite),
}

/// How linear models scale numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Scale {
    /// To mean 0 and standard deviation 1.
    #[default]
    Standard,
    /// To the range from 0 to 1.
    MinMax,
    /// To median 0 and an interquartile range of 1.
    Robust,
    /// Not at all.
    None,
}

/// Days, and what is made of them.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DateConfig {
    /// How the table writes them.
    pub(crate) written: Written,
    /// What becomes of them, a number each.
    pub(crate) parts: Vec<DatePart>,
}

/// How a table writes days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Written {
    /// `2024-01-31`, in a column of categories. The graph knows the days from the first year of the
    /// training rows to ten years after their last; any other is missing.
    Iso,
    /// Days since 1 January 1970, in a column of numbers.
    Days,
}

/// A part of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DatePart {
    /// Days since 1 January 1970.
    Days,
    Year,
    /// 1 to 12.
    Month,
    /// 1 to 31.
    Day,
    /// 0 on Monday to 6 on Sunday.
    Weekday,
}

impl PreparationConfig {
    /// What is done to a feature.
    pub(crate) fn of(&self, feature: &str) -> Prepare {
        let own = self.columns.get(feature).cloned().unwrap_or_default();
        Prepare {
            impute: own.impute.or_else(|| self.impute.clone()),
            indicator: own.indicator.or(self.indicator),
            scale: own.scale.or(self.scale),
            rare_below: own.rare_below.or(self.rare_below),
            target_mean: own.target_mean.or(self.target_mean),
            order: own.order,
            date: own.date,
        }
    }
}

impl Scale {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::MinMax => "min_max",
            Self::Robust => "robust",
            Self::None => "none",
        }
    }
}

impl DatePart {
    /// How the part's column is called, after the feature's name.
    pub(crate) const fn suffix(self) -> &'static str {
        match self {
            Self::Days => ".days",
            Self::Year => ".year",
            Self::Month => ".month",
            Self::Day => ".day",
            Self::Weekday => ".weekday",
        }
    }
}
