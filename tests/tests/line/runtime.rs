//! Thirty models, of every task, objective and coding of categories, held against what was fitted, made of
//! eight bits too, and scored by us and by ONNX Runtime.

use std::ffi::OsStr;
use std::fs;

use anyhow::{Context as _, Result, ensure};
use e2e::{Yard, compare};

#[test]
fn thirty_models_answer_as_onnx_runtime_does() -> Result<()> {
    let yard = Yard::prepared()?;
    let folder = yard.path().join("thirty");
    fs::create_dir_all(&folder)?;
    let script = "tests/peers/runtime.py";
    let data = yard.path().join("data.csv");
    let plan = [OsStr::new("plan"), folder.as_os_str(), data.as_os_str()];
    if compare(script, &plan)?.is_none() {
        return Ok(());
    }
    let mut models = 0;
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        if path.extension().is_none_or(|ending| ending != "yaml") {
            continue;
        }
        let name = path.file_stem().context("a name")?.to_string_lossy();
        let at = |ending: &str| format!("thirty/{name}{ending}");
        let (config, model) = (at(".yaml"), at(""));
        let (parity, small) = (at(".parity.json"), at("-int8"));
        let words = ["--config", &config, "--model", &model, "--parity", &parity];
        let eight_bits = ["--quantize", "int8", "--quantized", &small];
        let ran = yard.stage("train", &[&words[..], &eight_bits].concat())?;
        ensure!(ran.code == Some(0), "{name}: {ran:?}");
        let rows = fs::read_to_string(path.with_extension("rows"))?;
        let rows = format!("thirty/{rows}");
        for folder in [&model, &small] {
            let scored = format!("{folder}.scored.csv");
            let words = ["--package", folder, "--data", &rows, "--out", &scored];
            let ran = yard.stage("batch-predict", &[&words[..], &["--keep", "none"]].concat())?;
            ensure!(ran.code == Some(0), "{name}: {ran:?}");
        }
        models += 1;
    }
    assert_eq!(models, 30);
    let said = compare(script, &[OsStr::new("check"), folder.as_os_str()])?;
    let said = said.context("the script said")?;
    assert_eq!(said.lines().count(), 60, "{said}");
    Ok(())
}
