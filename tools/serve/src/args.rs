//! The command line.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use yard_cli::Common;
use yard_cli::clap::{self, Parser};

/// Answer predictions of a packaged model over HTTP
///
/// Verifies the package, checks itself on the golden rows, then listens: `POST /predict`,
/// `GET /health/live`, `GET /health/ready`, `GET /metrics`, `GET /`. On SIGTERM or SIGINT it
/// answers what has begun and ends with 0; on a second one it ends at once.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "serve",
    version,
    after_help = "\
Examples:
  serve --package credit-1.2.0.tar.gz --listen 0.0.0.0:8080
  serve --package out/model --listen 127.0.0.1:0 --port-file out/port

Exit codes: 0 stopped by a signal, 2 the package cannot be served or the address not be used, 101 a defect"
)]
pub struct Args {
    /// What to serve: a package (archive or folder) or a bare model folder
    #[arg(long, value_name = "PATH")]
    pub(crate) package: PathBuf,

    /// Where to listen; port 0 takes any that is free
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8080",
        env = "TRAINYARD_LISTEN",
        hide_env_values = true
    )]
    pub(crate) listen: String,

    /// Where to write the port, once it is open
    #[arg(long, value_name = "FILE")]
    pub(crate) port_file: Option<PathBuf>,

    /// Threads that answer; by default as many as there are processors
    #[arg(
        long,
        value_name = "N",
        env = "TRAINYARD_THREADS",
        hide_env_values = true
    )]
    pub(crate) threads: Option<NonZeroUsize>,

    /// The longest request body, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 20)]
    pub(crate) max_body: usize,

    /// The most rows of one request
    #[arg(long, value_name = "N", default_value = "10000")]
    pub(crate) max_rows: NonZeroUsize,

    /// The most connections at a time; whoever comes beyond them gets a 503
    #[arg(long, value_name = "N", default_value = "1024")]
    pub(crate) max_connections: NonZeroUsize,

    /// How long a request's head, its body, and the reading of its answer may take each
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub(crate) timeout: Duration,

    /// How long a connection may wait for its next request
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub(crate) idle_timeout: Duration,

    /// How long to go on accepting after the signal, while `/health/ready` says no
    #[arg(long, value_name = "SECONDS", default_value = "0", value_parser = seconds)]
    pub(crate) drain_delay: Duration,

    /// How long to wait for what has begun, once nothing new is accepted
    #[arg(long, value_name = "SECONDS", default_value = "25", value_parser = seconds)]
    pub(crate) drain_timeout: Duration,

    #[command(flatten)]
    pub(crate) common: Common,
}

impl AsRef<Common> for Args {
    fn as_ref(&self) -> &Common {
        &self.common
    }
}

/// A time in seconds, whole or not, up to a day.
fn seconds(text: &str) -> Result<Duration, String> {
    let number: f64 = text
        .parse()
        .map_err(|_| "not a number of seconds".to_owned())?;
    if (0.0..=86_400.0).contains(&number) {
        Ok(Duration::from_secs_f64(number))
    } else {
        Err("must be between 0 and 86400".to_owned())
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

    #[test]
    fn times_are_seconds_and_nothing_else() {
        assert_eq!(seconds("0.25"), Ok(Duration::from_millis(250)));
        for wrong in ["", "-1", "nan", "inf", "1e9", "10s"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
