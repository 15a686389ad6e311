//! The command line.

use std::path::PathBuf;

use yard_cli::clap::{self, Parser};
use yard_cli::{Common, Format};
use yard_package::Limits;

/// Move an alias such as champion to a released version, on the evidence of its smoke test, or back
///
/// A promotion needs the smoke report of the version: it passed, and of this very model. Every move
/// is recorded at the target and none is ever changed, so it is always known who was champion
/// before; `--rollback` goes back there, on the evidence of then. Without a version and without
/// `--rollback`, it says what the alias stands for.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "promote-model",
    version,
    after_help = "\
Examples:
  promote-model credit@1.4.0 --target gitlab:
  promote-model credit --rollback --target oci://registry.example.org/models
  promote-model credit --alias challenger --target dir:out/registry

Exit codes: 0 moved, or there already; 2 the smoke report, the release or an argument does not allow \
it; 3 the network or the registry failed, or somebody else moved it, run it again; 101 a defect"
)]
pub struct Args {
    /// NAME@VERSION to promote, or NAME@TAG with the tag of a release; NAME to roll back or to look
    #[arg(value_name = "RELEASE")]
    pub(crate) release: String,

    /// The alias
    #[arg(long, value_name = "ALIAS", default_value = "champion")]
    pub(crate) alias: String,

    /// Where the release is: a target as for publish-package
    #[arg(long, value_name = "TARGET")]
    pub(crate) target: String,

    /// What smoke-test said of this version
    #[arg(long, value_name = "FILE", default_value = "out/smoke-report.json")]
    pub(crate) smoke_report: PathBuf,

    /// Go back to the version before
    #[arg(long)]
    pub(crate) rollback: bool,

    /// Where to write the move
    #[arg(long, value_name = "FILE", default_value = "out/alias-move.json")]
    pub(crate) out: PathBuf,

    /// A PEM file with a certificate authority to trust in addition
    #[arg(
        long,
        value_name = "FILE",
        env = "CI_SERVER_TLS_CA_FILE",
        hide_env_values = true
    )]
    pub(crate) ca_file: Option<PathBuf>,

    /// The longest file, and the longest package, that is opened, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().total_bytes)]
    pub(crate) max_bytes: u64,

    /// Check everything, and say what would be done
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// What stdout carries; `json` is the move
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(crate) format: Format,

    #[command(flatten)]
    pub(crate) common: Common,
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
