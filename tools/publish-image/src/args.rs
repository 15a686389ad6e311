//! The command line.

use std::path::PathBuf;

use yard_cli::clap::{self, Parser};
use yard_cli::{Common, Format};

/// Put serve and a package into an OCI image and push it, without a container daemon
///
/// The image holds the static binary and, in a layer of its own, the unpacked package: a new model
/// is a small push onto the layers that are there. The same files give the same image. It runs as
/// nobody, writes nothing, and has no shell. A tag never changes: the same image again is a success
/// that uploads nothing, another one is refused.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "publish-image",
    version,
    after_help = "\
Targets:
  oci://HOST[:PORT]/REPOSITORY  a registry, with OCI_USERNAME and OCI_PASSWORD, the GitLab job's own
                                login for CI_REGISTRY, or what `docker login` left
  oci-layout:FOLDER             an image layout on disk
  oci-archive:FILE              the same as one tar file

Exit codes: 0 published, or there already; 1 another image has the tag; 2 the input does not allow it; \
3 the network or the registry failed, run it again; 101 a defect"
)]
pub struct Args {
    /// What to serve: a package, as an archive or unpacked
    #[arg(long, value_name = "PATH")]
    pub(crate) package: PathBuf,

    /// A static `serve`, as PATH or PLATFORM=PATH (linux/amd64, linux/arm64); with several the image
    /// is an index
    #[arg(long, value_name = "BINARY", required = true)]
    pub(crate) binary: Vec<String>,

    /// Where to publish to; may be repeated
    #[arg(long, value_name = "TARGET", required = true)]
    pub(crate) target: Vec<String>,

    /// The image's tag [default: the package's version]
    #[arg(long, value_name = "TAG")]
    pub(crate) tag: Option<String>,

    /// Where the source is, for the image's labels
    #[arg(
        long,
        value_name = "URL",
        env = "CI_PROJECT_URL",
        hide_env_values = true
    )]
    pub(crate) source: Option<String>,

    /// Where to write the receipt
    #[arg(long, value_name = "FILE", default_value = "out/image-receipt.json")]
    pub(crate) out: PathBuf,

    /// Seconds since 1970 that the image and its files carry
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

    /// Build, look at the targets, and say what would be done
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
