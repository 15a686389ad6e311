//! Models that scikit-learn fitted and exported, through the line: adopted, scored, compared row by row
//! with ONNX Runtime on the exporter's own file.

use std::ffi::OsStr;
use std::fs;

use anyhow::{Context as _, Result};
use e2e::{Yard, compare};

#[test]
fn what_another_program_fitted_answers_the_same_once_adopted() -> Result<()> {
    let yard = Yard::prepared()?;
    let folder = yard.path().join("adopt");
    fs::create_dir_all(&folder)?;
    let script = "tests/peers/adopt.py";
    if compare(script, &[OsStr::new("make"), folder.as_os_str()])?.is_none() {
        return Ok(());
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "args")
        {
            let stem = path.file_stem().context("a name")?;
            names.push(stem.to_string_lossy().into_owned());
        }
    }
    assert_eq!(names.len(), 5, "{names:?}");
    for name in &names {
        let arguments = fs::read_to_string(folder.join(format!("{name}.args")))?;
        let at = |ending: &str| format!("adopt/{name}.{ending}");
        let (onnx, data, model, scored) = (at("onnx"), at("csv"), at("model"), at("scored.csv"));
        let mut words = vec!["adopt", &onnx, "--data", &data, "--model", &model];
        words.extend(arguments.split(' '));
        let ran = yard.run("train", &words)?;
        assert_eq!(ran.code, Some(0), "{name}: {ran:?}");
        let ran = yard.run(
            "batch-predict",
            &[
                "--package",
                &model,
                "--data",
                &data,
                "--out",
                &scored,
                "--report",
                "out/b.json",
            ],
        )?;
        assert_eq!(ran.code, Some(0), "{name}: {ran:?}");
    }
    let said = compare(script, &[OsStr::new("check"), folder.as_os_str()])?;
    assert_eq!(said.context("the script said")?.lines().count(), 5);

    // What can go wrong names what to do.
    for (words, wanted) in [
        (
            "adopt adopt/forest.csv --data adopt/forest.csv --target kind",
            "not an ONNX model",
        ),
        (
            "adopt adopt/forest.onnx --data adopt/pipeline.csv --target left",
            "side by side",
        ),
        (
            "adopt adopt/pipeline.onnx --data adopt/pipeline.csv --target left",
            "--positive",
        ),
        (
            "adopt adopt/pipeline.onnx --data adopt/forest.csv --target kind --positive yes",
            "region",
        ),
        (
            "adopt adopt/forest.onnx --data adopt/forest.csv --target kind --classes a,b",
            "3 probabilities",
        ),
    ] {
        let ran = yard.run("train", &words.split(' ').collect::<Vec<_>>())?;
        assert_eq!(ran.code, Some(2), "{words}: {ran:?}");
        assert!(ran.stderr.contains(wanted), "{words}: {ran:?}");
    }
    Ok(())
}
