//! Figures to verdicts: a change counts when it is large enough to matter and no accident.

use yard_contract::{DriftCheck, DriftMeasure, DriftSubject, Finite, Verdict};
use yard_stats::multiple::holm;

use crate::config::{Limits, Severity};

/// A comparison that was made and not yet judged.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Finding {
    pub(crate) about: DriftSubject,
    pub(crate) name: String,
    pub(crate) measure: DriftMeasure,
    pub(crate) figures: Figures,
    pub(crate) limits: Limits,
    pub(crate) severity: Severity,
    /// What else there is to say.
    pub(crate) note: String,
}

/// What a comparison came to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Figures {
    /// Nothing where there was nothing to measure.
    pub(crate) value: Option<f64>,
    pub(crate) at_most: Option<f64>,
    pub(crate) before: Option<f64>,
    pub(crate) now: Option<f64>,
    pub(crate) p_value: Option<f64>,
}

/// Judges all comparisons together.
pub(crate) fn judge(findings: Vec<Finding>, level: f64) -> Vec<DriftCheck> {
    let tested: Vec<f64> = findings.iter().filter_map(|f| f.figures.p_value).collect();
    let mut adjusted = holm(&tested).into_iter();
    findings
        .into_iter()
        .map(|finding| {
            let adjusted = finding.figures.p_value.and_then(|_| adjusted.next());
            check(finding, adjusted, level)
        })
        .collect()
}

fn check(finding: Finding, adjusted: Option<f64>, level: f64) -> DriftCheck {
    let figures = finding.figures;
    let (warning, fail) = (finding.limits.warning, finding.limits.fail);
    let is_shown = adjusted.is_some_and(|p| p <= level);
    let (verdict, words) = match figures.value {
        None => (Verdict::Inconclusive, "nothing to measure".to_owned()),
        Some(value) if value >= fail.get() && is_shown => {
            (Verdict::Fail, format!("at or above {fail}"))
        }
        Some(value) if value >= fail.get() => (
            Verdict::Inconclusive,
            format!("at or above {fail}, but on these rows that can be an accident"),
        ),
        Some(value) if value >= warning.get() && is_shown => {
            (Verdict::Warning, format!("at or above {warning}"))
        }
        Some(value) if value >= warning.get() => (
            Verdict::Pass,
            format!("at or above {warning}, which on these rows is an accident"),
        ),
        Some(_) => (Verdict::Pass, format!("below {warning}")),
    };
    let shown = figures
        .value
        .map_or_else(String::new, |value| format!("{value:.4}, "));
    let p = match adjusted {
        None => String::new(),
        Some(p) if p < 1e-6 => " (adjusted p below 1e-6)".to_owned(),
        Some(p) => format!(" (adjusted p = {})", rounded(p)),
    };
    let note = match finding.note.as_str() {
        "" => String::new(),
        note => format!("; {note}"),
    };
    let finite = |value: Option<f64>| value.and_then(Finite::new);
    DriftCheck {
        about: finding.about,
        name: finding.name,
        measure: finding.measure,
        verdict: finding.severity.cap(verdict),
        value: finite(figures.value),
        at_most: finite(figures.at_most),
        before: finite(figures.before),
        now: finite(figures.now),
        warning,
        fail,
        p_value: finite(figures.p_value),
        adjusted: finite(adjusted),
        message: format!("{shown}{words}{p}{note}"),
    }
}

/// Two significant digits: the size of a p-value is all that anybody reads.
fn rounded(p: f64) -> String {
    if p >= 0.01 {
        format!("{p:.2}")
    } else {
        format!("{p:.1e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(value: f64, p_value: f64, severity: Severity) -> Verdict {
        let finite = |value| Finite::new(value).unwrap();
        let finding = Finding {
            about: DriftSubject::Feature,
            name: "x".to_owned(),
            measure: DriftMeasure::Psi,
            figures: Figures {
                value: Some(value),
                p_value: Some(p_value),
                ..Figures::default()
            },
            limits: Limits {
                warning: finite(0.1),
                fail: finite(0.25),
            },
            severity,
            note: String::new(),
        };
        judge(vec![finding], 0.01)[0].verdict
    }

    #[test]
    fn a_change_must_be_large_and_no_accident() {
        assert_eq!(verdict(0.3, 0.001, Severity::Fail), Verdict::Fail);
        assert_eq!(verdict(0.3, 0.02, Severity::Fail), Verdict::Inconclusive);
        assert_eq!(verdict(0.2, 0.001, Severity::Fail), Verdict::Warning);
        assert_eq!(verdict(0.2, 0.02, Severity::Fail), Verdict::Pass);
        assert_eq!(verdict(0.09, 0.0, Severity::Fail), Verdict::Pass);
        assert_eq!(verdict(0.3, 0.001, Severity::Warning), Verdict::Warning);
    }
}
