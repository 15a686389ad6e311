//! Writes a page with every chart, from made-up numbers, to standard output:
//! `cargo run --release -p yard-report --example gallery > gallery.html`.
//! With an argument it writes that chart alone, as its own file: `… --example gallery roc > roc.svg`.

use std::io::Write as _;

#[path = "gallery/charts.rs"]
mod charts;

use yard_report::document::{Block, Document, Figure, Status, Table, Text};
use yard_report::html;

fn main() -> std::io::Result<()> {
    let out = match std::env::args().nth(1) {
        Some(wanted) => charts::all()
            .into_iter()
            .find(|(name, _, _)| *name == wanted)
            .map_or_else(
                || format!("no chart is called {wanted}\n"),
                |(_, svg, _)| svg,
            ),
        None => html::render(&page()),
    };
    std::io::stdout().write_all(out.as_bytes())
}

fn page() -> Document {
    let mut rules = Table::new(
        "Rules of the gate",
        &["rule", "status", "#measured", "#required", "why"],
    );
    rules.row([
        Text::plain("AUC not worse than the champion's"),
        Text::status(Status::Pass),
        Text::plain("+0.010"),
        Text::plain("-0.005"),
        Text::plain("the whole interval lies above the largest loss allowed"),
    ]);
    rules.row([
        Text::plain("no slice harmed: ").code("employment | @all"),
        Text::status(Status::Fail),
        Text::plain("-0.061"),
        Text::plain("-0.030"),
        Text::plain("the interval lies below the margin"),
    ]);
    rules.row([
        Text::plain("Brier score"),
        Text::status(Status::Inconclusive),
        Text::plain("0.0712"),
        Text::plain("0.0700"),
        Text::plain("you need about 4,100 more rows"),
    ]);
    let mut blocks = vec![
        Block::section("Rules"),
        Block::Table(rules),
        Block::section("Charts"),
    ];
    blocks.extend(
        charts::all()
            .into_iter()
            .map(|(_, _, figure)| Block::Figure(figure)),
    );
    blocks.push(Block::section("Nothing to show"));
    blocks.extend(
        charts::empty()
            .into_iter()
            .map(|(_, _, figure)| Block::Figure(figure)),
    );
    blocks.push(Block::section("Lineage"));
    blocks.push(Block::Code {
        language: String::new(),
        text: "data      9f2c…\nmodel     11ab…\n".to_owned(),
    });
    Document {
        title: "Every chart of yard-report".to_owned(),
        status: Status::Fail,
        summary: Text::plain("The challenger is better overall, and worse for ")
            .code("employment = less than 1 year")
            .then(": do not merge."),
        blocks,
    }
}

/// A chart's name, its drawing as a file, and its figure.
type Entry = (&'static str, String, Figure);
