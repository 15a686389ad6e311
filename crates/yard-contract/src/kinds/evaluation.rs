use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::{Artifact, Version};
use crate::kinds::Flips;
use crate::{Finite, Sha256};

/// How good a model is on rows that it has not seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evaluation {
    /// The digest of what was judged: of the ONNX file, or of a file of scores.
    pub model_sha256: Sha256,
    /// The digest of the frozen rows: of their identifiers, outcomes, weights and entities in the order
    /// of the identifiers, whatever file they came in; of the file, where rows have no identifier.
    pub holdout_sha256: Sha256,
    /// Rows scored.
    pub rows: u64,
    /// The metric that slices are judged by.
    pub primary: String,
    /// Every metric that is defined on these rows, by name.
    pub metrics: BTreeMap<String, Estimate>,
    /// Metrics that these rows leave undefined, with the reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub undefined: BTreeMap<String, String>,
    /// What only models of this task have.
    pub by_task: ByTask,
    /// What trivial models reach on the same rows.
    pub baselines: Vec<Baseline>,
    /// The same metrics on parts of the rows.
    pub slices: Vec<SliceResult>,
    /// How far apart groups of rows are treated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fairness: Vec<GroupGap>,
    /// Where the model errs most, of all values and pairs of values of the slices' columns; the surest
    /// first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weakest: Vec<WeakSlice>,
    /// The champion on the same rows, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
    /// The last release on the same rows, where the policy compares with it too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<Comparison>,
    /// The rows that the model and the champion decide differently, where there are a champion and two
    /// classes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flips: Option<Flips>,
}

/// What only models of one task have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "task", rename_all = "kebab-case")]
pub enum ByTask {
    /// One of two classes.
    Binary(Box<BinaryEvaluation>),
    /// One of several classes.
    Multiclass(ClassesEvaluation),
    /// A number.
    Regression(NumbersEvaluation),
}

/// What only a model of two classes has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BinaryEvaluation {
    /// How many rows belong to the positive class.
    pub positives: u64,
    /// The probability from which on a row counted as positive.
    pub threshold: Finite,
    /// Rows by what they are and what they were taken for.
    pub confusion: Confusion,
    /// The threshold that costs least on these rows, where costs are configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cheapest: Option<CheapestThreshold>,
    /// What the charts show.
    pub curves: Curves,
}

/// The threshold that costs least on the rows that were held out: where to look, not what to expect,
/// because it was chosen on the rows that it is priced on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheapestThreshold {
    /// The threshold; absent where it is cheapest to call no row positive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<Finite>,
    /// Mean cost a row at it.
    pub cost: Finite,
    /// Where it would lie on other rows of the same kind; absent where the rarer class has too few rows to
    /// tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<ThresholdInterval>,
}

/// Where a threshold lies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ThresholdInterval {
    /// Lower end; absent where it may be so low that every row is called positive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<Finite>,
    /// Upper end; absent where it may be so high that no row is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<Finite>,
    /// How it was found, and its confidence level: `percentile bootstrap 95%`.
    pub method: String,
}

/// What only a model of several classes has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClassesEvaluation {
    /// The classes.
    pub classes: Vec<String>,
    /// `confusion[actual][most probable]`: rows by what they are and what they were taken for.
    pub confusion: Vec<Vec<u64>>,
}

/// What only a model of a number has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NumbersEvaluation {
    /// Mean of the outcome.
    pub mean: Finite,
    /// Standard deviation of the outcome.
    pub sd: Finite,
    /// Predicted (x) against actual (y), of at most a few hundred rows.
    pub points: Vec<CurvePoint>,
    /// Actual minus predicted, of all rows.
    pub residuals: Vec<ResidualBin>,
}

/// Rows whose residual lies in one bin.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResidualBin {
    /// Lower edge, belongs to the bin.
    pub from: Finite,
    /// Upper edge, belongs to the next bin (to this one for the last).
    pub to: Finite,
    /// Rows.
    pub rows: u64,
}

/// How far apart a rate is between the groups that a column makes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GroupGap {
    /// The column that names each row's group.
    pub column: String,
    /// The rate: `selection_rate`, `true_positive_rate`.
    pub rate: String,
    /// The rate in each group that has the rows to be judged.
    pub groups: Vec<GroupRate>,
    /// Groups with too few rows, which are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub too_small: Vec<String>,
    /// The largest rate minus the smallest.
    pub difference: Estimate,
    /// The smallest rate over the largest.
    pub ratio: Estimate,
}

/// A rate in one group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GroupRate {
    /// The group's value.
    pub value: String,
    /// Rows in it.
    pub rows: u64,
    /// The rate; absent where the group leaves it undefined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Estimate>,
}

impl Evaluation {
    /// What only a model of two classes has, if this is one.
    pub fn binary(&self) -> Option<&BinaryEvaluation> {
        match &self.by_task {
            ByTask::Binary(of) => Some(of),
            ByTask::Multiclass(_) | ByTask::Regression(_) => None,
        }
    }

    /// How many rows belong to the positive class, where there is one.
    pub fn positives(&self) -> Option<u64> {
        self.binary().map(|binary| binary.positives)
    }
}

