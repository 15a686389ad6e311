//! The command line.

use std::path::PathBuf;

use yard_cli::clap::{self, Parser};
use yard_cli::{Common, Format};

/// Pack a gated model with its evidence and publish it once, complete or not at all
///
/// The package holds the model folder under `model/` and, beside it, the gate's verdict and every
/// included file. The same files give the same bytes. At each target a released version never
/// changes: the same bytes again are a success that uploads nothing, other bytes are refused.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "publish-package",
    version,
    after_help = "\
Targets:
  dir:FOLDER                                a folder
  gitlab:                                   the project of the GitLab job, with its own CI_JOB_TOKEN
  gitlab:https://HOST/api/v4#GROUP/PROJECT  a project, with GITLAB_TOKEN or GITLAB_DEPLOY_TOKEN
  github:                                   the repository of the GitHub workflow, with GITHUB_TOKEN
  github:https://HOST/api/v3#OWNER/NAME     a repository, with GITHUB_TOKEN
  oci://HOST[:PORT]/REPOSITORY              an OCI registry, with OCI_USERNAME and OCI_PASSWORD

Exit codes: 0 published, or there already; 1 other bytes are there; 2 the input does not allow it; \
3 the network or the registry failed, run it again; 101 a defect"
)]
pub struct Args {
    /// The package's name
    #[arg(long, value_name = "NAME")]
    pub(crate) name: String,

    /// The package's version; a leading `v`, as tags have it, is dropped
    #[arg(
        long,
        value_name = "VERSION",
        env = "CI_COMMIT_TAG",
        hide_env_values = true
    )]
    pub(crate) package_version: String,

    /// The model folder
    #[arg(long, value_name = "DIR", default_value = "out/model")]
    pub(crate) model: PathBuf,

    /// The gate's verdict on this model
    #[arg(long, value_name = "FILE", default_value = "out/gate.json")]
    pub(crate) gate: PathBuf,

    /// A file, or a folder of files, that goes along; may be repeated
    #[arg(long, value_name = "PATH")]
    pub(crate) include: Vec<PathBuf>,

    /// Where to publish to; may be repeated
    #[arg(long, value_name = "TARGET", required = true)]
    pub(crate) target: Vec<String>,

    /// Where to write the receipt
    #[arg(long, value_name = "FILE", default_value = "out/publish-receipt.json")]
    pub(crate) out: PathBuf,

    /// Where to write the archive [default: NAME-VERSION.tar.gz beside the receipt]
    #[arg(long, value_name = "FILE")]
    pub(crate) archive: Option<PathBuf>,

    /// Seconds since 1970 that the archive's members carry
    #[arg(
        long,
        value_name = "SECONDS",
        env = "SOURCE_DATE_EPOCH",
        hide_env_values = true,
        default_value_t = 0
    )]
    pub(crate) epoch: u64,

    /// A PEM file with a certificate authority to trust in addition
    #[arg(
        long,
        value_name = "FILE",
        env = "CI_SERVER_TLS_CA_FILE",
        hide_env_values = true
    )]
    pub(crate) ca_file: Option<PathBuf>,

    /// Pack, look at the targets, and say what would be done
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// What stdout carries; `json` is the receipt
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
