//! Show the reviewer what the pipeline found.
//!
//! [`run`] is the table of contents: read the artifacts, put them on one page, write it, append it to
//! the job's summary, keep one comment up to date, print.
//!
//! Invariants:
//! - What an artifact holds came from data: it is shown and never acted upon. No line of a comment
//!   begins with `/`, nobody is mentioned, nothing is linked that the tool did not link itself.
//! - The verdict is the last thing that a size limit takes; it takes rows first.
//! - It edits and deletes only what its own token has written under its own marker.
//! - Training again starts at most once in a while, which the forge is asked about.
//! - A verdict of another tool is not this tool's: whatever the page says, it exits with 0.
#![warn(missing_docs)]

mod args;
mod comment;
mod error;
mod page;
mod plan;
mod retrain;
mod sections;

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use yard_cli::{Io, Verdict, files, style};
use yard_report::{annotations, markdown};

pub use crate::args::Args;
use crate::args::{Command, ReportFormat, ShowArgs};
use crate::comment::Told;
pub use crate::error::ReportError;
use crate::page::Page;
use crate::plan::Plan;

/// Shows the artifacts of a pipeline, or starts the one that trains again.
pub fn run(args: Args, io: &mut Io) -> Result<Verdict, ReportError> {
    match (args.command, args.show) {
        (Some(Command::Retrain(args)), _) => retrain::run(&args, io),
        (None, Some(args)) => show(args, io),
        (None, None) => Err(ReportError::NoArtifact),
    }
}

fn show(args: ShowArgs, io: &mut Io) -> Result<Verdict, ReportError> {
    let plan = Plan::resolve(args, io)?;
    if io.print_plan(&plan)? {
        return Ok(Verdict::Pass);
    }
    let mut page = Page::new(&plan.title, &plan.links);
    for path in &plan.artifacts {
        let bytes = io.read("artifact", path)?.bytes;
        page.add(path, &bytes)?;
    }
    let document = page.document();
    let text = markdown::render(&document, markdown::LIMIT);
    files::write(&plan.out, text.as_bytes())?;
    if let Some(path) = plan.summary.as_ref().filter(|_| !plan.dry_run) {
        append(path, &text)?;
    }
    if let Some(path) = &plan.annotations {
        let links = annotations::gitlab_links(&plan.title, &plan.links);
        files::write(path, links.as_bytes())?;
    }
    let told = if plan.comment {
        let told = comment::tell(&plan, &document)?;
        if let Told::Not(why) = &told {
            io.warn(&format!("no comment was written: {why}"));
        }
        Some(told)
    } else {
        None
    };
    io.print(|out| match plan.format {
        ReportFormat::Markdown => out.write_all(text.as_bytes()),
        ReportFormat::Github => out.write_all(annotations::github(&page.findings()).as_bytes()),
        ReportFormat::Human => {
            let style = style::of(page.verdict());
            let (verdict, words) = (page.verdict(), page.words());
            writeln!(out, "{style}{verdict}{style:#}: {}", style::line(&words))?;
            match told {
                None => Ok(()),
                Some(told) => writeln!(out, "{told}"),
            }
        }
    })?;
    Ok(Verdict::Pass)
}

/// Other steps write to the summary too, so it is appended to, after an empty line.
fn append(path: &Path, text: &str) -> Result<(), ReportError> {
    let fail = |source| yard_cli::Error::Write {
        path: path.to_owned(),
        source,
    };
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .map_err(fail)?;
    let wrapped = format!("\n{text}\n");
    Ok(file.write_all(wrapped.as_bytes()).map_err(fail)?)
}
