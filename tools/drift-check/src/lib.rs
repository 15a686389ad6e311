//! Tell whether fresh data still looks like what a model was trained on, and whether it hurts.
//!
//! [`run`] is the table of contents: open the package, read and score the rows, compare them with
//! the profile and the evaluation, judge all comparisons together, write, answer the verdict.
//!
//! Invariants:
//! - A change alarms only when it is at least as large as the configuration asks for *and* shown to
//!   be no accident: with Holm's correction the chance of any false alarm is at most `level`.
//! - Too few rows never pass.
//! - It needs no network and no secret: what follows from drift is another tool's job.
#![warn(missing_docs)]

mod accuracy;
mod args;
mod bins;
mod compare;
mod config;
mod error;
mod fresh;
mod homogeneity;
mod judge;
mod plan;
mod report;
#[cfg(test)]
mod simulation;

use yard_cli::{Io, Verdict, files, recorded_path};
use yard_contract::{
    Artifact as _, Document, DriftCheck, DriftReport, DriftSubject, Evaluation, Input, Sha256,
};
use yard_model::Model;
use yard_package::{Limits, Package};

pub use crate::args::Args;
use crate::args::Command;
use crate::compare::Comparisons;
pub use crate::config::schema;
pub use crate::error::DriftError;
use crate::fresh::Fresh;
use crate::plan::Plan;
use crate::report::Report;

/// Checks for drift, or prints the configuration's schema.
pub fn run(args: Args, io: &mut Io) -> Result<Verdict, DriftError> {
    match (args.command, args.check) {
        (Some(Command::Schema), _) => {
            io.print(|out| out.write_all(schema().as_bytes()))?;
            Ok(Verdict::Pass)
        }
        (None, Some(check)) => {
            let plan = Plan::resolve(check, io)?;
            if io.print_plan(&plan)? {
                return Ok(Verdict::Pass);
            }
            check_rows(&plan, io)
        }
        (None, None) => Err(DriftError::NoData),
    }
}

fn check_rows(plan: &Plan, io: &mut Io) -> Result<Verdict, DriftError> {
    let path = || plan.package.clone();
    let package =
        Package::open(&plan.package, &Limits::default()).map_err(|source| DriftError::Package {
            path: path(),
            source,
        })?;
    let model = Model::load(&package, &recorded_path(&plan.package)).map_err(|source| {
        DriftError::Model {
            path: path(),
            source,
        }
    })?;
    let table = io.read("table", &plan.data)?;
    let mut inputs = vec![table.input];
    inputs.extend(model.inputs.iter().cloned());
    let evaluation = match plan.config.accuracy {
        Some(_) => evaluation(plan, &package, model.sha256, &mut inputs, io)?,
        None => None,
    };
    inputs.push(plan.config_input.clone());

    let fresh = fresh::read(&plan.data, &table.bytes, &model.predictor)?;
    let found = compare::compare(&fresh, &model.profile, evaluation.as_ref(), &plan.config)?;
    let body = judged(plan, &fresh, &model, found);
    let document = io.write_artifact(&plan.out, inputs, body)?;
    let report = Report::new(&document);
    let beside = |ending: &str| plan.out.with_extension(ending);
    files::write(&beside("md"), report.markdown().as_bytes())?;
    files::write(&beside("html"), report.html().as_bytes())?;
    files::write(&beside("junit.xml"), report.junit().as_bytes())?;
    files::write(&beside("metrics.txt"), report.metrics()?.as_bytes())?;
    let metrics = report.metrics()?;
    io.print(|out| report.write(plan.format, &metrics, out))?;
    Ok(document.body.verdict)
}

/// What the model was evaluated to be: the file that was named, or else the package's own.
fn evaluation(
    plan: &Plan,
    package: &Package,
    model: Sha256,
    inputs: &mut Vec<Input>,
    io: &Io,
) -> Result<Option<Evaluation>, DriftError> {
    const FILE: &str = "evaluation.json";
    let (document, input) = if let Some(path) = &plan.evaluation {
        let loaded = io.read_artifact::<Evaluation>(path)?;
        (loaded.value, loaded.input)
    } else if package.file(FILE).is_some() {
        let bytes = package.bytes(FILE).map_err(|source| DriftError::Package {
            path: plan.package.clone(),
            source,
        })?;
        let at = format!("{}/{FILE}", recorded_path(&plan.package));
        let document =
            Document::parse(&bytes).map_err(|source| DriftError::Evaluation(at.clone(), source))?;
        (
            document,
            Input::new(Evaluation::KIND, &at, Sha256::of(&bytes)),
        )
    } else {
        return Ok(None);
    };
    if document.body.model_sha256 != model {
        return Err(DriftError::OtherModel {
            found: document.body.model_sha256.short(),
            expected: model.short(),
        });
    }
    inputs.push(input);
    Ok(Some(document.body))
}

/// The report: every check with its verdict, and the distributions that are worth a look.
fn judged(plan: &Plan, fresh: &Fresh, model: &Model, found: Comparisons) -> DriftReport {
    let config = &plan.config;
    let checks = judge::judge(found.findings, config.level.get());
    let labelled_rows = fresh.outcomes.as_ref().map_or(0, |outcomes| outcomes.rows);
    let is_thin = fresh.rows < config.min_rows
        || config
            .accuracy
            .is_some_and(|limits| labelled_rows > 0 && labelled_rows < limits.min_rows);
    let gravest = Verdict::gravest(checks.iter().map(|check| check.verdict));
    let found_verdict = gravest.unwrap_or(Verdict::Inconclusive);
    let verdict = if is_thin {
        found_verdict.max(Verdict::Inconclusive)
    } else {
        found_verdict
    };
    let is_loud = |about, name: &str| {
        let of = |check: &&DriftCheck| check.about == about && check.name == name;
        checks
            .iter()
            .filter(of)
            .any(|check| check.verdict != Verdict::Pass)
    };
    let distributions = found
        .distributions
        .into_iter()
        .filter(|one| one.about != DriftSubject::Feature || is_loud(one.about, &one.name))
        .collect();
    DriftReport {
        verdict,
        summary: report::summary(verdict, &checks, fresh.rows, is_thin),
        model_sha256: model.sha256,
        rows: fresh.rows,
        labelled_rows,
        reference_rows: model.profile.rows,
        level: config.level,
        checks,
        distributions,
    }
}
