//! Ask a deployed model how it does. See the library for what it does.

fn main() -> std::process::ExitCode {
    yard_cli::main(smoke_test::run)
}
