//! Numbers with their uncertainty, as the evidence has them.

use std::collections::BTreeMap;

use yard_contract::{Difference, Estimate, Finite};
use yard_stats::Undefined;
use yard_stats::interval::{Confidence, Interval};

use super::metric::Metric;

/// Metrics of some rows: those that are defined, and why the others are not.
#[derive(Default)]
pub(crate) struct Metrics {
    pub(crate) estimates: BTreeMap<String, Estimate>,
    pub(crate) undefined: BTreeMap<String, String>,
    /// Where the cheapest threshold lies, and the name of the method; where costs are given and there are two
    /// classes.
    pub(super) cheapest: Option<(Interval, &'static str)>,
}

impl Metrics {
    /// Records a metric with its interval, or why it has none.
    pub(super) fn record(
        &mut self,
        metric: Metric,
        value: Result<f64, Undefined>,
        interval: Option<(Interval, &str)>,
        confidence: Confidence,
    ) {
        let name = metric.as_str().to_owned();
        match value.map(|value| estimate(value, interval, confidence)) {
            Ok(Some(estimate)) => {
                self.estimates.insert(name, estimate);
            }
            Ok(None) => {
                self.undefined.insert(name, "not finite".to_owned());
            }
            Err(reason) => {
                self.undefined.insert(name, reason.to_string());
            }
        }
    }
}

/// A difference, challenger minus champion, with what is known of it.
pub(super) struct Paired {
    pub(super) value: f64,
    pub(super) standard_error: Option<f64>,
    pub(super) interval: Interval,
    pub(super) method: &'static str,
    /// One-sided p-value of "worse by the margin or more".
    pub(super) worse: f64,
    /// Whether the rows carry a decision.
    pub(super) enough: Result<(), Undefined>,
}

impl Paired {
    /// As the evidence has it.
    pub(super) fn recorded(
        &self,
        margin: Option<Finite>,
        confidence: Confidence,
    ) -> Option<Difference> {
        let interval = Some((self.interval, self.method));
        Some(Difference {
            difference: estimate(self.value, interval, confidence)?,
            standard_error: self.standard_error.and_then(Finite::new),
            margin,
            p_value: Finite::new(self.worse)?,
            too_few: self.enough.err().map(|reason| reason.to_string()),
        })
    }
}

/// `None` where a number is not finite, which no artifact can hold.
pub(crate) fn estimate(
    value: f64,
    interval: Option<(Interval, &str)>,
    confidence: Confidence,
) -> Option<Estimate> {
    let end = |pick: fn(&Interval) -> f64| {
        interval
            .as_ref()
            .and_then(|(interval, _)| Finite::new(pick(interval)))
    };
    Some(Estimate {
        value: Finite::new(value)?,
        low: end(|interval| interval.lower),
        high: end(|interval| interval.upper),
        interval: interval
            .as_ref()
            .map(|(_, method)| format!("{method} {}%", confidence.level() * 100.0)),
    })
}
