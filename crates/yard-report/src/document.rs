//! A report before it is rendered: the same tree becomes Markdown and HTML.
//!
//! Text is a run of spans. [`Text::plain`] takes the tool's own words, [`Text::code`] takes
//! values that came from data, branches or configs; both are escaped where they are rendered.

use crate::chart::{Chart, Theme};
use crate::escape::CELL_CHARS;

/// How a report, or one row of it, turned out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Judged and good.
    Pass,
    /// Judged, good enough, and worth a look.
    Warn,
    /// Judged and not good.
    Fail,
    /// Could not be decided on what was there.
    Inconclusive,
    /// Nothing was judged.
    Note,
}

impl Status {
    /// The word that goes with the colour, so that nobody depends on the colour.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "Pass",
            Self::Warn => "Warning",
            Self::Fail => "Fail",
            Self::Inconclusive => "Inconclusive",
            Self::Note => "Note",
        }
    }

    /// A symbol whose shape differs, not only its colour.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Pass => "✅",
            Self::Warn => "⚠️",
            Self::Fail => "❌",
            Self::Inconclusive => "❔",
            Self::Note => "ℹ️",
        }
    }

    /// A plain glyph for pages, where an emoji would look different everywhere.
    pub(crate) fn glyph(self) -> &'static str {
        match self {
            Self::Pass => "✓",
            Self::Warn => "!",
            Self::Fail => "✗",
            Self::Inconclusive => "?",
            Self::Note => "i",
        }
    }

    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Inconclusive => "unsure",
            Self::Note => "note",
        }
    }
}

/// A whole report.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// What was looked at.
    pub title: String,
    /// The verdict; it survives every size limit.
    pub status: Status,
    /// The verdict in one sentence.
    pub summary: Text,
    /// The evidence, in reading order.
    pub blocks: Vec<Block>,
}

/// One piece of a report.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// A heading that opens a section, and an entry of the page's contents.
    Section(String),
    /// A sentence or a few.
    Paragraph(Text),
    /// Points without order.
    List(Vec<Text>),
    /// Rows and columns.
    Table(Table),
    /// Text as it is, several lines.
    Code {
        /// The language's name for highlighting; may be empty.
        language: String,
        /// The lines.
        text: String,
    },
    /// A chart: drawn in HTML; in Markdown its caption, and its numbers folded away.
    Figure(Figure),
    /// What a reader opens at need.
    Details {
        /// The line that is always shown.
        summary: String,
        /// What it hides.
        blocks: Vec<Self>,
    },
}

impl Block {
    /// A section heading.
    pub fn section(title: impl Into<String>) -> Self {
        Self::Section(title.into())
    }

    /// A paragraph of the tool's own words.
    pub fn paragraph(words: impl Into<String>) -> Self {
        Self::Paragraph(Text::plain(words))
    }
}

/// A run of words and values on one line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text {
    pub(crate) spans: Vec<Span>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Span {
    Plain(String),
    Strong(String),
    Code(String),
    Status(Status),
    Link { label: String, url: String },
}

impl Text {
    /// The tool's own words.
    pub fn plain(words: impl Into<String>) -> Self {
        Self::default().then(words)
    }

    /// A value from outside.
    pub fn value(value: impl Into<String>) -> Self {
        Self::default().code(value)
    }

    /// A status: its symbol and its word.
    pub fn status(status: Status) -> Self {
        Self {
            spans: vec![Span::Status(status)],
        }
    }

    /// More words. Joined to the words before them, so that no mention can be put together from two parts.
    #[must_use]
    pub fn then(mut self, words: impl Into<String>) -> Self {
        let words = words.into();
        if let Some(Span::Plain(last)) = self.spans.last_mut() {
            last.push_str(&words);
        } else {
            self.spans.push(Span::Plain(words));
        }
        self
    }

    /// Words that matter most.
    #[must_use]
    pub fn strong(mut self, words: impl Into<String>) -> Self {
        self.spans.push(Span::Strong(words.into()));
        self
    }

    /// A value from outside: shown as code.
    #[must_use]
    pub fn code(mut self, value: impl Into<String>) -> Self {
        self.spans.push(Span::Code(value.into()));
        self
    }

    /// A link to an `https:` or `http:` address or a relative path; any other target leaves only
    /// the label. The address must be the forge's or the tool's own, never one found in data.
    #[must_use]
    pub fn link(mut self, label: impl Into<String>, url: &str) -> Self {
        let label = label.into();
        self.spans.push(match safe_url(url) {
            Some(url) => Span::Link { label, url },
            None => Span::Plain(label),
        });
        self
    }
}

