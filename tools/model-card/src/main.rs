//! See the library.

fn main() -> std::process::ExitCode {
    yard_cli::main(model_card::run)
}
