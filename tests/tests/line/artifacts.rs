//! What the line leaves: everything, valid, and the same bytes every time.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use e2e::{Checkout, Line, command, compare, example, files_below, repository};
use serde_json::Value;
use yard_contract as contract;
use yard_contract::{Artifact, Document};

/// What every run of the line leaves, besides logs.
const LEFT: [&str; 24] = [
    "data-report.json",
    "model/model.onnx",
    "model/signature.json",
    "model/profile.json",
    "model/run.json",
    "model/golden.json",
    "holdout.csv",
    "split.json",
    "parity.json",
    "explanation.json",
    "train-measurement.json",
    "evaluation.json",
    "gate.json",
    "metrics.json",
    "report.html",
    "report.md",
    "model_card.md",
    "charts/roc.svg",
    "publish-receipt.json",
    "registry/credit-risk/1.0.0/manifest.json",
    "smoke-report.json",
    "smoke-measurement.json",
    "scored.csv",
    "batch-report.json",
];

/// The kind with which an artifact introduces itself; none for other files.
fn kind(bytes: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(bytes).ok()?;
    Some(value.get("kind")?.as_str()?.to_owned())
}

/// Every artifact of the line by path.
fn artifacts(out: &Path) -> Result<BTreeMap<PathBuf, (String, Vec<u8>)>> {
    let mut found = BTreeMap::new();
    for path in files_below(out)? {
        let bytes = fs::read(out.join(&path))?;
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
            && let Some(kind) = kind(&bytes)
        {
            found.insert(path, (kind, bytes));
        }
    }
    Ok(found)
}

#[test]
fn the_line_ends_well_and_leaves_everything() -> Result<()> {
    let line = example()?;
    for name in LEFT {
        assert!(line.out().join(name).is_file(), "no `{name}`");
    }
    for stage in [
        "world", "check", "train", "evaluate", "card", "publish", "serve", "smoke", "batch",
    ] {
        let told = line.ran.stdout.lines().any(|told| {
            told.trim_start().starts_with(&format!("{stage} ")) && told.contains(" ms  ")
        });
        assert!(told, "nothing is said of {stage}: {}", line.ran.stdout);
    }
    Ok(())
}

#[test]
fn a_second_run_in_another_folder_leaves_the_same_bytes() -> Result<()> {
    let first = example()?;
    let second = Line::run(Checkout::of_repository()?, &[("TRAINYARD_THREADS", "1")])?;
    second.ran.assert_code(0);
    let names = files_below(&first.out())?;
    assert_eq!(names, files_below(&second.out())?);
    let mut compared = 0;
    for name in names {
        let (one, other) = (
            fs::read(first.out().join(&name))?,
            fs::read(second.out().join(&name))?,
        );
        let logged = name
            .extension()
            .is_some_and(|extension| extension == "log" || extension == "port");
        if logged || kind(&one).as_deref() == Some("measurement") {
            continue;
        }
        assert!(one == other, "`{}` differs", name.display());
        compared += 1;
    }
    assert!(
        compared >= LEFT.len(),
        "only {compared} files were compared"
    );
    Ok(())
}

/// Reads bytes as the kind that they say they are, and writes them again.
fn again(kind: &str, bytes: &[u8]) -> Result<Vec<u8>> {
    fn through<T: Artifact>(bytes: &[u8]) -> Result<Vec<u8>> {
        Ok(Document::<T>::parse(bytes)?.to_bytes())
    }
    match kind {
        "batch-report" => through::<contract::BatchReport>(bytes),
        "data-report" => through::<contract::DataReport>(bytes),
        "drift-report" => through::<contract::DriftReport>(bytes),
        "evaluation" => through::<contract::Evaluation>(bytes),
        "explanation" => through::<contract::Explanation>(bytes),
        "gate" => through::<contract::Gate>(bytes),
        "golden" => through::<contract::Golden>(bytes),
        "manifest" => through::<contract::Manifest>(bytes),
        "measurement" => through::<contract::Measurement>(bytes),
        "parity" => through::<contract::Parity>(bytes),
        "profile" => through::<contract::Profile>(bytes),
        "publish-receipt" => through::<contract::PublishReceipt>(bytes),
        "run" => through::<contract::Run>(bytes),
        "signature" => through::<contract::Signature>(bytes),
        "smoke-report" => through::<contract::SmokeReport>(bytes),
        "split" => through::<contract::Split>(bytes),
        "verification" => through::<contract::Verification>(bytes),
        other => bail!("there is no kind `{other}`"),
    }
}

/// The types hold everything that an artifact says: what a reader writes again is what it read.
#[test]
fn every_artifact_survives_its_own_type_to_the_byte() -> Result<()> {
    let mut kinds = Vec::new();
    for (path, (kind, bytes)) in artifacts(&example()?.out())? {
        assert!(
            again(&kind, &bytes)? == bytes,
            "`{}` is another after reading",
            path.display()
        );
        kinds.push(kind);
    }
    kinds.sort();
    kinds.dedup();
    // Four kinds are of what the example does not do: it has no ledger, searches for no parameters, and
    // moves neither aliases nor images. The tests of eval-gate, train, promote-model and publish-image
    // read those.
    let elsewhere = ["alias-move", "image-receipt", "leaderboard", "ledger"];
    let named = contract::schemas()
        .into_iter()
        .filter_map(|(name, _)| Some(name.split_once('.')?.0.to_owned()));
    let left: Vec<String> = named
        .filter(|kind| !elsewhere.contains(&kind.as_str()))
        .collect();
    assert_eq!(kinds, left, "the line leaves artifacts of all its kinds");
    Ok(())
}

/// By a validator that is not ours.
#[test]
fn every_artifact_is_valid_against_its_committed_schema() -> Result<()> {
    let line = example()?;
    let schemas = repository()?.join("crates/yard-contract/schemas");
    let mut pairs: Vec<PathBuf> = Vec::new();
    for (path, (kind, _)) in artifacts(&line.out())? {
        pairs.push(schemas.join(format!("{kind}.v1.schema.json")));
        pairs.push(line.out().join(path));
    }
    let pairs: Vec<&OsStr> = pairs.iter().map(|path| path.as_os_str()).collect();
    if let Some(said) = compare("tests/peers/schema.py", &pairs)? {
        assert_eq!(said.trim(), format!("{} files are valid", pairs.len() / 2));
    }
    Ok(())
}

/// Every digest that an artifact records is that of a file that is there: the chain has no gap.
#[test]
fn every_recorded_digest_is_that_of_a_file() -> Result<()> {
    let line = example()?;
    let unpacked = tempfile::tempdir()?;
    let tar = command("tar")
        .arg("-xzf")
        .arg(line.package())
        .arg("-C")
        .arg(unpacked.path())
        .status()?;
    assert!(tar.success());
    let mut digests: BTreeMap<String, PathBuf> = BTreeMap::new();
    for folder in [line.checkout.path(), unpacked.path()] {
        for path in files_below(folder)? {
            let digest = contract::Sha256::of(&fs::read(folder.join(&path))?).to_string();
            digests.insert(digest, path);
        }
    }
    let mut checked = 0;
    for (path, (_, bytes)) in artifacts(&line.out())? {
        let value: Value = serde_json::from_slice(&bytes)?;
        for input in value["inputs"].as_array().into_iter().flatten() {
            let digest = input["sha256"].as_str().unwrap_or_default();
            assert!(
                digests.contains_key(digest),
                "{}: nothing is {input}",
                path.display()
            );
            checked += 1;
        }
    }
    assert!(checked > 20, "{checked}");
    Ok(())
}
