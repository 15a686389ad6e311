//! Tells the program which compiler made it, and for which platform.

#![expect(
    clippy::disallowed_methods,
    reason = "cargo tells a build script what it builds by its environment"
)]
use std::env::var;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let compiler = var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let said = Command::new(compiler).arg("--version").output();
    let said = said.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let said = said.ok().filter(|said| !said.is_empty());
    println!(
        "cargo::rustc-env=TRAIN_COMPILER={}",
        said.as_deref().unwrap_or("rustc of an unknown version")
    );
    println!(
        "cargo::rustc-env=TRAIN_PLATFORM={}",
        var("TARGET").unwrap_or_default()
    );
}
