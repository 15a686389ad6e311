//! Writes what follows from other files of `ci-templates`: `make bless` runs it.

use std::fs;
use std::path::Path;

use anyhow::Result;
use e2e::{actions, repository, stages};

fn main() -> Result<()> {
    let templates = repository()?.join("ci-templates");
    let whole = fs::read_to_string(templates.join("gitlab/ml-pipeline.yml"))?;
    for (name, text) in stages(&whole)? {
        write(&templates.join("gitlab/stages").join(name), &text)?;
    }
    for (tool, text) in actions() {
        write(
            &templates.join("github").join(tool).join("action.yml"),
            &text,
        )?;
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a file of the repository")]
fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    Ok(fs::write(path, text)?)
}
