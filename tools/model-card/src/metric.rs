//! What metrics are called, and which way is better.

use serde::Serialize;

/// A metric that readers know under a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Metric {
    /// Its name in `evaluation.json`.
    pub(crate) name: String,
    /// Its name for people.
    pub(crate) label: String,
    /// Its identifier on Hugging Face.
    pub(crate) hub: String,
    pub(crate) lower_is_better: bool,
}

const HIGHER: bool = false;
const LOWER: bool = true;

/// Name, label, identifier on Hugging Face, direction; the order is the order of the card, and the
/// first that an evaluation has is the one by which slices are ranked where the primary is undefined.
#[rustfmt::skip]
const KNOWN: [(&str, &str, &str, bool); 40] = [
    ("auc", "AUC", "roc_auc", HIGHER),
    ("auc_macro", "AUC, mean of the classes", "roc_auc_macro", HIGHER),
    ("auc_weighted", "AUC, mean of the rows", "roc_auc_weighted", HIGHER),
    ("rmse", "RMSE", "rmse", LOWER),
    ("mae", "Mean absolute error", "mae", LOWER),
    ("mape", "Mean absolute percentage error", "mape", LOWER),
    ("r2", "R²", "r_squared", HIGHER),
    ("pinball", "Pinball loss", "pinball_loss", LOWER),
    ("pr_auc", "PR-AUC", "average_precision", HIGHER),
    ("average_precision", "Average precision", "average_precision", HIGHER),
    ("gini", "Gini", "gini", HIGHER),
    ("ks", "Kolmogorov-Smirnov", "ks", HIGHER),
    ("log_loss", "Log-loss", "log_loss", LOWER),
    ("brier", "Brier score", "brier_score", LOWER),
    ("brier_skill", "Brier skill", "brier_skill", HIGHER),
    ("ece", "Expected calibration error", "ece", LOWER),
    ("calibration_error", "Expected calibration error", "ece", LOWER),
    ("calibration_slope", "Calibration slope", "calibration_slope", HIGHER),
    ("calibration_intercept", "Calibration intercept", "calibration_intercept", HIGHER),
    ("accuracy", "Accuracy", "accuracy", HIGHER),
    ("balanced_accuracy", "Balanced accuracy", "balanced_accuracy", HIGHER),
    ("top_k_accuracy", "Accuracy of the most probable few", "top_k_accuracy", HIGHER),
    ("precision", "Precision", "precision", HIGHER),
    ("precision_macro", "Precision, mean of the classes", "precision_macro", HIGHER),
    ("precision_weighted", "Precision, mean of the rows", "precision_weighted", HIGHER),
    ("precision_micro", "Precision over all decisions", "precision_micro", HIGHER),
    ("recall", "Recall", "recall", HIGHER),
    ("recall_macro", "Recall, mean of the classes", "recall_macro", HIGHER),
    ("recall_weighted", "Recall, mean of the rows", "recall_weighted", HIGHER),
    ("recall_micro", "Recall over all decisions", "recall_micro", HIGHER),
    ("specificity", "Specificity", "specificity", HIGHER),
    ("f1", "F1", "f1", HIGHER),
    ("f1_macro", "F1, mean of the classes", "f1_macro", HIGHER),
    ("f1_weighted", "F1, mean of the rows", "f1_weighted", HIGHER),
    ("f1_micro", "F1 over all decisions", "f1_micro", HIGHER),
    ("mcc", "Matthews correlation", "matthews_correlation", HIGHER),
    ("kappa", "Cohen's kappa", "cohen_kappa", HIGHER),
    ("recall_at_k", "Recall among the highest scores", "recall_at_k", HIGHER),
    ("lift_at_k", "Lift of the highest scores", "lift_at_k", HIGHER),
    ("expected_cost", "Expected cost of a row", "expected_cost", LOWER),
];

/// The metrics of these names, in the order of the card; unknown ones come last, by name.
pub(crate) fn in_order<'a>(names: impl IntoIterator<Item = &'a String>) -> Vec<Metric> {
    let place = |name: &str| {
        KNOWN
            .iter()
            .position(|known| known.0 == name)
            .unwrap_or(KNOWN.len())
    };
    let mut names: Vec<&String> = names.into_iter().collect();
    names.sort_by_key(|name| (place(name), *name));
    names.dedup();
    names.into_iter().map(|name| of(name)).collect()
}

/// The metric of this name.
pub(crate) fn of(name: &str) -> Metric {
    let (label, hub, lower_is_better) = KNOWN
        .iter()
        .find(|known| known.0 == name)
        .map_or((name, name, HIGHER), |&(_, label, hub, lower)| {
            (label, hub, lower)
        });
    Metric {
        name: name.to_owned(),
        label: label.to_owned(),
        hub: hub.to_owned(),
        lower_is_better,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_metrics_come_first_and_unknown_ones_are_not_lost() {
        let names = ["zeta", "brier", "auc", "auc"].map(str::to_owned);
        let order: Vec<String> = in_order(&names)
            .into_iter()
            .map(|metric| metric.label)
            .collect();
        assert_eq!(order, ["AUC", "Brier score", "zeta"]);
    }
}
