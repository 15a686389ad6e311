//! Signed packages, by other people's verifiers.

use std::process::Command;

use anyhow::Result;
use e2e::{Ran, command, compare, example, tools};

fn publish_package(arguments: &mut Command) -> Result<Ran> {
    let ran = Ran::of(arguments)?;
    ran.assert_code(0);
    Ok(ran)
}

#[test]
fn others_accept_what_we_sign_and_what_we_say_of_it() -> Result<()> {
    let line = example()?;
    let world = tempfile::tempdir()?;
    let tool = || -> Result<Command> {
        let mut command = command(tools()?.join("publish-package"));
        command.current_dir(world.path());
        Ok(command)
    };
    publish_package(tool()?.args(["keygen", "--out", "team.key"]))?;
    let mut publish = tool()?;
    publish.args(["--name", "credit-risk", "--package-version", "1.0.0"]);
    publish.args(["--signing-key", "team.key", "--target", "dir:registry"]);
    publish.arg("--model").arg(line.out().join("model"));
    publish.arg("--gate").arg(line.out().join("gate.json"));
    for include in [
        "data-report.json",
        "split.json",
        "evaluation.json",
        "model_card.md",
        "charts",
    ] {
        publish.arg("--include").arg(line.out().join(include));
    }
    publish_package(&mut publish)?;
    let archive = world
        .path()
        .join("registry/credit-risk/1.0.0/credit-risk-1.0.0.tar.gz");
    let verified = publish_package(
        tool()?
            .arg("verify")
            .arg(&archive)
            .args(["--public-key", "team.key.pub"]),
    )?;
    assert_eq!(verified.stdout.matches(" holds ").count(), 9);

    let folder = world.path().join("unpacked");
    std::fs::create_dir(&folder)?;
    let mut tar = command("tar");
    tar.arg("-xzf").arg(&archive).arg("-C").arg(&folder);
    publish_package(&mut tar)?;
    let key = world.path().join("team.key.pub");
    let sealed = archive.with_extension("gz.sigstore.json");
    let said = compare(
        "tests/peers/trust.py",
        &[folder.as_os_str(), key.as_os_str(), sealed.as_os_str()],
    )?;
    if let Some(said) = said {
        assert!(said.contains("accept it"), "{said}");
    }
    Ok(())
}
