//! How often the rows have been looked at, and what that leaves to decide with.
//!
//! A frozen holdout is a budget. Every candidate that is judged on it is one more chance for luck to
//! pass, so the level of error that one comparison would have is shared among all looks. The same
//! candidate judged again is no new look: it takes the number and the level that it had.
//!
//! The ledger is a file in and a file out; what is in it is appended to and never changed.

mod chain;

use yard_contract::{Finite, Ledger, Look, LookTaken, Sha256};
use yard_stats::interval::Confidence;
use yard_stats::multiple::Spending;

pub(crate) use chain::{Ends, chain};

use crate::error::GateError;
use crate::policy::LooksConfig;

/// The least level that a look decides with; below, an interval is a matter of belief. It is also the
/// least that `confidence` can be asked to leave.
pub(crate) const LEAST: f64 = 1e-4;
/// Draws that must lie beyond the end of a bootstrap's interval, so that the end is an estimate and
/// not the most extreme draw.
const BEYOND: f64 = 5.0;

/// What these rows have been asked before.
pub(crate) struct History<'a> {
    ledger: &'a Ledger,
    holdout: Sha256,
}

impl<'a> History<'a> {
    /// Fails where the looks contradict one another: numbers with gaps, a candidate that looked twice, a
    /// model that replaced itself.
    pub(crate) fn new(ledger: &'a Ledger, holdout: Sha256) -> Result<Self, GateError> {
        let mut counted = std::collections::BTreeMap::new();
        let mut known = std::collections::BTreeSet::new();
        for look in &ledger.looks {
            let count = counted.entry(look.holdout_sha256).or_insert(0);
            *count += 1;
            let found = if look.number != *count {
                "numbers its looks with gaps"
            } else if !known.insert((look.holdout_sha256, look.candidate_sha256)) {
                "counts one candidate twice"
            } else if !(0.0..1.0).contains(&look.level.get()) {
                "spends a level that is none"
            } else if look
                .differences
                .values()
                .any(|step| step.standard_error < Finite::ZERO)
            {
                "has a negative standard error"
            } else {
                continue;
            };
            let candidate = look.candidate_sha256;
            return Err(GateError::LedgerBroken { candidate, found });
        }
        Ok(Self { ledger, holdout })
    }

    fn looks(&self) -> impl Iterator<Item = &'a Look> {
        let holdout = self.holdout;
        let here = move |look: &&Look| look.holdout_sha256 == holdout;
        self.ledger.looks.iter().filter(here)
    }

    /// The look that judging this candidate is, and how sure its intervals must be. `confidence` is that of
    /// all looks together.
    pub(crate) fn take(
        &self,
        candidate: Sha256,
        policy: &LooksConfig,
        confidence: Confidence,
    ) -> Result<(LookTaken, Confidence), GateError> {
        let level = round(1.0 - confidence.level());
        let spending = policy.spending();
        let before = self.looks().find(|look| look.candidate_sha256 == candidate);
        let number = before.map_or_else(|| self.looks().count() as u64 + 1, |look| look.number);
        let earlier = self.looks().filter(|look| look.number < number);
        let spent: f64 = earlier.map(|look| look.level.get()).sum();
        let mut own = round(spending.level_of(number, level)?);
        if let Some(look) = before {
            own = own.min(look.level.get());
        }
        // Earlier looks may have spent more under another policy.
        own = own.min(round((level - spent).max(0.0)));
        if own < LEAST {
            own = 0.0;
        }
        let decides = if own > 0.0 {
            own
        } else {
            least(spending, level)?
        };
        let confidence = Confidence::new(round(1.0 - decides))?;
        let finite = |value: f64| Finite::new(value).ok_or(GateError::NotFinite);
        let taken = LookTaken {
            holdout_sha256: self.holdout,
            number,
            planned: policy.planned,
            level: finite(own)?,
            left: finite(round((level - spent - own).max(0.0)))?,
            confidence: finite(confidence.level())?,
        };
        Ok((taken, confidence))
    }
}

/// How sure the first look at any rows must be.
pub(crate) fn first(policy: &LooksConfig, confidence: Confidence) -> Result<Confidence, GateError> {
    let level = policy
        .spending()
        .level_of(1, round(1.0 - confidence.level()))?;
    Ok(Confidence::new(round(1.0 - level))?)
}

/// The level of the last look that could decide: what is shown once nothing is left.
fn least(spending: Spending, level: f64) -> Result<f64, GateError> {
    Ok(match spending {
        Spending::Even { looks } => round(spending.level_of(looks, level)?).max(LEAST),
        Spending::Endless => LEAST,
    })
}

/// How many draws an interval at this level takes; never fewer than asked for.
pub(crate) fn replicates(asked: u32, confidence: Confidence) -> u32 {
    let needed = BEYOND / (0.5 * (1.0 - confidence.level()));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most 100,000, by the least level"
    )]
    let needed = (needed - 1e-6).ceil() as u32;
    asked.max(needed)
}

