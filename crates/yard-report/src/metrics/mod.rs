//! Metrics as text: OpenMetrics 1.0 for GitLab's metrics report, Prometheus 0.0.4 for scraping.
//!
//! One list of [`Family`] renders as both. Names are checked, not mended: a metric that nobody can
//! query is a mistake of the tool, not of its data. Label *values* may be anything.
//!
//! GitLab compares values as strings, so every gauge says how many decimals it has; then a rerun of
//! the same commit does not read as a change.
//!
//! ```
//! use yard_report::metrics::{Family, Point, open_metrics};
//!
//! let auc = Family::gauge("gate_auc", "Area under the ROC curve on the holdout.")
//!     .point(Point::of(0.78125, 4).label("model", "challenger"));
//! assert_eq!(
//!     open_metrics(&[auc])?,
//!     "# TYPE gate_auc gauge\n# HELP gate_auc Area under the ROC curve on the holdout.\n\
//!      gate_auc{model=\"challenger\"} 0.7812\n# EOF\n"
//! );
//! # Ok::<(), yard_report::metrics::MetricsError>(())
//! ```

mod check;
mod write;

pub use check::MetricsError;
pub use write::{open_metrics, prometheus};

/// Content type of [`open_metrics`].
pub const OPEN_METRICS_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Content type of [`prometheus`].
pub const PROMETHEUS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A metric with all its points.
#[derive(Debug, Clone, PartialEq)]
pub struct Family {
    pub(crate) name: String,
    pub(crate) help: String,
    pub(crate) unit: Option<String>,
    pub(crate) points: Points,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Points {
    Gauge(Vec<Point>),
    Counter(Vec<Point>),
    Histogram(Vec<Histogram>),
}

/// One value of a gauge or a counter.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) value: Value,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value {
    Count(u64),
    Real(f64, usize),
}

/// How often values up to each bound were seen.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Histogram {
    /// What is measured, by label.
    pub labels: Vec<(String, String)>,
    /// Upper bound and how many values up to it, **cumulative**, by rising bound; `+Inf` is added.
    pub buckets: Vec<(f64, u64)>,
    /// The sum of all values.
    pub sum: f64,
    /// How many values there were.
    pub count: u64,
}

impl Family {
    /// A value that goes up and down.
    pub fn gauge(name: &str, help: &str) -> Self {
        Self::new(name, help, Points::Gauge(Vec::new()))
    }

    /// A count that only grows. `name` is without `_total`; the text has it.
    pub fn counter(name: &str, help: &str) -> Self {
        Self::new(name, help, Points::Counter(Vec::new()))
    }

    /// A distribution in buckets.
    pub fn histogram(name: &str, help: &str) -> Self {
        Self::new(name, help, Points::Histogram(Vec::new()))
    }

    fn new(name: &str, help: &str, points: Points) -> Self {
        Self {
            name: name.to_owned(),
            help: help.to_owned(),
            unit: None,
            points,
        }
    }

    /// States the unit, which must end the name: `seconds`, `bytes`, `ratio`.
    #[must_use]
    pub fn unit(mut self, unit: &str) -> Self {
        self.unit = Some(unit.to_owned());
        self
    }

    /// Adds a value; a histogram takes none and stays as it is.
    #[must_use]
    pub fn point(mut self, point: Point) -> Self {
        if let Points::Gauge(points) | Points::Counter(points) = &mut self.points {
            points.push(point);
        }
        self
    }

    /// Adds a distribution; a gauge or a counter takes none and stays as it is.
    #[must_use]
    pub fn distribution(mut self, histogram: Histogram) -> Self {
        if let Points::Histogram(points) = &mut self.points {
            points.push(histogram);
        }
        self
    }
}

impl Point {
    /// A real value, written with `decimals` places; not finite is written `NaN`, `+Inf`, `-Inf`.
    pub fn of(value: f64, decimals: usize) -> Self {
        Self {
            labels: Vec::new(),
            value: Value::Real(value, decimals),
        }
    }

    /// A whole number.
    pub fn count(value: u64) -> Self {
        Self {
            labels: Vec::new(),
            value: Value::Count(value),
        }
    }

    /// Adds a label; its value may be any text.
    #[must_use]
    pub fn label(mut self, name: &str, value: impl Into<String>) -> Self {
        self.labels.push((name.to_owned(), value.into()));
        self
    }
}
