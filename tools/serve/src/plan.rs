//! Arguments to one validated value.

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::PathBuf;
use std::thread::available_parallelism;
use std::time::Duration;

use serde::Serialize;

use crate::args::Args;
use crate::error::ServeError;

/// Everything that serving needs, checked.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Plan {
    pub(crate) package: PathBuf,
    pub(crate) listen: Vec<SocketAddr>,
    pub(crate) port_file: Option<PathBuf>,
    pub(crate) threads: usize,
    pub(crate) limits: Limits,
    pub(crate) drain_delay: Duration,
    pub(crate) drain_timeout: Duration,
}

/// What one caller may ask for.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Limits {
    pub(crate) body_bytes: usize,
    pub(crate) rows: usize,
    pub(crate) connections: usize,
    pub(crate) timeout: Duration,
    pub(crate) idle_timeout: Duration,
}

impl Plan {
    pub(crate) fn resolve(args: Args) -> Result<Self, ServeError> {
        let fail = |source| ServeError::Address {
            address: args.listen.clone(),
            source,
        };
        let listen: Vec<SocketAddr> = args.listen.to_socket_addrs().map_err(fail)?.collect();
        let processors = || available_parallelism().map_or(1, std::num::NonZero::get);
        Ok(Self {
            package: args.package,
            listen,
            port_file: args.port_file,
            threads: args.threads.map_or_else(processors, std::num::NonZero::get),
            limits: Limits {
                body_bytes: args.max_body,
                rows: args.max_rows.get(),
                connections: args.max_connections.get(),
                timeout: args.timeout,
                idle_timeout: args.idle_timeout,
            },
            drain_delay: args.drain_delay,
            drain_timeout: args.drain_timeout,
        })
    }
}
