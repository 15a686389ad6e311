//! What a column's cells are.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yard_table::parse_number;

use crate::date::parse_date;

/// What a column's cells are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// Digits with an optional sign.
    Integer,
    /// A decimal number, finite in single precision.
    Number,
    /// One of a few texts; the report counts them.
    Category,
    /// Any text.
    Text,
    /// An ISO 8601 date, `2024-01-31`, or such a date and a time.
    Date,
}

/// What a cell says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Reading {
    /// A number, or a date as the number that its digits form: what has an order.
    Ordered(f64),
    /// A text.
    Text,
}

impl Kind {
    /// What a cell says that is trimmed and not missing; `None` where it is not of this kind.
    pub(crate) fn read(self, cell: &str) -> Option<Reading> {
        match self {
            Self::Integer if !is_integer(cell) => None,
            Self::Integer | Self::Number => parse_number(cell).ok().map(Reading::Ordered),
            Self::Date => parse_date(cell).map(Reading::Ordered),
            Self::Category | Self::Text => Some(Reading::Text),
        }
    }

    /// Whether the cells have an order that `min` and `max` can speak of.
    pub(crate) const fn is_ordered(self) -> bool {
        matches!(self, Self::Integer | Self::Number | Self::Date)
    }

    /// Whether the cells are numbers.
    pub(crate) const fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Number)
    }

    /// The kind in the configuration's word.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Category => "category",
            Self::Text => "text",
            Self::Date => "date",
        }
    }

    /// The kind with its article.
    pub(crate) const fn noun(self) -> &'static str {
        match self {
            Self::Integer => "an integer",
            Self::Number => "a number",
            Self::Category => "a category",
            Self::Text => "a text",
            Self::Date => "a date (`2024-01-31`)",
        }
    }
}

fn is_integer(cell: &str) -> bool {
    let digits = cell.strip_prefix(['+', '-']).unwrap_or(cell);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_numbers_and_not_the_other_way_round() {
        for (cell, integer, number) in [
            ("-12", true, true),
            ("007", true, true),
            ("1.0", false, true),
            ("1e3", false, true),
            ("+", false, false),
            ("1_000", false, false),
            ("1,000", false, false),
            ("0x10", false, false),
            ("1e999", false, false),
            ("nan", false, false),
        ] {
            assert_eq!(Kind::Integer.read(cell).is_some(), integer, "{cell}");
            assert_eq!(Kind::Number.read(cell).is_some(), number, "{cell}");
        }
    }
}
