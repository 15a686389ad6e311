//! Judge whether a model may replace the champion. See the library for what it does.

fn main() -> std::process::ExitCode {
    yard_cli::main(eval_gate::run)
}
