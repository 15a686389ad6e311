//! The command line.

use std::path::PathBuf;

use yard_cli::clap::{self, Parser};
use yard_cli::{Common, Format};

/// Fetch a released package by version or alias, verify it, and unpack it
///
/// The folder appears when every byte was verified against the release's manifest and the package's
/// own, against what was promoted where an alias is fetched, and against the signature where a public
/// key is given; or not at all.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "fetch-package",
    version,
    after_help = "\
Examples:
  fetch-package credit@champion --target gitlab: --out out/champion
  fetch-package credit@1.4.0 --target oci://registry.example.org/models --public-key team.key.pub

Exit codes: 0 fetched; 2 there is no such release, or it is not what it says; 3 the network or the \
registry failed, run it again; 101 a defect"
)]
pub struct Args {
    /// NAME@VERSION or NAME@ALIAS
    #[arg(value_name = "RELEASE")]
    pub(crate) release: String,

    /// Where the release is: a target as for publish-package
    #[arg(long, value_name = "TARGET")]
    pub(crate) target: String,

    /// The folder to unpack into, which must not exist yet
    #[arg(long, value_name = "DIR", default_value = "out/package")]
    pub(crate) out: PathBuf,

    /// Write the archive to this file, and unpack nothing
    #[arg(long, value_name = "FILE", conflicts_with = "out")]
    pub(crate) archive: Option<PathBuf>,

    /// The public key of who should have signed it; without one, the signature is not looked at
    #[arg(
        long,
        value_name = "FILE",
        env = "TRAINYARD_PUBLIC_KEY",
        hide_env_values = true
    )]
    pub(crate) public_key: Option<PathBuf>,

    /// A PEM file with a certificate authority to trust in addition
    #[arg(
        long,
        value_name = "FILE",
        env = "CI_SERVER_TLS_CA_FILE",
        hide_env_values = true
    )]
    pub(crate) ca_file: Option<PathBuf>,

    /// What stdout carries; `json` is the package's manifest
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
