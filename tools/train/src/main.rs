//! Fit a model that is one ONNX graph. See the library for what it does.

fn main() -> std::process::ExitCode {
    yard_cli::main(train::run)
}
