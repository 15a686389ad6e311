//! Move an alias such as champion to a released version, on the evidence of its smoke test, or back.
//!
//! [`run`] is the table of contents: read the record of the alias, decide what it is to stand for,
//! see that the release is there and is what was tried, add the move to the record, and let the
//! registry's own name follow.
//!
//! Invariants:
//! - The record counts; a tag or alias of the registry's own follows it, and is set right by the next
//!   run if one was cut off in between.
//! - A version that is promoted was tried as it is released: same model, and the test passed.
//! - Nobody's move is lost: of two at the same time, one is refused. An OCI registry alone cannot
//!   promise that, because its protocol cannot say "only if there is none": within the time of one
//!   request both can be told that theirs counts, and then the later one does.
#![warn(missing_docs)]

mod args;
mod error;
mod evidence;
mod plan;
mod report;

use yard_cli::{Io, Verdict};
use yard_contract::{AliasAction, AliasMove, Document, Input, Sha256};
use yard_package::PackageId;
use yard_registry::{History, Target, history, point, record};

pub use crate::args::Args;
pub use crate::error::PromoteError;
use crate::evidence::{Release, smoke};
use crate::plan::{Plan, Task};

/// Moves the alias, or says what it stands for.
pub fn run(args: Args, io: &mut Io) -> Result<Verdict, PromoteError> {
    let (plan, target) = Plan::resolve(args, io)?;
    if io.print_plan(&plan)? {
        return Ok(Verdict::Pass);
    }
    let history = history(&target, &plan.name, &plan.alias)?;
    let step = match &plan.task {
        Task::Look => {
            io.print(|out| report::history(&history, &plan, out))?;
            return Ok(Verdict::Pass);
        }
        Task::Promote(id) => promotion(&plan, &target, &history, id, io)?,
        Task::RollBack => rollback(&plan, &target, &history)?,
    };
    let id = step.id.clone();
    let (entry, is_new) = match step.entry {
        Some((inputs, body)) => (Document::new(io.producer().clone(), inputs, body), true),
        None => (standing(&history)?, false),
    };
    if !plan.dry_run {
        if is_new {
            record(&target, &plan.alias, &entry)?;
        }
        point(&target, &plan.alias, &id)?;
    }
    yard_cli::files::write(&plan.out, &entry.to_bytes())?; // evidence first,
    io.print(|out| report::render(&entry, is_new, &plan, out))?; // then people
    Ok(Verdict::Pass)
}

/// Where the alias goes, and the move that takes it there; none where it is there already.
struct Step {
    id: PackageId,
    entry: Option<(Vec<Input>, AliasMove)>,
}

fn promotion(
    plan: &Plan,
    target: &Target,
    history: &History,
    id: &PackageId,
    io: &Io,
) -> Result<Step, PromoteError> {
    let release = Release::fetch(target, id, &plan.limits)?;
    let smoke = smoke(plan, &release, io)?;
    let current = history.current();
    if current.is_some_and(|current| current.package_version == id.version()) {
        let id = id.clone();
        return Ok(Step { id, entry: None });
    }
    let body = entry(
        plan,
        history,
        id,
        AliasAction::Promoted,
        &release,
        smoke.sha256,
    );
    Ok(Step {
        id: id.clone(),
        entry: Some((vec![release.input, smoke], body)),
    })
}

fn rollback(plan: &Plan, target: &Target, history: &History) -> Result<Step, PromoteError> {
    let before = history.before().ok_or(PromoteError::NothingBefore)?;
    let id = PackageId::new(&plan.name, &before.package_version)?;
    let release = Release::fetch(target, &id, &plan.limits)?;
    // The evidence of then is of the model of then.
    if release.model_sha256 != before.model_sha256 {
        return Err(PromoteError::Exchanged {
            release: id.to_string(),
            found: release.model_sha256,
            promoted: before.model_sha256,
        });
    }
    let smoke = before.smoke_sha256;
    let body = entry(plan, history, &id, AliasAction::RolledBack, &release, smoke);
    Ok(Step {
        id,
        entry: Some((vec![release.input], body)),
    })
}

fn entry(
    plan: &Plan,
    history: &History,
    id: &PackageId,
    action: AliasAction,
    release: &Release,
    smoke_sha256: Sha256,
) -> AliasMove {
    let current = history.current();
    AliasMove {
        name: id.name().to_owned(),
        alias: plan.alias.as_str().to_owned(),
        number: history.moves().len() as u64 + 1,
        action,
        package_version: id.version().to_owned(),
        previous: current.map(|current| current.package_version.clone()),
        manifest_sha256: release.manifest_sha256,
        model_sha256: release.model_sha256,
        smoke_sha256,
    }
}

fn standing(history: &History) -> Result<Document<AliasMove>, PromoteError> {
    let last = history.moves().last().cloned();
    last.ok_or(PromoteError::NothingBefore)
}
