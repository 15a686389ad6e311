//! Data in a report cannot act: everything a column, a cell, a branch or an author could be named.

use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag};
use yard_report::document::{Block, Document, Status, Table, Text};
use yard_report::{escape, html, markdown};

const PAYLOADS: [&str; 84] = [
    "/merge",
    "\r/merge",
    "\n/close",
    "\n\n/assign @me",
    " /approve",
    "\t/label ~bug",
    "a\n/unlabel",
    "/",
    "//",
    "@all",
    "@here",
    "@everyone",
    "x @admin y",
    "@\"full name\"",
    "@group/sub",
    "a@b.example",
    "@-x",
    "＠all",
    "#1",
    "!1",
    "$1",
    "%1",
    "~bug",
    "~\"two words\"",
    "&1",
    "^alert#1",
    "*iteration:1",
    "group/project#12",
    "GH-1",
    "JIRA-123",
    "[vulnerability:1]",
    "owner/repo@deadbeef",
    "deadbeefcafe",
    "0123456789abcdef0123456789abcdef01234567",
    "http://evil.example",
    "https://evil.example/a?b",
    "www.evil.example",
    "ftp://evil.example",
    "mailto:a@b.example",
    "xmpp:a@b.example",
    "<http://evil.example>",
    "[x](http://evil.example)",
    "![x](http://evil.example/x.png)",
    "[x]: http://evil.example",
    "[x][y]",
    "[[wiki]]",
    "[^1]",
    "[^1]: note",
    "[ ]",
    "[x]",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!-- marker -->",
    "<details>",
    "</details>",
    "</td></tr></table>",
    "<?php ?>",
    "<![CDATA[x]]>",
    "&lt;b&gt;",
    "&#64;all",
    "&commat;all",
    "</code>",
    "</svg><script>",
    "|",
    "a|b",
    "a\\|b",
    "\\",
    "a\\",
    "\\\\|",
    "`",
    "``",
    "a`b|c`",
    "```\n/merge\n```",
    "~~~",
    "$`x`$",
    "$$x$$",
    "# heading",
    "- item",
    "1. item",
    "> quote",
    "---",
    "\u{202e}gnp.exe",
    "zero\u{200b}width",
    ":tada: *bold* _it_ ~~s~~ ==m== {+a+} \u{1b}[31m",
];

fn document(value: &str) -> Document {
    let mut table = Table::new(value, &["slice", value, "#n"]);
    table.row([Text::value(value), Text::plain(value), Text::plain("1")]);
    table.row([
        Text::plain("a").code(value).then(value),
        Text::default().strong(value),
        Text::plain("2"),
    ]);
    Document {
        title: value.to_owned(),
        status: Status::Pass,
        summary: Text::plain(value).code(value),
        blocks: vec![
            Block::section(value),
            Block::Paragraph(Text::plain(value)),
            Block::Paragraph(Text::value(value).then(value)),
            Block::List(vec![Text::plain(value), Text::value(value)]),
            Block::Table(table.clone()),
            Block::Code {
                language: value.to_owned(),
                text: value.to_owned(),
            },
            Block::Details {
                summary: value.to_owned(),
                blocks: vec![Block::Table(table), Block::paragraph(value)],
            },
        ],
    }
}

/// Everything a reader of Markdown could switch on.
fn options() -> Options {
    // Rules for typographic quotes only change letters.
    Options::all() - Options::ENABLE_SMART_PUNCTUATION
}

/// Runs of prose, values in code, and the raw HTML.
#[derive(Default)]
struct Read {
    prose: Vec<String>,
    code: Vec<String>,
    raw: String,
    cells: usize,
    rows: usize,
}

fn read(note: &str) -> Read {
    let mut read = Read::default();
    let mut is_text_open = false;
    for event in Parser::new_ext(note, options()) {
        let was_open = std::mem::take(&mut is_text_open);
        match event {
            Event::Text(text) => {
                if was_open {
                    read.prose.last_mut().unwrap().push_str(&text);
                } else {
                    read.prose.push(text.to_string());
                }
                is_text_open = true;
            }
            Event::Code(code) => read.code.push(code.to_string()),
            Event::Html(raw) => read.raw.push_str(&raw),
            Event::Start(Tag::TableCell) => read.cells += 1,
            Event::Start(Tag::TableRow | Tag::TableHead) => read.rows += 1,
            Event::Start(
                Tag::Heading { .. }
                | Tag::Paragraph
                | Tag::Table(_)
                | Tag::List(None)
                | Tag::Item
                | Tag::Strong
                | Tag::CodeBlock(_)
                | Tag::HtmlBlock,
            )
            | Event::End(_) => {}
            other => panic!("data became {other:?} in:\n{note}"),
        }
    }
    read
}

