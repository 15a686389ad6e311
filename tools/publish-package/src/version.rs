//! Versions: out of tags, and held against what changed since the last release.

use std::cmp::Ordering;

use semver::Version;
use serde_json::Value;

use crate::error::PublishError;

/// The version in a tag: `v1.2.0`, `NAME@v1.2.0`, and with a stage, as GTO has it, refused: those
/// move and name no release. What is no tag is a version as it is.
pub(crate) fn of_tag<'t>(tag: &'t str, name: &str) -> Result<&'t str, PublishError> {
    let refuse = |why| {
        Err(PublishError::Tag {
            tag: tag.escape_debug().to_string(),
            why,
        })
    };
    let version = match tag.split_once('@') {
        Some((of, version)) if of == name => version,
        Some(_) => return refuse("it is a tag of another package"),
        None => match tag.split_once('#') {
            Some(_) => return refuse("it moves a stage and names no version"),
            None => tag,
        },
    };
    if version.contains('#') || version.contains('!') {
        return refuse("it takes a version back or moves a stage");
    }
    Ok(match version.strip_prefix('v') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => rest,
        _ => version,
    })
}

/// Whether a version promises anything about the interface.
pub(crate) fn is_semver(version: &str) -> bool {
    Version::parse(version).is_ok()
}

/// How much a change of the interface asks of the next version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Whoever calls the model notices nothing.
    None,
    /// Something new, which nobody has to use.
    Minor(String),
    /// Callers have to change.
    Major(String),
}

/// What changed between two signatures (as JSON), seen by whoever calls the model.
pub(crate) fn change(before: &Value, now: &Value) -> Change {
    let answer = |signature: &Value, path: &str| signature.pointer(path).cloned();
    for (path, what) in [
        ("/answer/task", "the task"),
        ("/task", "the task"),
        ("/answer/classes", "the list of classes"),
        ("/target/classes", "the list of classes"),
        ("/answer/probabilities", "the output"),
        ("/probabilities", "the output"),
    ] {
        let (one, other) = (answer(before, path), answer(now, path));
        if one != other {
            let text = |value: Option<Value>| value.map_or("nothing".to_owned(), |v| v.to_string());
            return Change::Major(format!("{what} was {} and is {}", text(one), text(other)));
        }
    }
    let (old, new) = (features(before), features(now));
    for (name, kind) in &new {
        match old.iter().find(|(old, _)| old == name) {
            None => {
                return Change::Major(format!(
                    "the input `{name}` is new, and callers have to give it"
                ));
            }
            Some((_, was)) if was != kind => {
                return Change::Major(format!("the input `{name}` was a {was} and is a {kind}"));
            }
            Some(_) => {}
        }
    }
    let gone = old
        .iter()
        .find(|(name, _)| !new.iter().any(|(new, _)| new == name));
    match gone {
        Some((name, _)) => Change::Minor(format!("the input `{name}` is no longer asked for")),
        None => Change::None,
    }
}

fn features(signature: &Value) -> Vec<(String, String)> {
    let text = |feature: &Value, name: &str| feature[name].as_str().unwrap_or_default().to_owned();
    let listed = signature["features"].as_array().into_iter().flatten();
    listed
        .map(|feature| (text(feature, "name"), text(feature, "type")))
        .collect()
}

