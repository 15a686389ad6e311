//! Score a CSV table of any length with a packaged model.
//!
//! [`run`] is the table of contents: open, find the columns, score block by block, put the output in
//! its place, say what was done.
//!
//! Invariants:
//! - The output has a row for each row of the table, in its order, or does not appear at all.
//! - Its bytes depend on the table and the model, not on the threads.
//! - Memory does not grow with the rows.
//!
//! It skips no row, mends no cell, and compares no score with an outcome.
#![warn(missing_docs)]

mod answer;
mod args;
mod columns;
mod error;
mod plan;
mod report;
mod score;

use std::io::Write as _;
use std::time::Instant;

use yard_cli::files::AtomicFile;
use yard_cli::{Io, Verdict, recorded_path};
use yard_contract::{BatchReport, Finite, Input, Measurement};
use yard_model::{Model, file};
use yard_package::{Limits, Package};
use yard_table::RowStream;

pub use crate::args::Args;
use crate::columns::Columns;
pub use crate::error::BatchError;
use crate::plan::Plan;
use crate::score::Scorer;

/// Scores a table.
pub fn run(args: Args, io: &mut Io) -> Result<Verdict, BatchError> {
    let plan = Plan::resolve(args)?;
    if io.print_plan(&plan)? {
        return Ok(Verdict::Pass);
    }
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(plan.threads.unwrap_or(0))
        .build();
    let pool = pool.map_err(|source| BatchError::Threads {
        threads: plan.threads.unwrap_or(0),
        source,
    })?;
    let start = Instant::now();
    let path = || plan.package.clone();
    let package =
        Package::open(&plan.package, &Limits::default()).map_err(|source| BatchError::Package {
            path: path(),
            source,
        })?;
    let model = Model::load(&package, &recorded_path(&plan.package)).map_err(|source| {
        BatchError::Model {
            path: path(),
            source,
        }
    })?;
    let loaded = start.elapsed();

    let file = io.open(&plan.data)?;
    let mut progress = io.progress("score", file.length());
    let fail = |source| BatchError::Table {
        path: plan.data.clone(),
        source,
    };
    let mut rows = RowStream::new(file).map_err(fail)?;
    let columns = Columns::find(&rows, &model.predictor, &plan)?;
    let mut out = AtomicFile::create(&plan.out)?;
    let mut write = |bytes: &[u8]| {
        let path = plan.out.clone();
        out.write_all(bytes)
            .map_err(|source| yard_cli::Error::Write { path, source }.into())
    };
    write(&columns.header_line(rows.header()))?;
    let scorer = Scorer::new(&model.predictor, &columns, &plan.data);
    let totals = pool.install(|| {
        scorer.run(&mut rows, &mut write, |file, rows| {
            progress.at(file.passed(), || format!("bytes, {rows} rows"));
        })
    })?;
    drop(progress);
    let mut inputs = vec![rows.into_reader().finish("table")?];
    inputs.extend(model.inputs);
    let (output_sha256, size) = out.commit()?;

    let body = BatchReport {
        model_sha256: model.sha256,
        rows: totals.rows,
        output_sha256,
        scores: totals.summary(model.predictor.signature()),
        unseen_categories: totals.unseen_categories,
    };
    let document = io.write_artifact(&plan.report, inputs, body)?;
    if let Some(path) = &plan.measurement {
        let seconds = [("load", loaded), ("total", start.elapsed())];
        let seconds = seconds.map(|(phase, time)| {
            (
                phase.to_owned(),
                Finite::new(time.as_secs_f64()).unwrap_or_default(),
            )
        });
        let body = Measurement {
            of: "batch-predict".to_owned(),
            seconds: seconds.into(),
            milliseconds: [].into(),
            bytes: [("output".to_owned(), size)].into(),
        };
        let of_model = Input::new("model", file::MODEL, model.sha256);
        io.write_artifact(path, vec![of_model], body)?;
    }
    io.print(|out| report::render(&document, &plan, out))?;
    Ok(Verdict::Pass)
}
