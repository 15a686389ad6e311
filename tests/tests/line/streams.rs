//! A reader that goes away changes no verdict.

use std::process::Stdio;

use anyhow::Result;
use e2e::{Ran, Serving, Yard};

/// Tools that end by themselves, without a server.
const TOOLS: [&str; 6] = [
    "data-check",
    "train",
    "eval-gate",
    "model-card",
    "publish-package",
    "batch-predict",
];

/// A pipe that nobody reads.
fn closed() -> Result<Stdio> {
    let (reader, writer) = std::io::pipe()?;
    drop(reader);
    Ok(writer.into())
}

#[test]
fn a_closed_stdout_changes_neither_verdict_nor_evidence() -> Result<()> {
    for tool in TOOLS {
        let yard = Yard::prepared()?;
        yard.clear(tool)?;
        let mut command = yard.command(tool)?;
        command
            .args(Yard::arguments(tool, &[])?)
            .stdout(closed()?)
            .stderr(Stdio::piped());
        let ran = Ran::ended(tool.to_owned(), &command.spawn()?.wait_with_output()?);
        ran.assert_code(0);
        yard.assert_written(tool, true, &ran)?;
    }
    Ok(())
}

#[test]
fn a_closed_stderr_changes_neither_verdict_nor_evidence() -> Result<()> {
    for tool in TOOLS {
        let yard = Yard::prepared()?;
        yard.clear(tool)?;
        let mut command = yard.command(tool)?;
        command
            .args(Yard::arguments(tool, &["--verbose"])?)
            .stdout(Stdio::piped())
            .stderr(closed()?);
        let ran = Ran::ended(tool.to_owned(), &command.spawn()?.wait_with_output()?);
        ran.assert_code(0);
        yard.assert_written(tool, true, &ran)?;
    }
    Ok(())
}

#[test]
fn a_fail_stays_a_fail_with_nobody_listening() -> Result<()> {
    let yard = Yard::prepared()?;
    yard.clear("eval-gate")?;
    yard.edit("configs/gate.yaml", |text| {
        text.replace("auc: 0.55", "auc: 0.9999")
    })?;
    let mut command = yard.command("eval-gate")?;
    command
        .args(Yard::arguments("eval-gate", &[])?)
        .stdout(closed()?)
        .stderr(closed()?);
    let ran = Ran::ended(
        "eval-gate".to_owned(),
        &command.spawn()?.wait_with_output()?,
    );
    ran.assert_code(1);
    yard.assert_written("eval-gate", true, &ran)?;
    Ok(())
}

#[test]
fn a_smoke_test_passes_with_nobody_listening() -> Result<()> {
    let yard = Yard::prepared()?;
    let serving = Serving::start(&yard.package())?;
    let mut command = yard.command("smoke-test")?;
    command
        .args(Yard::arguments("smoke-test", &["--url", &serving.url])?)
        .stdout(closed()?)
        .stderr(closed()?);
    let ran = Ran::ended(
        "smoke-test".to_owned(),
        &command.spawn()?.wait_with_output()?,
    );
    ran.assert_code(0);
    yard.assert_written("smoke-test", true, &ran)?;
    Ok(())
}

/// `--format json` prints the artifact, byte for byte.
#[test]
fn stdout_carries_the_artifact_where_asked() -> Result<()> {
    for (tool, artifact) in [
        ("data-check", "out/data-report.json"),
        ("train", "out/model/run.json"),
        ("eval-gate", "out/gate.json"),
        ("publish-package", "out/publish-receipt.json"),
        ("batch-predict", "out/batch-report.json"),
    ] {
        let yard = Yard::prepared()?;
        yard.clear(tool)?;
        let ran = yard.stage(tool, &["--format", "json"])?;
        ran.assert_code(0);
        assert_eq!(ran.stdout.into_bytes(), yard.read(artifact)?, "{tool}");
    }
    Ok(())
}
