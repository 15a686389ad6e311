//! Show the reviewer what was found. See the library for what it does.

fn main() -> std::process::ExitCode {
    yard_cli::main(forge_report::run)
}
