//! A [`Document`] as Markdown for a merge request, a job summary or a file.
//!
//! Raw HTML is used for one thing, `<details>`, and never around data that is not escaped for it.
//! When the text would be too long, tables lose rows from the end (and say how many), then whole
//! blocks go from the end; the title, the verdict and its sentence stay.

use std::fmt::Write as _;

use crate::document::{Align, Block, Document, Span, Status, Table, Text};
use crate::escape;

/// The size that both forges take, in UTF-16 units: GitHub refuses a comment above 65,536.
pub const LIMIT: usize = 65_000;

const TITLE_CHARS: usize = 200;
const SUMMARY_CHARS: usize = 600;

/// Renders `document` in at most `limit` UTF-16 units.
///
/// A limit below some 4,000 is taken as that: the verdict always fits.
pub fn render(document: &Document, limit: usize) -> String {
    let head = head(document);
    let limit = limit.max(4_000).saturating_sub(size(&head));
    let longest = longest_table(&document.blocks);
    let body = |rows| blocks(&document.blocks, rows);
    let full = body(longest);
    if size(&full) <= limit {
        return head + &full;
    }
    // The most rows a table that still fit; sizes grow with the rows.
    let (mut fits, mut too_many) = (0, longest);
    while too_many - fits > 1 {
        let middle = usize::midpoint(fits, too_many);
        if size(&body(middle)) <= limit {
            fits = middle;
        } else {
            too_many = middle;
        }
    }
    let shorter = body(fits);
    if size(&shorter) <= limit {
        head + &shorter
    } else {
        head + &leading_blocks(&document.blocks, limit)
    }
}

/// The blocks from the start that fit without any table row, and how many are missing.
fn leading_blocks(all: &[Block], limit: usize) -> String {
    let note = |left| {
        format!("\n*{left} parts of this report are left out: it would be too long here.*\n")
    };
    let room = limit.saturating_sub(size(&note(all.len())));
    let mut out = String::new();
    for (shown, block) in all.iter().enumerate() {
        let next = blocks(std::slice::from_ref(block), 0);
        if size(&out) + size(&next) > room {
            out.push_str(&note(all.len() - shown));
            return out;
        }
        out.push_str(&next);
    }
    out
}

fn size(text: &str) -> usize {
    text.encode_utf16().count()
}

fn head(document: &Document) -> String {
    let title = escape::prose(&escape::cut(&document.title, TITLE_CHARS));
    let status = document.status;
    let mut summary = String::new();
    for span in &document.summary.spans {
        let one = inline(
            &Text {
                spans: vec![span.clone().cut(SUMMARY_CHARS)],
            },
            Place::Line,
        );
        if size(&summary) + size(&one) > SUMMARY_CHARS * 3 {
            summary.push('…');
            break;
        }
        summary.push_str(&one);
    }
    format!(
        "## {} {}: {title}\n\n{summary}\n",
        status.symbol(),
        status.word()
    )
}

fn longest_table(all: &[Block]) -> usize {
    all.iter()
        .map(|block| match block {
            Block::Table(table) => table.rows.len(),
            Block::Figure(figure) => figure.table.rows.len(),
            Block::Details { blocks, .. } => longest_table(blocks),
            Block::List(items) => items.len(),
            Block::Section(_) | Block::Paragraph(_) | Block::Code { .. } => 0,
        })
        .max()
        .unwrap_or(0)
}

