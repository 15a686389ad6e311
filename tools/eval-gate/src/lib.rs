//! Judge whether a model may replace the champion, with its uncertainty.
//!
//! [`run`] is the table of contents: read the held-out rows and what
//! the models answer on them, measure with intervals and against the champion row by row, judge by
//! the policy, write the evidence, tell people, answer the verdict. The judgement itself is a pure
//! function of the evaluation and the policy.
#![warn(missing_docs)]

mod args;
mod beside;
mod config;
mod costs;
mod error;
mod evidence;
mod input;
mod judge;
mod ledger;
mod measure;
mod noise;
mod overrides;
mod plan;
mod policy;
mod power;
mod report;
mod rules;

use yard_cli::{Io, Verdict};

pub use crate::args::Args;
use crate::args::Command;
use crate::beside::Beside;
pub use crate::config::schema;
pub use crate::error::GateError;
use crate::plan::Plan;
use crate::report::Charts;

/// Evaluates a model and judges it.
pub fn run(args: Args, io: &mut Io) -> Result<Verdict, GateError> {
    match &args.command {
        Some(Command::Schema) => {
            io.print(|out| out.write_all(schema().as_bytes()))?;
            return Ok(Verdict::Pass);
        }
        Some(Command::Plan(args)) => {
            power::run(args, io)?;
            return Ok(Verdict::Pass);
        }
        None => (),
    }
    // Whatever stops this run, no earlier verdict may stand for it.
    if !args.common.print_plan {
        evidence::retract(&args.out)?;
    }
    let plan = Plan::resolve(args, io)?;
    if io.print_plan(&plan)? {
        return Ok(Verdict::Pass);
    }
    let subject = input::read(&plan, io)?;
    let beside = Beside::read(&plan, &subject, io)?;
    let plan = plan.at(beside.confidence);
    let evaluation = measure::evaluate(&subject, &plan)?;
    let gate = judge::judge(&evaluation, &plan, &beside)?;
    let charts = Charts::of(&evaluation, &subject, &gate);
    evidence::write(
        &plan,
        io,
        subject.inputs,
        &beside,
        evaluation,
        gate,
        &charts,
    )
}
