//! Look for drift. See the library for what it does.

fn main() -> std::process::ExitCode {
    yard_cli::main(drift_check::run)
}
