//! Ask a deployed model whether it answers as the model that was gated.
//!
//! [`run`] is the table of contents: open the package, wait for the server, check, measure, write.
//!
//! Invariants:
//! - Every check is made and has its own message, whatever the others came to.
//! - The report says nothing that a clock measured; latencies are in the measurement beside it.
//! - A server that never answered is no verdict but a reason to try again.
//!
//! It does not load the server, and does not change anything on it.
#![warn(missing_docs)]

mod args;
mod checks;
mod config;
mod error;
mod latency;
mod plan;
mod prometheus;
mod report;
mod server;

use std::time::Instant;

use yard_cli::{Io, Verdict, recorded_path};
use yard_contract::{Finite, Input, Measurement, SmokeReport};
use yard_forge::Variables;
use yard_model::{Model, file};
use yard_package::{Limits, Package};

pub use crate::args::Args;
use crate::args::Command;
use crate::checks::Checks;
pub use crate::config::schema;
pub use crate::error::SmokeError;
use crate::plan::Plan;
use crate::server::Server;

/// Tests a server, or prints the configuration's schema.
pub fn run(args: Args, io: &mut Io) -> Result<Verdict, SmokeError> {
    match (args.command, args.test) {
        (Some(Command::Schema), _) => {
            io.print(|out| out.write_all(schema().as_bytes()))?;
            Ok(Verdict::Pass)
        }
        (None, Some(test)) => smoke(&Plan::resolve(test, io)?, io),
        (None, None) => Err(SmokeError::NoUrl),
    }
}

fn smoke(plan: &Plan, io: &mut Io) -> Result<Verdict, SmokeError> {
    if io.print_plan(plan)? {
        return Ok(Verdict::Pass);
    }
    let path = || plan.package.clone();
    let package =
        Package::open(&plan.package, &Limits::default()).map_err(|source| SmokeError::Package {
            path: path(),
            source,
        })?;
    let model = Model::load(&package, &recorded_path(&plan.package)).map_err(|source| {
        SmokeError::Model {
            path: path(),
            source,
        }
    })?;
    if model.golden.rows.is_empty() {
        return Err(SmokeError::NoGolden);
    }

    let start = Instant::now();
    let variables: Variables = io.environment().into_iter().collect();
    let server = Server::find(plan, &variables)?;
    let waited = start.elapsed();
    let mut checks = Checks::new(&server, &model);
    let served = checks.answers(plan.config.metrics);
    let latency = &plan.config.latency;
    let times = latency::measure(&server, &model.golden.rows, latency);
    checks.note("latency", latency::judge(&times, latency));

    let checks = checks.finish();
    let verdicts = checks.iter().map(|check| check.verdict);
    let verdict = Verdict::gravest(verdicts).unwrap_or(Verdict::Fail);
    let body = SmokeReport {
        verdict,
        model_sha256: served,
        golden_rows: model.golden.rows.len() as u64,
        checks,
    };
    let mut inputs = model.inputs.clone();
    inputs.push(plan.config_input.clone());
    let document = io.write_artifact(&plan.out, inputs, body)?;
    let seconds = [("ready", waited), ("total", start.elapsed())];
    let seconds = seconds.map(|(phase, time)| {
        (
            phase.to_owned(),
            Finite::new(time.as_secs_f64()).unwrap_or_default(),
        )
    });
    let times = times.ok();
    let measurement = Measurement {
        of: "smoke-test".to_owned(),
        seconds: seconds.into(),
        milliseconds: times.clone().unwrap_or_default(),
        bytes: [].into(),
    };
    // A latency is that of the model which the server says it runs; who does not say has none to show.
    let of_model = served.map(|sha256| Input::new("model", file::MODEL, sha256));
    io.write_artifact(
        &plan.measurement,
        of_model.into_iter().collect(),
        measurement,
    )?;
    io.print(|out| report::render(&document, times.as_ref(), plan, out))?;
    Ok(verdict)
}
