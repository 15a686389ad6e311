//! `data-check`: is this table fit to train on, or to score?
//!
//! It reads a CSV file once, holds none of it, and answers a `data-report`: how often each rule of
//! `configs/data.yaml` was broken, exactly, and the first places where it was. `data-check infer`
//! drafts such a configuration from a table.
//!
//! Invariants:
//! - A row that cannot be read is a finding, not the end of the run; a file that is no table is
//!   the end of the run, and no verdict.
//! - The cells of a private column appear in no output.
//! - Memory grows with the columns and the findings listed, not with the rows, but for what must
//!   be unique: 16 bytes a distinct value and some room.
//!
//! It does not repair tables, and it does not compare them with earlier ones.
#![warn(missing_docs)]

mod args;
mod check;
mod config;
mod date;
mod draft;
mod error;
mod infer;
mod kind;
mod ledger;
mod levels;
mod plan;
mod report;
mod rules;
mod seen;

use yard_cli::{Io, Verdict, files};
use yard_contract::DataReport;
use yard_table::RowStream;

pub use args::Args;
pub use config::{Config, schema};
pub use error::CheckError;
use plan::{CheckPlan, InferPlan, Plan};

/// Runs the tool.
pub fn run(args: Args, io: &mut Io) -> Result<Verdict, CheckError> {
    match Plan::resolve(args, io)? {
        Plan::Check(plan) => check_table(&plan, io),
        Plan::Infer(plan) => draft_config(&plan, io),
        Plan::Schema => {
            io.print(|out| out.write_all(schema().as_bytes()))?;
            Ok(Verdict::Pass)
        }
    }
}

fn check_table(plan: &CheckPlan, io: &mut Io) -> Result<Verdict, CheckError> {
    if io.print_plan(plan)? {
        return Ok(Verdict::Pass);
    }
    let unusable = CheckError::table(&plan.data);
    let file = io.open(&plan.data)?;
    let mut progress = io.progress("check", file.length());
    let mut rows = RowStream::new(file).map_err(&unusable)?;
    let body = check::check(&mut rows, &plan.rules, plan.max_findings, |file, rows| {
        progress.at(file.passed(), || format!("bytes, {rows} rows"));
    })
    .map_err(unusable)?;
    drop(progress);
    let inputs = vec![rows.into_reader().finish("table")?, plan.source.clone()];
    let document = io.write_artifact::<DataReport>(&plan.out, inputs, body)?;
    io.print(|out| report::render(&document, plan, out))?;
    Ok(document.body.verdict)
}

fn draft_config(plan: &InferPlan, io: &mut Io) -> Result<Verdict, CheckError> {
    if io.print_plan(plan)? {
        return Ok(Verdict::Pass);
    }
    let unusable = CheckError::table(&plan.data);
    let mut rows = RowStream::new(io.open(&plan.data)?).map_err(&unusable)?;
    let profile = infer::profile(&mut rows, plan.target.as_deref(), plan.sample_rows);
    let profile = profile.map_err(unusable)?;
    if profile.unreadable > 0 {
        io.warn(&format!(
            "{} left out that cannot be read; a check names the place",
            report::amount(profile.unreadable, "row")
        ));
    }
    let text = draft::draft(&profile, &plan.data);
    files::write(&plan.out, text.as_bytes())?;
    io.print(|out| report::render_draft(&profile, plan, out))?;
    Ok(Verdict::Pass)
}
