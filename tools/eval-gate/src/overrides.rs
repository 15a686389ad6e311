//! Decisions by people that a rule's outcome does not block. Each is on the record: the rule, what it
//! said, why that does not block, who decided, and until when.
//!
//! What could not be judged has no outcome, so nothing here can turn it into one.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yard_cli::Io;
use yard_contract::{Input, Override, RuleResult, Sha256, Verdict};

use crate::error::GateError;

/// `overrides.yaml`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OverridesFile {
    overrides: Vec<Entry>,
}

/// One decision.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Entry {
    rule: String,
    reason: String,
    author: String,
    /// The last day on which it counts, `YYYY-MM-DD`.
    #[serde(default)]
    expires: Option<String>,
    /// The digest of the model that it is about.
    #[serde(default)]
    candidate: Option<Sha256>,
}

/// What the command line says.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Asked {
    /// `RULE=REASON`.
    pub(crate) given: Vec<String>,
    pub(crate) author: Option<String>,
    pub(crate) file: Option<PathBuf>,
    /// `YYYY-MM-DD`.
    pub(crate) today: Option<String>,
}

/// All decisions that are about this model.
#[derive(Debug, Default)]
pub(crate) struct Overrides {
    /// `RULE=REASON`: where the rule ends is known once there are rules.
    given: Vec<String>,
    author: String,
    entries: Vec<Entry>,
    pub(crate) input: Option<Input>,
}

/// Reads the decisions that are about `candidate`.
///
/// Fails where one lacks a reason, an author or an end, or has expired.
pub(crate) fn read(asked: &Asked, candidate: Sha256, io: &Io) -> Result<Overrides, GateError> {
    let mut overrides = Overrides {
        given: asked.given.clone(),
        ..Overrides::default()
    };
    if !asked.given.is_empty() {
        let author = asked.author.clone().or_else(|| {
            let environment = io.environment();
            let of = |name: &str| environment.get(name).cloned();
            of("GITLAB_USER_LOGIN").or_else(|| of("GITHUB_ACTOR"))
        });
        let author = author.filter(|author| !author.trim().is_empty());
        overrides.author = author.ok_or(GateError::OverrideBy)?;
    }
    if let Some(path) = &asked.file {
        let loaded = io.read_config::<OverridesFile>(path)?;
        overrides.input = Some(loaded.input);
        for entry in loaded.value.overrides {
            if entry.candidate.is_none_or(|about| about == candidate) {
                entry.check(asked.today.as_deref())?;
                overrides.entries.push(entry);
            }
        }
    }
    Ok(overrides)
}

impl Entry {
    fn check(&self, today: Option<&str>) -> Result<(), GateError> {
        let wrong = |found: &'static str| GateError::Override {
            rule: self.rule.clone(),
            found,
        };
        if self.reason.trim().is_empty() || self.author.trim().is_empty() {
            return Err(wrong("lacks a reason or an author"));
        }
        match (&self.expires, today) {
            (None, _) if self.candidate.is_none() => {
                Err(wrong("counts for every model and for ever"))
            }
            (Some(expires), _) if !is_day(expires) => Err(wrong("expires on no day, `YYYY-MM-DD`")),
            (Some(_), None) => Err(wrong("expires, and nothing says which day it is")),
            // Days in this form are ordered as texts are.
            (Some(expires), Some(today)) if expires.as_str() < today => Err(wrong("has expired")),
            _ => Ok(()),
        }
    }
}

/// Whether a text is a day, `YYYY-MM-DD`.
pub(crate) fn is_day(text: &str) -> bool {
    let bytes = text.as_bytes();
    let part =
        |from: usize, to: usize| text.get(from..to).and_then(|part| part.parse::<u32>().ok());
    bytes.len() == 10
        && bytes.iter().enumerate().all(|(place, byte)| match place {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        })
        && part(5, 7).is_some_and(|month| (1..=12).contains(&month))
        && part(8, 10).is_some_and(|day| (1..=31).contains(&day))
}

