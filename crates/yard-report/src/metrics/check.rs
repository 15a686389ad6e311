//! What both formats forbid.

use std::collections::BTreeSet;

use super::{Family, Points};

/// Why a list of metrics cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetricsError {
    /// A name is not `[a-zA-Z_:][a-zA-Z0-9_:]*`, or ends in a suffix that the formats reserve.
    #[error("`{0}` is not a metric name")]
    Name(String),
    /// A label's name is not `[a-zA-Z_][a-zA-Z0-9_]*`, begins with `__`, or is `le` or `quantile`.
    #[error("metric `{metric}` has a label named `{label}`")]
    Label {
        /// The metric.
        metric: String,
        /// The label.
        label: String,
    },
    /// Two families have one name, or their samples would.
    #[error("metric `{0}` is given twice")]
    Repeated(String),
    /// Two points of a family have the same labels.
    #[error("metric `{0}` has two points with the same labels")]
    RepeatedPoint(String),
    /// The name does not end in its unit.
    #[error("metric `{metric}` does not end in its unit `{unit}`")]
    Unit {
        /// The metric.
        metric: String,
        /// The unit.
        unit: String,
    },
    /// Bounds that do not rise, counts that fall, or more values in the buckets than were counted.
    #[error("metric `{0}` has buckets that do not grow")]
    Buckets(String),
    /// A counter below zero or not a number.
    #[error("metric `{0}` counts, so its value cannot be negative or NaN")]
    Counter(String),
}

pub(super) fn check(families: &[Family]) -> Result<(), MetricsError> {
    let mut names = BTreeSet::new();
    for family in families {
        let name = &family.name;
        if !is_metric_name(name) {
            return Err(MetricsError::Name(name.clone()));
        }
        for suffix in family.suffixes() {
            if !names.insert(format!("{name}{suffix}")) {
                return Err(MetricsError::Repeated(name.clone()));
            }
        }
        if let Some(unit) = family
            .unit
            .as_ref()
            .filter(|unit| !name.ends_with(&format!("_{unit}")))
        {
            return Err(MetricsError::Unit {
                metric: name.clone(),
                unit: unit.clone(),
            });
        }
        check_labels(family)?;
        check_values(family)?;
    }
    Ok(())
}

impl Family {
    /// What the names of its samples add to its own; the bare name is always taken.
    fn suffixes(&self) -> &'static [&'static str] {
        match self.points {
            Points::Gauge(_) => &[""],
            Points::Counter(_) => &["", "_total"],
            Points::Histogram(_) => &["", "_bucket", "_sum", "_count"],
        }
    }

    fn label_sets(&self) -> Vec<&Vec<(String, String)>> {
        match &self.points {
            Points::Gauge(points) | Points::Counter(points) => {
                points.iter().map(|point| &point.labels).collect()
            }
            Points::Histogram(points) => points.iter().map(|point| &point.labels).collect(),
        }
    }
}

fn check_labels(family: &Family) -> Result<(), MetricsError> {
    let mut sets = BTreeSet::new();
    for labels in family.label_sets() {
        let mut names = BTreeSet::new();
        for (label, _) in labels {
            let is_reserved = label.starts_with("__") || label == "le" || label == "quantile";
            if is_reserved || !is_metric_name(label) || label.contains(':') || !names.insert(label)
            {
                return Err(MetricsError::Label {
                    metric: family.name.clone(),
                    label: label.clone(),
                });
            }
        }
        let mut sorted: Vec<_> = labels.iter().collect();
        sorted.sort();
        if !sets.insert(sorted) {
            return Err(MetricsError::RepeatedPoint(family.name.clone()));
        }
    }
    Ok(())
}

fn check_values(family: &Family) -> Result<(), MetricsError> {
    match &family.points {
        Points::Gauge(_) => Ok(()),
        Points::Counter(points) => {
            let is_count = |value: super::Value| match value {
                super::Value::Count(_) => true,
                super::Value::Real(value, _) => value >= 0.0,
            };
            if points.iter().all(|point| is_count(point.value)) {
                Ok(())
            } else {
                Err(MetricsError::Counter(family.name.clone()))
            }
        }
        Points::Histogram(points) => {
            let grows = |histogram: &super::Histogram| {
                let buckets = &histogram.buckets;
                buckets.iter().all(|bucket| bucket.0.is_finite())
                    && buckets
                        .windows(2)
                        .all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1)
                    && buckets.last().is_none_or(|last| last.1 <= histogram.count)
            };
            if points.iter().all(grows) {
                Ok(())
            } else {
                Err(MetricsError::Buckets(family.name.clone()))
            }
        }
    }
}

fn is_metric_name(name: &str) -> bool {
    name.chars()
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_' || c == ':')
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':')
        && !["_total", "_bucket", "_created"]
            .iter()
            .any(|suffix| name.ends_with(suffix))
}
