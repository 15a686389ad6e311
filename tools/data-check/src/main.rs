//! See the library.

fn main() -> std::process::ExitCode {
    yard_cli::main(data_check::run)
}
