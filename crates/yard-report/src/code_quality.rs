//! GitLab's Code Quality report: findings with a file and a line.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::escape::{cut, visible};

/// How bad a finding is, in GitLab's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// To know.
    Info,
    /// To mend some day.
    Minor,
    /// To mend.
    Major,
    /// To mend now.
    Critical,
    /// Stops the merge.
    Blocker,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which rule: `range`.
    pub check: String,
    /// What is wrong, in a sentence.
    pub description: String,
    /// What stays the same while the finding is the same: column and rule, not the line.
    pub identity: String,
    /// How bad.
    pub severity: Severity,
    /// The file, relative to the repository's root.
    pub path: String,
    /// The line, from 1.
    pub line: u64,
}

#[derive(Serialize)]
struct Entry<'a> {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: Severity,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u64,
}

/// Writes the findings as JSON; none give an empty list, which GitLab needs to compare with.
///
/// A fingerprint is 32 hexadecimal digits of a SHA-256 over check, path and identity; the line is
/// not part of it, so that a finding stays known when lines move. GitLab keeps one of several
/// entries with one fingerprint; repeated findings are numbered to stay apart.
pub fn render(findings: &[Finding]) -> String {
    let mut seen: BTreeMap<(&str, &str, &str), u64> = BTreeMap::new();
    let entries: Vec<_> = findings
        .iter()
        .map(|finding| {
            let path = relative(&finding.path);
            let times = seen
                .entry((&finding.check, path, &finding.identity))
                .or_insert(0);
            *times += 1;
            Entry {
                description: cut(&visible(&finding.description), 1_000),
                check_name: visible(&finding.check),
                fingerprint: fingerprint(&[
                    &finding.check,
                    path,
                    &finding.identity,
                    &times.to_string(),
                ]),
                severity: finding.severity,
                location: Location {
                    path,
                    lines: Lines {
                        begin: finding.line.max(1),
                    },
                },
            }
        })
        .collect();
    // Strings and whole numbers only: there is nothing that serde_json could refuse.
    let mut json = serde_json::to_string_pretty(&entries).unwrap_or_else(|_| "[]".to_owned());
    json.push('\n');
    json
}

/// GitLab wants no leading `./` and no leading slash.
fn relative(path: &str) -> &str {
    let mut path = path;
    while let Some(rest) = path.strip_prefix("./").or_else(|| path.strip_prefix('/')) {
        path = rest;
    }
    path
}

fn fingerprint(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let mut out = String::with_capacity(32);
    for byte in hash.finalize().iter().take(16) {
        let _ = write!(out, "{byte:02x}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(line: u64, identity: &str) -> Finding {
        Finding {
            check: "range".to_owned(),
            description: "`age` is 212, allowed are 18 to 120\u{202e}".to_owned(),
            identity: identity.to_owned(),
            severity: Severity::Major,
            path: "./data/applications.csv".to_owned(),
            line,
        }
    }

    fn fingerprints(findings: &[Finding]) -> Vec<String> {
        let json: serde_json::Value = serde_json::from_str(&render(findings)).unwrap();
        json.as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["fingerprint"].as_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn an_entry_has_what_gitlab_requires() {
        insta::assert_snapshot!(render(&[finding(0, "age")]));
        assert_eq!(render(&[]), "[]\n");
    }

    #[test]
    fn a_fingerprint_survives_moved_lines_and_no_two_are_equal() {
        assert_eq!(
            fingerprints(&[finding(7, "age")]),
            fingerprints(&[finding(70, "age")])
        );
        let mut all = fingerprints(&[finding(7, "age"), finding(9, "age"), finding(9, "income")]);
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 3);
    }
}
