//! Findings: all of them counted, the first of each rule and subject listed.

use std::collections::BTreeMap;

use yard_contract::{Finding, Rule, RuleCount, Verdict};

/// How many characters of a cell a report shows.
const SHOWN: usize = 80;

/// Counts findings and lists the first ones.
pub(crate) struct Ledger {
    limit: u64,
    subjects: Vec<Subject>,
    findings: Vec<Finding>,
}

/// What a rule can be broken by: the table, a column or a key.
struct Subject {
    column: Option<String>,
    severity: Verdict,
    private: bool,
    counts: BTreeMap<Rule, u64>,
}

/// A subject's place in the ledger.
#[derive(Clone, Copy)]
pub(crate) struct SubjectId(usize);

/// Where a rule was broken.
#[derive(Clone, Copy, Default)]
pub(crate) struct Place {
    pub(crate) line: Option<u64>,
    pub(crate) row: Option<u64>,
}

impl Ledger {
    /// The subject that is there from the start: the table as a whole.
    pub(crate) const TABLE: SubjectId = SubjectId(0);

    /// A ledger that lists so many findings a rule and subject.
    pub(crate) fn new(limit: u64) -> Self {
        let mut ledger = Self {
            limit,
            subjects: Vec::new(),
            findings: Vec::new(),
        };
        ledger.subject(None, Verdict::Fail, false);
        ledger
    }

    /// Opens an account.
    pub(crate) fn subject(
        &mut self,
        column: Option<String>,
        severity: Verdict,
        private: bool,
    ) -> SubjectId {
        self.subjects.push(Subject {
            column,
            severity,
            private,
            counts: BTreeMap::new(),
        });
        SubjectId(self.subjects.len() - 1)
    }

    /// Enters a finding that no cell is to be shown for.
    pub(crate) fn enter(
        &mut self,
        id: SubjectId,
        rule: Rule,
        place: Place,
        message: impl FnOnce() -> String,
    ) {
        if self.is_listed(id, rule) {
            self.list(id, rule, place, None, message());
        }
    }

    /// Enters a finding about a cell. The message is the cell followed by `what`; of a private
    /// cell only that there is one.
    pub(crate) fn enter_cell(
        &mut self,
        id: SubjectId,
        rule: Rule,
        place: Place,
        cell: &str,
        what: impl FnOnce() -> String,
    ) {
        if self.is_listed(id, rule) {
            let shown = (!self.subjects[id.0].private).then(|| cut(cell));
            let message = match &shown {
                Some(cell) => format!("`{cell}` {}", what()),
                None => format!("a private value {}", what()),
            };
            self.list(id, rule, place, shown, message);
        }
    }

    /// Counts a finding and answers whether it is among the first.
    fn is_listed(&mut self, id: SubjectId, rule: Rule) -> bool {
        let count = self.subjects[id.0].counts.entry(rule).or_default();
        *count += 1;
        *count <= self.limit
    }

    fn list(
        &mut self,
        id: SubjectId,
        rule: Rule,
        place: Place,
        value: Option<String>,
        message: String,
    ) {
        let subject = &self.subjects[id.0];
        self.findings.push(Finding {
            rule,
            severity: subject.severity,
            line: place.line,
            row: place.row,
            column: subject.column.clone(),
            value,
            message,
        });
    }

    /// The verdict, the counts in the order of the subjects, and the findings in the order in
    /// which they were entered.
    pub(crate) fn close(self) -> (Verdict, Vec<RuleCount>, Vec<Finding>) {
        let counts = self.subjects.iter().flat_map(|subject| {
            subject.counts.iter().map(|(&rule, &count)| RuleCount {
                rule,
                column: subject.column.clone(),
                count,
                severity: subject.severity,
            })
        });
        let counts: Vec<RuleCount> = counts.collect();
        let gravest = Verdict::gravest(counts.iter().map(|count| count.severity));
        (gravest.unwrap_or(Verdict::Pass), counts, self.findings)
    }
}

/// The first characters of a text.
pub(crate) fn cut(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finding_is_counted_and_the_first_are_listed() {
        let mut ledger = Ledger::new(2);
        let column = ledger.subject(Some("a".to_owned()), Verdict::Warning, false);
        for line in 2..12 {
            let place = Place {
                line: Some(line),
                row: Some(line - 1),
            };
            ledger.enter_cell(column, Rule::Type, place, "x", || "is no number".to_owned());
        }
        let (verdict, counts, findings) = ledger.close();
        assert_eq!(
            (verdict, counts[0].count, findings.len()),
            (Verdict::Warning, 10, 2)
        );
        assert_eq!(findings[1].message, "`x` is no number");
    }

    #[test]
    fn a_private_cell_is_not_shown() {
        let mut ledger = Ledger::new(2);
        let column = ledger.subject(Some("a".to_owned()), Verdict::Fail, true);
        ledger.enter_cell(column, Rule::Type, Place::default(), "secret", || {
            "is no number".to_owned()
        });
        let (_, _, findings) = ledger.close();
        assert_eq!(findings[0].value, None);
        assert!(!format!("{findings:?}").contains("secret"));
    }
}
