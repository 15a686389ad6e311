//! What came from data, a branch or an author is shown and never acted upon.

use pulldown_cmark::{Event, Options, Parser, Tag};
use serde_json::json;

use crate::forge::{Forge, State};
use crate::{Case, On, gate};

/// Names that a branch or a tag may have, and some that it may not.
const BRANCHES: [&str; 40] = [
    "main",
    "$(touch pwned)",
    "`touch pwned`",
    ";touch pwned",
    "|touch pwned",
    "&&touch pwned",
    "feature/$(touch${IFS}pwned)",
    "zzz\";echo${IFS}\"x\";#",
    "'; touch pwned; '",
    "\"; touch pwned; \"",
    "-rf",
    "--help",
    "--comment",
    "-",
    "a b",
    "../../x",
    "..",
    "/merge",
    "//x",
    "a\n/close",
    "a\r\n/merge",
    "a\r/assign @me",
    "@all",
    "@here/x",
    "#12",
    "!7",
    "~bug",
    "&3",
    "[x](http://evil.example)",
    "![x](http://evil.example/x.png)",
    "<script>alert(1)</script>",
    "<!-- trainyard:report:default:run:9 -->",
    "-->",
    "::error::x",
    "x%0A::set-output name=a::b",
    "%s%n%x",
    "\u{202e}niam",
    "\u{1b}[31mred",
    "[skip ci]",
    "${{ github.token }}",
];

/// What acts on a forge, by itself and behind a line break; the table below crosses them with places.
const ACTIONS: [&str; 40] = [
    "/merge",
    "/close",
    " /approve",
    "\t/label ~bug",
    "\u{feff}/merge",
    "\u{2028}/merge",
    "\u{b}/merge",
    "@all",
    "@\"full name\"",
    "a@b.example",
    "#1",
    "GH-1",
    "JIRA-123",
    "group/project#12",
    "deadbeefcafe0123",
    "owner/repo@deadbeef",
    "http://evil.example",
    "www.evil.example",
    "<http://evil.example>",
    "[x](javascript:alert(1))",
    "[x]: http://evil.example",
    "<img src=x onerror=alert(1)>",
    "</details></td></tr></table>",
    "<details open>",
    "<!-- x -->",
    "&#64;all",
    "&lt;b&gt;",
    "a|b",
    "a\\|b",
    "```",
    "~~~",
    "`a`",
    "$`x`$",
    "# heading",
    "- item",
    "1. item",
    "> quote",
    "---",
    "::warning::x",
    "::stop-commands::x",
];

/// Eighty cells: each action alone, and behind words and a line break.
fn cells() -> Vec<String> {
    let behind = ACTIONS.iter().map(|action| format!("words\r\n{action}"));
    ACTIONS
        .iter()
        .map(|action| (*action).to_owned())
        .chain(behind)
        .collect()
}

/// Artifacts of every kind that is shown, with a value wherever an artifact holds a text.
fn artifacts(value: &str) -> Vec<(&'static str, String)> {
    let head = |kind: &str, version: &str| {
        json!({ "kind": kind, "version": version, "produced_by": { "tool": value, "version": value },
            "inputs": [{ "kind": value, "path": value, "sha256": "00".repeat(32) },
                { "kind": "table", "path": value, "sha256": "00".repeat(32) }] })
    };
    let with = |mut head: serde_json::Value, body: serde_json::Value| {
        for (name, field) in body.as_object().unwrap() {
            head[name] = field.clone();
        }
        head.to_string()
    };
    let sha = "00".repeat(32);
    let estimate = json!({ "value": 0.5, "low": 0.4, "high": 0.6, "interval": value });
    vec![
        ("gate.json", gate("fail", value)),
        (
            "gate2.json",
            with(
                head("gate", "1.1"),
                json!({ "verdict": "warning", "summary": value, "model_sha256": sha,
                    "champion": { "first_model": value },
                    "rules": [{ "id": value, "verdict": "warning", "message": value }] }),
            ),
        ),
        (
            "data.json",
            with(
                head("data-report", "1.0"),
                json!({ "verdict": "fail", "rows": 1, "unreadable_rows": 0,
                    "columns": [{ "name": value, "missing": 0, "values": { value: 1 } }],
                    "broken": [{ "rule": "enum", "column": value, "count": 1, "severity": "fail" }],
                    "findings": [{ "rule": "enum", "severity": "fail", "line": 2, "row": 1,
                        "column": value, "value": value, "message": value }] }),
            ),
        ),
        (
            "smoke.json",
            with(
                head("smoke-report", "1.0"),
                json!({ "verdict": "fail", "golden_rows": 1,
                    "checks": [{ "id": value, "verdict": "fail", "message": value }] }),
            ),
        ),
        (
            "receipt.json",
            with(
                head("publish-receipt", "1.0"),
                json!({ "verdict": "fail", "name": value, "package_version": value,
                    "archive_sha256": sha, "archive_size": 1,
                    "deliveries": [{ "target": value, "file": value, "sha256": sha, "action": "conflict" }] }),
            ),
        ),
        (
            "drift.json",
            with(
                head("drift-report", "1.0"),
                json!({ "verdict": "fail", "summary": value, "model_sha256": sha, "rows": 1,
                    "labelled_rows": 0, "reference_rows": 1, "level": 0.01,
                    "checks": [{ "about": "feature", "name": value, "measure": "psi",
                        "verdict": "fail", "warning": 0.1, "fail": 0.2, "message": value }] }),
            ),
        ),
        (
            "other.json",
            with(
                head(value, "1.0"),
                json!({ value: value, "metrics": { "auc": estimate } }),
            ),
        ),
    ]
}

