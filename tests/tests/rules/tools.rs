//! What every tool has: a README, its help under test, a current schema.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use e2e::{Ran, command, compare, files_below, repository, tools};
use serde_json::Value;

/// The folders below `tools/`.
fn folders() -> Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(repository()?.join("tools"))? {
        let entry = entry?;
        let name = entry
            .file_name()
            .into_string()
            .map_err(|name| anyhow::anyhow!("{}", name.display()))?;
        found.push((name, entry.path()));
    }
    found.sort();
    assert!(found.len() >= 8, "{found:?}");
    Ok(found)
}

#[test]
fn every_tool_has_a_readme_that_names_it_and_its_exit_codes() -> Result<()> {
    for (tool, folder) in folders()? {
        let text = fs::read_to_string(folder.join("README.md"))
            .with_context(|| format!("{tool} has no README.md"))?;
        assert!(text.starts_with(&format!("# {tool}\n")), "{tool}");
        for said in ["| 0 |", "| 2 |"] {
            assert!(
                text.contains(said),
                "the README.md of {tool} has no table of exit codes"
            );
        }
    }
    Ok(())
}

/// Options that a README names are options that the tool has.
#[test]
fn a_readme_names_no_option_that_the_tool_lacks() -> Result<()> {
    for (tool, folder) in folders()? {
        let text = fs::read_to_string(folder.join("README.md"))
            .with_context(|| format!("{tool} has no README.md"))?;
        let mut help = Ran::of(command(tools()?.join(&tool)).arg("--help"))?.stdout;
        let (_, listed) = help.split_once("\nCommands:\n").unwrap_or_default();
        let commands = listed.lines().take_while(|line| !line.is_empty());
        let commands: Vec<String> = commands
            .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
            .collect();
        for name in commands {
            let words = [name.as_str(), "--help"];
            help.push_str(&Ran::of(command(tools()?.join(&tool)).args(words))?.stdout);
        }
        // In commands only the tool's own lines count.
        let commands = text.replace("\\\n", " ");
        let lines = commands.lines().filter(|line| {
            line.trim_start_matches(['$', '-', ' '])
                .trim_start_matches("run: ")
                .starts_with(&format!("{tool} "))
        });
        for word in lines
            .flat_map(str::split_whitespace)
            .filter(|word| word.starts_with("--"))
        {
            let option = word.split('=').next().unwrap_or(word);
            assert!(
                help.contains(option),
                "{tool} has no `{option}`, which its README.md names"
            );
        }
    }
    Ok(())
}

#[test]
fn every_tool_holds_its_help_in_a_test() -> Result<()> {
    for (tool, folder) in folders()? {
        let held = files_below(&folder.join("tests"))
            .unwrap_or_default()
            .into_iter()
            .any(|path| {
                let text = path.to_string_lossy().into_owned();
                text.starts_with("cmd/help")
            });
        assert!(held, "{tool} has no test of its help, `tests/cmd/help…`");
    }
    Ok(())
}

/// Who has a configuration prints its schema, and the committed one is that.
#[test]
fn every_committed_schema_is_what_the_tool_prints() -> Result<()> {
    let mut checked = 0;
    for (tool, folder) in folders()? {
        let committed: Vec<PathBuf> = files_below(&folder)?
            .into_iter()
            .filter(|path| path.to_string_lossy().ends_with(".schema.json"))
            .collect();
        let help = Ran::of(command(tools()?.join(&tool)).arg("--help"))?.stdout;
        assert_eq!(
            committed.is_empty(),
            !help.contains("schema"),
            "{tool}: {committed:?}"
        );
        for path in committed {
            // Beside its own, a tool may have the configuration of a command: `train search`.
            let words: &[&str] = match path.to_string_lossy().split('.').next() {
                Some("search") => &["search", "schema"],
                _ => &["schema"],
            };
            let printed = Ran::of(command(tools()?.join(&tool)).args(words))?;
            printed.assert_code(0);
            assert_eq!(
                fs::read_to_string(folder.join(&path))?,
                printed.stdout,
                "{tool}: run `make bless`"
            );
            checked += 1;
        }
    }
    assert_eq!(checked, 7);
    Ok(())
}

/// Every configuration of the example names its schema for editors, and is valid by a validator that
/// is not ours. (`dvc.yaml` is DVC's.)
#[test]
fn every_configuration_names_its_schema_and_is_valid() -> Result<()> {
    let root = repository()?;
    let scratch = tempfile::tempdir()?;
    let mut pairs = Vec::new();
    for name in files_below(&root.join("configs"))? {
        if name == std::path::Path::new("dvc.yaml") {
            continue;
        }
        let text = fs::read_to_string(root.join("configs").join(&name))?;
        let first = text.lines().next().unwrap_or_default();
        let shown = name.display();
        let schema = first
            .strip_prefix("# yaml-language-server: $schema=")
            .with_context(|| format!("{shown} begins with `{first}`"))?;
        let schema = root.join("configs").join(schema);
        assert!(
            schema.is_file(),
            "{shown}: there is no {}",
            schema.display()
        );
        let value: Value = serde_saphyr::from_str(&text)?;
        let json = scratch.path().join(&name).with_extension("json");
        write(&json, &serde_json::to_vec(&value)?)?;
        pairs.extend([schema.into_os_string(), json.into_os_string()]);
    }
    assert_eq!(pairs.len(), 14, "{pairs:?}");
    let pairs: Vec<_> = pairs.iter().map(std::ffi::OsString::as_os_str).collect();
    compare("tests/peers/schema.py", &pairs)?;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a file of a throw-away folder")]
fn write(path: &std::path::Path, bytes: &[u8]) -> Result<()> {
    Ok(fs::write(path, bytes)?)
}
