//! A model or package in which one byte is another, for every tool that reads one.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use e2e::{Ran, Yard, command, files_below};

const FILES: [&str; 5] = [
    "model.onnx",
    "signature.json",
    "profile.json",
    "golden.json",
    "run.json",
];

/// Who reads a model, and how it is given.
const READERS: [(&str, &str); 6] = [
    ("eval-gate", "--model"),
    ("model-card", "--model"),
    ("publish-package", "--model"),
    ("serve", "--package"),
    ("smoke-test", "--package"),
    ("batch-predict", "--package"),
];

/// Turns one bit of a file's byte over.
fn flip(yard: &Yard, name: &str, at: usize) -> Result<()> {
    let mut bytes = yard.read(name)?;
    let byte = bytes
        .get_mut(at)
        .with_context(|| format!("`{name}` has no byte {at}"))?;
    *byte ^= 1;
    yard.write(name, bytes)
}

/// Where the first digest in a list of files begins.
fn digest_in(bytes: &[u8]) -> Result<usize> {
    let text = std::str::from_utf8(bytes)?;
    let list = text.find("\"files\"").context("a list of files")?;
    let key = "\"sha256\": \"";
    Ok(list + text[list..].find(key).context("a digest")? + key.len())
}

fn assert_refuses(yard: &Yard, tool: &str, more: &[&str]) -> Result<Ran> {
    yard.clear(tool)?;
    let ran = yard.stage(tool, more)?;
    ran.assert_refused(2, &[]);
    yard.assert_written(tool, false, &ran)?;
    Ok(ran)
}

/// `run.json` vouches for the four others, byte for byte. Nothing in a bare folder vouches for
/// `run.json`: what follows from it is refused (its digests), and what was made from it notices.
#[test]
fn a_changed_byte_in_a_model_folder_is_refused_by_every_reader() -> Result<()> {
    for (tool, option) in READERS {
        for file in FILES {
            let yard = Yard::prepared()?;
            let name = format!("out/model/{file}");
            let at = match file {
                "run.json" => digest_in(&yard.read(&name)?)?,
                _ => yard.read(&name)?.len() / 2,
            };
            flip(&yard, &name, at)?;
            // What a tool writes must not be confused with what it reads.
            let more = if tool == "eval-gate" {
                vec!["--out", "made"]
            } else {
                vec![]
            };
            let ran = yard.stage(tool, &[&[option, "out/model"], &more[..]].concat())?;
            ran.assert_refused(2, &[]);
            let named = ran.stderr.contains(file) || file == "run.json";
            assert!(named, "{file} is not named: {ran:?}");
            assert!(!yard.path().join("made").exists());
            yard.assert_nothing_half_written()?;
        }
    }
    Ok(())
}

/// What was made from `run.json` knows its digest: no byte of it can change.
#[test]
fn any_changed_byte_of_run_json_is_refused_by_card_and_publisher() -> Result<()> {
    for (tool, more) in [
        ("model-card", &[][..]),
        ("publish-package", &["--include", "out/evaluation.json"]),
    ] {
        let yard = Yard::prepared()?;
        let text = String::from_utf8(yard.read("out/model/run.json")?)?;
        let seed = text.find("\"seed\": 7").context("the seed")? + 8;
        flip(&yard, "out/model/run.json", seed)?;
        let ran = assert_refuses(&yard, tool, more)?;
        assert!(ran.stderr.contains("run"), "{ran:?}");
    }
    Ok(())
}

/// In a package the manifest vouches for every file, `run.json` too. For itself it vouches in the
/// archive only, so here a digest of it is changed.
#[test]
fn a_changed_byte_in_any_file_of_an_unpacked_package_is_refused() -> Result<()> {
    for (tool, option) in READERS {
        if ["model-card", "publish-package"].contains(&tool) {
            continue; // they read model folders only
        }
        let yard = Yard::prepared()?;
        let folder = yard.path().join("package");
        fs::create_dir(&folder)?;
        let unpacked = command("tar")
            .arg("-xzf")
            .arg(yard.package())
            .arg("-C")
            .arg(&folder)
            .status()?;
        assert!(unpacked.success());
        let files = files_below(&folder)?;
        assert!(files.len() > FILES.len(), "{files:?}");
        for file in files {
            let name = format!("package/{}", file.display());
            let whole = yard.read(&name)?;
            let is_manifest = file == Path::new("manifest.json");
            let at = if is_manifest {
                digest_in(&whole)?
            } else {
                whole.len() / 2
            };
            flip(&yard, &name, at)?;
            assert_refuses(&yard, tool, &[option, "package"])?;
            yard.write(&name, &whole)?;
            if !is_manifest {
                fs::remove_file(yard.path().join(&name))?;
                assert_refuses(&yard, tool, &[option, "package"])?;
                yard.write(&name, whole)?;
            }
        }
        yard.write("package/stray.txt", "one more")?;
        assert_refuses(&yard, tool, &[option, "package"])?;
    }
    Ok(())
}

#[test]
fn a_changed_or_cut_archive_is_refused() -> Result<()> {
    for (tool, option) in READERS {
        if ["model-card", "publish-package"].contains(&tool) {
            continue;
        }
        let yard = Yard::prepared()?;
        let whole = fs::read(yard.package())?;
        for at in [0, whole.len() / 3, whole.len() / 2, whole.len() - 20] {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            yard.write("spoilt.tar.gz", bytes)?;
            assert_refuses(&yard, tool, &[option, "spoilt.tar.gz"])?;
        }
        for length in [0, 1, whole.len() / 2, whole.len() - 1] {
            yard.write("spoilt.tar.gz", &whole[..length])?;
            assert_refuses(&yard, tool, &[option, "spoilt.tar.gz"])?;
        }
    }
    Ok(())
}
