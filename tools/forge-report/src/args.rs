//! The command line.

use std::path::PathBuf;

use yard_cli::Common;
use yard_cli::clap::{self, Parser, Subcommand, ValueEnum};

/// Show the reviewer what the pipeline found: job summary, annotations, one comment kept up to date
///
/// Takes the artifacts of any stages. Without `--comment` it needs no token and no network. With it,
/// one comment for each report id is created or updated; a token that may not write is a note on
/// stderr that says what it lacks, and no failure.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "forge-report",
    version,
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  forge-report out/gate.json out/evaluation.json out/drift-report.json
  forge-report out/*.json --comment --link report=out/report.html
  forge-report out/gate.json --format github
  forge-report retrain out/drift-report.json --name credit --ref main --every-hours 24

Exit codes: 0 told (whatever the verdict), 2 an artifact cannot be used, 3 the forge cannot be
reached, 101 a defect"
)]
pub struct Args {
    #[command(flatten)]
    pub(crate) show: Option<ShowArgs>,

    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Command {
    /// Start the pipeline that trains again, where a drift report asks for it
    ///
    /// At most one in a while, and none while one runs; the forge itself is asked about that.
    Retrain(RetrainArgs),
}

/// What it takes to start a pipeline.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct RetrainArgs {
    /// What `drift-check` wrote
    #[arg(value_name = "JSON")]
    pub(crate) report: PathBuf,

    /// Which model this is; each is debounced by itself
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub(crate) name: String,

    /// GitLab: the branch to run
    #[arg(
        long,
        value_name = "BRANCH",
        env = "CI_DEFAULT_BRANCH",
        hide_env_values = true,
        default_value = "main"
    )]
    pub(crate) r#ref: String,

    /// GitHub: the workflow that `repository_dispatch` starts
    #[arg(long, value_name = "FILE", default_value = "retrain.yml")]
    pub(crate) workflow: String,

    /// The fewest hours between two starts
    #[arg(long, value_name = "HOURS", default_value_t = 24)]
    pub(crate) every_hours: u32,

    /// Start on a warning too
    #[arg(long)]
    pub(crate) on_warning: bool,

    /// Say what would be started, and send nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// A PEM file with certificate authorities to trust in addition
    #[arg(
        long,
        value_name = "FILE",
        env = "CI_SERVER_TLS_CA_FILE",
        hide_env_values = true
    )]
    pub(crate) ca_file: Option<PathBuf>,
}

/// What is shown, and where.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ShowArgs {
    /// The artifacts, the most important first
    #[arg(value_name = "JSON", required = true)]
    pub(crate) artifacts: Vec<PathBuf>,

    /// Which report this is; each has a comment of its own
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub(crate) id: String,

    /// The heading
    #[arg(long, value_name = "TEXT", default_value = "Model pipeline")]
    pub(crate) title: String,

    /// Create or update the comment of the merge request or pull request
    #[arg(long)]
    pub(crate) comment: bool,

    /// The number of the merge request or pull request, where the job does not know it
    #[arg(long, value_name = "NUMBER", requires = "comment")]
    pub(crate) change: Option<u64>,

    /// Say what the comment would be, and to whom, and send nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// A file of the job to link to, as LABEL=PATH
    #[arg(long, value_name = "LABEL=PATH")]
    pub(crate) link: Vec<String>,

    /// Where the report goes as Markdown
    #[arg(long, value_name = "FILE", default_value = "out/forge-report.md")]
    pub(crate) out: PathBuf,

    /// The job's summary, which the report is appended to
    #[arg(
        long,
        value_name = "FILE",
        env = "GITHUB_STEP_SUMMARY",
        hide_env_values = true
    )]
    pub(crate) summary: Option<PathBuf>,

    /// Where GitLab's `annotations` report goes: links on the job's page
    #[arg(long, value_name = "FILE")]
    pub(crate) annotations: Option<PathBuf>,

    /// A PEM file with certificate authorities to trust in addition
    #[arg(
        long,
        value_name = "FILE",
        env = "CI_SERVER_TLS_CA_FILE",
        hide_env_values = true
    )]
    pub(crate) ca_file: Option<PathBuf>,

    /// What stdout carries
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(crate) format: ReportFormat,
}

/// What stdout carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// Text for a person
    #[default]
    Human,
    /// The report
    Markdown,
    /// Workflow commands: at most ten annotations
    Github,
}

impl AsRef<Common> for Args {
    fn as_ref(&self) -> &Common {
        &self.common
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory as _;
        Args::command().debug_assert();
    }
}
