//! Put serve and a package into an OCI image. See the library for what it does.

fn main() -> std::process::ExitCode {
    yard_cli::main(publish_image::run)
}
