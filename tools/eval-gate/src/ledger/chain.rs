//! What was lost from merge to merge since the last release.
//!
//! A margin lets every merge lose a little, and twenty merges twenty times as much. Each look in the
//! ledger names the candidate and the champion it was held against, so the models that were merged form
//! a path from the model judged now back to the last release; candidates that were turned down never
//! became anybody's champion and are not on it.

use std::collections::{BTreeMap, BTreeSet};

use yard_contract::{ChainLink, Ledger, Sha256, Step};

use crate::error::GateError;

/// The model judged now, and where the path from it ends.
#[derive(Clone, Copy)]
pub(crate) struct Ends<'a> {
    pub(crate) candidate: Sha256,
    /// Absent for a first model.
    pub(crate) champion: Option<Sha256>,
    /// Candidate minus champion, by metric.
    pub(crate) differences: &'a BTreeMap<String, Step>,
    /// The last release; absent where nothing has been released, so that the path may end anywhere.
    pub(crate) release: Option<Sha256>,
}

/// The steps of one metric from the release to the candidate, the oldest first. Empty for a first model.
///
/// Fails where the path does not reach the release, or a step of it does not tell the metric.
pub(crate) fn chain(
    ledger: &Ledger,
    ends: Ends<'_>,
    metric: &str,
) -> Result<Vec<ChainLink>, GateError> {
    let mut links = Vec::new();
    let mut visited = BTreeSet::new();
    let (mut candidate, mut champion, mut differences) =
        (ends.candidate, ends.champion, ends.differences);
    while Some(candidate) != ends.release {
        let Some(replaced) = champion else {
            // A first model: with a release behind it, the path has missed that.
            return match ends.release {
                None => Ok(reversed(links)),
                Some(release) => Err(GateError::ChainBroken { candidate, release }),
            };
        };
        let step = differences.get(metric);
        let step = step.ok_or_else(|| GateError::ChainUntold {
            candidate,
            metric: metric.to_owned(),
        })?;
        links.push(ChainLink {
            candidate_sha256: candidate,
            champion_sha256: replaced,
            difference: step.difference,
            standard_error: step.standard_error,
        });
        visited.insert(candidate);
        candidate = replaced;
        if Some(candidate) == ends.release {
            break;
        }
        // The latest look at it that leads somewhere new.
        let leads_on = |champion: Option<Sha256>| {
            champion.is_none_or(|champion| champion != candidate && !visited.contains(&champion))
        };
        let mut looks = ledger.looks.iter().rev();
        let found =
            looks.find(|look| look.candidate_sha256 == candidate && leads_on(look.champion_sha256));
        match (found, ends.release) {
            (Some(look), _) => {
                (champion, differences) = (look.champion_sha256, &look.differences);
            }
            (None, None) => break,
            (None, Some(release)) => return Err(GateError::ChainBroken { candidate, release }),
        }
    }
    Ok(reversed(links))
}

fn reversed(mut links: Vec<ChainLink>) -> Vec<ChainLink> {
    links.reverse();
    links
}

#[cfg(test)]
mod tests {
    use super::*;
    use yard_contract::{Finite, Look, Verdict};

    fn digest(name: &str) -> Sha256 {
        Sha256::of(name.as_bytes())
    }

    fn step(difference: f64) -> BTreeMap<String, Step> {
        let finite = |value| Finite::new(value).unwrap();
        let step = Step {
            difference: finite(difference),
            standard_error: finite(0.001),
        };
        [("auc".to_owned(), step)].into()
    }

    fn ledger(looks: &[(&str, Option<&str>, f64)]) -> Ledger {
        let look =
            |(number, (candidate, champion, difference)): (usize, &(&str, Option<&str>, f64))| {
                Look {
                    holdout_sha256: digest("rows"),
                    candidate_sha256: digest(candidate),
                    number: number as u64 + 1,
                    level: Finite::ZERO,
                    verdict: Verdict::Pass,
                    champion_sha256: champion.map(digest),
                    differences: step(*difference),
                }
            };
        Ledger {
            begun: "a test".to_owned(),
            looks: looks.iter().enumerate().map(look).collect(),
        }
    }

    fn steps(
        ledger: &Ledger,
        champion: Option<&str>,
        release: Option<&str>,
    ) -> Result<Vec<f64>, GateError> {
        let differences = step(-0.004);
        let ends = Ends {
            candidate: digest("now"),
            champion: champion.map(digest),
            differences: &differences,
            release: release.map(digest),
        };
        let links = chain(ledger, ends, "auc")?;
        Ok(links.iter().map(|link| link.difference.get()).collect())
    }

    #[test]
    fn merged_models_form_the_path_to_the_release_and_rejected_ones_do_not() {
        let ledger = ledger(&[
            ("release", None, 0.0),
            ("a", Some("release"), -0.001),
            ("rejected", Some("a"), -0.5),
            ("b", Some("a"), -0.002),
            ("c", Some("b"), 0.003),
        ]);
        assert_eq!(
            steps(&ledger, Some("c"), Some("release")).unwrap(),
            [-0.001, -0.002, 0.003, -0.004]
        );
        assert_eq!(
            steps(&ledger, Some("release"), Some("release")).unwrap(),
            [-0.004]
        );
        assert_eq!(
            steps(&ledger, Some("b"), Some("a")).unwrap(),
            [-0.002, -0.004]
        );
        assert_eq!(steps(&ledger, Some("c"), Some("now")).unwrap(), [0.0; 0]);
    }

    #[test]
    fn a_path_that_misses_the_release_is_refused() {
        let ledger = ledger(&[("b", Some("a"), -0.002)]);
        for champion in ["b", "unknown"] {
            assert!(matches!(
                steps(&ledger, Some(champion), Some("release")),
                Err(GateError::ChainBroken { .. })
            ));
        }
        assert!(steps(&ledger, None, Some("release")).is_err());
        // Without a release the path begins where the ledger does.
        assert_eq!(steps(&ledger, Some("b"), None).unwrap(), [-0.002, -0.004]);
        assert_eq!(steps(&ledger, None, None).unwrap(), [0.0; 0]);
    }

    #[test]
    fn models_that_replaced_one_another_in_turn_end_the_path() {
        let ledger = ledger(&[("a", Some("b"), 0.1), ("b", Some("a"), -0.1)]);
        assert_eq!(steps(&ledger, Some("a"), None).unwrap(), [0.1, -0.004]);
        assert!(steps(&ledger, Some("a"), Some("release")).is_err());
    }

    #[test]
    fn a_step_that_does_not_tell_the_metric_is_refused() {
        let mut ledger = ledger(&[("a", Some("release"), -0.1)]);
        ledger.looks[0].differences.clear();
        assert!(matches!(
            steps(&ledger, Some("a"), Some("release")),
            Err(GateError::ChainUntold { .. })
        ));
    }
}
