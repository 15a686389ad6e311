//! The command line.

use std::path::PathBuf;

use yard_cli::clap::{self, Args as Group, Parser, Subcommand};
use yard_cli::{Common, Format};

/// Ask a deployed model whether it answers as the model that was gated
///
/// Waits until the server is ready, then checks: health, which model answers, the golden rows of
/// the package one by one and at once, how an invalid request is refused, the metrics, and how long
/// answers take. The report names every check; latencies are in a file of their own.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "smoke-test",
    version,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "\
Examples:
  smoke-test --url http://127.0.0.1:8080 --package credit-1.2.0.tar.gz
  smoke-test --url https://credit.example --package out/model --wait 120

Exit codes: 0 pass, 1 fail, 2 could not judge, 3 no connection, 101 a defect"
)]
pub struct Args {
    /// What to do instead of testing
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    #[command(flatten)]
    pub(crate) test: Option<TestArgs>,

    #[command(flatten)]
    pub(crate) common: Common,
}

/// Arguments of a test.
#[derive(Clone, Debug, Group)]
pub(crate) struct TestArgs {
    /// Where the model is served
    #[arg(long, value_name = "URL")]
    pub(crate) url: String,

    /// What should be served there: a package (archive or folder) or a bare model folder
    #[arg(long, value_name = "PATH")]
    pub(crate) package: PathBuf,

    /// How fast it must answer, and what else is asked of it
    #[arg(long, value_name = "FILE", default_value = "configs/smoke.yaml")]
    pub(crate) config: PathBuf,

    /// Where to write the report
    #[arg(long, value_name = "FILE", default_value = "out/smoke-report.json")]
    pub(crate) out: PathBuf,

    /// Where to write the latencies
    #[arg(
        long,
        value_name = "FILE",
        default_value = "out/smoke-measurement.json"
    )]
    pub(crate) measurement: PathBuf,

    /// How long to wait until the server is ready
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub(crate) wait: u64,

    /// What stdout carries; `json` is the report
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(crate) format: Format,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Command {
    /// Print the JSON Schema of the configuration
    Schema,
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
