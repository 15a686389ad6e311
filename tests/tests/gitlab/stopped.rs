//! A training whose machine is taken away: exit code 75, the cache, and the same bytes in the end.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use anyhow::{Context as _, Result};
use e2e::tools;

use crate::MERGE_REQUEST;
use crate::consumer::consumer;

/// Asks `train` to stop as soon as it has begun, the way a runner does; not where something was saved.
const IMPATIENT: &str = r#"#!/bin/sh
case "$* " in
  *" --checkpoint "*) ;;
  *) exec REAL "$@" ;;
esac
if [ -n "$(find .trainyard/checkpoint -type f 2> /dev/null)" ]; then
  echo "it goes on from $(find .trainyard/checkpoint -type f | wc -l) files"
  exec REAL "$@"
fi
REAL "$@" --checkpoint-rounds 1 &
pid=$!
until [ -n "$(find .trainyard/checkpoint -type f 2> /dev/null)" ] || ! kill -0 "$pid" 2> /dev/null; do sleep 0.01; done
kill "$pid"
code=0
wait "$pid" || code=$?
exit "$code"
"#;

#[test]
fn a_training_that_is_stopped_goes_on_from_the_cache() -> Result<()> {
    let Some(pipeline) = consumer()? else {
        return Ok(());
    };
    // Long enough to be met in the middle of it.
    pipeline.checkout.edit("configs/train.yaml", |text| {
        text.replace("rounds: 200", "rounds: 4000")
    })?;
    pipeline.checkout.commit("Train for long")?;
    let bin = tempfile::tempdir()?;
    for entry in fs::read_dir(tools()?)? {
        let path = entry?.path();
        let name = path.file_name().context("a name")?;
        if path.is_file() && name != "train" {
            std::os::unix::fs::symlink(&path, bin.path().join(name))?;
        }
    }
    let script = IMPATIENT.replace("REAL", &tools()?.join("train").display().to_string());
    let train = bin.path().join("train");
    crate::template::write(&train, &script)?;
    fs::set_permissions(&train, fs::Permissions::from_mode(0o755))?;
    let bin = format!("TRAINYARD_BIN={}", bin.path().display());
    let impatient = [&MERGE_REQUEST[..], &["--variable", &bin]].concat();

    let stopped = pipeline.run(&impatient, &["lint", "train"])?;
    let end = stopped
        .log
        .lines()
        .find(|line| line.starts_with("train ") && line.contains("finished in"));
    assert!(
        end.is_some_and(|line| line.trim_end().ends_with("FAIL 75")),
        "{}",
        stopped.log
    );
    assert!(!pipeline.artifact("train", "out/model/run.json").exists());

    // What GitLab's `retry` does: the job once more, with the cache and without the folder of before.
    let again = pipeline.run(&impatient, &["lint", "train"])?;
    again.assert_state("train", "PASS");
    assert!(again.log.contains("it goes on from"), "{}", again.log);
    let resumed = fs::read(pipeline.artifact("train", "out/model/model.onnx"))?;
    let whole = pipeline.run(&MERGE_REQUEST, &["lint", "train"])?;
    whole.assert_state("train", "PASS");
    assert_eq!(
        resumed,
        fs::read(pipeline.artifact("train", "out/model/model.onnx"))?
    );

    let preview = pipeline.preview()?;
    let train = &preview["train"];
    assert_eq!(train["retry"]["max"], 2);
    assert_eq!(train["retry"]["exit_codes"], serde_json::json!([3, 75]));
    assert!(
        train["retry"]["when"]
            .as_array()
            .is_some_and(|when| when.contains(&"runner_system_failure".into()))
    );
    Ok(())
}
