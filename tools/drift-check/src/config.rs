//! `configs/drift.yaml`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yard_contract::{Finite, Verdict};

/// Which change matters. A measure that is not written is not judged, and a configuration that
/// judges nothing is an error.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "configs/drift.yaml of drift-check")]
pub(crate) struct DriftConfig {
    /// The chance that any of the checks alarms although nothing changed, all of them together.
    #[serde(default = "one_percent")]
    pub(crate) level: Finite,
    /// The fewest fresh rows on which anything can pass.
    #[serde(default = "five_hundred")]
    pub(crate) min_rows: u64,
    /// The columns that the model reads.
    #[serde(default)]
    pub(crate) features: Option<FeatureLimits>,
    /// What the model answers.
    #[serde(default)]
    pub(crate) score: Option<ScoreLimits>,
    /// The column that the model predicts, where the fresh rows know it.
    #[serde(default)]
    pub(crate) target: Option<TargetLimits>,
    /// How good the answers are, where the fresh rows know the outcome.
    #[serde(default)]
    pub(crate) accuracy: Option<AccuracyLimits>,
}

/// From where on a measure is a warning, and from where on it fails.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limits {
    /// From here on it is a warning.
    pub(crate) warning: Finite,
    /// From here on it fails.
    pub(crate) fail: Finite,
}

/// The columns that the model reads.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FeatureLimits {
    /// Population stability index. By convention 0.1 is worth a look and 0.25 is a large shift.
    #[serde(default)]
    pub(crate) psi: Option<Limits>,
    /// Kolmogorov-Smirnov distance of numbers: the largest gap between the two distribution
    /// functions.
    #[serde(default)]
    pub(crate) ks: Option<Limits>,
    /// Change of the share of missing cells, up or down.
    #[serde(default)]
    pub(crate) missing: Option<Limits>,
    /// Share of the rows with a category that training never saw.
    #[serde(default)]
    pub(crate) new_categories: Option<Limits>,
    /// The gravest that drift of a feature can be: a model may well bear it.
    #[serde(default = "fail")]
    pub(crate) severity: Severity,
    /// Features that are not compared.
    #[serde(default)]
    pub(crate) ignore: Vec<String>,
}

/// What the model answers.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScoreLimits {
    /// Population stability index.
    #[serde(default)]
    pub(crate) psi: Option<Limits>,
    /// Kolmogorov-Smirnov distance.
    #[serde(default)]
    pub(crate) ks: Option<Limits>,
}

/// The column that the model predicts.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TargetLimits {
    /// Population stability index over its classes, or over bins of its numbers.
    pub(crate) psi: Limits,
}

/// How good the answers are.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccuracyLimits {
    /// How much the area under the ROC curve fell; of two classes.
    #[serde(default)]
    pub(crate) auc_drop: Option<Limits>,
    /// By which share of itself the mean log-loss rose; of two classes or several.
    #[serde(default)]
    pub(crate) log_loss_rise: Option<Limits>,
    /// By which share of itself the mean absolute error of a predicted number rose.
    #[serde(default)]
    pub(crate) error_rise: Option<Limits>,
    /// The fewest rows with a known outcome on which this can pass.
    #[serde(default = "five_hundred")]
    pub(crate) min_rows: u64,
}

/// The gravest that a finding can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    /// It fails.
    Fail,
    /// It deserves a look.
    Warning,
}

impl Severity {
    /// A verdict, no graver than this.
    pub(crate) fn cap(self, verdict: Verdict) -> Verdict {
        match (self, verdict) {
            (Self::Warning, Verdict::Fail) => Verdict::Warning,
            (_, verdict) => verdict,
        }
    }
}

impl DriftConfig {
    /// Every pair of limits with the key it is written under.
    pub(crate) fn limits(&self) -> Vec<(&'static str, Limits)> {
        let features = self.features.as_ref();
        let pairs = [
            ("features.psi", features.and_then(|f| f.psi)),
            ("features.ks", features.and_then(|f| f.ks)),
            ("features.missing", features.and_then(|f| f.missing)),
            (
                "features.new_categories",
                features.and_then(|f| f.new_categories),
            ),
            ("score.psi", self.score.and_then(|s| s.psi)),
            ("score.ks", self.score.and_then(|s| s.ks)),
            ("target.psi", self.target.map(|t| t.psi)),
            ("accuracy.auc_drop", self.accuracy.and_then(|a| a.auc_drop)),
            (
                "accuracy.log_loss_rise",
                self.accuracy.and_then(|a| a.log_loss_rise),
            ),
            (
                "accuracy.error_rise",
                self.accuracy.and_then(|a| a.error_rise),
            ),
        ];
        pairs
            .into_iter()
            .filter_map(|(key, limits)| Some((key, limits?)))
            .collect()
    }
}

fn one_percent() -> Finite {
    Finite::new(0.01).expect("a literal is finite")
}

const fn five_hundred() -> u64 {
    500
}

const fn fail() -> Severity {
    Severity::Fail
}

/// The configuration's JSON Schema, as it is committed.
pub fn schema() -> String {
    let schema = schemars::schema_for!(DriftConfig);
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is plain JSON");
    text.push('\n');
    text
}
