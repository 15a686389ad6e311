use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Sha256;
use crate::document::{Artifact, Version};

/// Which rows were trained on and which were held out, proven by digests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Split {
    /// How rows were divided.
    pub method: SplitMethod,
    /// The column the division looks at, where it looks at one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The value from which on rows are held out, for a division in time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The column's values that mean "held out", where the table itself says which rows are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held_out: Vec<String>,
    /// The rows trained on.
    pub train: SplitPart,
    /// The rows held out.
    pub holdout: SplitPart,
}

/// How rows are divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SplitMethod {
    /// Rows at or after a point in time are held out.
    Time,
    /// A seeded draw within each class.
    Stratified,
    /// A seeded draw.
    Random,
    /// A seeded draw of entities: all rows of one are on one side.
    Group,
    /// A column, or a list of ids, says which rows are held out.
    Given,
}

/// One side of the division.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SplitPart {
    /// How many rows.
    pub rows: u64,
    /// How many of them belong to the positive class, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub positives: Option<u64>,
    /// The digest of the rows' bytes in the table, in the order of the file.
    pub rows_sha256: Sha256,
    /// How many different ids, where rows are divided by ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ids: Option<u64>,
    /// The digest of those ids: each once, in byte order, one a line. Whoever has the table can tell
    /// by it that no id is on both sides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ids_sha256: Option<Sha256>,
}

impl Artifact for Split {
    const KIND: &'static str = "split";
    const VERSION: Version = Version::new(1, 1);
}
