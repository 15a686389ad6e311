//! The command line.

use std::path::PathBuf;

use clap::{Args as Group, Parser, Subcommand};
use yard_cli::{Common, Format};
use yard_package::Limits;

/// Pack a gated model with its evidence, sign it, and publish it once, complete or not at all
///
/// The package holds the model folder under `model/` and, beside it, the gate's verdict, every
/// included file, the provenance and a bill of materials. The same files give the same bytes. At
/// each target a released version never changes: the same bytes again are a success that uploads
/// nothing, other bytes are refused.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "publish-package",
    version,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "\
Targets:
  dir:FOLDER                                a folder
  gitlab:                                   the project of the GitLab job, with its own CI_JOB_TOKEN
  gitlab:https://HOST/api/v4#GROUP/PROJECT  a project, with GITLAB_TOKEN or GITLAB_DEPLOY_TOKEN
  github:                                   the repository of the GitHub workflow, with GITHUB_TOKEN
  github:https://HOST/api/v3#OWNER/NAME     a repository, with GITHUB_TOKEN
  oci://HOST[:PORT]/REPOSITORY              an OCI registry, with OCI_USERNAME and OCI_PASSWORD
  gitlab-models:                            the model registry of the GitLab job's project, with
                                            GITLAB_TOKEN (scope api): it takes no job token
  gitlab-models:https://HOST/api/v4#GROUP/PROJECT  that of a project
  mlflow:                                   the MLflow server in MLFLOW_TRACKING_URI
  mlflow:https://HOST                       an MLflow server, with MLFLOW_TRACKING_TOKEN if it asks

The signing key may also be in TRAINYARD_SIGNING_KEY: a file's path, the PEM text, or its base64 in \
one line, which a CI system can mask. The passphrase of an encrypted key is in \
TRAINYARD_SIGNING_PASSPHRASE.

Exit codes: 0 published, or there already; 1 other bytes are there; 2 the input does not allow it; \
3 the network or the registry failed, run it again; 75 stopped by a signal, nothing was left \
half-done; 101 a defect"
)]
pub struct Args {
    #[command(flatten)]
    pub(crate) publish: PublishArgs,

    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    #[command(flatten)]
    pub(crate) common: Common,
}

/// What publishing needs. What is required is required without a subcommand only; variables of the
/// CI system are there with one too.
#[derive(Clone, Debug, Group)]
pub(crate) struct PublishArgs {
    /// The package's name
    #[arg(long, value_name = "NAME", required = true)]
    pub(crate) name: Option<String>,

    /// The package's version, as `1.2.0`, or a tag: `v1.2.0`, `NAME@v1.2.0`
    #[arg(
        long,
        value_name = "VERSION",
        env = "CI_COMMIT_TAG",
        hide_env_values = true,
        required = true
    )]
    pub(crate) package_version: Option<String>,

    /// The model folder
    #[arg(long, value_name = "DIR", default_value = "out/model")]
    pub(crate) model: PathBuf,

    /// The gate's verdict on this model
    #[arg(long, value_name = "FILE", default_value = "out/gate.json")]
    pub(crate) gate: PathBuf,

    /// A file, or a folder of files, that goes along; may be repeated
    #[arg(long, value_name = "PATH")]
    pub(crate) include: Vec<PathBuf>,

    /// The private key to sign with; without one the package is not signed
    #[arg(long, value_name = "FILE")]
    pub(crate) signing_key: Option<PathBuf>,

    /// The package released before: a changed interface has to show in the version [default: the
    /// latest one before this version at the first target]
    #[arg(long, value_name = "PACKAGE")]
    pub(crate) previous: Option<PathBuf>,

    /// Hold the version against no release before
    #[arg(long, conflicts_with = "previous")]
    pub(crate) no_version_check: bool,

    /// Make no release entry, and write no notes
    #[arg(long)]
    pub(crate) no_release: bool,

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

    /// The longest file, and the longest package, that is opened, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().total_bytes)]
    pub(crate) max_bytes: u64,

    /// Pack, look at the targets, and say what would be done
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// What stdout carries; `json` is the receipt
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(crate) format: Format,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a key to sign packages with
    Keygen(KeygenArgs),
    /// Verify that a package is what was signed and that all in it belongs together
    ///
    /// What is not here is fetched first; the verification itself is offline.
    Verify(VerifyArgs),
}

/// What a new key needs.
#[derive(Clone, Debug, Group)]
pub(crate) struct KeygenArgs {
    /// Where the private key goes, for its owner's eyes only; the public key goes to FILE.pub
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,

    /// Encrypt it with the passphrase in `TRAINYARD_SIGNING_PASSPHRASE`
    #[arg(long)]
    pub(crate) encrypt: bool,
}

/// What a verification needs.
///
/// Exit codes: 0 it holds; 1 a link is broken, and it is named; 2 nothing could be verified; 4 it
/// holds and is not signed.
#[derive(Clone, Debug, Group)]
pub(crate) struct VerifyArgs {
    /// An archive, an unpacked package, a folder with a `model.sig`, the `https://` URL of an archive,
    /// or, with --target, NAME@VERSION
    #[arg(value_name = "PACKAGE")]
    pub(crate) package: PathBuf,

    /// The target that holds the release
    #[arg(long, value_name = "TARGET")]
    pub(crate) target: Option<String>,

    /// The public key of who should have signed it
    #[arg(
        long,
        value_name = "FILE",
        env = "TRAINYARD_PUBLIC_KEY",
        hide_env_values = true,
        required_unless_present = "unsigned"
    )]
    pub(crate) public_key: Option<PathBuf>,

    /// Verify the rest of a package that nobody signed
    #[arg(long, conflicts_with = "public_key")]
    pub(crate) unsigned: bool,

    /// The longest file, and the longest package, that is opened, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().total_bytes)]
    pub(crate) max_bytes: u64,

    /// Where to write the result
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,

    /// A PEM file with a certificate authority to trust in addition
    #[arg(
        long,
        value_name = "FILE",
        env = "CI_SERVER_TLS_CA_FILE",
        hide_env_values = true
    )]
    pub(crate) ca_file: Option<PathBuf>,

    /// What stdout carries; `json` is the result
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(crate) format: Format,
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