impl Overrides {
    /// Turns outcomes that would block into warnings, and answers what was decided about them.
    ///
    /// Fails where a decision names no rule, or one of which another has decided already. One on a rule that
    /// holds changes nothing.
    pub(crate) fn apply(&self, rules: &mut [RuleResult]) -> Result<Vec<Override>, GateError> {
        let mut applied: Vec<Override> = Vec::new();
        let mut decided = std::collections::BTreeSet::new();
        for entry in self.entries(rules)? {
            if !decided.insert(entry.rule.clone()) {
                let found = "is given twice";
                let rule = entry.rule;
                return Err(GateError::Override { rule, found });
            }
            let rule = rules.iter_mut().find(|rule| rule.id == entry.rule);
            let rule = rule.ok_or_else(|| GateError::OverrideUnknown {
                rule: entry.rule.clone(),
            })?;
            if rule.verdict == Verdict::Pass {
                continue;
            }
            applied.push(Override {
                rule: entry.rule,
                verdict: rule.verdict,
                reason: entry.reason,
                author: entry.author,
                expires: entry.expires,
            });
            rule.verdict = Verdict::Warning;
        }
        Ok(applied)
    }

    fn entries(&self, rules: &[RuleResult]) -> Result<Vec<Entry>, GateError> {
        let mut entries = self.entries.clone();
        for text in &self.given {
            // A rule's name may have `=` in it: `slices.auc_at_least region=N=the reason`.
            let split = |rule: &RuleResult| {
                let reason = text.strip_prefix(rule.id.as_str())?.strip_prefix('=')?;
                Some((rule.id.clone(), reason.trim().to_owned()))
            };
            let found = rules
                .iter()
                .filter_map(split)
                .max_by_key(|(id, _)| id.len());
            let (rule, reason) = found.ok_or_else(|| GateError::OverrideUnknown {
                rule: text.split('=').next().unwrap_or(text).to_owned(),
            })?;
            if reason.is_empty() {
                let found = "lacks a reason or an author";
                return Err(GateError::Override { rule, found });
            }
            entries.push(Entry {
                rule,
                reason,
                author: self.author.clone(),
                expires: None,
                candidate: None,
            });
        }
        Ok(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(id: &str, verdict: Verdict) -> RuleResult {
        RuleResult {
            id: id.to_owned(),
            verdict,
            observed: None,
            bound: None,
            limit: None,
            p_value: None,
            needed: None,
            message: "met".to_owned(),
        }
    }

    fn given(texts: &[&str]) -> Overrides {
        Overrides {
            given: texts.iter().map(|text| (*text).to_owned()).collect(),
            author: "ada".to_owned(),
            ..Overrides::default()
        }
    }

    #[test]
    fn what_would_block_warns_and_what_holds_stays() {
        let mut rules = [
            rule("champion.auc", Verdict::Fail),
            rule("slices.auc_at_least group=c", Verdict::Inconclusive),
            rule("at_least.auc", Verdict::Pass),
        ];
        let texts = [
            "slices.auc_at_least group=c=known = accepted",
            "champion.auc=the old one leaked",
            "at_least.auc=just in case",
        ];
        let applied = given(&texts).apply(&mut rules).unwrap();
        let verdicts = rules.each_ref().map(|rule| rule.verdict);
        assert_eq!(
            verdicts,
            [Verdict::Warning, Verdict::Warning, Verdict::Pass]
        );
        assert_eq!(applied.len(), 2);
        assert_eq!(applied[0].reason, "known = accepted");
        assert_eq!(applied[0].verdict, Verdict::Inconclusive);
        assert_eq!(applied[1].author, "ada");
    }

    #[test]
    fn a_decision_about_no_rule_or_without_reason_or_twice_is_refused() {
        for texts in [
            &["champion.auk=x"][..],
            &["champion.auc"],
            &["champion.auc="],
            &["champion.auc=x", "champion.auc=y"],
        ] {
            let mut rules = [rule("champion.auc", Verdict::Fail)];
            assert!(given(texts).apply(&mut rules).is_err(), "{texts:?}");
        }
    }

    #[test]
    fn a_decision_ends() {
        let entry = |expires: Option<&str>, candidate| Entry {
            rule: "looks".to_owned(),
            reason: "r".to_owned(),
            author: "a".to_owned(),
            expires: expires.map(str::to_owned),
            candidate,
        };
        let model = Some(Sha256::of(b"model"));
        let today = Some("2026-03-01");
        assert!(entry(Some("2026-03-01"), None).check(today).is_ok());
        assert!(entry(None, model).check(None).is_ok());
        for (expires, candidate, today) in [
            (Some("2026-02-28"), model, today),
            (Some("2026-03-02"), None, None),
            (Some("soon"), None, today),
            (Some("2026-13-01"), None, today),
            (None, None, today),
        ] {
            assert!(
                entry(expires, candidate).check(today).is_err(),
                "{expires:?}"
            );
        }
    }
}
