//! `configs/gate.yaml`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yard_contract::{Finite, Verdict};

use crate::measure::Metric;
use crate::policy::{FlipsConfig, LooksConfig, ReleaseConfig, RulesConfig};

/// What a model must reach. There is no default for a limit: a rule that is not written does not
/// exist, and a configuration without any rule is an error.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GateConfig {
    /// The confidence level of all intervals.
    #[serde(default = "ninety_five")]
    pub(crate) confidence: Finite,
    /// How often rows are drawn again, for metrics whose interval has no closed form.
    #[serde(default)]
    pub(crate) bootstrap: BootstrapConfig,
    /// The column of the holdout that names an entity with several rows (a customer, a device). Such
    /// rows are not independent, so whole entities are drawn again for every interval.
    #[serde(default)]
    pub(crate) cluster: Option<String>,
    /// The least that metrics may be. A metric passes when its whole interval is at or above, fails
    /// when its whole interval is below, and is inconclusive between.
    #[serde(default)]
    pub(crate) at_least: BTreeMap<Metric, Finite>,
    /// The most that metrics may be, judged alike.
    #[serde(default)]
    pub(crate) at_most: BTreeMap<Metric, Finite>,
    /// How the model must compare with the champion, where there is one.
    #[serde(default)]
    pub(crate) champion: Option<ChampionConfig>,
    /// How the model must compare with the last release, so that small losses do not add up.
    #[serde(default)]
    pub(crate) release: Option<ReleaseConfig>,
    /// How many candidates may be judged on the same rows. Needs a ledger.
    #[serde(default)]
    pub(crate) looks: Option<LooksConfig>,
    /// Rules on what other tools found, and on the model's size.
    #[serde(default)]
    pub(crate) rules: RulesConfig,
    /// The rows that the model and the champion decide differently.
    #[serde(default)]
    pub(crate) flips: FlipsConfig,
    /// Columns of which no report may show a single row's value.
    #[serde(default)]
    pub(crate) private: Vec<String>,
    /// Parts of the rows to look at.
    #[serde(default)]
    pub(crate) slices: Option<SliceConfig>,
    /// What an inconclusive rule means: `inconclusive` (exit code 4) or `fail` (exit code 1).
    #[serde(default = "inconclusive")]
    pub(crate) inconclusive_is: Inconclusive,
}

/// How rows are drawn again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct BootstrapConfig {
    /// How many times: 1,000 for an interval at 95 %, more where a decision hangs on it.
    pub(crate) replicates: u32,
    /// Any number; the same seed gives the same draws on every machine.
    pub(crate) seed: u64,
}

impl Default for BootstrapConfig {
    fn default() -> Self {
        Self {
            replicates: 1000,
            seed: 0,
        }
    }
}

/// What an inconclusive rule means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Inconclusive {
    /// The verdict says so.
    Inconclusive,
    /// Thin evidence blocks.
    Fail,
}

/// How the model must compare with the champion.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChampionConfig {
    /// How much worse than the champion's each metric may be on the same rows, as a positive number in
    /// the metric's unit. The whole interval of the difference must lie on the right side of it.
    #[serde(default)]
    pub(crate) margins: BTreeMap<Metric, Finite>,
    /// Short for `margins: {auc: …}`.
    #[serde(default)]
    pub(crate) auc_margin: Option<Finite>,
}

impl GateConfig {
    /// How much worse than the champion's each metric may be.
    pub(crate) fn margins(&self) -> BTreeMap<Metric, Finite> {
        let Some(champion) = &self.champion else {
            return BTreeMap::new();
        };
        let mut margins = champion.margins.clone();
        margins.extend(champion.auc_margin.map(|margin| (Metric::Auc, margin)));
        margins
    }

    /// How much worse than the last release's each metric may be.
    pub(crate) fn release_margins(&self) -> BTreeMap<Metric, Finite> {
        let release = self.release.as_ref();
        release
            .map(|release| release.margins.clone())
            .unwrap_or_default()
    }

    /// How much of each metric may be lost since the last release.
    pub(crate) fn cumulative(&self) -> BTreeMap<Metric, Finite> {
        let release = self.release.as_ref();
        release
            .map(|release| release.cumulative.clone())
            .unwrap_or_default()
    }
}

/// Parts of the rows to look at.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SliceConfig {
    /// Each entry lists one or more columns of the holdout; every combination of their values that
    /// occurs is a slice.
    pub(crate) by: Vec<Vec<String>>,
    /// The fewest rows a slice is judged on.
    pub(crate) min_rows: u64,
    /// The fewest rows of the rarer class a slice is judged on.
    pub(crate) min_positives: u64,
    /// The least AUC of a slice. A slice breaks it when it is shown to be below, with the number of
    /// slices accounted for (Holm's method).
    #[serde(default)]
    pub(crate) auc_at_least: Option<Finite>,
    /// How slices must compare with the champion, where there is one.
    #[serde(default)]
    pub(crate) champion: Option<SliceChampion>,
    /// What a slice that breaks one of these means.
    #[serde(default = "fail")]
    pub(crate) severity: Severity,
}

/// How slices must compare with the champion.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SliceChampion {
    /// How much AUC the model may lose against the champion within a slice.
    pub(crate) auc_margin: Finite,
    /// What has to be shown.
    #[serde(default = "harm")]
    pub(crate) prove: Prove,
}

/// On whom the burden of proof lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Prove {
    /// Slices pass unless one is shown to lose more than the margin (Holm's method).
    Harm,
    /// Every slice must show that it does not lose more than the margin (intersection-union); what shows
    /// neither is inconclusive. Needs many rows in every slice.
    NoHarm,
}

/// What a broken rule means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    /// It blocks.
    Fail,
    /// It deserves a look.
    Warning,
}

impl Severity {
    pub(crate) const fn verdict(self) -> Verdict {
        match self {
            Self::Fail => Verdict::Fail,
            Self::Warning => Verdict::Warning,
        }
    }
}

fn ninety_five() -> Finite {
    Finite::new(0.95).expect("a literal is finite")
}

const fn inconclusive() -> Inconclusive {
    Inconclusive::Inconclusive
}

const fn harm() -> Prove {
    Prove::Harm
}

const fn fail() -> Severity {
    Severity::Fail
}

/// The configuration's JSON Schema, as it is committed.
pub fn schema() -> String {
    let schema = schemars::schema_for!(GateConfig);
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is plain JSON");
    text.push('\n');
    text
}
