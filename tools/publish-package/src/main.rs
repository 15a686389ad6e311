//! Pack a gated model with its evidence and publish it. See the library for what it does.

fn main() -> std::process::ExitCode {
    yard_cli::main(publish_package::run)
}
