//! What a tool that judges can answer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a tool concluded. A verdict is a result, not an error: it is written with its evidence
/// before the tool exits.
///
/// The order is the order of gravity, so the verdict of several rules is their maximum. The set is
/// closed within a major version: an answer that an old reader did not know could pass for a pass.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Everything that was asked for holds.
    Pass,
    /// Something deserves a look, and the project has said that it does not block.
    Warning,
    /// The evidence is too thin to say.
    Inconclusive,
    /// Something that was asked for does not hold.
    Fail,
}

impl Verdict {
    /// The verdict as the word that artifacts and people use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warning => "warning",
            Self::Inconclusive => "inconclusive",
            Self::Fail => "fail",
        }
    }

    /// The gravest of several verdicts. No verdict at all is not a pass, so it is `None`.
    pub fn gravest(verdicts: impl IntoIterator<Item = Self>) -> Option<Self> {
        verdicts.into_iter().max()
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failure_outweighs_the_rest_and_nothing_is_no_pass() {
        use Verdict::{Fail, Inconclusive, Pass, Warning};
        assert_eq!(Verdict::gravest([Pass, Fail, Inconclusive]), Some(Fail));
        assert_eq!(
            Verdict::gravest([Pass, Inconclusive, Warning]),
            Some(Inconclusive)
        );
        assert_eq!(Verdict::gravest([]), None);
    }
}
