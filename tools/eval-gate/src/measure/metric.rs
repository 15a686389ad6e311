//! The metrics by name: of which task each is, and what is better.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A metric that rules can name.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Metric {
    /// Area under the ROC curve.
    Auc,
    /// Several classes: each against the others, the plain mean of their AUC.
    AucMacro,
    /// The same, each class counted by its rows.
    AucWeighted,
    /// Area under the precision-recall curve, as average precision.
    PrAuc,
    /// Mean over classes of the average precision of each against the others.
    PrAucMacro,
    /// Twice the AUC, less one.
    Gini,
    /// Largest distance between the two classes' score distributions.
    Ks,
    /// Mean logarithmic loss, in nats.
    LogLoss,
    /// Mean squared error of the probability; of all classes' together, where there are several.
    Brier,
    /// Expected calibration error over ten bins.
    Ece,
    /// Slope of the outcome's log-odds on the score's: 1 is calibrated, less is overconfident.
    CalibrationSlope,
    /// Its intercept: 0 is calibrated.
    CalibrationIntercept,
    /// Share of rows taken for what they are.
    Accuracy,
    /// Mean of the classes' recalls.
    BalancedAccuracy,
    /// Share of rows whose class is among the `measures.top_k` most probable.
    TopKAccuracy,
    /// Share of positives among rows taken for positive.
    Precision,
    /// The plain mean of the classes' precision.
    PrecisionMacro,
    /// The mean of the classes' precision, counted by their rows.
    PrecisionWeighted,
    /// Over all decisions together, which is the accuracy.
    PrecisionMicro,
    /// Share of positives taken for positive.
    Recall,
    /// The plain mean of the classes' recall.
    RecallMacro,
    /// The mean of the classes' recall, counted by their rows.
    RecallWeighted,
    /// Over all decisions together, which is the accuracy.
    RecallMicro,
    /// Harmonic mean of precision and recall.
    F1,
    /// The plain mean of the classes' F1.
    F1Macro,
    /// The mean of the classes' F1, counted by their rows.
    F1Weighted,
    /// Over all decisions together, which is the accuracy.
    F1Micro,
    /// Matthews's correlation coefficient.
    Mcc,
    /// Cohen's kappa: agreement beyond chance.
    Kappa,
    /// Share of positives among the `measures.top_share` of rows with the highest scores.
    RecallAtK,
    /// How many times more of them than in as many rows at random.
    LiftAtK,
    /// Mean cost of a row's decision, by `costs`.
    ExpectedCost,
    /// Root of the mean squared error.
    Rmse,
    /// Mean absolute error.
    Mae,
    /// Mean of the absolute error over the outcome's size, as a ratio.
    Mape,
    /// Share of the outcome's variance that is explained.
    R2,
    /// Mean pinball loss at `measures.quantile`.
    Pinball,
}

/// What is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    More,
    Less,
    /// A figure that is best at a value of its own.
    Neither,
}

impl Metric {
    /// All metrics, in the order of reports.
    pub(crate) const ALL: [Self; 37] = [
        Self::Auc,
        Self::AucMacro,
        Self::AucWeighted,
        Self::PrAuc,
        Self::PrAucMacro,
        Self::Gini,
        Self::Ks,
        Self::LogLoss,
        Self::Brier,
        Self::Ece,
        Self::CalibrationSlope,
        Self::CalibrationIntercept,
        Self::Accuracy,
        Self::BalancedAccuracy,
        Self::TopKAccuracy,
        Self::Precision,
        Self::PrecisionMacro,
        Self::PrecisionWeighted,
        Self::PrecisionMicro,
        Self::Recall,
        Self::RecallMacro,
        Self::RecallWeighted,
        Self::RecallMicro,
        Self::F1,
        Self::F1Macro,
        Self::F1Weighted,
        Self::F1Micro,
        Self::Mcc,
        Self::Kappa,
        Self::RecallAtK,
        Self::LiftAtK,
        Self::ExpectedCost,
        Self::Rmse,
        Self::Mae,
        Self::Mape,
        Self::R2,
        Self::Pinball,
    ];

