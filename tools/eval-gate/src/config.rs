//! `configs/gate.yaml`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yard_contract::{Finite, Verdict};

use crate::costs::CostConfig;
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
    /// The column that names each row. Files of scores are held against each other by it; a holdout that
    /// is scored here needs none (default for files of scores: `id`).
    #[serde(default)]
    pub(crate) id: Option<String>,
    /// The column of weights: a row of weight 2 counts as two. All intervals are then the bootstrap's.
    #[serde(default)]
    pub(crate) weight: Option<String>,
    /// The column of the holdout that names an entity with several rows (a customer, a device). Such
    /// rows are not independent, so whole entities are drawn again for every interval.
    #[serde(default)]
    pub(crate) cluster: Option<String>,
    /// The columns of files of scores.
    #[serde(default)]
    pub(crate) predictions: Option<PredictionsConfig>,
    /// What wrong decisions cost, for `expected_cost` and the cheapest threshold.
    #[serde(default)]
    pub(crate) costs: Option<CostConfig>,
    /// What metrics with a parameter are taken at.
    #[serde(default)]
    pub(crate) measures: MeasureConfig,
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
    /// Columns of which no file and no message may show a single row's value: `flips.show` masks them, and where
    /// `id` is among them rows are named by their place.
    #[serde(default)]
    pub(crate) private: Vec<String>,
    /// Parts of the rows to look at.
    #[serde(default)]
    pub(crate) slices: Option<SliceConfig>,
    /// How alike groups of rows must be treated.
    #[serde(default)]
    pub(crate) fairness: Option<FairnessConfig>,
    /// What looks as if the outcome had leaked into the model's input.
    #[serde(default)]
    pub(crate) leakage: LeakageConfig,
    /// What an inconclusive rule means: `inconclusive` (exit code 4) or `fail` (exit code 1).
    #[serde(default = "inconclusive")]
    pub(crate) inconclusive_is: Inconclusive,
}

/// The columns of files of scores, which `id`, `weight` and `cluster` beside it name too. Give one of
/// `score` (two classes), `probabilities` (several) and `value` (a number); without any, a column `score` or
/// `probability`, columns `probability_CLASS`, or a column `prediction` is taken.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PredictionsConfig {
    /// What came true (default: `label`).
    pub(crate) label: Option<String>,
    /// The probability of the positive class.
    pub(crate) score: Option<String>,
    /// The positive class (default: 1 of 0 and 1, true of true and false).
    pub(crate) positive: Option<String>,
    /// The probability from which on a row counts as positive (default: 0.5).
    pub(crate) threshold: Option<Finite>,
    /// The column of each class's probability.
    pub(crate) probabilities: BTreeMap<String, String>,
    /// The number predicted.
    pub(crate) value: Option<String>,
}

/// What metrics with a parameter are taken at.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct MeasureConfig {
    /// `recall_at_k` and `lift_at_k` look at this share of the rows, those with the highest scores.
    pub(crate) top_share: Finite,
    /// `top_k_accuracy` asks whether the row's class is among so many.
    pub(crate) top_k: u32,
    /// `pinball` takes the prediction for this quantile.
    pub(crate) quantile: Finite,
}

impl Default for MeasureConfig {
    fn default() -> Self {
        let finite = |value| Finite::new(value).unwrap_or_default();
        Self {
            top_share: finite(0.1),
            top_k: 2,
            quantile: finite(0.5),
        }
    }
}

/// How alike groups of rows must be treated, where there are two classes.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FairnessConfig {
    /// The columns that name each row's group.
    pub(crate) by: Vec<String>,
    /// The rates that are compared.
    #[serde(default = "selection_rate")]
    pub(crate) metrics: Vec<GroupRate>,
    /// The most that the largest rate of a group may exceed the smallest.
    #[serde(default)]
    pub(crate) max_difference: Option<Finite>,
    /// The least that the smallest rate may be of the largest: 0.8 is the "four fifths" rule.
    #[serde(default)]
    pub(crate) min_ratio: Option<Finite>,
    /// The fewest rows a group is judged on.
    #[serde(default = "thirty")]
    pub(crate) min_rows: u64,
    /// What a broken rule means.
    #[serde(default = "fail")]
    pub(crate) severity: Severity,
}

/// A rate that groups are compared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum GroupRate {
    /// Share of rows called positive: equal ones are demographic parity.
    SelectionRate,
    /// Share of positives called positive: equal ones are equal opportunity.
    TruePositiveRate,
    /// Share of negatives called positive: equal ones, with equal true-positive rates, are equalised odds.
    FalsePositiveRate,
    /// Share of positives called negative.
    FalseNegativeRate,
    /// Share of negatives called negative.
    TrueNegativeRate,
    /// Share of rows called what they are.
    Accuracy,
    /// Share of positives among rows called positive.
    Precision,
}

/// What looks as if the outcome had leaked into the model's input.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LeakageConfig {
    /// AUC (its mean over classes, where there are several; R², for a number) above which a model is too
    /// good to be true.
    pub(crate) above: Finite,
    /// What that means.
    pub(crate) severity: Severity,
}

impl Default for LeakageConfig {
    fn default() -> Self {
        Self {
            above: Finite::new(0.999).unwrap_or_default(),
            severity: Severity::Warning,
        }
    }
}

/// How rows are drawn again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct BootstrapConfig {
    /// How many times (default: 2,000). Rarer ends take more, and get them: looks that share a level.
    pub(crate) replicates: u32,
    /// Any number; the same seed gives the same draws on every machine.
    pub(crate) seed: u64,
}

impl Default for BootstrapConfig {
    fn default() -> Self {
        Self {
            replicates: 2000,
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
    /// What it means when `McNemar`'s test shows, at both models' thresholds, that the champion decides more
    /// rows rightly (two classes). It asks for proof of harm: to ask for proof of none, give `accuracy` a
    /// margin.
    #[serde(default)]
    pub(crate) mcnemar: Option<Severity>,
}

impl GateConfig {
    /// Whether no single row's value of a column may be shown.
    pub(crate) fn hides(&self, column: &str) -> bool {
        self.private.iter().any(|private| private == column)
    }

    /// Whether the champion has a rule.
    pub(crate) fn compares(&self) -> bool {
        let mcnemar = self.champion.as_ref().and_then(|champion| champion.mcnemar);
        mcnemar.is_some() || !self.margins().is_empty()
    }

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
    /// More columns in which the search for weak slices looks; no rule judges them. Numbers are cut into
    /// fifths.
    #[serde(default)]
    pub(crate) search: Vec<String>,
    /// The fewest rows a slice is judged on.
    pub(crate) min_rows: u64,
    /// The fewest rows of the rarer class a slice is judged on, where there are two.
    #[serde(default = "thirty")]
    pub(crate) min_positives: u64,
    /// The most that the loss of a slice may be, where there are not two classes: log-loss of several, the
    /// root mean squared error of a number. Judged like `auc_at_least`.
    #[serde(default)]
    pub(crate) at_most: Option<Finite>,
    /// The least AUC of a slice, where there are two classes. A slice breaks it when it is shown to be below, with the number of
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
    /// How much the model may lose against the champion within a slice: AUC where there are two classes,
    /// else log-loss or root mean squared error. `auc_margin` is another name for it.
    #[serde(alias = "auc_margin")]
    pub(crate) margin: Finite,
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

fn selection_rate() -> Vec<GroupRate> {
    vec![GroupRate::SelectionRate]
}

const fn thirty() -> u64 {
    30
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
