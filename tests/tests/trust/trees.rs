//! Twenty signed trees, by every verifier of others that knows plain keys, with the network cut.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use e2e::{
    Ran, command, golden, python, repository, search_path, sigstore_verify, without_network,
};

use crate::world::{World, trees};

/// A program without a network, or, where that is not possible and was said, with it.
fn offline(program: &Path) -> Result<(Command, bool)> {
    Ok(match without_network(program)? {
        Some(command) => (command, true),
        None => (command(program), false),
    })
}

fn said(command: &mut Command) -> Result<String> {
    let ran = Ran::of(command)?;
    ran.assert_code(0);
    Ok(ran.stdout)
}

#[test]
fn others_accept_twenty_trees_and_refuse_each_changed_one_without_a_network() -> Result<()> {
    let world = World::new()?;
    let trees = trees();
    assert_eq!(trees.len(), 20);
    for (name, files) in &trees {
        let folder = world.path().join("tree");
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        for (path, bytes) in files {
            world.yard().write(Path::new("tree").join(path), bytes)?;
        }
        let unpacked = world.signed(name)?;
        for (path, bytes) in files {
            let there = fs::read(unpacked.join("tree").join(path)).with_context(|| path.clone())?;
            ensure!(there == *bytes, "`{path}` of {name}");
        }
    }

    if let Some(python) = python()? {
        let (mut compare, cut) = offline(&python)?;
        compare
            .arg(repository()?.join("tests/peers/trees.py"))
            .arg(world.path());
        if cut {
            compare.arg("--cut");
        }
        let schemas = golden("oms")?.and_then(|oms| oms.parent().map(Path::to_owned));
        if let Some(folder) = schemas {
            compare.arg("--golden").arg(folder);
        }
        let said = said(&mut compare)?;
        // Seven changes of each tree and three of each signature, by two verifiers.
        assert!(said.starts_with("20 trees with "), "{said}");
        assert!(said.contains(" 400 changed ones refused"), "{said}");
    }
    if let Some(modules) = sigstore_verify()? {
        let node = search_path("node").context("node")?;
        let (mut verify, _) = offline(&node)?;
        verify
            .arg(repository()?.join("tests/peers/trees.mjs"))
            .arg(modules)
            .arg(world.path());
        let said = said(&mut verify)?;
        assert_eq!(said, "20 trees accepted, 180 changed ones refused\n");
    }
    Ok(())
}
