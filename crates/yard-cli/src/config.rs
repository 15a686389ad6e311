//! Configuration files: YAML in which an unknown key is an error with a suggestion.

use std::path::Path;

use serde::de::DeserializeOwned;

use crate::error::Error;

/// Reads a configuration. The type refuses unknown fields by `#[serde(deny_unknown_fields)]`; this
/// function turns the parser's answer into file, line, column, and a suggestion.
pub(crate) fn parse<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, Error> {
    let fail = |at, message: String| {
        let hint = suggestion(&message);
        Error::Config {
            path: path.to_owned(),
            at,
            message,
            hint,
        }
    };
    let text = std::str::from_utf8(bytes).map_err(|error| {
        fail(
            None,
            format!("not UTF-8 from byte {} on", error.valid_up_to()),
        )
    })?;
    if text.trim().is_empty() {
        return Err(fail(None, "the file is empty".to_owned()));
    }
    serde_saphyr::from_str(text).map_err(|error| {
        let at = error.location().map(|place| (place.line(), place.column()));
        fail(at, message(&error.without_snippet().to_string()))
    })
}

/// The parser's message without the place, which stands in front already, and with names in
/// backticks.
fn message(text: &str) -> String {
    let text = text.strip_prefix("error: ").unwrap_or(text);
    let text = match text.split_once(": ") {
        Some((place, rest)) if place.starts_with("line ") => rest,
        _ => text,
    };
    let text = text.split(" at line ").next().unwrap_or(text);
    match text.split_once(", set DuplicateKeyPolicy") {
        Some((start, _)) => start.to_owned(),
        None => text.to_owned(),
    }
}

/// The allowed name that is nearest to an unknown one, from the parser's message
/// ``unknown field `x`, expected one of a, b``.
fn suggestion(message: &str) -> Option<String> {
    let rest = message
        .strip_prefix("unknown field `")
        .or_else(|| message.strip_prefix("unknown variant `"))?;
    let (unknown, allowed) = rest.split_once("`, expected ")?;
    let allowed: Vec<&str> = allowed
        .trim_start_matches("one of ")
        .split([',', ' '])
        .map(|name| name.trim_matches('`'))
        .filter(|name| !name.is_empty() && *name != "or")
        .collect();
    let nearest = allowed
        .iter()
        .map(|name| (strsim::damerau_levenshtein(unknown, name), name))
        .filter(|(distance, name)| *distance <= 1 + name.len() / 3)
        .min()?;
    Some(format!("did you mean `{}`?", nearest.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use yard_contract::Finite;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Knobs {
        #[expect(dead_code, reason = "only its parsing is of interest")]
        threshold: Finite,
    }

    fn error(text: &str) -> (String, Option<String>) {
        match parse::<Knobs>(Path::new("gate.yaml"), text.as_bytes()).unwrap_err() {
            error @ Error::Config { .. } => {
                let shown = error.to_string();
                let Error::Config { hint, .. } = error else {
                    unreachable!()
                };
                (shown, hint)
            }
            other => panic!("{other}"),
        }
    }

    #[test]
    fn an_unknown_key_is_named_with_its_place_and_the_nearest_known_one() {
        let (shown, hint) = error("threshhold: 1");
        assert!(
            shown.starts_with("gate.yaml:1:1: unknown field `threshhold`"),
            "{shown}"
        );
        assert_eq!(hint.as_deref(), Some("did you mean `threshold`?"));
    }

    #[test]
    fn wrong_values_are_refused_with_their_place() {
        for (text, start) in [
            ("threshold: much", "gate.yaml:1:12: "),
            ("threshold: .nan", "gate.yaml:1:"),
            (
                "threshold: 1\nthreshold: 2",
                "gate.yaml:2:1: duplicate mapping key: threshold",
            ),
            ("", "gate.yaml: the file is empty"),
            ("threshold: [", "gate.yaml:1:12: "),
        ] {
            let (shown, _) = error(text);
            assert!(shown.starts_with(start), "{text:?}: {shown}");
            assert!(!shown.contains("DuplicateKeyPolicy"), "{shown}");
        }
    }
}