/// All blocks, each after an empty line, tables and lists with at most `rows` entries.
fn blocks(all: &[Block], rows: usize) -> String {
    let mut out = String::new();
    for block in all {
        out.push('\n');
        match block {
            Block::Section(title) => {
                let _ = writeln!(out, "### {}", escape::prose(title));
            }
            Block::Paragraph(text) => {
                let _ = writeln!(out, "{}", inline(text, Place::Line));
            }
            Block::List(items) => {
                for item in items.iter().take(rows) {
                    let _ = writeln!(out, "- {}", inline(item, Place::Line));
                }
                left_out(&mut out, items.len(), rows, "points");
            }
            Block::Table(one) => table(&mut out, one, rows),
            Block::Code { language, text } => out.push_str(&escape::code_block(language, text)),
            Block::Figure(figure) => {
                let _ = writeln!(out, "{}", inline(&figure.caption, Place::Line));
                if !figure.table.rows.is_empty() {
                    out.push('\n');
                    let inner = [Block::Table(figure.table.clone())];
                    details(&mut out, &figure.table.caption, &inner, rows);
                }
            }
            Block::Details { summary, blocks } => details(&mut out, summary, blocks, rows),
        }
    }
    out
}

fn details(out: &mut String, summary: &str, inner: &[Block], rows: usize) {
    let summary = escape::markup(&escape::defuse(&escape::visible(summary)));
    let _ = write!(
        out,
        "<details><summary>{summary}</summary>\n{}\n</details>\n",
        blocks(inner, rows)
    );
}

fn table(out: &mut String, table: &Table, rows: usize) {
    if table.columns.is_empty() {
        return;
    }
    let names = table
        .columns
        .iter()
        .map(|column| escape::prose(&escape::cut(&column.name, escape::CELL_CHARS)));
    line(out, names);
    line(
        out,
        table.columns.iter().map(|column| match column.align {
            Align::Left => ":--".to_owned(),
            Align::Right => "--:".to_owned(),
        }),
    );
    for row in table.rows.iter().take(rows) {
        let cells = (0..table.columns.len()).map(|at| {
            row.get(at).map_or(String::new(), |cell| {
                inline(cell, Place::Cell(table.columns[at].longest))
            })
        });
        line(out, cells);
    }
    left_out(out, table.rows.len(), rows, "rows");
}

fn line(out: &mut String, cells: impl Iterator<Item = String>) {
    for cell in cells {
        let _ = write!(out, "| {cell} ");
    }
    out.push_str("|\n");
}

fn left_out(out: &mut String, all: usize, shown: usize, what: &str) {
    if all > shown {
        let _ = write!(
            out,
            "\n*{} of {all} {what} are not shown here.*\n",
            all - shown
        );
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    Line,
    /// With the most characters of a span.
    Cell(usize),
}

fn inline(text: &Text, place: Place) -> String {
    let mut out = String::new();
    for span in &text.spans {
        let span = match place {
            Place::Cell(longest) => span.clone().cut(longest),
            Place::Line => span.clone(),
        };
        match span {
            Span::Plain(words) => {
                // Escaping trims; the spaces between spans come back.
                let lead = if words.starts_with(' ') && !out.is_empty() {
                    " "
                } else {
                    ""
                };
                let trail = if words.ends_with(' ') && words.len() > 1 {
                    " "
                } else {
                    ""
                };
                let _ = write!(out, "{lead}{}{trail}", escape::prose(&words));
            }
            Span::Strong(words) => {
                let words = escape::prose(&words);
                if !words.is_empty() {
                    let _ = write!(out, "**{words}**");
                }
            }
            Span::Code(value) if matches!(place, Place::Cell(_)) => {
                out.push_str(&escape::code_cell(&value));
            }
            Span::Code(value) => out.push_str(&escape::code_span(&value)),
            Span::Status(status) => out.push_str(&status_words(status)),
            Span::Link { label, url } => {
                let label = escape::prose(&label);
                let _ = write!(out, "[{label}]({url})");
            }
        }
    }
    out
}

fn status_words(status: Status) -> String {
    format!("{} {}", status.symbol(), status.word())
}

impl Span {
    fn cut(self, max: usize) -> Self {
        match self {
            Self::Plain(words) => Self::Plain(escape::cut(&words, max)),
            Self::Strong(words) => Self::Strong(escape::cut(&words, max)),
            Self::Code(value) => Self::Code(escape::cut(&value, max)),
            Self::Link { label, url } => Self::Link {
                label: escape::cut(&label, max),
                url,
            },
            Self::Status(status) => Self::Status(status),
        }
    }
}
