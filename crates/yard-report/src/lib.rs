//! How Trainyard's results are shown to people and to forges.
//!
//! One room for everything that turns plain numbers and strings into something that is read:
//! SVG charts, a document that renders as Markdown and as one self-contained HTML page, JUnit,
//! Code Quality, metrics text and annotations.
//!
//! **Invariant:** whatever came in as data comes out as data. No column name, cell, branch name
//! or author can mention a person, start a quick action, make a link, a tag, a chart element or a
//! workflow command; every renderer goes through [`escape`], and tests parse what came out with
//! independent parsers. The second invariant is that the same input gives the same bytes.
//!
//! **What it deliberately does not do:** it reads and writes no file, asks no clock and no
//! environment, computes no metric, and decides nothing. It does not know the artifacts of any
//! tool; a tool maps its own types to the structs here.
//!
//! ```
//! use yard_report::chart::{Chart, Curve, Roc, Theme};
//! use yard_report::document::{Block, Document, Figure, Status, Text};
//! use yard_report::{html, markdown};
//!
//! let roc = Roc {
//!     title: "ROC curve".to_owned(),
//!     curves: vec![Curve {
//!         label: "challenger".to_owned(),
//!         figure: "AUC 0.875".to_owned(),
//!         points: vec![(0.0, 0.0), (0.0, 0.5), (0.5, 1.0), (1.0, 1.0)],
//!     }],
//!     operating_point: None,
//! };
//! assert!(roc.svg(Theme::Auto).starts_with("<svg"));
//!
//! let document = Document {
//!     title: "Gate".to_owned(),
//!     status: Status::Pass,
//!     summary: Text::plain("The challenger may replace the champion."),
//!     blocks: vec![
//!         Block::section("Curves"),
//!         Block::Paragraph(Text::plain("Weakest column: ").code("age | @all")),
//!         Block::Figure(Figure::of(&roc)),
//!     ],
//! };
//! let note = markdown::render(&document, markdown::LIMIT);
//! assert!(note.starts_with("## ✅ Pass"));
//! let page = html::render(&document);
//! assert!(page.len() < html::LIMIT);
//! ```
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod annotations;
pub mod chart;
pub mod code_quality;
pub mod document;
pub mod escape;
pub mod html;
pub mod junit;
pub mod markdown;
pub mod metrics;
pub mod number;
