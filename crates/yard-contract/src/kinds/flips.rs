use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Finite;

/// The rows that two models decide differently, each at its own threshold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Flips {
    /// Rows that the challenger takes for positive and the champion does not.
    pub to_positive: u64,
    /// Rows that the champion takes for positive and the challenger does not.
    pub to_negative: u64,
    /// Those whose score changed most, that first.
    pub listed: Vec<Flip>,
}

/// One row that two models decide differently.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Flip {
    /// Its id, or its line in the file.
    pub row: String,
    /// The challenger's score.
    pub challenger: Finite,
    /// The champion's score.
    pub champion: Finite,
    /// The columns that the policy lets a report show.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub columns: BTreeMap<String, String>,
}
