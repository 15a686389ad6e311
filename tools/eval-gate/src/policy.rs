//! The parts of `configs/gate.yaml` that stand beside the comparison of two models: looks at the rows,
//! the last release, what other tools found, and what a report may show of a row.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yard_contract::{Finite, Verdict};
use yard_stats::multiple::Spending;

use crate::config::Severity;
use crate::error::GateError;
use crate::measure::Metric;

/// How many candidates may be judged on the same rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LooksConfig {
    /// How many looks at one holdout are planned; not for `spend: endless`.
    #[serde(default)]
    pub(crate) planned: Option<u64>,
    /// How the looks share the level (1 - `confidence`).
    #[serde(default)]
    pub(crate) spend: Spend,
    /// What a look means when nothing of the level is left.
    #[serde(default = "fail")]
    pub(crate) exhausted: Severity,
}

/// How looks share a level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Spend {
    /// Each planned look takes the same part.
    #[default]
    Bonferroni,
    /// The first takes a half, the second a sixth, the k-th one part in k·(k + 1): for looks whose number
    /// nobody knows.
    Endless,
}

/// How the model must compare with the last release.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ReleaseConfig {
    /// How much worse than the release's each metric may be on the same rows, judged like
    /// `champion.margins`.
    pub(crate) margins: BTreeMap<Metric, Finite>,
    /// How much of each metric may be lost from merge to merge since the release, all merges together. The
    /// ledger tells the merges.
    pub(crate) cumulative: BTreeMap<Metric, Finite>,
}

/// Rules on what other tools found, and on the model itself. Without its evidence a rule is an error,
/// never a pass.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RulesConfig {
    /// The size of `model.onnx`.
    pub(crate) model_bytes: Option<Limits>,
    /// Figures from files of kind `measurement`, named TOOL.UNIT.NAME:
    /// `smoke-test.milliseconds.p99`, `batch-predict.seconds.total`.
    pub(crate) measured: BTreeMap<String, Limits>,
    /// Verdicts of other artifacts by their kind (`data-report`, `drift-report`, `smoke-report`): the
    /// worst that is accepted.
    pub(crate) reports: BTreeMap<String, Accept>,
}

/// Limits of a figure that has no interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    /// The least it may be.
    pub(crate) at_least: Option<Finite>,
    /// The most it may be.
    pub(crate) at_most: Option<Finite>,
}

/// The worst verdict of another tool that is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Accept {
    /// It must have passed.
    Pass,
    /// It may warn.
    Warning,
}

/// The rows that the model and the champion decide differently.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct FlipsConfig {
    /// How many are listed, those whose score changed most first: at most 100.
    pub(crate) rows: u32,
    /// The columns whose values are shown with them. None without this: a report is read by more people
    /// than the data.
    pub(crate) show: Vec<String>,
}

impl LooksConfig {
    pub(crate) fn spending(&self) -> Spending {
        match (self.spend, self.planned) {
            (Spend::Bonferroni, Some(looks)) => Spending::Even { looks },
            // `check` refuses a plan without a number.
            (Spend::Bonferroni, None) | (Spend::Endless, _) => Spending::Endless,
        }
    }

    /// Fails where the number of looks and the way they share do not fit together, or leave the last of them
    /// nothing to decide with.
    pub(crate) fn check(&self, confidence: f64) -> Result<(), GateError> {
        let wrong = |found: String, expected| {
            let key = "looks.planned";
            Err(GateError::OutOfRange {
                key,
                found,
                expected,
            })
        };
        match (self.spend, self.planned) {
            (Spend::Endless, None) => Ok(()),
            (Spend::Endless, Some(planned)) => {
                wrong(planned.to_string(), "left out where looks are `endless`")
            }
            (Spend::Bonferroni, None) => wrong("not given".to_owned(), "the number of looks"),
            (Spend::Bonferroni, Some(planned)) => {
                let least = crate::ledger::LEAST;
                if planned > 0 && (1.0 - confidence) / planned as f64 >= least * (1.0 - 1e-9) {
                    return Ok(());
                }
                let expected = "at least 1, and few enough to leave each look a level of 0.0001";
                wrong(planned.to_string(), expected)
            }
        }
    }
}

impl ReleaseConfig {
    /// Every margin with the key it stands under.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&'static str, Metric, Finite)> {
        let of = |key, margins: &BTreeMap<Metric, Finite>| {
            let margins = margins.iter();
            let margins = margins.map(move |(metric, margin)| (key, *metric, *margin));
            margins.collect::<Vec<_>>()
        };
        let cumulative = of("release.cumulative", &self.cumulative);
        of("release.margins", &self.margins)
            .into_iter()
            .chain(cumulative)
    }
}

impl RulesConfig {
    pub(crate) fn is_empty(&self) -> bool {
        self.model_bytes.is_none() && self.measured.is_empty() && self.reports.is_empty()
    }

    /// Fails where a limit is none, or crosses the other.
    pub(crate) fn check(&self) -> Result<(), GateError> {
        let model = self
            .model_bytes
            .iter()
            .map(|limits| ("rules.model_bytes".to_owned(), limits));
        let measured = self.measured.iter();
        let measured = measured.map(|(name, limits)| (format!("rules.measured.{name}"), limits));
        for (rule, limits) in model.chain(measured) {
            let sound = match (limits.at_least, limits.at_most) {
                (None, None) => false,
                (Some(least), Some(most)) => least <= most,
                _ => true,
            };
            if !sound {
                return Err(GateError::Limits { rule });
            }
        }
        Ok(())
    }
}

impl Accept {
    pub(crate) const fn worst(self) -> Verdict {
        match self {
            Self::Pass => Verdict::Pass,
            Self::Warning => Verdict::Warning,
        }
    }
}

impl Default for FlipsConfig {
    fn default() -> Self {
        Self {
            rows: 10,
            show: Vec::new(),
        }
    }
}

const fn fail() -> Severity {
    Severity::Fail
}
