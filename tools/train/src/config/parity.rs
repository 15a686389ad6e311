//! How far what is shipped may lie from what was fitted.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yard_contract::Finite;

/// How far what is shipped may lie from what was fitted, on the rows held out. Read with `--parity`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ParityConfig {
    /// How far an answer of `model.onnx` may lie from that of the fitted parts, in units of
    /// `max(1, |answer|)`. Of a number the 1 gives way to the answers' standard deviation where that is
    /// smaller, and of a linear regression, whose terms may cancel, where it is larger too.
    #[serde(default = "tolerance")]
    pub(crate) tolerance: Finite,
    /// How much worse a metric may be than that of the model that a graph is held against: of the AUC
    /// the difference, of errors and losses the share.
    #[serde(default = "metric_loss")]
    pub(crate) metric_loss: Finite,
    /// The share of rows to which a graph of eight bits may give another label; absent: however many.
    #[serde(default)]
    pub(crate) changed_labels: Option<Finite>,
}

fn tolerance() -> Finite {
    super::finite(1e-6)
}

fn metric_loss() -> Finite {
    super::finite(0.005)
}

impl Default for ParityConfig {
    fn default() -> Self {
        Self {
            tolerance: tolerance(),
            metric_loss: metric_loss(),
            changed_labels: None,
        }
    }
}
