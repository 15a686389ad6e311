//! `model-card`: what is this model, for whom, how good is it, and what can go wrong?
//!
//! [`run`] is the table of contents: read the artifacts of the line, hold their digests against one
//! another, put what people say (`configs/card.yaml`) beside what was measured, write Markdown.
//!
//! Invariants:
//! - All numbers are those of the artifacts, rounded for display only; the front matter has every
//!   digit.
//! - Artifacts that speak of another model or another table are refused, by file and digest.
//! - A required text that is missing is a verdict, `fail`, and a mark in the card, never a silent
//!   omission.
//! - Whatever comes from data or configuration is escaped unless the template says otherwise: no
//!   HTML, no mention, no link, no quick action.
//!
//! It computes no metric and asks no clock. It keeps nothing of the card that was there before:
//! people write in the configuration, so writing anew loses nothing.
//!
//! ```
//! // The configuration's schema, as editors use it.
//! let schema = model_card::schema();
//! assert!(schema.contains("out_of_scope"));
//! ```
#![warn(missing_docs)]

mod args;
mod config;
mod error;
mod evidence;
mod metric;
mod pictures;
mod plan;
mod render;
mod report;
mod view;

use yard_cli::{Io, Verdict, files};

pub use crate::args::Args;
use crate::args::Command;
pub use crate::config::schema;
pub use crate::error::CardError;
use crate::evidence::Evidence;
use crate::pictures::Pictures;
use crate::plan::Plan;
use crate::view::View;

/// Writes a card, or the configuration's schema.
pub fn run(args: Args, io: &mut Io) -> Result<Verdict, CardError> {
    match (args.command, args.card) {
        (Some(Command::Schema), _) => {
            io.print(|out| out.write_all(schema().as_bytes()))?;
            Ok(Verdict::Pass)
        }
        (None, Some(args)) => {
            let plan = Plan::resolve(args, io)?;
            if io.print_plan(&plan)? {
                return Ok(Verdict::Pass);
            }
            write_card(&plan, io)
        }
        (None, None) => Err(CardError::NoModel),
    }
}

fn write_card(plan: &Plan, io: &mut Io) -> Result<Verdict, CardError> {
    let evidence = Evidence::read(io, plan)?;
    let config = view::without_placeholders(&plan.config);
    let producer = io.producer().clone();
    let pictures = Pictures::of(
        &evidence.model.run,
        evidence.model.predictor.signature(),
        evidence.explanation.as_ref().map(|it| &it.value.body),
    );
    let view = View::new(&evidence, &pictures, plan, &config, &producer);
    let card = render::render(&view)?;
    // Before the card, which links them.
    for picture in pictures.all() {
        files::write(&plan.charts.join(picture.name), picture.svg.as_bytes())?;
    }
    let sha256 = files::write(&plan.out, card.as_bytes())?;
    io.print(|out| report::render(&view, &sha256, plan, out))?;
    Ok(view.verdict())
}
