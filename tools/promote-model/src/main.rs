//! Move an alias to a released version, or back. See the library for what it does.

fn main() -> std::process::ExitCode {
    yard_cli::main(promote_model::run)
}
