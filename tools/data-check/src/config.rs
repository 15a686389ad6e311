//! `configs/data.yaml` as it is written.

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, json_schema};
use serde::{Deserialize, Serialize};
use yard_contract::Finite;

use crate::kind::Kind;

/// What a table must be like.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "configs/data.yaml of data-check")]
pub struct Config {
    /// Texts that mean "missing". The empty cell always does.
    #[serde(default)]
    pub(crate) missing: Vec<Literal>,
    /// How many rows the table must have. Rows that cannot be read do not count.
    #[serde(default)]
    pub(crate) rows: RowLimits,
    /// What a column is that is not listed under `columns`.
    #[serde(default)]
    pub(crate) unknown_columns: UnknownColumns,
    /// Combinations of columns that must not occur twice. A row in which one of them is missing is
    /// not compared.
    #[serde(default)]
    pub(crate) unique_keys: Vec<Vec<String>>,
    /// The columns, in any order.
    pub(crate) columns: Vec<ColumnConfig>,
}

/// How many rows a table must have.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RowLimits {
    /// At least so many.
    #[serde(default)]
    pub(crate) min: Option<u64>,
    /// At most so many.
    #[serde(default)]
    pub(crate) max: Option<u64>,
}

/// What a column is that the configuration does not list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum UnknownColumns {
    /// A finding that fails the check.
    #[default]
    Fail,
    /// A finding that does not block.
    Warning,
    /// Nothing.
    Ignore,
}

/// One column.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ColumnConfig {
    /// Its name in the header.
    pub(crate) name: String,
    /// What its cells are.
    pub(crate) r#type: Kind,
    /// Whether the header must have it.
    #[serde(default = "yes")]
    pub(crate) required: bool,
    /// Whether cells may be missing.
    #[serde(default)]
    pub(crate) missing: MissingCells,
    /// The smallest number, or the first date (`2024-01-31`).
    #[serde(default)]
    pub(crate) min: Option<Literal>,
    /// The largest number, or the last date (`2024-01-31`).
    #[serde(default)]
    pub(crate) max: Option<Literal>,
    /// The only values allowed.
    #[serde(default)]
    pub(crate) values: Option<Vec<Literal>>,
    /// Whether no value may occur twice. Values are compared as they are written.
    #[serde(default)]
    pub(crate) unique: bool,
    /// What a broken rule of this column is.
    #[serde(default)]
    pub(crate) severity: Severity,
    /// Whether its cells must appear in no report.
    #[serde(default)]
    pub(crate) private: bool,
}

/// Whether cells may be missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MissingCells {
    /// Any of them may.
    #[default]
    Allowed,
    /// None may.
    Never,
    /// At most this share of them may, from 0 to 1.
    MaxShare(Finite),
}

/// What a broken rule is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    /// It fails the check.
    #[default]
    Fail,
    /// It does not block.
    Warning,
}

/// A value as a table would write it. In YAML `01`, `1.50` and `no` may stand without quotes and
/// mean what they look like.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(transparent)]
pub(crate) struct Literal(pub(crate) String);

impl JsonSchema for Literal {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Literal".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number", "boolean"] })
    }
}

const fn yes() -> bool {
    true
}

/// The configuration's JSON Schema, as it is committed in `data.schema.json`.
pub fn schema() -> String {
    let generator = SchemaGenerator::new(SchemaSettings::draft2020_12());
    let schema = generator.into_root_schema_for::<Config>();
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is plain JSON");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_committed_schema_is_current() {
        let committed = include_str!("../data.schema.json");
        assert!(
            committed == super::schema(),
            "`data.schema.json` is stale: run `data-check schema > tools/data-check/data.schema.json`"
        );
    }
}
