//! Prometheus' text format 0.0.4, read strictly.

use std::collections::{BTreeMap, BTreeSet};

/// Every sample: its name and labels as written, and its value.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Samples(BTreeMap<String, f64>);

impl Samples {
    /// Reads a text; an error names the line.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut samples = BTreeMap::new();
        let mut types = BTreeSet::new();
        let mut seen = BTreeSet::new();
        if !text.is_empty() && !text.ends_with('\n') {
            return Err("the last line does not end".to_owned());
        }
        for (number, line) in text.lines().enumerate() {
            let fail = |what: &str| Err(format!("line {}: {what}", number + 1));
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                let Some((name, kind)) = rest.split_once(' ') else {
                    return fail("a type without a name");
                };
                let known = ["counter", "gauge", "histogram", "summary", "untyped"];
                if !is_name(name, true) || !known.contains(&kind) {
                    return fail("not a metric's type");
                }
                if !types.insert(name.to_owned()) {
                    return fail("a second type for one metric");
                }
                if seen.contains(name) {
                    return fail("a type after the metric's first sample");
                }
            } else if !line.is_empty() && !line.starts_with('#') {
                let Some((series, value)) = sample(line) else {
                    return fail("not a sample");
                };
                seen.insert(series.split('{').next().unwrap_or_default().to_owned());
                if samples.insert(series.to_owned(), value).is_some() {
                    return fail("a second sample of one series");
                }
            }
        }
        if samples.is_empty() {
            return Err("there is not one sample".to_owned());
        }
        Ok(Self(samples))
    }

    /// The value of a series, named as the text has it.
    pub(crate) fn get(&self, series: &str) -> Option<f64> {
        self.0.get(series).copied()
    }
}

/// Series and value of a line. A time stamp may follow the value.
fn sample(line: &str) -> Option<(&str, f64)> {
    let end = match line.find('{') {
        Some(open) if is_name(&line[..open], true) => open + labels(&line[open..])?,
        Some(_) => return None,
        None => line.find([' ', '\t'])?,
    };
    let (series, rest) = line.split_at(end);
    let name = series.split('{').next().unwrap_or_default();
    let mut fields = rest.split_ascii_whitespace();
    let value = number(fields.next()?)?;
    let stamp = fields
        .next()
        .is_none_or(|stamp| stamp.parse::<i64>().is_ok());
    (is_name(name, true) && stamp && fields.next().is_none()).then_some((series, value))
}

/// The length of a list of labels, braces included.
fn labels(text: &str) -> Option<usize> {
    let mut at = 1;
    loop {
        if text[at..].starts_with('}') {
            return Some(at + 1);
        }
        let equals = text[at..].find('=')?;
        if !is_name(&text[at..at + equals], false) {
            return None;
        }
        at += equals + 1;
        if !text[at..].starts_with('"') {
            return None;
        }
        at += 1;
        let mut escaped = false;
        let close = text[at..].char_indices().find(|&(_, c)| {
            let closes = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            closes
        })?;
        at += close.0 + 1;
        if text[at..].starts_with(',') {
            at += 1;
        } else if !text[at..].starts_with('}') {
            return None;
        }
    }
}

fn number(text: &str) -> Option<f64> {
    match text {
        "+Inf" => Some(f64::INFINITY),
        "-Inf" => Some(f64::NEG_INFINITY),
        "NaN" => Some(f64::NAN),
        _ => text.parse().ok().filter(|value: &f64| value.is_finite()),
    }
}

fn is_name(text: &str, colons: bool) -> bool {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_' || (colons && c == ':');
    text.starts_with(first) && text.chars().all(|c| first(c) || c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_found_by_name_and_labels() {
        let text = "# HELP a Some text.\n# TYPE a_total counter\na_total 3\n\
                    b{x=\"1, \\\"}\",y=\"\"} -1.5e3 1700000000000\nc +Inf\n\n# a remark\n";
        let samples = Samples::parse(text).unwrap();
        assert_eq!(samples.get("a_total"), Some(3.0));
        assert_eq!(samples.get("b{x=\"1, \\\"}\",y=\"\"}"), Some(-1500.0));
        assert_eq!(samples.get("a"), None);
    }

    #[test]
    fn what_a_scrape_would_refuse_is_refused_with_its_line() {
        for text in [
            "",
            "a 1",
            "a\n",
            "1a 1\n",
            "a one\n",
            "a 1 2 3\n",
            "a{x=1} 1\n",
            "a{x=\"1} 1\n",
            "a{x=\"1\"y=\"2\"} 1\n",
            "a{1x=\"1\"} 1\n",
            "a 1\na 2\n",
            "a 1\n# TYPE a gauge\n",
            "# TYPE a gauge\n# TYPE a gauge\na 1\n",
            "# TYPE a number\na 1\n",
            "<html>\n",
            "{\"error\": 1}\n",
        ] {
            assert!(Samples::parse(text).is_err(), "{text:?}");
        }
        assert!(
            Samples::parse("a 1\nb x\n")
                .unwrap_err()
                .starts_with("line 2: ")
        );
    }
}
