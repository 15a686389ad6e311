//! A [`Document`] as one self-contained page.
//!
//! One file, no script, no request: the strict policy in its head allows exactly the one style
//! sheet it carries, by hash. It follows light and dark, fits a phone (tables scroll inside
//! themselves), prints, and reads well aloud: landmarks, captions, text alternatives, a table
//! behind every chart. What is written is well-formed XML too, so tests parse all of it.

mod policy;

use std::fmt::Write as _;

use crate::chart;
use crate::document::{Align, Block, Column, Document, Figure, Span, Table, Text};
use crate::escape::{cut, markup, visible};

/// No page is larger, in bytes: tables lose rows from the end and say how many.
pub const LIMIT: usize = 1_000_000;

const MOST_ROWS: usize = 1_000;

const PAGE_CSS: &str = include_str!("page.css");

/// Renders `document` as a whole page.
pub fn render(document: &Document) -> String {
    let mut rows = MOST_ROWS;
    loop {
        let page = page(document, rows);
        if page.len() < LIMIT || rows == 0 {
            return page;
        }
        rows /= 2;
    }
}

fn page(document: &Document, rows: usize) -> String {
    let style: String = PAGE_CSS.lines().map(str::trim).collect::<String>() + &chart::stylesheet();
    let policy = policy::allowing_only(&style);
    let title = markup(&visible(&document.title));
    let status = document.status;
    let mut main = String::new();
    let mut sections = Sections::default();
    for block in &document.blocks {
        if let Block::Section(name) = block {
            sections.open(&mut main, name);
        } else {
            write_block(&mut main, block, rows);
        }
    }
    sections.close(&mut main);
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\"/>\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"/>\
         <meta name=\"color-scheme\" content=\"light dark\"/><meta name=\"referrer\" content=\"no-referrer\"/>\
         <title>{word}: {title}</title><style>{style}</style></head>\n\
         <body><a class=\"skip\" href=\"#main\">Skip to the evidence</a>\n\
         <header><p class=\"badge {class}\"><span aria-hidden=\"true\">{glyph}</span> {word}</p><h1>{title}</h1>\
         <p class=\"lead\">{summary}</p></header>\n{nav}<main id=\"main\">\n{main}</main>\n</body></html>\n",
        word = status.word(),
        class = status.class(),
        glyph = status.glyph(),
        summary = inline(&document.summary, usize::MAX),
        nav = sections.nav(),
    )
}

/// The sections seen so far; each has a number for its address.
#[derive(Default)]
struct Sections {
    names: Vec<String>,
}

impl Sections {
    fn open(&mut self, main: &mut String, name: &str) {
        self.close(main);
        self.names.push(markup(&visible(name)));
        let number = self.names.len();
        let _ = writeln!(
            main,
            "<section id=\"s{number}\"><h2>{}</h2>",
            self.names[number - 1]
        );
    }

    fn close(&self, main: &mut String) {
        if !self.names.is_empty() {
            main.push_str("</section>\n");
        }
    }

    fn nav(&self) -> String {
        if self.names.len() < 2 {
            return String::new();
        }
        let mut out = "<nav aria-label=\"Contents\"><ul>".to_owned();
        for (at, name) in self.names.iter().enumerate() {
            let _ = write!(out, "<li><a href=\"#s{}\">{name}</a></li>", at + 1);
        }
        out.push_str("</ul></nav>\n");
        out
    }
}

