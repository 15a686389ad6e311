//! The `example-world` command; see the library for what it makes.

use std::process::ExitCode;

use clap::Parser as _;
use example_world::args::Args;

fn main() -> ExitCode {
    example_world::run(
        &Args::parse(),
        &mut std::io::stdout(),
        &mut std::io::stderr(),
    )
}
