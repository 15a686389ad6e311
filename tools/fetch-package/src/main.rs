//! Fetch a released package by version or alias. See the library for what it does.

fn main() -> std::process::ExitCode {
    yard_cli::main(fetch_package::run)
}