/// Whether a version may follow another after this change. Versions that are not by `SemVer` promise
/// nothing, and nothing is held against them.
pub(crate) fn may_follow(before: &str, now: &str, change: &Change) -> Result<(), PublishError> {
    let (Ok(old), Ok(new)) = (Version::parse(before), Version::parse(now)) else {
        return Ok(());
    };
    let refuse = |why: String| {
        Err(PublishError::Version {
            before: before.to_owned(),
            now: now.to_owned(),
            why,
        })
    };
    match new.cmp_precedence(&old) {
        Ordering::Greater => {}
        // The same package again, which publishing compares byte for byte.
        Ordering::Equal if new == old => return Ok(()),
        _ => return refuse("it is not later than the release before".to_owned()),
    }
    let major = new.major > old.major;
    // Before 1.0 the second number is the one that may break.
    let early = old.major == 0 && new.major == 0;
    let minor = new.minor > old.minor;
    match change {
        Change::Major(why) if !(major || early && minor) => {
            let bump = if early { "minor" } else { "major" };
            refuse(format!("{why}, which asks for a new {bump} version"))
        }
        Change::Minor(why) if !(major || minor || early) => {
            refuse(format!("{why}, which asks for a new minor version"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_tag_names_a_version_of_this_package() {
        for (tag, version) in [
            ("v1.2.0", "1.2.0"),
            ("1.2.0", "1.2.0"),
            ("credit@v1.2.0", "1.2.0"),
            ("credit@1.2.0-rc.1", "1.2.0-rc.1"),
            ("vega", "vega"),
            ("2024-v1", "2024-v1"),
        ] {
            assert_eq!(of_tag(tag, "credit").unwrap(), version);
        }
        for (tag, said) in [
            ("other@v1.2.0", "another package"),
            ("credit#prod", "moves a stage"),
            ("credit@v1.2.0!", "takes a version back"),
            ("credit@v1.2.0#prod#3", "moves a stage"),
        ] {
            let error = of_tag(tag, "credit").unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }

    fn signature(features: &[(&str, &str)], classes: &[&str]) -> Value {
        let feature = |(name, kind): &(&str, &str)| json!({"name": name, "type": kind});
        let features: Vec<Value> = features.iter().map(feature).collect();
        json!({"features": features, "answer": {"task": "binary", "classes": classes}})
    }

    #[test]
    fn a_changed_interface_asks_for_its_version() {
        let before = signature(&[("a", "number"), ("b", "number")], &["0", "1"]);
        let more = signature(
            &[("a", "number"), ("b", "number"), ("c", "number")],
            &["0", "1"],
        );
        let fewer = signature(&[("a", "number")], &["0", "1"]);
        let other = signature(&[("a", "category"), ("b", "number")], &["0", "1"]);
        let classes = signature(&[("a", "number"), ("b", "number")], &["no", "yes"]);
        let reordered = signature(&[("b", "number"), ("a", "number")], &["0", "1"]);
        let cases = [
            (&before, "1.2.3", "1.2.4", None),
            (&reordered, "1.2.3", "1.2.4", None),
            (&more, "1.2.3", "1.2.4", Some("the input `c` is new")),
            (
                &more,
                "1.2.3",
                "1.3.0",
                Some("asks for a new major version"),
            ),
            (&more, "1.2.3", "2.0.0", None),
            (
                &more,
                "0.2.3",
                "0.2.4",
                Some("asks for a new minor version"),
            ),
            (&more, "0.2.3", "0.3.0", None),
            (&fewer, "1.2.3", "1.2.4", Some("`b` is no longer asked for")),
            (&fewer, "1.2.3", "1.3.0", None),
            (
                &other,
                "1.2.3",
                "1.2.4",
                Some("`a` was a number and is a category"),
            ),
            (
                &classes,
                "1.2.3",
                "1.3.0",
                Some("the list of classes was [\"0\",\"1\"]"),
            ),
            (&before, "1.2.3", "1.2.2", Some("not later than")),
            (&before, "1.2.3", "1.2.3-rc.1", Some("not later than")),
            (&before, "1.2.3", "1.2.3", None),
            (&more, "2024-05", "2024-06", None),
        ];
        for (now, old, new, said) in cases {
            let result = may_follow(old, new, &change(&before, now));
            let error = result.err().map(|error| error.to_string());
            match (said, error) {
                (None, None) => {}
                (Some(said), Some(error)) => assert!(error.contains(said), "{error}"),
                (said, error) => panic!("{old} -> {new}: {said:?} and {error:?}"),
            }
        }
    }
}