/// What the forges' own filters look for in rendered prose.
fn assert_inert(prose: &str) {
    let chars: Vec<char> = prose.chars().collect();
    for (at, pair) in chars.windows(2).enumerate() {
        let word = pair[1].is_alphanumeric() || pair[1] == '_';
        assert!(
            !(pair[0] == '@' && (word || pair[1] == '"')),
            "mention in {prose:?}"
        );
        assert!(
            !("#!$%~&^".contains(pair[0]) && (word || pair[1] == '"')),
            "reference in {prose:?}"
        );
        assert!(
            !(pair[0] == ':' && (pair[1] == '/' || word)),
            "address or emoji in {prose:?}"
        );
        assert!(
            !(pair[0] == '.' && at >= 3 && chars[at - 3..at].iter().all(|c| *c == 'w')),
            "address in {prose:?}"
        );
    }
    for word in prose.split(|c: char| !c.is_alphanumeric()) {
        let is_hex = word.chars().all(|c| c.is_ascii_hexdigit())
            && word.chars().any(|c| c.is_ascii_alphabetic());
        assert!(!(is_hex && word.len() >= 7), "commit in {prose:?}");
    }
}

fn assert_harmless(value: &str) {
    let note = markdown::render(&document(value), markdown::LIMIT);
    assert!(!note.contains('\r'));
    assert!(
        note.lines().all(|line| !line.starts_with('/')),
        "a quick action in:\n{note}"
    );
    assert!(
        !note
            .chars()
            .any(|c| c != '\n' && c != '\t' && c != '\u{200b}' && escape::is_unseen(c)),
        "{note}"
    );
    let read = read(&note);
    let is_own_code = |text: &String| text.ends_with('\n'); // the code block
    read.prose
        .iter()
        .filter(|text| !is_own_code(text))
        .for_each(|text| assert_inert(text));
    assert_eq!((read.rows, read.cells), (6, 18), "{note}");

    let shown = escape::cut(&escape::visible(value), escape::CELL_CHARS);
    let shown = if shown.is_empty() {
        "\"\"".to_owned()
    } else {
        shown
    };
    let in_cell = shown.replace("\\|", "\\\\u{7c}");
    let expected = [
        &shown, &shown, &shown, &in_cell, &in_cell, &in_cell, &in_cell,
    ];
    assert_eq!(read.code.iter().collect::<Vec<_>>(), expected, "{note}");

    let raw = roxmltree::Document::parse(&read.raw).unwrap();
    let names: Vec<_> = raw
        .descendants()
        .filter(roxmltree::Node::is_element)
        .map(|node| node.tag_name().name())
        .collect();
    assert_eq!(names, ["details", "summary"]);
    assert_inert(
        raw.root_element()
            .first_element_child()
            .unwrap()
            .text()
            .unwrap_or_default(),
    );

    let page = html::render(&document(value));
    let options = roxmltree::ParsingOptions {
        allow_dtd: true,
        ..Default::default()
    };
    let xml = roxmltree::Document::parse_with_options(&page, options).unwrap();
    let is_known = |node: &roxmltree::Node<'_, '_>| {
        let known = "html head meta title style body a header p span h1 code strong main section h2 ul li div table caption \
                     thead tr th tbody td pre details summary";
        known.split_whitespace().any(|name| node.has_tag_name(name))
    };
    assert!(
        xml.descendants()
            .filter(roxmltree::Node::is_element)
            .all(|node| is_known(&node))
    );
    assert!(
        !page
            .chars()
            .any(|c| c != '\n' && c != '\t' && escape::is_unseen(c))
    );
}

#[test]
fn eighty_four_hostile_values_stay_text_and_code() {
    for value in PAYLOADS {
        assert_harmless(value);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn so_does_anything_else(value in "([/@#!~&%$^*_`|\\\\<>\\[\\]():.\n\r\t {}=+-]|www|http|GH-|<b>|```|abc|deadbeef|12|\u{202e}|é|\\PC){0,24}") {
        assert_harmless(&value);
    }

    #[test]
    fn prose_reads_back(value in any::<String>()) {
        let read = read(&format!("x {}", escape::prose(&value)));
        let text: String = read.prose.concat().replace('\u{200b}', "");
        let expected = format!("x {}", escape::visible(&value).trim());
        prop_assert_eq!(text, expected.trim_end());
    }
}