/// A metric with its uncertainty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Estimate {
    /// The point estimate.
    pub value: Finite,
    /// Lower end of the interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<Finite>,
    /// Upper end of the interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<Finite>,
    /// How the interval was found, and its confidence level: `delong 95%`, `wilson 95%`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<String>,
}

/// Rows by what they are and what they were taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Confusion {
    /// Positive, taken for positive.
    pub true_positives: u64,
    /// Negative, taken for positive.
    pub false_positives: u64,
    /// Negative, taken for negative.
    pub true_negatives: u64,
    /// Positive, taken for negative.
    pub false_negatives: u64,
}

/// What a trivial model reaches on the same rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Baseline {
    /// `prior`, or the name of a single feature.
    pub name: String,
    /// Its metrics.
    pub metrics: BTreeMap<String, Finite>,
}

/// Metrics on a part of the rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SliceResult {
    /// The columns and values that pick the rows.
    pub columns: BTreeMap<String, String>,
    /// Rows in the slice.
    pub rows: u64,
    /// How many of them belong to the positive class, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub positives: Option<u64>,
    /// Whether the slice has the rows and positives that a judgement needs.
    pub supported: bool,
    /// Its metrics.
    pub metrics: BTreeMap<String, Estimate>,
    /// The primary metric against the champion's on the slice, where there is one and the slice is judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<Difference>,
}

/// A part of the rows on which the model errs more than on all others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WeakSlice {
    /// The columns and values that pick the rows.
    pub columns: BTreeMap<String, String>,
    /// Rows in the slice.
    pub rows: u64,
    /// Mean loss in it: log-loss, or the squared error of a number.
    pub loss: Finite,
    /// Mean loss of the rows outside it.
    pub rest: Finite,
    /// One-sided p-value of "no worse than the rest", adjusted for all slices that were looked at.
    pub p_value: Finite,
}

/// The challenger against the champion, row by row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// The digest of the champion's ONNX file, or of its file of scores.
    pub champion_sha256: Sha256,
    /// The metric compared.
    pub metric: String,
    /// The champion's value.
    pub champion: Finite,
    /// The challenger's value.
    pub challenger: Finite,
    /// Challenger minus champion, with its paired interval.
    pub difference: Estimate,
    /// Two-sided p-value of "no difference".
    pub p_value: Finite,
    /// The champion's metrics on the same rows.
    pub champion_metrics: BTreeMap<String, Estimate>,
    /// The probability from which on the champion calls a row positive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<Finite>,
    /// Every metric that both models have, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub differences: BTreeMap<String, Difference>,
    /// The decisions of which only one model's is right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decisions: Option<Decisions>,
}

/// How far a metric of the challenger is from the champion's on the same rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    /// Challenger minus champion, with its paired interval.
    pub difference: Estimate,
    /// Its standard error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard_error: Option<Finite>,
    /// How much worse the policy lets the challenger be; a positive number in the metric's unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<Finite>,
    /// One-sided p-value of "worse by the margin or more" (by nothing or more, without a margin):
    /// small where the challenger is shown not to be.
    pub p_value: Finite,
    /// Why these rows carry no decision either way, where they do not: interval and p-value then hold no
    /// level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub too_few: Option<String>,
}

/// The rows on which only one of two models decides rightly, each at its own threshold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Decisions {
    /// Rows that only the challenger decides rightly.
    pub challenger_only: u64,
    /// Rows that only the champion decides rightly.
    pub champion_only: u64,
    /// Two-sided p-value of "both are right equally often", by the test of `McNemar`.
    pub p_value: Finite,
}

/// What the charts show, thinned to a few hundred points.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Curves {
    /// False-positive rate (x) against true-positive rate (y).
    pub roc: Vec<CurvePoint>,
    /// Recall (x) against precision (y).
    pub precision_recall: Vec<CurvePoint>,
    /// Share of rows, highest score first (x), against share of positives found (y).
    pub gain: Vec<CurvePoint>,
    /// Predicted against observed share of positives.
    pub reliability: Vec<ReliabilityBin>,
    /// Scores of the two classes.
    pub scores: Vec<HistogramBin>,
}

/// A point of a curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CurvePoint {
    /// Horizontal.
    pub x: Finite,
    /// Vertical.
    pub y: Finite,
}

/// Rows whose score lies in one bin of the unit interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReliabilityBin {
    /// Mean score of the rows.
    pub predicted: Finite,
    /// Share of positives among the rows.
    pub observed: Finite,
    /// How many rows.
    pub rows: u64,
}

/// Rows per class in one bin of the score.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HistogramBin {
    /// Lower edge, belongs to the bin.
    pub from: Finite,
    /// Upper edge, belongs to the next bin (to this one for the last).
    pub to: Finite,
    /// Rows of the negative class.
    pub negatives: u64,
    /// Rows of the positive class.
    pub positives: u64,
}

impl Artifact for Evaluation {
    const KIND: &'static str = "evaluation";
    const VERSION: Version = Version::new(1, 2);
}
