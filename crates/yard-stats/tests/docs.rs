//! What the docs of a function owe its reader.
#![expect(clippy::unwrap_used, reason = "helpers are part of the test")]

use std::path::Path;

/// Every public function says what it costs: a step count in Landau's notation.
#[test]
fn every_public_function_says_what_it_costs() {
    let mut silent = Vec::new();
    look(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut silent,
    );
    assert!(
        silent.is_empty(),
        "no `O(` in the docs of: {}",
        silent.join(", ")
    );
}

fn look(folder: &Path, silent: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            look(&path, silent);
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let mut docs = String::new();
        for line in text.lines().map(str::trim) {
            if let Some(words) = line.strip_prefix("///") {
                docs.push_str(words);
            } else if let Some(function) = line
                .strip_prefix("pub fn ")
                .or_else(|| line.strip_prefix("pub const fn "))
            {
                if !docs.contains("O(") {
                    let name = function.split(['(', '<']).next().unwrap();
                    silent.push(format!("{name} ({})", path.display()));
                }
                docs.clear();
            } else if !line.starts_with("#[") {
                docs.clear();
            }
        }
    }
}
