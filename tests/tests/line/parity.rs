//! What is shipped, against what was fitted, and a model of eight bits through the whole line.

use anyhow::{Result, ensure};
use e2e::{Serving, Yard};

#[test]
fn a_model_of_eight_bits_goes_down_the_line_like_any_model() -> Result<()> {
    let yard = Yard::prepared()?;
    let words = "--parity out/parity.json --quantize int8 --quantized out/small";
    yard.stage("train", &words.split(' ').collect::<Vec<_>>())?
        .assert_code(0);
    let parity = yard.json("out/parity.json")?;
    ensure!(parity["verdict"] == "pass", "{parity}");
    let split = yard.json("out/split.json")?;
    assert_eq!(parity["rows"], split["holdout"]["rows"]);
    assert_eq!(parity["rows_sha256"], split["holdout"]["rows_sha256"]);
    assert_eq!(parity["comparisons"].as_array().map(Vec::len), Some(2));

    let small = ["--model", "out/small"];
    yard.stage(
        "eval-gate",
        &[&small[..], &["--split", "out/split.json"]].concat(),
    )?
    .assert_code(0);
    let evaluation = yard.json("out/evaluation.json")?;
    assert_eq!(
        evaluation["model_sha256"],
        parity["comparisons"][1]["model_sha256"]
    );
    yard.stage("model-card", &small)?.assert_code(0);
    yard.clear("publish-package")?;
    yard.stage(
        "publish-package",
        &[&small[..], &["--include", "out/parity.json"]].concat(),
    )?
    .assert_code(0);
    let serving = Serving::start(&yard.package())?;
    let package = yard.package().display().to_string();
    let words = ["--url", &serving.url, "--package", &package];
    yard.stage("smoke-test", &words)?.assert_code(0);
    for tool in ["batch-predict", "drift-check"] {
        let ran = yard.stage(tool, &["--package", &package])?;
        // The fresh rows of the example have changed, which is a look and no failure.
        ensure!(matches!(ran.code, Some(0 | 4)), "{tool}: {ran:?}");
    }
    serving.stop()?.assert_code(0);
    Ok(())
}