fn write_block(out: &mut String, block: &Block, rows: usize) {
    match block {
        // A section inside details is only a heading.
        Block::Section(name) => {
            let _ = writeln!(out, "<h3>{}</h3>", markup(&visible(name)));
        }
        Block::Paragraph(text) => {
            let _ = writeln!(out, "<p>{}</p>", inline(text, usize::MAX));
        }
        Block::List(items) => {
            out.push_str("<ul>");
            for item in items.iter().take(rows) {
                let _ = write!(out, "<li>{}</li>", inline(item, usize::MAX));
            }
            out.push_str("</ul>\n");
            left_out(out, items.len(), rows, "points");
        }
        Block::Table(table) => write_table(out, table, rows),
        Block::Code { text, .. } => {
            let _ = writeln!(
                out,
                "<pre tabindex=\"0\"><code>{}</code></pre>",
                markup(text)
            );
        }
        Block::Figure(figure) => write_figure(out, figure, rows),
        Block::Details { summary, blocks } => {
            let _ = writeln!(
                out,
                "<details><summary>{}</summary>",
                markup(&visible(summary))
            );
            for inner in blocks {
                write_block(out, inner, rows);
            }
            out.push_str("</details>\n");
        }
    }
}

fn write_figure(out: &mut String, figure: &Figure, rows: usize) {
    let _ = write!(
        out,
        "<figure>{}<figcaption>{}</figcaption>",
        figure.svg,
        inline(&figure.caption, usize::MAX)
    );
    if !figure.table.rows.is_empty() {
        let _ = writeln!(
            out,
            "<details><summary>{}</summary>",
            markup(&visible(&figure.table.caption))
        );
        write_table(out, &figure.table, rows);
        out.push_str("</details>");
    }
    out.push_str("</figure>\n");
}

fn write_table(out: &mut String, table: &Table, rows: usize) {
    let told = table.columns.iter().any(Column::holds_sentences);
    // On a phone a row that tells a sentence stands in two lines, and is no row to a screen reader unless
    // it says so.
    let role = |name: &str| {
        if told {
            format!(" role=\"{name}\"")
        } else {
            String::new()
        }
    };
    let class = |at: usize| match table.columns[at].align {
        _ if table.columns[at].holds_sentences() => " class=\"say\"",
        Align::Left => "",
        Align::Right => " class=\"num\"",
    };
    let caption = markup(&visible(&table.caption));
    // A region that scrolls must be reachable by keyboard, and then needs a name.
    let kind = if told { " class=\"told\"" } else { "" };
    let (table_role, group, line) = (role("table"), role("rowgroup"), role("row"));
    let (head, data) = (role("columnheader"), role("cell"));
    let _ = write!(
        out,
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{caption}\"><table{kind}{table_role}>\
         <caption>{caption}</caption><thead{group}><tr{line}>"
    );
    for (at, column) in table.columns.iter().enumerate() {
        let _ = write!(
            out,
            "<th scope=\"col\"{head}{}>{}</th>",
            class(at),
            markup(&visible(&column.name))
        );
    }
    let _ = write!(out, "</tr></thead><tbody{group}>");
    for row in table.rows.iter().take(rows) {
        let _ = write!(out, "<tr{line}>");
        for at in 0..table.columns.len() {
            let cell = row.get(at).map_or(String::new(), |cell| {
                inline(cell, table.columns[at].longest)
            });
            let _ = write!(out, "<td{data}{}>{cell}</td>", class(at));
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table></div>\n");
    left_out(out, table.rows.len(), rows, "rows");
}

fn left_out(out: &mut String, all: usize, shown: usize, what: &str) {
    if all > shown {
        let _ = writeln!(
            out,
            "<p class=\"soft\">{} of {all} {what} are not shown here.</p>",
            all - shown
        );
    }
}

fn inline(text: &Text, max: usize) -> String {
    let mut out = String::new();
    for span in &text.spans {
        let _ = match span {
            Span::Plain(words) => write!(out, "{}", markup(&cut(words, max))),
            Span::Strong(words) => write!(out, "<strong>{}</strong>", markup(&cut(words, max))),
            Span::Code(value) => write!(out, "<code>{}</code>", markup(&visible(&cut(value, max)))),
            Span::Status(status) => write!(
                out,
                "<span class=\"mark {}\"><span aria-hidden=\"true\">{}</span> {}</span>",
                status.class(),
                status.glyph(),
                status.word()
            ),
            Span::Link { label, url } => write!(
                out,
                "<a href=\"{}\" rel=\"noopener\">{}</a>",
                markup(url),
                markup(label)
            ),
        };
    }
    out
}
