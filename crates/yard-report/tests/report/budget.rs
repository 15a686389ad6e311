//! Size limits drop rows, then blocks, and never the verdict.

use yard_report::document::{Block, Document, Status, Table, Text};
use yard_report::{html, markdown};

fn document(blocks: Vec<Block>) -> Document {
    Document {
        title: "Gate".repeat(500),
        status: Status::Fail,
        summary: Text::plain("Worse for ")
            .code("x".repeat(5_000))
            .then(" by 0.01. ".repeat(2_000)),
        blocks,
    }
}

fn long_table(rows: usize) -> Block {
    let mut table = Table::new("Slices", &["slice", "#AUC"]);
    for row in 0..rows {
        table.row([
            Text::value(format!("slice = {row} | \u{1f600}")),
            Text::plain("0.5"),
        ]);
    }
    Block::Table(table)
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

#[test]
fn a_long_table_loses_its_last_rows_and_says_so() {
    let all = 20_000;
    let note = markdown::render(
        &document(vec![long_table(all), Block::paragraph("The end.")]),
        markdown::LIMIT,
    );
    assert!(
        units(&note) <= markdown::LIMIT && units(&note) > markdown::LIMIT - 200,
        "{}",
        units(&note)
    );
    assert!(note.starts_with("## ❌ Fail: Gate"));
    let shown = note.matches("slice = ").count();
    assert!(note.contains(&format!(
        "*{} of {all} rows are not shown here.*",
        all - shown
    )));
    assert!(note.contains("slice = 0 ") && note.ends_with("The end.\n"));
}

#[test]
fn blocks_go_last_and_the_verdict_stays() {
    let words = "word ".repeat(200);
    let note = markdown::render(
        &document(vec![Block::paragraph(words); 500]),
        markdown::LIMIT,
    );
    assert!(units(&note) <= markdown::LIMIT);
    assert!(note.starts_with("## ❌ Fail") && note.contains("parts of this report are left out"));
    let tiny = markdown::render(&document(vec![long_table(100)]), 0);
    assert!(tiny.starts_with("## ❌ Fail") && units(&tiny) <= 4_000);
}

#[test]
fn what_fits_is_whole() {
    let note = markdown::render(&document(vec![long_table(20)]), markdown::LIMIT);
    assert_eq!(note.matches("slice = ").count(), 20);
    assert!(!note.contains("not shown"));
}

#[test]
fn a_page_stays_below_a_megabyte() {
    let page = html::render(&document((0..20).map(|_| long_table(5_000)).collect()));
    assert!(page.len() < html::LIMIT, "{}", page.len());
    assert!(page.contains("rows are not shown here"));
}
