//! Score a table. See the library for what it does.

fn main() -> std::process::ExitCode {
    yard_cli::main(batch_predict::run)
}
