//! Writes the committed schemas anew: `cargo run -p yard-contract --example schemas`.

use std::path::Path;

fn main() -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    for (name, text) in yard_contract::schemas() {
        #[expect(
            clippy::disallowed_methods,
            reason = "this crate knows no other crate of ours"
        )]
        std::fs::write(folder.join(name), text)?;
    }
    Ok(())
}
