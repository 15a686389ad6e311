//! Numbers that an artifact can hold.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A number that is neither infinite nor `NaN`.
///
/// `serde_json` writes `NaN` as `null`, and a gate that reads `null` may take it for "no limit".
/// So artifacts hold this type, and a `NaN` stops where it arises. Negative zero becomes zero, so
/// that equal numbers have equal bytes.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "f64", into = "f64")]
#[schemars(with = "f64")]
pub struct Finite(f64);

/// The number is infinite or `NaN`.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("`{0}` is not a finite number")]
pub struct NotFinite(pub f64);

impl Finite {
    /// Zero.
    pub const ZERO: Self = Self(0.0);

    /// `None` for an infinite number or `NaN`.
    pub fn new(value: f64) -> Option<Self> {
        // Adding zero turns -0.0 into 0.0 and changes nothing else.
        value.is_finite().then_some(Self(value + 0.0))
    }

    /// The number itself.
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Finite {
    type Error = NotFinite;

    fn try_from(value: f64) -> Result<Self, NotFinite> {
        Self::new(value).ok_or(NotFinite(value))
    }
}

impl From<Finite> for f64 {
    fn from(value: Finite) -> Self {
        value.0
    }
}

impl std::fmt::Display for Finite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_and_infinity_have_no_place() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(Finite::new(value), None);
        }
        assert!(serde_json::from_str::<Finite>("1e999").is_err());
        assert!(serde_json::from_str::<Finite>("null").is_err());
    }

    #[test]
    fn zero_has_one_form() {
        let zero = Finite::new(-0.0).unwrap();
        assert_eq!(serde_json::to_string(&zero).unwrap(), "0.0");
    }
}
