//! Answer predictions of a packaged model over HTTP/1.1.
//!
//! [`run`] is the table of contents: verify, load, check, listen, serve, end. A worker is a thread
//! with its own event loop; a request is read, scored and answered on it without waiting for another
//! thread.
//!
//! Invariants:
//! - What is served was verified: no port opens before every digest was compared and the golden rows
//!   came out as recorded.
//! - No input makes it panic, and no request that is wrong is answered with a 5xx.
//! - What has begun is answered: a signal lets requests finish and the process end with 0.
//! - Whoever is slow is cut off, and costs nobody else more than memory for a connection.
//! - It writes nothing but the port file.
//!
//! It does not speak TLS or HTTP/2, does not authenticate, and does not log requests: that is for
//! the proxy in front.
#![warn(missing_docs)]

mod answer;
mod args;
mod body;
mod connection;
mod error;
mod handler;
mod metrics;
mod plan;
mod refusal;
mod rows;
mod scores;
mod served;
mod server;
mod worker;

use std::sync::Arc;

use yard_cli::{Io, Verdict, files};

pub use crate::args::Args;
pub use crate::error::ServeError;
use crate::plan::Plan;
use crate::served::Served;
use crate::server::{End, Server};

/// Serves until a signal ends it.
pub fn run(args: Args, io: &mut Io) -> Result<Verdict, ServeError> {
    let plan = Plan::resolve(args)?;
    if io.print_plan(&plan)? {
        return Ok(Verdict::Pass);
    }
    let served = Arc::new(Served::open(&plan.package, &plan.limits)?);
    let golden = served.check()?;
    rayon::ThreadPoolBuilder::new()
        .num_threads(plan.threads)
        .build_global()?;
    let start = |source| ServeError::Start {
        what: "the event loop",
        source,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.map_err(start)?.block_on(async {
        let server = Server::start(&plan, &served)?;
        let address = server.address()?;
        if let Some(path) = &plan.port_file {
            files::write(path, format!("{}\n", address.port()).as_bytes())?;
        }
        io.note(format_args!(
            "serving {}, {golden} golden rows reproduced",
            served.title()
        ));
        io.note(format_args!("listening on http://{address}"));
        if let End::Cut(connections) = server.run(&plan).await {
            io.warn(&format!(
                "{connections} connections were cut before they were answered"
            ));
        }
        Ok(Verdict::Pass)
    })
}
