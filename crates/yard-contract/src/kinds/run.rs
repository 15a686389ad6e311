use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::{Artifact, Version};
use crate::{Finite, ManifestFile, Scalar, Sha256};

/// How a model came about: everything that determines it, and what was seen on the way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Run {
    /// What was fitted.
    pub algorithm: Algorithm,
    /// Every parameter, defaults included.
    pub parameters: BTreeMap<String, Scalar>,
    /// The seed of every random draw.
    pub seed: u64,
    /// The commit the code was at, where the CI system or the caller gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// What fitted it.
    pub environment: Environment,
    /// Training rows: those fitted on and, where there are any, those that decided when to stop.
    pub rows: u64,
    /// How many of the training rows only decided after which round to stop, where early stopping
    /// set some aside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_rows: Option<u64>,
    /// Loss per step, for algorithms that go by it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<Round>,
    /// How much each feature contributes, largest first.
    pub importance: Vec<Importance>,
    /// The result of cross-validation on the training rows, where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cross_validation: Option<CrossValidation>,
    /// What trivial models reach on the training rows: in the same cross-validation, or, where none
    /// was asked for, in one of their own on a sample.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trivial: Vec<TrivialModel>,
    /// Features that tell the target so well alone that they may follow from it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suspicious: Vec<Suspicion>,
    /// The other files of the model folder, which a reader checks before it uses them.
    pub files: Vec<ManifestFile>,
}

/// What can be fitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    /// Gradient boosting of regression trees.
    GradientBoosting,
    /// Logistic regression with an L2 penalty, of two classes or of several.
    LogisticRegression,
    /// Least squares with an L1 and an L2 penalty: ridge, lasso, elastic net.
    LinearRegression,
    /// The mean of trees, each grown on rows drawn with replacement.
    RandomForest,
    /// Fitted by another program, and adopted as an ONNX file.
    Adopted,
    /// Fitted by a command that was run under the contract of `train run`.
    Command,
}

/// The toolchain that a run's bytes depend on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Environment {
    /// The fitting tool's version.
    pub trainyard: String,
    /// The version of ONNX's default operator set in the graph.
    pub onnx_opset: u32,
    /// The version of ONNX's machine-learning operator set in the graph.
    pub onnx_ml_opset: u32,
    /// The digest of the program that fitted: with the table and the configuration it is all that
    /// the model's bytes depend on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<Sha256>,
    /// The compiler that the program was built with, as it names itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compiler: Option<String>,
    /// The platform that the program was built for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

/// One round of fitting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Round {
    /// Counted from 1.
    pub round: u32,
    /// Mean loss on the rows fitted on: the loss that the fit makes small, of classes the log loss.
    pub train_loss: Finite,
    /// Mean loss on the validation rows, where there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_loss: Option<Finite>,
}

/// How much one feature contributes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Importance {
    /// The feature.
    pub feature: String,
    /// Its share of the total gain (boosting) or of the sum of absolute standardised coefficients
    /// (linear and logistic regression).
    pub share: Finite,
}

/// Cross-validation on the training rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CrossValidation {
    /// How many folds.
    pub folds: u32,
    /// How rows were dealt out: `stratified` and `random` draw, `group` keeps the rows of an entity
    /// together, `time` judges each stretch of time by a model of all that came before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<FoldMethod>,
    /// The column that tells the entity or the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// What was measured: `auc` of two classes, `log_loss` of several, `rmse` of a number,
    /// `pinball_loss` of a quantile.
    pub metric: String,
    /// Its value on each fold.
    pub values: Vec<Finite>,
    /// Their mean.
    pub mean: Finite,
    /// Their standard deviation (divisor n - 1).
    pub sd: Finite,
}

/// A model that anyone could have had.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrivialModel {
    /// `prior` answers the same to every row; `best-feature` knows one feature: a linear model of a
    /// number, the mean target of each category.
    pub name: String,
    /// The one feature: that of the smallest loss on all training rows, which flatters it a little.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feature: Option<String>,
    /// The mean over the folds of what is measured.
    pub mean: Finite,
    /// What was measured, by the names of a cross-validation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
}

/// A feature that tells the target suspiciously well alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Suspicion {
    /// The feature.
    pub feature: String,
    /// What was measured: the `auc` of two classes, the share of several classes' log loss
    /// (`log_loss_explained`) or of a number's variance (`variance_explained`).
    pub measure: String,
    /// Its value on the training rows, or on a sample of them.
    pub value: Finite,
}

/// How rows are dealt out to folds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FoldMethod {
    /// A seeded draw within each class.
    Stratified,
    /// A seeded draw.
    Random,
    /// All rows of an entity in one fold.
    Group,
    /// Each fold is a stretch of time, and its model has seen what came before it, and nothing else.
    Time,
}

impl FoldMethod {
    /// The method's name, as configurations and artifacts write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stratified => "stratified",
            Self::Random => "random",
            Self::Group => "group",
            Self::Time => "time",
        }
    }
}

impl Artifact for Run {
    const KIND: &'static str = "run";
    const VERSION: Version = Version::new(1, 1);
}

impl Algorithm {
    /// The algorithm's name, as configurations and artifacts write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GradientBoosting => "gradient-boosting",
            Self::LogisticRegression => "logistic-regression",
            Self::LinearRegression => "linear-regression",
            Self::RandomForest => "random-forest",
            Self::Adopted => "adopted",
            Self::Command => "command",
        }
    }
}
