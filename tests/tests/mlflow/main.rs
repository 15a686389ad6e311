//! An MLflow server as a registry, looked at by MLflow's own client.

use std::ffi::OsStr;
use std::fs;

use anyhow::{Context as _, Result, ensure};
use e2e::{MlflowServer, Ran, Yard, compare_with};
use serde_json::Value;

/// The smoke report of the package's own model, which passed.
fn tried(yard: &Yard) -> Result<()> {
    let run = yard.json("out/publish-receipt.json")?;
    let gate = yard.json("out/gate.json")?;
    let model = gate["model_sha256"].as_str().context("a digest")?;
    let report = format!(
        r#"{{"kind": "smoke-report", "version": "1.0", "produced_by": {{"tool": "test", "version": "0"}},
            "inputs": [], "verdict": "pass", "model_sha256": "{model}", "golden_rows": 1, "checks": []}}"#
    );
    ensure!(run["verdict"] == "pass");
    yard.write("out/smoke-report.json", report)
}

fn actions(yard: &Yard) -> Result<Vec<String>> {
    let receipt = yard.json("out/publish-receipt.json")?;
    let deliveries = receipt["deliveries"].as_array().context("deliveries")?;
    let action = |delivery: &Value| delivery["action"].as_str().unwrap_or_default().to_owned();
    Ok(deliveries.iter().map(action).collect())
}

#[test]
fn mlflows_own_client_sees_the_version_its_alias_and_its_files() -> Result<()> {
    let Some(server) = MlflowServer::start()? else {
        return Ok(());
    };
    let yard = Yard::prepared()?;
    let target = format!("mlflow:{}", server.url);
    let publish = |version: &str, card: &str| -> Result<Ran> {
        yard.write("out/model_card.md", card)?;
        let more = ["--target", &target, "--package-version", version];
        yard.stage("publish-package", &more)
    };
    publish("1.0.0+b1", "# Small\n")?.assert_code(0);
    let uploaded = actions(&yard)?;
    ensure!(
        uploaded.iter().all(|action| action == "uploaded"),
        "{uploaded:?}"
    );

    // The same again uploads nothing, other bytes are refused, and both leave one model version.
    publish("1.0.0+b1", "# Small\n")?.assert_code(0);
    let again = actions(&yard)?;
    ensure!(
        again.iter().all(|action| action == "already-there"),
        "{again:?}"
    );
    publish("1.0.0+b1", "# Small, retold\n")?.assert_code(1);
    publish("1.1.0", "# Small, better\n")?.assert_code(0);

    tried(&yard)?;
    let promote = |release: &str| {
        let more = [
            "--target",
            &target,
            "--smoke-report",
            "out/smoke-report.json",
            release,
        ];
        yard.run("promote-model", &more)
    };
    promote("small@1.1.0")?.assert_code(0);
    promote("small@1.0.0+b1")?.assert_code(0);
    yard.run(
        "promote-model",
        &["--target", &target, "--rollback", "small"],
    )?
    .assert_code(0);
    promote("small@1.0.0+b1")?.assert_code(0);

    let archive = "out/small-1.0.0+b1.tar.gz";
    let fetch = ["--target", &target, "--archive", archive, "small@champion"];
    yard.run("fetch-package", &fetch)?.assert_code(0);
    ensure!(fs::metadata(yard.path().join(archive))?.len() > 0);
    let folder = yard.path().join("out");
    let arguments: [&OsStr; 5] = [
        server.url.as_ref(),
        "small".as_ref(),
        "1.0.0+b1".as_ref(),
        "champion".as_ref(),
        folder.as_os_str(),
    ];
    let said = compare_with(&["mlflow"], "tests/peers/mlflow_registry.py", &arguments)?;
    let said = said.context("the server runs, so its client does")?;
    ensure!(said.contains("model version 1"), "{said}");
    Ok(())
}

#[test]
fn eight_who_publish_at_once_leave_one_model_version() -> Result<()> {
    let Some(server) = MlflowServer::start()? else {
        return Ok(());
    };
    let yard = Yard::prepared()?;
    let target = format!("mlflow:{}", server.url);
    for (version, is_same) in [("2.0.0", true), ("3.0.0", false)] {
        let codes: Vec<Option<i32>> = std::thread::scope(|scope| {
            let publishers: Vec<_> = (0..8)
                .map(|number| {
                    let (yard, target) = (&yard, &target);
                    scope.spawn(move || {
                        let folder = format!("p{number}-{version}");
                        let card = if is_same { 0 } else { number };
                        yard.write(format!("{folder}/model_card.md"), format!("# {card}\n"))?;
                        let (card, archive, out) = (
                            format!("{folder}/model_card.md"),
                            format!("{folder}/small.tar.gz"),
                            format!("{folder}/receipt.json"),
                        );
                        let more = [
                            "--target",
                            target,
                            "--package-version",
                            version,
                            "--include",
                            &card,
                            "--archive",
                            &archive,
                            "--out",
                            &out,
                        ];
                        Ok(yard.stage("publish-package", &more)?.code)
                    })
                })
                .collect();
            let joined = publishers.into_iter().map(|publisher| {
                let ended = publisher.join();
                ended.unwrap_or_else(|_| anyhow::bail!("a publisher panicked"))
            });
            joined.collect::<Result<_>>()
        })?;
        let winners = codes.iter().filter(|code| **code == Some(0)).count();
        let expected = if is_same { 8 } else { 1 };
        ensure!(winners == expected, "{version}: {codes:?}");
        ensure!(
            codes.iter().all(|code| matches!(code, Some(0 | 1))),
            "{codes:?}"
        );
        let fetched = format!("out/fetched-{version}");
        let release = format!("small@{version}");
        let fetch = ["--target", &target, "--out", &fetched, &release];
        yard.run("fetch-package", &fetch)?.assert_code(0);
    }
    Ok(())
}
