//! From drift to the pipeline that trains again.
//!
//! It lives here and not in `drift-check`, which needs no network and no token: this is the tool that
//! tells a forge what was found, and starting a pipeline is one more thing to tell it.

use std::time::Duration;

use serde::Serialize;
use yard_cli::{Io, Verdict, style};
use yard_contract::DriftReport;
use yard_forge::{Ci, Credential, Pipelines, Settings, Started, Variables};

use crate::args::RetrainArgs;
use crate::comment::client;
use crate::error::ReportError;

#[derive(Serialize)]
struct Plan<'a> {
    report: &'a std::path::Path,
    name: &'a str,
    reference: &'a str,
    workflow: &'a str,
    every_hours: u32,
    on_warning: bool,
}

/// Starts a pipeline where the report asks for one, and says what it did.
pub(crate) fn run(args: &RetrainArgs, io: &mut Io) -> Result<Verdict, ReportError> {
    let plan = Plan {
        report: &args.report,
        name: &args.name,
        reference: &args.r#ref,
        workflow: &args.workflow,
        every_hours: args.every_hours,
        on_warning: args.on_warning,
    };
    if io.print_plan(&plan)? {
        return Ok(Verdict::Pass);
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if args.name.is_empty() || !args.name.chars().all(is_plain) {
        return Err(ReportError::NoPipeline(
            "`--name` takes letters, digits, `.`, `_` and `-`",
        ));
    }
    let report = io.read_artifact::<DriftReport>(&args.report)?.value.body;
    let is_asked = match report.verdict {
        Verdict::Fail => true,
        Verdict::Warning => args.on_warning,
        Verdict::Pass | Verdict::Inconclusive => false,
    };
    let said = if !is_asked {
        format!("not started: the verdict is {}", report.verdict)
    } else if args.dry_run {
        format!("would be started: {}", report.summary)
    } else {
        start(args, &report, io)?
    };
    io.print(|out| writeln!(out, "retraining of {}: {}", args.name, style::line(&said)))?;
    Ok(Verdict::Pass)
}

fn start(args: &RetrainArgs, report: &DriftReport, io: &Io) -> Result<String, ReportError> {
    let variables: Variables = io.environment().into_iter().collect();
    let settings = Settings {
        ca_file: args.ca_file.clone(),
        ..Settings::from_variables(&variables)
    };
    let refused = |why| Err(ReportError::NoPipeline(why));
    let pipelines = match Ci::detect(&variables) {
        Ci::GitLab(job) => {
            let Some(token) = job.job_token else {
                return refused("the job has no `CI_JOB_TOKEN`");
            };
            let credential = Credential::Job(token.clone());
            Pipelines::GitLab {
                client: client(&job.api_url, credential, settings).map_err(ReportError::Retrain)?,
                project: job.project_id,
                token,
                reference: args.r#ref.clone(),
            }
        }
        Ci::GitHub(job) => {
            let Some(token) = job.token else {
                return refused("hand the step `GITHUB_TOKEN` under `env:`");
            };
            let credential = Credential::GitHub(token);
            Pipelines::GitHub {
                client: client(&job.api_url, credential, settings).map_err(ReportError::Retrain)?,
                repository: job.repository,
                workflow: args.workflow.clone(),
            }
        }
        Ci::None => return refused("this is no GitLab or GitHub job"),
    };
    let every = Duration::from_secs(3600 * u64::from(args.every_hours));
    // Counts and words of ours: nothing that came from data goes into a variable of a job.
    let why = format!("drift {}", report.verdict);
    let started = pipelines.start(&args.name, &why, every);
    Ok(match started.map_err(ReportError::Retrain)? {
        Started::Yes(Some(url)) => format!("started, {url}"),
        Started::Yes(None) => "started".to_owned(),
        Started::Lately(age) => format!(
            "not started: the last one was {:.1} hours ago",
            age.as_secs_f64() / 3600.0
        ),
        Started::Running => "not started: one is running".to_owned(),
    })
}
