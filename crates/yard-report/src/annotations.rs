//! What a forge shows beside the job: GitHub's workflow commands, GitLab's links.

use std::fmt::Write as _;

use serde::Serialize;

use crate::escape::{command_data, command_property, cut, visible};

/// GitHub shows ten of a kind per step; so few are also what a person reads.
pub const MOST: usize = 10;

/// GitHub cuts a message behind this many characters.
const MESSAGE_CHARS: usize = 4_000;

/// How loud an annotation is; the loudest is written first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something failed.
    Error,
    /// Something is worth a look.
    Warning,
    /// Something to know.
    Notice,
}

/// One annotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// How loud.
    pub level: Level,
    /// A few words.
    pub title: String,
    /// A sentence or two.
    pub message: String,
    /// The file, relative to the repository's root, and the line from 1.
    pub place: Option<(String, u64)>,
}

/// At most [`MOST`] workflow commands, a line each, the loudest first; the last says how many are missing.
pub fn github(annotations: &[Annotation]) -> String {
    let mut sorted: Vec<_> = annotations.iter().collect();
    sorted.sort_by_key(|annotation| annotation.level);
    let shown = if sorted.len() > MOST {
        MOST - 1
    } else {
        sorted.len()
    };
    let mut out = String::new();
    for annotation in &sorted[..shown] {
        let level = match annotation.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Notice => "notice",
        };
        let place = annotation
            .place
            .as_ref()
            .map_or(String::new(), |(file, line)| {
                format!("file={},line={},", command_property(file), line.max(&1))
            });
        let title = command_property(&visible(&cut(&annotation.title, 200)));
        let message = command_data(&cut(&annotation.message, MESSAGE_CHARS));
        let _ = writeln!(out, "::{level} {place}title={title}::{message}");
    }
    if shown < sorted.len() {
        let _ = writeln!(
            out,
            "::notice title=More findings::{} more are in the report",
            sorted.len() - shown
        );
    }
    out
}

#[derive(Serialize)]
struct ExternalLink<'a> {
    external_link: Link<'a>,
}

#[derive(Serialize)]
struct Link<'a> {
    label: &'a str,
    url: &'a str,
}

/// GitLab's `annotations` report: links on the job's page, `(label, address)`, under one heading.
///
/// Only `https:` and `http:` addresses are kept.
pub fn gitlab_links(section: &str, links: &[(String, String)]) -> String {
    let labels: Vec<_> = links.iter().map(|(label, _)| visible(label)).collect();
    let entries: Vec<_> = links
        .iter()
        .zip(&labels)
        .filter(|((_, url), _)| url.starts_with("https://") || url.starts_with("http://"))
        .map(|((_, url), label)| ExternalLink {
            external_link: Link { label, url },
        })
        .collect();
    let report = std::collections::BTreeMap::from([(visible(section), entries)]);
    // Strings only: there is nothing that serde_json could refuse.
    let mut json = serde_json::to_string_pretty(&report).unwrap_or_else(|_| "{}".to_owned());
    json.push('\n');
    json
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn annotation(level: Level, message: &str) -> Annotation {
        Annotation {
            level,
            title: "Gate".to_owned(),
            message: message.to_owned(),
            place: None,
        }
    }

    #[test]
    fn the_loudest_come_first_and_the_rest_is_counted() {
        let mut many = vec![annotation(Level::Notice, "hello"); 12];
        many.push(Annotation {
            place: Some(("a,b.csv".to_owned(), 0)),
            ..annotation(Level::Error, "50 % off\nnow")
        });
        let out = github(&many);
        assert_eq!(out.lines().count(), MOST);
        assert_eq!(
            out.lines().next(),
            Some("::error file=a%2Cb.csv,line=1,title=Gate::50 %25 off%0Anow")
        );
        assert_eq!(
            out.lines().last(),
            Some("::notice title=More findings::4 more are in the report")
        );
    }

    #[test]
    fn gitlab_gets_links_that_cannot_act() {
        let links = [
            ("Report".to_owned(), "https://e.org/r".to_owned()),
            ("x".to_owned(), "javascript:alert(1)".to_owned()),
        ];
        let json: serde_json::Value =
            serde_json::from_str(&gitlab_links("Trainyard", &links)).unwrap();
        assert_eq!(
            json,
            serde_json::json!({"Trainyard": [{"external_link": {"label": "Report", "url": "https://e.org/r"}}]})
        );
    }

    proptest! {
        #[test]
        fn one_annotation_is_one_command(title in any::<String>(), message in any::<String>(), file in any::<String>()) {
            let one = Annotation { level: Level::Warning, title, message, place: Some((file, 3)) };
            let out = github(&[one]);
            prop_assert_eq!(out.lines().count(), 1);
            prop_assert!(out.starts_with("::warning file="));
            let rest = &out["::warning ".len()..];
            let properties = rest.split("::").next().unwrap();
            prop_assert_eq!(properties.matches(',').count(), 2);
        }
    }
}
