//! Arguments and the job's variables to one validated value.

use std::path::PathBuf;

use serde::Serialize;
use yard_cli::Io;
use yard_forge::{Change, Ci, Head, Settings, Variables, run_number};

use crate::args::{ReportFormat, ShowArgs};
use crate::error::ReportError;

/// Everything that a report needs, checked.
#[derive(Debug, Serialize)]
pub(crate) struct Plan {
    pub(crate) artifacts: Vec<PathBuf>,
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) comment: bool,
    pub(crate) dry_run: bool,
    /// Label and address.
    pub(crate) links: Vec<(String, String)>,
    pub(crate) out: PathBuf,
    pub(crate) summary: Option<PathBuf>,
    pub(crate) annotations: Option<PathBuf>,
    #[serde(skip)]
    pub(crate) format: ReportFormat,
    #[serde(skip)]
    pub(crate) job: Job,
}

/// What the job knows of itself.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) ci: Ci,
    pub(crate) change: Option<Change>,
    /// What a run was of that this job tells about; its pull request has to be looked for.
    pub(crate) head: Option<Head>,
    pub(crate) run: Option<u64>,
    pub(crate) variables: Variables,
    pub(crate) settings: Settings,
}

impl Plan {
    pub(crate) fn resolve(args: ShowArgs, io: &Io) -> Result<Self, ReportError> {
        let variables: Variables = io.environment().into_iter().collect();
        let ci = Ci::detect(&variables);
        // Where the event cannot be read, the job belongs to no change.
        let event = variables
            .get("GITHUB_EVENT_PATH")
            .and_then(|path| io.read("event", path.as_ref()).ok());
        let event = event.as_ref().map(|event| event.bytes.as_slice());
        let detected = Change::detect(&variables, event);
        let change = match args.change {
            None => detected,
            Some(number) => match &ci {
                Ci::GitLab(job) => Some(Change {
                    project: job.project_id.clone(),
                    number,
                }),
                Ci::GitHub(job) => Some(Change {
                    project: job.repository.clone(),
                    number,
                }),
                Ci::None => None,
            },
        };
        let links = args
            .link
            .iter()
            .map(|text| link(text, &ci, &variables))
            .collect::<Result<Vec<_>, _>>()?;
        let settings = Settings {
            ca_file: args.ca_file,
            ..Settings::from_variables(&variables)
        };
        Ok(Self {
            artifacts: args.artifacts,
            id: args.id,
            title: args.title,
            comment: args.comment,
            dry_run: args.dry_run,
            links,
            out: args.out,
            summary: args.summary,
            annotations: args.annotations,
            format: args.format,
            job: Job {
                ci,
                change,
                head: event.and_then(Head::of_event),
                run: run_number(&variables, event),
                variables,
                settings,
            },
        })
    }
}

/// A file of the job as its forge shows it: GitLab has an address for each file, GitHub one page for
/// the run; elsewhere it is the file.
fn link(text: &str, ci: &Ci, variables: &Variables) -> Result<(String, String), ReportError> {
    let refused = || ReportError::Link(text.to_owned());
    let (label, path) = text.split_once('=').ok_or_else(refused)?;
    let path = path.trim_start_matches("./");
    let is_below = !path.starts_with('/') && path.split('/').all(|part| part != "..");
    if label.trim().is_empty() || path.is_empty() || !is_below {
        return Err(refused());
    }
    let address = match ci {
        Ci::GitLab(job) => job
            .job_url
            .as_ref()
            .map(|job| format!("{job}/artifacts/file/{path}")),
        Ci::GitHub(job) => {
            let server = variables.get("GITHUB_SERVER_URL");
            let run = variables.get("GITHUB_RUN_ID");
            server
                .zip(run)
                .map(|(server, run)| format!("{server}/{}/actions/runs/{run}", job.repository))
        }
        Ci::None => None,
    };
    Ok((label.to_owned(), address.unwrap_or_else(|| path.to_owned())))
}
