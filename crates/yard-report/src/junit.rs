//! JUnit XML as GitLab and the usual GitHub actions read it: a test case a rule.
//!
//! No times and no time stamps: the same results give the same bytes. GitLab counts only the first
//! of two cases with one name, so a repeated name gets a number.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::escape::{cut, markup};

/// The longest failure text that is written, in characters.
const DETAIL_CHARS: usize = 8_000;

/// A group of cases: one tool's rules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Suite {
    /// Its name: `eval-gate`.
    pub name: String,
    /// Its cases.
    pub cases: Vec<Case>,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// What the rule belongs to: `slices`.
    pub class: String,
    /// The rule: `AUC is at least 0.75`.
    pub name: String,
    /// The file that the rule or the finding is in, if there is one.
    pub file: Option<String>,
    /// How it went.
    pub outcome: Outcome,
}

/// How a rule went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It held.
    Passed,
    /// It did not hold.
    Failed {
        /// One line: measured against required.
        message: String,
        /// Whatever else helps; may be empty.
        detail: String,
    },
    /// It could not be judged, which is never a pass.
    Errored {
        /// One line: what was missing.
        message: String,
        /// Whatever else helps; may be empty.
        detail: String,
    },
    /// It was not asked.
    Skipped {
        /// Why not.
        message: String,
    },
}

/// Writes the suites as one file.
pub fn render(name: &str, suites: &[Suite]) -> String {
    let all = || suites.iter().flat_map(|suite| &suite.cases);
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let _ = writeln!(
        out,
        "<testsuites name=\"{}\"{}>",
        attribute(name),
        totals(all())
    );
    for suite in suites {
        let _ = writeln!(
            out,
            "  <testsuite name=\"{}\"{}>",
            attribute(&suite.name),
            totals(suite.cases.iter())
        );
        let mut seen = BTreeMap::new();
        for case in &suite.cases {
            write_case(&mut out, case, &mut seen);
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn write_case<'a>(out: &mut String, case: &'a Case, seen: &mut BTreeMap<(&'a str, &'a str), u32>) {
    let times = seen.entry((&case.class, &case.name)).or_insert(0);
    *times += 1;
    let name = if *times > 1 {
        format!("{} ({times})", case.name)
    } else {
        case.name.clone()
    };
    let _ = write!(
        out,
        "    <testcase classname=\"{}\" name=\"{}\"",
        attribute(&case.class),
        attribute(&name)
    );
    if let Some(file) = &case.file {
        let _ = write!(out, " file=\"{}\"", attribute(file));
    }
    match &case.outcome {
        Outcome::Passed => out.push_str("/>\n"),
        Outcome::Failed { message, detail } => write_trouble(out, "failure", message, detail),
        Outcome::Errored { message, detail } => write_trouble(out, "error", message, detail),
        Outcome::Skipped { message } => {
            let _ = writeln!(
                out,
                "><skipped message=\"{}\"/></testcase>",
                attribute(message)
            );
        }
    }
}

fn write_trouble(out: &mut String, element: &str, message: &str, detail: &str) {
    // GitLab shows the text only; the message is repeated there.
    let text = if detail.is_empty() {
        message.to_owned()
    } else {
        format!("{message}\n{}", cut(detail, DETAIL_CHARS))
    };
    let _ = writeln!(
        out,
        "><{element} message=\"{}\">{}</{element}></testcase>",
        attribute(message),
        inert(&text)
    );
}

fn totals<'a>(cases: impl Iterator<Item = &'a Case>) -> String {
    let (mut tests, mut failures, mut errors, mut skipped) = (0, 0, 0, 0);
    for case in cases {
        tests += 1;
        match case.outcome {
            Outcome::Passed => {}
            Outcome::Failed { .. } => failures += 1,
            Outcome::Errored { .. } => errors += 1,
            Outcome::Skipped { .. } => skipped += 1,
        }
    }
    format!(" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\"")
}

/// An attribute's line feeds would be read as spaces; they are shown instead.
fn attribute(text: &str) -> String {
    inert(&crate::escape::visible(&cut(text, 1_000)))
}

/// GitLab makes a link of `[[ATTACHMENT|path]]` in any text; data may not.
fn inert(text: &str) -> String {
    markup(&text.replace("[[ATTACHMENT", "[ [ATTACHMENT"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn case(name: &str, outcome: Outcome) -> Case {
        Case {
            class: "floors".to_owned(),
            name: name.to_owned(),
            file: None,
            outcome,
        }
    }

    #[test]
    fn a_file_with_every_outcome() {
        let failed = Outcome::Failed {
            message: "measured 0.71, required 0.75".to_owned(),
            detail: "a < b\n[[ATTACHMENT|/etc/passwd]]".to_owned(),
        };
        let errored = Outcome::Errored {
            message: "no champion".to_owned(),
            detail: String::new(),
        };
        let cases = vec![
            case("AUC", Outcome::Passed),
            case("AUC", failed),
            case("Brier", errored),
            Case {
                file: Some("configs/gate.yaml".to_owned()),
                ..case(
                    "KS",
                    Outcome::Skipped {
                        message: "off".to_owned(),
                    },
                )
            },
        ];
        insta::assert_snapshot!(render(
            "gate",
            &[Suite {
                name: "eval-gate".to_owned(),
                cases
            }]
        ));
    }

    proptest! {
        #[test]
        fn any_text_stays_text(name in any::<String>(), detail in any::<String>()) {
            let failed = Outcome::Failed { message: name.clone(), detail };
            let xml = render(&name, &[Suite { name: name.clone(), cases: vec![case(&name, failed), case(&name, Outcome::Passed)] }]);
            let parsed = roxmltree::Document::parse(&xml).unwrap();
            let cases: Vec<_> = parsed.descendants().filter(|node| node.has_tag_name("testcase")).collect();
            prop_assert_eq!(cases.len(), 2);
            prop_assert_ne!(cases[0].attribute("name"), cases[1].attribute("name"));
            prop_assert!(!xml.contains("[[ATTACHMENT"));
        }
    }
}
