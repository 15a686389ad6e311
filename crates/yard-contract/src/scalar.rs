//! One cell of a table, or one value of a parameter.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Finite;

/// A JSON scalar: what a cell of a table or a training parameter can be.
///
/// The conversion is written by hand because an untagged enum would answer every mistake with "did
/// not match any variant"; this one says what it met.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// A missing cell.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A finite number; whole numbers are written without a decimal point.
    Number(Finite),
    /// Text: a category, a name, a date.
    Text(String),
}

impl Scalar {
    /// A number, or [`Scalar::Null`] where it is not finite: a missing cell of a numeric column.
    pub fn number(value: f64) -> Self {
        Finite::new(value).map_or(Self::Null, Self::Number)
    }
}

/// The whole numbers that `f64` holds exactly.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The number as a whole number, where it is one.
fn whole(value: f64) -> Option<i64> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "checked against 2^53 first"
    )]
    (value.fract().abs() <= 0.0 && value.abs() < EXACT).then_some(value as i64)
}

impl Serialize for Scalar {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(value) => match whole(value.get()) {
                Some(value) => serializer.serialize_i64(value),
                None => serializer.serialize_f64(value.get()),
            },
            Self::Text(value) => serializer.serialize_str(value),
        }
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ScalarVisitor;

        impl Visitor<'_> for ScalarVisitor {
            type Value = Scalar;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, a text, true, false or null")
            }

            fn visit_unit<E: Error>(self) -> Result<Scalar, E> {
                Ok(Scalar::Null)
            }

            fn visit_bool<E: Error>(self, value: bool) -> Result<Scalar, E> {
                Ok(Scalar::Bool(value))
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Scalar, E> {
                self.visit_f64(value as f64)
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Scalar, E> {
                self.visit_f64(value as f64)
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<Scalar, E> {
                Finite::try_from(value)
                    .map(Scalar::Number)
                    .map_err(E::custom)
            }

            fn visit_str<E: Error>(self, value: &str) -> Result<Scalar, E> {
                Ok(Scalar::Text(value.to_owned()))
            }
        }

        deserializer.deserialize_any(ScalarVisitor)
    }
}

impl JsonSchema for Scalar {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Scalar".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["null", "boolean", "number", "string"] })
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => value.fmt(f),
            Self::Number(value) => value.fmt(f),
            Self::Text(value) => value.fmt(f),
        }
    }
}

impl From<&str> for Scalar {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_survives_the_round_trip() {
        let text = r#"[null,true,200,-3,0.1,1e+300,"B"]"#;
        let values: Vec<Scalar> = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&values).unwrap(), text);
    }

    #[test]
    fn a_list_is_refused_in_words() {
        let error = serde_json::from_str::<Scalar>("[1]")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("expected a number, a text, true, false or null"),
            "{error}"
        );
    }
}
