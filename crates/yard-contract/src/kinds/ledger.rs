use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::{Artifact, Version};
use crate::{Finite, Sha256, Verdict};

/// Which candidates have been judged on which rows. A frozen holdout is a budget: every candidate that
/// is judged on it learns something of it, until what passes has merely learnt the holdout.
///
/// Looks are appended; a look that is there is never changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ledger {
    /// Why the ledger was begun.
    pub begun: String,
    /// Every look, the first one first.
    pub looks: Vec<Look>,
}

/// One candidate, judged on one holdout. The same candidate judged again on the same rows learns nothing
/// new, so it is no new look.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Look {
    /// The digest of the rows.
    pub holdout_sha256: Sha256,
    /// The digest of the model (or of its scores, where no model was given).
    pub candidate_sha256: Sha256,
    /// Which look at this holdout it was, from 1.
    pub number: u64,
    /// What it took of the level that all looks at this holdout share; 0 when nothing was left.
    pub level: Finite,
    /// What came of it.
    pub verdict: Verdict,
    /// What it was compared with; absent for a first model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub champion_sha256: Option<Sha256>,
    /// Candidate minus champion, by metric.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub differences: BTreeMap<String, Step>,
}

/// How far a metric of a candidate is from its champion's on the same rows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// Candidate minus champion.
    pub difference: Finite,
    /// Its standard error.
    pub standard_error: Finite,
}

impl Artifact for Ledger {
    const KIND: &'static str = "ledger";
    const VERSION: Version = Version::new(1, 0);
}
