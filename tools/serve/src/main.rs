//! Answer predictions over HTTP. See the library for what it does.

fn main() -> std::process::ExitCode {
    yard_cli::main(serve::run)
}
