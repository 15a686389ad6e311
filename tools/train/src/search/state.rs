//! What a search knows so far, kept so that a trial is judged once.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use yard_contract::{Rung, Sha256};

/// What came of the trials so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct State {
    /// Seconds that went into it, which count towards the budget.
    pub(crate) spent: f64,
    pub(crate) trials: BTreeMap<u32, Judged>,
}

/// What came of a trial so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Judged {
    pub(crate) rungs: Vec<Rung>,
    pub(crate) failed: Option<String>,
}

impl State {
    /// The digest of the rest goes first: a flipped digit would still be a number.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let text = serde_json::to_vec(self).unwrap_or_default();
        let mut bytes = format!("{}\n", Sha256::of(&text)).into_bytes();
        bytes.extend(text);
        bytes
    }

    /// `None` of bytes that are damaged.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        let (digest, text) = (&bytes[..end], &bytes[end + 1..]);
        (digest == Sha256::of(text).to_string().as_bytes())
            .then(|| serde_json::from_slice(text).ok())
            .flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use yard_contract::Finite;

    #[test]
    fn it_survives_the_round_trip_and_no_flipped_bit() {
        let third = Finite::new(1.0 / 3.0).unwrap();
        let rung = Rung {
            share: third,
            values: vec![third],
            mean: third,
            sd: Finite::ZERO,
        };
        let judged = Judged {
            rungs: vec![rung],
            failed: Some("why".to_owned()),
        };
        let state = State {
            spent: 0.1,
            trials: [(3, judged)].into(),
        };
        let bytes = state.to_bytes();
        assert_eq!(State::from_bytes(&bytes), Some(state));
        for place in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[place] ^= 1;
            assert_eq!(State::from_bytes(&damaged), None, "{place}");
            assert_eq!(State::from_bytes(&bytes[..place]), None);
        }
    }
}