/// Levels are decimal fractions; what binary arithmetic adds behind the twelfth digit would be printed.
fn round(level: f64) -> f64 {
    (level * 1e12).round() / 1e12
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Spend;
    use yard_contract::Verdict;

    const TWENTY: LooksConfig = LooksConfig {
        planned: Some(20),
        spend: Spend::Bonferroni,
        exhausted: crate::config::Severity::Fail,
    };

    fn digest(text: &str) -> Sha256 {
        Sha256::of(text.as_bytes())
    }

    fn finite(value: f64) -> Finite {
        Finite::new(value).unwrap()
    }

    fn empty() -> Ledger {
        Ledger {
            begun: "a test".to_owned(),
            looks: Vec::new(),
        }
    }

    fn after(ledger: &Ledger, candidate: &str, policy: &LooksConfig) -> (Ledger, LookTaken) {
        let history = History::new(ledger, digest("rows")).unwrap();
        let candidate = digest(candidate);
        let (taken, _) = history.take(candidate, policy, Confidence::P95).unwrap();
        let mut ledger = ledger.clone();
        if history
            .looks()
            .all(|look| look.candidate_sha256 != candidate)
        {
            ledger.looks.push(Look {
                holdout_sha256: digest("rows"),
                candidate_sha256: candidate,
                number: taken.number,
                level: taken.level,
                verdict: Verdict::Pass,
                champion_sha256: None,
                differences: [].into(),
            });
        }
        (ledger, taken)
    }

    #[test]
    fn each_candidate_takes_its_part_and_the_same_one_takes_it_once() {
        let mut ledger = empty();
        for number in 1..=20 {
            let (next, taken) = after(&ledger, &format!("model {number}"), &TWENTY);
            assert_eq!(taken.number, number);
            assert_eq!(taken.level, finite(0.0025));
            assert_eq!(taken.confidence, finite(0.9975));
            assert_eq!(taken.left, finite(round(0.05 - 0.0025 * number as f64)));
            assert_eq!(
                after(&next, &format!("model {number}"), &TWENTY),
                (next.clone(), taken)
            );
            ledger = next;
        }
        assert_eq!(ledger.looks.len(), 20);
        let (_, early) = after(&ledger, "model 3", &TWENTY);
        assert_eq!((early.number, early.left.get()), (3, 0.0425));
        let (next, late) = after(&ledger, "model 21", &TWENTY);
        assert_eq!(
            (late.number, late.level.get(), late.left.get()),
            (21, 0.0, 0.0)
        );
        assert_eq!(late.confidence, finite(0.9975));
        assert_eq!(after(&next, "model 21", &TWENTY).1, late);
    }

    #[test]
    fn other_rows_have_a_budget_of_their_own() {
        let (ledger, _) = after(&empty(), "model", &TWENTY);
        let history = History::new(&ledger, digest("other rows")).unwrap();
        let (taken, _) = history
            .take(digest("model"), &TWENTY, Confidence::P95)
            .unwrap();
        assert_eq!((taken.number, taken.left.get()), (1, 0.0475));
    }

    #[test]
    fn a_laxer_policy_cannot_spend_what_is_spent() {
        let few = LooksConfig {
            planned: Some(2),
            ..TWENTY
        };
        let (ledger, _) = after(&empty(), "model 1", &few);
        let (ledger, second) = after(&ledger, "model 2", &few);
        assert_eq!((second.level, second.left), (finite(0.025), Finite::ZERO));
        let (_, third) = after(&ledger, "model 3", &TWENTY);
        assert_eq!(third.level, Finite::ZERO);
        // And the level that a look had does not grow.
        assert_eq!(after(&ledger, "model 2", &TWENTY).1.level, finite(0.0025));
    }

    #[test]
    fn an_endless_series_ends_where_nothing_can_be_shown() {
        let policy = LooksConfig {
            planned: None,
            spend: Spend::Endless,
            ..TWENTY
        };
        let mut ledger = empty();
        let mut decided = 0;
        for number in 1..=30 {
            let (next, taken) = after(&ledger, &format!("model {number}"), &policy);
            decided += u64::from(taken.level > Finite::ZERO);
            ledger = next;
        }
        assert_eq!(decided, 21);
        assert_eq!(ledger.looks[1].level, finite(round(0.05 / 6.0)));
    }

    #[test]
    fn the_ends_of_an_interval_are_estimates_at_every_level() {
        let at = |level| replicates(1000, Confidence::new(level).unwrap());
        assert_eq!([at(0.95), at(0.9975), at(0.9999)], [1000, 4000, 100_000]);
    }

    #[test]
    fn looks_that_contradict_one_another_are_refused() {
        let (ledger, _) = after(&empty(), "model 1", &TWENTY);
        let (ledger, _) = after(&ledger, "model 2", &TWENTY);
        let breaks: [fn(&mut Ledger); 4] = [
            |ledger| ledger.looks[1].number = 3,
            |ledger| ledger.looks[1].candidate_sha256 = ledger.looks[0].candidate_sha256,
            |ledger| ledger.looks[1].level = Finite::new(-0.1).unwrap(),
            |ledger| drop(ledger.looks.remove(0)),
        ];
        for spoil in breaks {
            let mut ledger = ledger.clone();
            spoil(&mut ledger);
            assert!(History::new(&ledger, digest("rows")).is_err());
        }
    }
}
