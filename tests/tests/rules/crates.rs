//! Packages: their layers, their manifests.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context as _, Result, ensure};
use e2e::{Ran, command, repository};
use serde_json::Value;

/// A package of ours.
struct Package {
    name: String,
    folder: String,
    manifest: String,
    described: Value,
    /// Packages of ours that it uses, and whether for its tests only.
    uses: Vec<(String, bool)>,
}

fn packages() -> Result<Vec<Package>> {
    let root = repository()?;
    let ran = Ran::of(
        command(env!("CARGO"))
            .args([
                "metadata",
                "--no-deps",
                "--format-version",
                "1",
                "--offline",
                "--locked",
            ])
            .current_dir(root),
    )?;
    ran.assert_code(0);
    let metadata: Value = serde_json::from_str(&ran.stdout)?;
    let packages = metadata["packages"].as_array().context("packages")?;
    packages
        .iter()
        .map(|package| {
            let path = package["manifest_path"].as_str().context("a path")?;
            let folder = std::path::Path::new(path).parent().context("a folder")?;
            let uses = package["dependencies"].as_array().into_iter().flatten();
            let ours = uses.filter(|used| used["path"].is_string());
            Ok(Package {
                name: package["name"].as_str().context("a name")?.to_owned(),
                folder: folder.strip_prefix(root)?.display().to_string(),
                manifest: fs::read_to_string(path)?,
                described: package.clone(),
                uses: ours
                    .filter_map(|used| {
                        Some((used["name"].as_str()?.to_owned(), used["kind"] == "dev"))
                    })
                    .collect(),
            })
        })
        .collect()
}

/// The rows of the diagram in ARCHITECTURE.md, the lowest first, and the crates in each.
fn rows() -> Result<Vec<Vec<String>>> {
    let text = fs::read_to_string(repository()?.join("ARCHITECTURE.md"))?;
    let (_, layers) = text
        .split_once("## Layers")
        .context("a chapter on layers")?;
    let diagram = layers.split("```").nth(1).context("a diagram")?;
    let names = |line: &str| -> Vec<String> {
        let words = line.split_whitespace();
        words
            .filter(|word| word.starts_with("yard-"))
            .map(str::to_owned)
            .collect()
    };
    let mut rows: Vec<Vec<String>> = diagram
        .lines()
        .map(names)
        .filter(|row| !row.is_empty())
        .collect();
    rows.reverse();
    ensure!(
        rows.first().is_some_and(|row| *row == ["yard-contract"]),
        "the lowest row is the contract: {rows:?}"
    );
    Ok(rows)
}

#[test]
fn a_crate_knows_only_crates_of_lower_rows() -> Result<()> {
    let mut row_of = BTreeMap::new();
    for (row, names) in rows()?.into_iter().enumerate() {
        for name in names {
            assert!(
                row_of.insert(name.clone(), row).is_none(),
                "{name} is in two rows"
            );
        }
    }
    let packages = packages()?;
    let crates: BTreeSet<&str> = packages
        .iter()
        .filter(|package| package.folder.starts_with("crates/"))
        .map(|package| package.name.as_str())
        .collect();
    let drawn: BTreeSet<&str> = row_of.keys().map(String::as_str).collect();
    assert_eq!(
        crates, drawn,
        "ARCHITECTURE.md draws the crates that there are"
    );
    for package in packages
        .iter()
        .filter(|package| crates.contains(package.name.as_str()))
    {
        for (used, _) in &package.uses {
            let (from, to) = (row_of.get(&package.name), row_of.get(used));
            assert!(
                to.is_some() && to < from,
                "{} must not use {used}",
                package.name
            );
        }
    }
    Ok(())
}

#[test]
fn no_tool_uses_a_tool_and_these_crates_use_nothing_of_ours() -> Result<()> {
    for package in packages()? {
        let alone = [
            "yard-contract",
            "yard-table",
            "yard-stats",
            "yard-boost",
            "yard-report",
        ]
        .contains(&package.name.as_str());
        for (used, _) in &package.uses {
            assert!(
                used.starts_with("yard-"),
                "{} uses {used}, which is a tool",
                package.name
            );
            assert!(!alone, "{} uses {used}", package.name);
        }
    }
    Ok(())
}

#[test]
fn every_package_is_named_after_its_folder_and_inherits_what_is_the_workspaces() -> Result<()> {
    for package in packages()? {
        let name = &package.name;
        if package.folder.starts_with("tools/") || package.folder.starts_with("crates/") {
            assert_eq!(package.folder.split('/').nth(1), Some(name.as_str()));
        }
        assert!(
            package.manifest.contains("[lints]\nworkspace = true\n"),
            "{name} has lints of its own"
        );
        for key in ["version", "edition", "rust-version", "license", "publish"] {
            assert!(
                package
                    .manifest
                    .contains(&format!("\n{key}.workspace = true\n")),
                "{name}: {key} is the workspace's"
            );
        }
        let description = package.described["description"]
            .as_str()
            .unwrap_or_default();
        assert!(
            description.len() > 15 && !description.ends_with('.'),
            "{name}: `{description}`"
        );
        assert_eq!(package.described["license"], "MIT", "{name}");
        assert!(
            !package.manifest.contains("path = \"../"),
            "{name}: versions and paths are the workspace's"
        );
    }
    Ok(())
}

#[test]
fn only_the_server_is_asynchronous_and_only_the_forge_is_a_client() -> Result<()> {
    for package in packages()? {
        let used = package.described["dependencies"]
            .as_array()
            .into_iter()
            .flatten();
        for used in used.filter(|used| used["kind"].is_null()) {
            let used = used["name"].as_str().unwrap_or_default();
            if ["tokio", "hyper", "hyper-util", "axum"].contains(&used) {
                assert_eq!(package.name, "serve", "{used}");
            }
            if ["reqwest", "ureq", "rustls"].contains(&used) {
                assert_eq!(package.name, "yard-forge", "{used}");
            }
        }
    }
    Ok(())
}
