//! The two formats.

use std::fmt::Write as _;

use super::check::{MetricsError, check};
use super::{Family, Histogram, Points, Value};

#[derive(Clone, Copy, PartialEq)]
enum Format {
    OpenMetrics,
    Prometheus,
}

/// OpenMetrics 1.0, ending in `# EOF`.
pub fn open_metrics(families: &[Family]) -> Result<String, MetricsError> {
    let mut out = write(families, Format::OpenMetrics)?;
    out.push_str("# EOF\n");
    Ok(out)
}

/// Prometheus text format 0.0.4.
pub fn prometheus(families: &[Family]) -> Result<String, MetricsError> {
    write(families, Format::Prometheus)
}

fn write(families: &[Family], format: Format) -> Result<String, MetricsError> {
    check(families)?;
    let mut out = String::new();
    for family in families {
        head(&mut out, family, format);
        let name = &family.name;
        match &family.points {
            Points::Gauge(points) => {
                for point in points {
                    sample(&mut out, name, &point.labels, None, &number(point.value));
                }
            }
            Points::Counter(points) => {
                for point in points {
                    sample(
                        &mut out,
                        &format!("{name}_total"),
                        &point.labels,
                        None,
                        &number(point.value),
                    );
                }
            }
            Points::Histogram(points) => {
                for point in points {
                    histogram(&mut out, name, point);
                }
            }
        }
    }
    Ok(out)
}

fn head(out: &mut String, family: &Family, format: Format) {
    let (kind, suffix) = match family.points {
        Points::Gauge(_) => ("gauge", ""),
        // OpenMetrics names the family, Prometheus the sample.
        Points::Counter(_) => (
            "counter",
            if format == Format::Prometheus {
                "_total"
            } else {
                ""
            },
        ),
        Points::Histogram(_) => ("histogram", ""),
    };
    let name = format!("{}{suffix}", family.name);
    let mut help = family
        .help
        .replace('\\', "\\\\")
        .replace('\n', "\\n")
        .replace('\r', " ");
    if format == Format::OpenMetrics {
        help = help.replace('"', "\\\"");
    }
    let _ = writeln!(out, "# TYPE {name} {kind}");
    if let Some(unit) = family
        .unit
        .as_ref()
        .filter(|_| format == Format::OpenMetrics)
    {
        let _ = writeln!(out, "# UNIT {name} {unit}");
    }
    let _ = writeln!(out, "# HELP {name} {help}");
}

fn histogram(out: &mut String, name: &str, point: &Histogram) {
    let bucket = format!("{name}_bucket");
    for (bound, count) in &point.buckets {
        sample(
            out,
            &bucket,
            &point.labels,
            Some(&real(*bound)),
            &count.to_string(),
        );
    }
    sample(
        out,
        &bucket,
        &point.labels,
        Some("+Inf"),
        &point.count.to_string(),
    );
    sample(
        out,
        &format!("{name}_sum"),
        &point.labels,
        None,
        &real(point.sum),
    );
    sample(
        out,
        &format!("{name}_count"),
        &point.labels,
        None,
        &point.count.to_string(),
    );
}

fn sample(
    out: &mut String,
    name: &str,
    labels: &[(String, String)],
    bound: Option<&str>,
    value: &str,
) {
    out.push_str(name);
    let mut separator = '{';
    let own = labels
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    for (label, text) in own.chain(bound.map(|bound| ("le", bound))) {
        let text = text
            .replace('\\', "\\\\")
            .replace('\n', "\\n")
            .replace('"', "\\\"")
            .replace('\r', " ");
        let _ = write!(out, "{separator}{label}=\"{text}\"");
        separator = ',';
    }
    if separator == ',' {
        out.push('}');
    }
    let _ = writeln!(out, " {value}");
}

fn number(value: Value) -> String {
    match value {
        Value::Count(count) => count.to_string(),
        Value::Real(value, decimals) if value.is_finite() => crate::number::fixed(value, decimals),
        Value::Real(value, _) => real(value),
    }
}

/// The shortest text that reads back as the same number; a whole number keeps its `.0`.
fn real(value: f64) -> String {
    match value {
        v if v.is_nan() => "NaN".to_owned(),
        f64::INFINITY => "+Inf".to_owned(),
        f64::NEG_INFINITY => "-Inf".to_owned(),
        _ => format!("{value:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Point;

    fn families() -> Vec<Family> {
        let latency = Histogram {
            labels: vec![("path".to_owned(), "/predict".to_owned())],
            buckets: vec![(0.001, 3), (1.0, 9)],
            sum: 1.25,
            count: 10,
        };
        vec![
            Family::gauge("gate_auc", "AUC on the \"holdout\", a\\b.\nSecond line.")
                .point(Point::of(0.781_249, 4).label("slice", "a \"b\"\\\n{c}"))
                .point(Point::of(f64::NAN, 4)),
            Family::counter("serve_rows", "Rows scored.").point(Point::count(12)),
            Family::histogram("serve_latency_seconds", "Time to answer.")
                .unit("seconds")
                .distribution(latency),
        ]
    }

    #[test]
    fn both_formats_as_their_specifications_have_them() {
        insta::assert_snapshot!("open_metrics", open_metrics(&families()).unwrap());
        insta::assert_snapshot!("prometheus", prometheus(&families()).unwrap());
    }

    #[test]
    fn what_nobody_could_query_is_refused() {
        let gauge = |name: &str| Family::gauge(name, "x").point(Point::count(1));
        let error = |families: &[Family]| open_metrics(families).unwrap_err().to_string();
        assert_eq!(error(&[gauge("1x")]), "`1x` is not a metric name");
        assert_eq!(error(&[gauge("x_total")]), "`x_total` is not a metric name");
        assert_eq!(
            error(&[gauge("x"), gauge("x")]),
            "metric `x` is given twice"
        );
        assert_eq!(
            error(&[gauge("x_count"), Family::histogram("x", "h")]),
            "metric `x` is given twice"
        );
        assert_eq!(
            error(&[gauge("x").unit("bytes")]),
            "metric `x` does not end in its unit `bytes`"
        );
        assert_eq!(
            error(&[gauge("x").point(Point::count(2))]),
            "metric `x` has two points with the same labels"
        );
        assert_eq!(
            error(&[gauge("x").point(Point::count(2).label("a b", ""))]),
            "metric `x` has a label named `a b`"
        );
        let falling = Histogram {
            buckets: vec![(1.0, 5), (2.0, 4)],
            count: 5,
            ..Histogram::default()
        };
        assert_eq!(
            error(&[Family::histogram("x", "h").distribution(falling)]),
            "metric `x` has buckets that do not grow"
        );
        assert_eq!(
            error(&[Family::counter("x", "h").point(Point::of(-1.0, 0))]),
            "metric `x` counts, so its value cannot be negative or NaN"
        );
    }

    #[test]
    fn nothing_is_a_valid_file() {
        assert_eq!(open_metrics(&[]).unwrap(), "# EOF\n");
    }
}
