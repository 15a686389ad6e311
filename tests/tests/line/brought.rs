//! A fit by scikit-learn under the contract of `train run`, and what the line makes of it.

use std::ffi::OsStr;
use std::fs;

use anyhow::{Context as _, Result};
use e2e::{Yard, compare, python, repository};

use crate::adopted::reproduced;

#[test]
fn what_a_command_fits_goes_down_the_line_like_any_model() -> Result<()> {
    let Some(python) = python()? else {
        return Ok(());
    };
    let yard = Yard::prepared()?;
    yard.edit("configs/train.yaml", |text| {
        text.replace("gradient-boosting\n", "command\n")
    })?;
    let script = fs::read(repository()?.join("tests/peers/command.py"))?;
    yard.write("command.py", script)?;
    let folder = python.parent().context("a folder")?.to_owned();
    let (python, script) = (python.display().to_string(), "command.py");
    let words = ["run", "--data", "data.csv", "--", &python, script];
    yard.clear("train")?;
    let ran = yard.run("train", &words)?;
    ran.assert_code(0);
    yard.assert_written("train", true, &ran)?;
    let run = yard.json("out/model/run.json")?;
    assert_eq!(run["algorithm"], "command");
    assert!(
        run["parameters"]["packages"]
            .as_u64()
            .is_some_and(|count| count > 10)
    );
    let digest = &run["inputs"][2];
    assert_eq!(
        (&digest["kind"], &digest["path"]),
        (&"code".into(), &"command.py".into())
    );
    assert_eq!(yard.stage("eval-gate", &[])?.code, Some(0));

    // The card's commands fit again as they are printed, wherever Python is.
    assert_eq!(run["parameters"]["command"], "python command.py");
    yard.stage("model-card", &[])?.assert_code(0);
    reproduced(&yard, Some(&folder))?;

    let words = ["--data", "out/holdout.csv"];
    yard.stage("batch-predict", &words)?.assert_code(0);
    let folder = yard.path().join("out");
    let words = [OsStr::new("check"), folder.as_os_str(), OsStr::new("1")];
    let said = compare("tests/peers/command.py", &words)?;
    assert!(said.context("the script said")?.contains("rows, at most"));

    // Scores instead of a graph: the same forest, judged from its file.
    let evaluation = yard.json("out/evaluation.json")?;
    let words = [
        "run", "--data", "data.csv", "--expect", "scores", "--", &python, script,
    ];
    yard.run("train", &words)?.assert_code(0);
    let words = "--predictions out/scored/predictions.csv --config configs/gate.yaml --first-model none-yet --out out";
    let words: Vec<&str> = words.split(' ').collect();
    yard.run("eval-gate", &words)?.assert_code(0);
    let scored = yard.json("out/evaluation.json")?;
    assert_eq!(scored["rows"], evaluation["rows"]);
    Ok(())
}
