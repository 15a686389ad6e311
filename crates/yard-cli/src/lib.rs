//! What every tool does alike: the arguments they share, reading configuration, exit codes, what
//! goes to which stream, and writing files so that nothing is ever half-written.
//!
//! A tool's `main.rs` is one statement, [`main`], over its `run(args, io) -> Result<Verdict, E>`.
//! Everything a tool does to the outside world goes through [`Io`].
//!
//! Invariants:
//! - One function maps results to exit codes ([`main`]); nobody else exits.
//! - stdout carries the result and stderr everything else. A closed stdout changes no verdict; a
//!   full one is an error.
//! - A file appears complete under its name, or not at all ([`files`]).
//!
//! It knows nothing of models, tables or networks.
//!
//! ```no_run
//! use yard_cli::{Common, Error, Io, Verdict, clap};
//!
//! /// Count the bytes of a file.
//! #[derive(clap::Parser)]
//! struct Args {
//!     file: std::path::PathBuf,
//!     #[command(flatten)]
//!     common: Common,
//! }
//!
//! impl AsRef<Common> for Args {
//!     fn as_ref(&self) -> &Common {
//!         &self.common
//!     }
//! }
//!
//! fn run(args: Args, io: &mut Io) -> Result<Verdict, Error> {
//!     let file = io.read("table", &args.file)?;
//!     io.print(|out| writeln!(out, "{}", file.bytes.len()))?;
//!     Ok(Verdict::Pass)
//! }
//!
//! fn main() -> std::process::ExitCode {
//!     yard_cli::main(run)
//! }
//! ```
#![warn(missing_docs)]

mod args;
mod config;
mod error;
mod exit;
pub mod files;
mod io;
mod progress;
mod stream;
pub mod style;

pub use args::{Common, Format};
pub use error::{Class, Error, Failure};
pub use exit::main;
pub use io::{Io, Loaded, Source, recorded_path};
pub use progress::Progress;
pub use stream::FileStream;
pub use yard_contract::Verdict;
pub use {anstyle, clap};
