use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::{Artifact, Version};
use crate::{Finite, Verdict};

/// What `data-check` found in a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DataReport {
    /// Whether the table is fit for use.
    pub verdict: Verdict,
    /// Data rows read, the header not counted.
    pub rows: u64,
    /// Rows whose cells could not be checked: ragged, not UTF-8, or swallowed by an unclosed quote.
    /// They are among `rows`, and in no other figure.
    pub unreadable_rows: u64,
    /// The columns, in the order of the file.
    pub columns: Vec<ColumnSummary>,
    /// How often each rule was broken, exactly, however many findings are listed.
    pub broken: Vec<RuleCount>,
    /// The first findings of each rule and column, in the order of the file.
    pub findings: Vec<Finding>,
}

/// One column in figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ColumnSummary {
    /// The column's name in the header.
    pub name: String,
    /// The type the configuration gives it; absent for a column the configuration does not name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
    /// Rows whose cell is missing.
    pub missing: u64,
    /// Smallest value of a numeric column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Finite>,
    /// Largest value of a numeric column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Finite>,
    /// Mean of a numeric column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean: Option<Finite>,
    /// Rows per value of a category, where they are few.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, u64>,
}

/// The rules that a table can break.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// A row has more or fewer fields than the header.
    Ragged,
    /// The bytes are not UTF-8.
    Encoding,
    /// A quote opens a cell and is never closed: the rest of the file is in that cell.
    Quote,
    /// A column that the configuration requires is not in the header.
    ColumnMissing,
    /// A column that the configuration does not name.
    ColumnUnknown,
    /// A cell that must have a value has none.
    Required,
    /// A cell is not of the column's type.
    Type,
    /// A number or date outside the allowed range.
    Range,
    /// A category outside the allowed set.
    Enum,
    /// A value that must occur once occurs again.
    Unique,
    /// More cells are missing than allowed.
    MissingShare,
    /// Fewer or more rows than allowed.
    RowCount,
}

/// How often one rule was broken in one column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuleCount {
    /// The rule.
    pub rule: Rule,
    /// The column, where the rule concerns one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The cells or rows that broke it.
    pub count: u64,
    /// `fail`, or `warning` where the configuration says so.
    pub severity: Verdict,
}

/// One broken rule at one place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// `fail`, or `warning` where the configuration says so.
    pub severity: Verdict,
    /// The line of the file on which the row starts, counted from 1 (the header is line 1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The data row, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<u64>,
    /// The column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The cell as it stands, cut at 80 characters; absent for columns marked private.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What is wrong, in words; complete with the value, where that is not private.
    pub message: String,
}

impl Artifact for DataReport {
    const KIND: &'static str = "data-report";
    const VERSION: Version = Version::new(1, 0);
}

impl Rule {
    /// The rule's name, as artifacts write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ragged => "ragged",
            Self::Encoding => "encoding",
            Self::Quote => "quote",
            Self::ColumnMissing => "column-missing",
            Self::ColumnUnknown => "column-unknown",
            Self::Required => "required",
            Self::Type => "type",
            Self::Range => "range",
            Self::Enum => "enum",
            Self::Unique => "unique",
            Self::MissingShare => "missing-share",
            Self::RowCount => "row-count",
        }
    }
}
