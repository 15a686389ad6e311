use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::{Artifact, Version};
use crate::{Finite, Importance, Scalar, Sha256};

/// What a model leans on, and how its answers follow its features.
///
/// Shuffles and curves are asked of the graph that is shipped. None of it says what causes the
/// outcome, and features that tell the same share what they are worth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Explanation {
    /// The digest of the graph that was asked.
    pub model_sha256: Sha256,
    /// On which rows.
    pub rows: ExplainedRows,
    /// The seed of their draw and of the shuffles.
    pub seed: u64,
    /// What each number of an answer is: the positive class, each class in the signature's order, or
    /// the target.
    pub answers: Vec<String>,
    /// What shuffling costs.
    pub permutation: PermutationImportance,
    /// How the answers follow the features whose shuffles cost most, in that order.
    pub dependence: Vec<Dependence>,
    /// What the features add to the scores; absent where only the graph is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contributions: Option<MeanContributions>,
    /// Why there are no contributions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_contributions: Option<String>,
    /// Shares of the total gain of trees, largest first; empty of other models.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gain: Vec<Importance>,
}

/// The rows that a model is explained on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExplainedRows {
    /// Where they are from.
    pub side: ExplainedSide,
    /// How many there are.
    pub all: u64,
    /// How many of them the graph was asked about: all, or a seeded draw.
    pub used: u64,
}

/// Where the rows are from that a model is explained on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ExplainedSide {
    /// Held out: the model was not fitted on them.
    HeldOut,
    /// The table that was given with the model, which may have seen them.
    Table,
}

/// How much worse a model gets where one feature's cells are shuffled among the rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PermutationImportance {
    /// Shuffles of each feature.
    pub repeats: u32,
    /// The loss: `log_loss` of classes, `rmse` of a number, `pinball` of a quantile. Lower is better.
    pub loss: String,
    /// The score: `auc` of two classes, `accuracy` of several, `r2` of a number. Higher is better.
    pub score: String,
    /// The loss of the rows as they are.
    pub loss_before: Finite,
    /// Their score; absent where it is undefined, such as the AUC of one class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score_before: Option<Finite>,
    /// The features, those first whose shuffles raise the loss most.
    pub features: Vec<ShuffledFeature>,
    /// Features that were not shuffled, of a table with very many.
    pub left_out: u64,
}

/// What shuffling one feature costs, over the repeats. About 0 for what the model does not use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ShuffledFeature {
    /// The feature.
    pub feature: String,
    /// By how much the loss rises.
    pub loss: Spread,
    /// By how much the score falls, where it is defined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<Spread>,
}

/// A mean over repeats, and how they differ.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Spread {
    /// Their mean.
    pub mean: Finite,
    /// Their standard deviation (divisor n - 1).
    pub sd: Finite,
}

/// How the answers follow one feature, everything else staying as it is in the rows (partial
/// dependence: Friedman, 2001). Rows with cells that do not go together are asked about too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Dependence {
    /// The feature.
    pub feature: String,
    /// Numbers rising, at quantiles of the training rows; categories by their frequency in them. A
    /// missing cell is the last point, of a feature that may be missing.
    pub points: Vec<DependencePoint>,
    /// Categories beyond those of the points.
    pub left_out: u64,
}

/// The answers where all rows have the same cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DependencePoint {
    /// The cell: a number, a category, or `null` where it is missing.
    pub value: Scalar,
    /// The rows' answers, one entry for each number of an answer.
    pub answers: Vec<AnswerRange>,
}

/// How the answers of rows lie.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AnswerRange {
    /// Their mean.
    pub mean: Finite,
    /// The value that a tenth of them lies below, interpolated between neighbours.
    pub low: Finite,
    /// The value that a tenth of them lies above.
    pub high: Finite,
}

/// What features add to the scores of rows: Shapley values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MeanContributions {
    /// How they were computed.
    pub method: ContributionMethod,
    /// What they add up to.
    pub scale: ContributionScale,
    /// How many of the explained rows they are of.
    pub rows: u64,
    /// The score where nothing is known of a row, one for each number of an answer.
    pub expected: Vec<Finite>,
    /// The features, the largest contributions first.
    pub features: Vec<MeanContribution>,
    /// How far expectation and contributions of a row add up beside its score at most, in units of the
    /// largest of 1, the score and the parts of the sum. Above 1e-5 no explanation is written.
    pub largest_gap: Finite,
}

/// How contributions are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ContributionMethod {
    /// Exact, by the trees' own covers (`TreeSHAP`).
    TreeShap,
    /// Coefficient times distance from the mean, which is exact where columns are independent.
    Linear,
}

/// What contributions add up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ContributionScale {
    /// The log-odds of the positive class.
    LogOdds,
    /// Each class's score, of which the softmax is the probability.
    ClassScores,
    /// The probability, or each class's share.
    Probability,
    /// The number that is predicted.
    Value,
    /// The logarithm of the number that is predicted.
    LogValue,
}

impl ContributionScale {
    /// The scale in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::LogOdds => "log-odds",
            Self::ClassScores => "scores before the softmax",
            Self::Probability => "probability",
            Self::Value => "the predicted number's unit",
            Self::LogValue => "the logarithm of the predicted number",
        }
    }
}

/// How large one feature's contributions are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MeanContribution {
    /// The feature; the columns that were made of it are added up row by row.
    pub feature: String,
    /// The mean absolute contribution, one for each number of an answer.
    pub mean_absolute: Vec<Finite>,
}

impl Artifact for Explanation {
    const KIND: &'static str = "explanation";
    const VERSION: Version = Version::new(1, 0);
}