    /// Those of a model of two classes.
    pub(super) const BINARY: [Self; 19] = [
        Self::Auc,
        Self::PrAuc,
        Self::Gini,
        Self::Ks,
        Self::LogLoss,
        Self::Brier,
        Self::Ece,
        Self::CalibrationSlope,
        Self::CalibrationIntercept,
        Self::Accuracy,
        Self::BalancedAccuracy,
        Self::Precision,
        Self::Recall,
        Self::F1,
        Self::Mcc,
        Self::Kappa,
        Self::RecallAtK,
        Self::LiftAtK,
        Self::ExpectedCost,
    ];

    /// Those of a model of several classes.
    pub(super) const CLASSES: [Self; 21] = [
        Self::AucMacro,
        Self::AucWeighted,
        Self::PrAucMacro,
        Self::LogLoss,
        Self::Brier,
        Self::Ece,
        Self::Accuracy,
        Self::BalancedAccuracy,
        Self::TopKAccuracy,
        Self::PrecisionMacro,
        Self::PrecisionWeighted,
        Self::PrecisionMicro,
        Self::RecallMacro,
        Self::RecallWeighted,
        Self::RecallMicro,
        Self::F1Macro,
        Self::F1Weighted,
        Self::F1Micro,
        Self::Mcc,
        Self::Kappa,
        Self::ExpectedCost,
    ];

    /// Those of a model of a number.
    pub(super) const NUMBERS: [Self; 5] =
        [Self::Rmse, Self::Mae, Self::Mape, Self::R2, Self::Pinball];

    /// The name in configurations and artifacts.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Auc => "auc",
            Self::AucMacro => "auc_macro",
            Self::AucWeighted => "auc_weighted",
            Self::PrAuc => "pr_auc",
            Self::PrAucMacro => "pr_auc_macro",
            Self::Gini => "gini",
            Self::Ks => "ks",
            Self::LogLoss => "log_loss",
            Self::Brier => "brier",
            Self::Ece => "ece",
            Self::CalibrationSlope => "calibration_slope",
            Self::CalibrationIntercept => "calibration_intercept",
            Self::Accuracy => "accuracy",
            Self::BalancedAccuracy => "balanced_accuracy",
            Self::TopKAccuracy => "top_k_accuracy",
            Self::Precision => "precision",
            Self::PrecisionMacro => "precision_macro",
            Self::PrecisionWeighted => "precision_weighted",
            Self::PrecisionMicro => "precision_micro",
            Self::Recall => "recall",
            Self::RecallMacro => "recall_macro",
            Self::RecallWeighted => "recall_weighted",
            Self::RecallMicro => "recall_micro",
            Self::F1 => "f1",
            Self::F1Macro => "f1_macro",
            Self::F1Weighted => "f1_weighted",
            Self::F1Micro => "f1_micro",
            Self::Mcc => "mcc",
            Self::Kappa => "kappa",
            Self::RecallAtK => "recall_at_k",
            Self::LiftAtK => "lift_at_k",
            Self::ExpectedCost => "expected_cost",
            Self::Rmse => "rmse",
            Self::Mae => "mae",
            Self::Mape => "mape",
            Self::R2 => "r2",
            Self::Pinball => "pinball",
        }
    }

    /// What people call it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Auc => "AUC",
            Self::LogLoss => "log-loss",
            Self::Rmse => "RMSE",
            other => other.as_str(),
        }
    }

    /// The metric of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.as_str() == name)
    }

    /// What of it is better.
    pub(crate) const fn direction(self) -> Direction {
        match self {
            Self::LogLoss
            | Self::Brier
            | Self::Ece
            | Self::ExpectedCost
            | Self::Rmse
            | Self::Mae
            | Self::Mape
            | Self::Pinball => Direction::Less,
            Self::CalibrationSlope | Self::CalibrationIntercept => Direction::Neither,
            _ => Direction::More,
        }
    }

    /// Whether more of it is better.
    pub(crate) fn more_is_better(self) -> bool {
        self.direction() == Direction::More
    }

    /// Whether a difference of 1 or more of it is beyond all sense.
    pub(crate) const fn is_share(self) -> bool {
        !matches!(
            self,
            Self::LogLoss
                | Self::CalibrationSlope
                | Self::CalibrationIntercept
                | Self::LiftAtK
                | Self::ExpectedCost
                | Self::Rmse
                | Self::Mae
                | Self::Mape
                | Self::Pinball
        )
    }
}