impl From<&str> for Text {
    fn from(words: &str) -> Self {
        Self::plain(words)
    }
}

impl From<String> for Text {
    fn from(words: String) -> Self {
        Self::plain(words)
    }
}

/// Rows under named columns. A short row is filled with empty cells, a long one is cut.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    /// What the table shows, for those who do not see it.
    pub caption: String,
    /// The columns from left to right.
    pub columns: Vec<Column>,
    /// The rows, most important first: a size limit drops the last ones.
    pub rows: Vec<Vec<Text>>,
}

/// The head of one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Which side its cells keep to.
    pub align: Align,
    /// The most characters of a cell; what is longer is cut.
    pub longest: usize,
}

/// The most characters of a cell that holds a sentence of a tool's own.
const SENTENCE_CHARS: usize = 400;

impl Column {
    /// Whether its cells may hold whole sentences.
    pub(crate) const fn holds_sentences(&self) -> bool {
        self.longest >= SENTENCE_CHARS
    }
}

/// Which side a column's cells keep to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

impl Table {
    /// An empty table; a column whose name starts with `#` is right-aligned, the mark is not shown.
    pub fn new(caption: impl Into<String>, columns: &[&str]) -> Self {
        let columns = columns
            .iter()
            .map(|name| match name.strip_prefix('#') {
                Some(name) => Column {
                    name: name.to_owned(),
                    align: Align::Right,
                    longest: CELL_CHARS,
                },
                None => Column {
                    name: (*name).to_owned(),
                    align: Align::Left,
                    longest: CELL_CHARS,
                },
            })
            .collect();
        Self {
            caption: caption.into(),
            columns,
            rows: Vec::new(),
        }
    }

    /// Lets the cells of one column hold whole sentences.
    #[must_use]
    pub fn with_sentences(mut self, name: &str) -> Self {
        let found = self.columns.iter_mut().find(|column| column.name == name);
        if let Some(column) = found {
            column.longest = SENTENCE_CHARS;
        }
        self
    }

    /// Adds a row.
    pub fn row<T: Into<Text>>(&mut self, cells: impl IntoIterator<Item = T>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }
}

/// A chart with its caption and the numbers behind it.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// The chart without a stylesheet: the page brings it.
    pub(crate) svg: String,
    /// What to see in it.
    pub caption: Text,
    /// The numbers behind it.
    pub table: Table,
}

impl Figure {
    /// The figure of a chart; its caption is the chart's description.
    pub fn of(chart: &(impl Chart + ?Sized)) -> Self {
        Self {
            svg: chart.svg(Theme::Page),
            caption: Text::plain(chart.description()),
            table: chart.table(),
        }
    }

    /// The same figure under another caption.
    #[must_use]
    pub fn caption(mut self, caption: Text) -> Self {
        self.caption = caption;
        self
    }
}

/// The address, percent-encoded where Markdown or HTML could be left, or nothing where its scheme could act.
fn safe_url(url: &str) -> Option<String> {
    use std::fmt::Write as _;

    let before_path = url.split(['/', '?', '#']).next().unwrap_or_default();
    let has_web_scheme = url.starts_with("https://") || url.starts_with("http://");
    let is_relative =
        !before_path.contains(':') && !url.starts_with("//") && !url.starts_with('\\');
    if url.is_empty() || !(has_web_scheme || is_relative) {
        return None;
    }
    let mut out = String::with_capacity(url.len());
    for byte in url.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:/?#@!$&+,;=%".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_that_cannot_act_become_links() {
        assert_eq!(
            safe_url("https://e.org/a b)(<").as_deref(),
            Some("https://e.org/a%20b%29%28%3C")
        );
        assert_eq!(
            safe_url("out/report.html#roc").as_deref(),
            Some("out/report.html#roc")
        );
        for url in [
            "",
            "javascript:alert(1)",
            "data:text/html,x",
            "//evil.example",
            "\\\\evil",
            "JaVaScRiPt://x",
        ] {
            assert_eq!(safe_url(url), None, "{url}");
        }
    }

    #[test]
    fn words_join_so_that_no_mention_is_put_together() {
        assert_eq!(
            Text::plain("@").then("all").spans,
            vec![Span::Plain("@all".to_owned())]
        );
    }
}