/// Panics unless the text is words, code and the tool's own structure.
fn assert_inert(text: &str, value: &str) {
    for line in text.split(['\n', '\r']) {
        let start = line.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        assert!(!start.starts_with('/'), "{value:?}: {line:?}");
        assert!(!line.starts_with("::"), "{value:?}: {line:?}");
    }
    let unseen = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert!(!text.contains(unseen), "{value:?}");
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_MATH;
    let mut words = String::new();
    let mut is_code = false;
    for event in Parser::new_ext(text, options) {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => {
                let html = html.trim();
                let is_ours = html.starts_with("<!-- trainyard:report:")
                    || html == "</details>"
                    || html == "<details><summary>What it was made from</summary>";
                assert!(is_ours, "{value:?}: {html:?}");
            }
            Event::Start(
                tag @ (Tag::Link { .. }
                | Tag::Image { .. }
                | Tag::BlockQuote(_)
                | Tag::FootnoteDefinition(_)
                | Tag::Strikethrough
                | Tag::Emphasis
                | Tag::Strong),
            ) => {
                let is_ours = matches!(&tag, Tag::Emphasis);
                assert!(is_ours, "{value:?}: {tag:?}");
            }
            Event::FootnoteReference(_)
            | Event::TaskListMarker(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::Rule => panic!("{value:?}: {event:?}"),
            Event::Start(Tag::CodeBlock(_)) => is_code = true,
            Event::End(_) => {
                words.push('\u{0}');
                is_code = false;
            }
            Event::Text(text) if !is_code => words.push_str(&text),
            // Between spans of code nothing is put together.
            Event::Code(_) => words.push('\u{0}'),
            _ => (),
        }
    }
    // What a forge's filters look for in the words that people see.
    for (at, c) in words
        .char_indices()
        .filter(|(_, c)| matches!(c, '@' | '#' | '!'))
    {
        let after = words[at + c.len_utf8()..].chars().next().unwrap_or(' ');
        assert!(
            !after.is_alphanumeric() && after != '"',
            "{value:?}: {words:?}"
        );
    }
    for bait in ["http://", "www.evil"] {
        assert!(!words.contains(bait), "{value:?}: {words:?}");
    }
    for word in words.split(|c: char| !c.is_alphanumeric()) {
        let is_hex = word.chars().all(|c| c.is_ascii_hexdigit());
        let has_letter = word.chars().any(|c| c.is_ascii_alphabetic());
        assert!(
            !(word.len() >= 7 && is_hex && has_letter),
            "{value:?}: {word:?}"
        );
    }
}

fn assert_page(value: &str) {
    let case = Case::new();
    let mut names = Vec::new();
    for (name, text) in artifacts(value) {
        case.put(name, &text);
        names.push(name);
    }
    let title = format!("--title={value}");
    names.extend([
        title.as_str(),
        "--summary",
        "summary.md",
        "--format",
        "github",
    ]);
    let output = case.run(On::Nothing, "", "", &names);
    assert_eq!(output.status.code(), Some(0), "{value:?}: {output:?}");
    assert_inert(&case.read("out/forge-report.md"), value);
    assert_inert(&case.read("summary.md"), value);
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(stdout.lines().count() <= 10, "{stdout}");
    for line in stdout.split(['\n', '\r']).filter(|line| !line.is_empty()) {
        let known = ["::error ", "::warning ", "::notice "];
        assert!(
            known.iter().any(|start| line.starts_with(start)),
            "{value:?}: {line:?}"
        );
    }
    let human = case.run(On::Nothing, "", "", &["gate.json", "drift.json"]);
    let stdout = String::from_utf8(human.stdout).unwrap();
    assert_eq!(stdout.lines().count(), 1, "{value:?}: {stdout:?}");
    assert!(!stdout.contains('\u{1b}') && !stdout.starts_with("::"));
}

#[test]
fn eighty_hostile_cells_in_every_place_of_every_artifact_are_only_shown() {
    let cells = cells();
    assert_eq!(cells.len(), 80);
    for value in &cells {
        assert_page(value);
    }
}

#[test]
fn forty_hostile_branches_are_only_shown_and_name_no_comment_but_their_own() {
    let forge = Forge::start(State::default());
    for value in BRANCHES {
        assert_page(value);
        let case = Case::new();
        let (title, id) = (format!("--title={value}"), format!("--id={value}"));
        let more = ["gate.json", &title, &id, "--comment"];
        let output = case.run(On::GitLab, &forge.url, "1", &more);
        assert_eq!(output.status.code(), Some(0), "{value:?}: {output:?}");
        assert!(!case.0.path().join("pwned").exists());
    }
    for kept in forge.comments() {
        let (marker, rest) = kept.body.split_once('\n').unwrap();
        assert!(marker.starts_with("<!-- trainyard:report:") && marker.ends_with(":run:1 -->"));
        assert_eq!(marker.matches("--").count(), 2, "{marker}");
        assert_inert(&kept.body, rest);
    }
}
