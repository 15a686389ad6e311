//! Writes the specimen, a small model folder, into a folder.
//!
//! `cargo run -p yard-model --features specimen --example specimen -- DIR`

#![expect(clippy::disallowed_methods, reason = "an example, not a tool")]

use std::path::Path;

fn main() -> anyhow::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    for (name, bytes) in yard_model::specimen::files() {
        std::fs::write(Path::new(&folder).join(name), bytes)?;
    }
    Ok(())
}
