//! A project that fits its model in Python, in an image of its own: from ONNX to a package.

use anyhow::Result;

use crate::consumer::of_example;

/// What a job of the consumer's says goes before the template's, and all else stays: so a training that
/// needs no tool of ours can be without them.
#[test]
fn a_training_of_one_s_own_may_leave_the_tools_out() -> Result<()> {
    let Some(pipeline) = of_example("gitlab-onnx")? else {
        return Ok(());
    };
    pipeline.checkout.edit(".gitlab-ci.yml", |text| {
        text.replace(
            "  image: python:3.12-slim\n",
            "  image: python:3.12-slim\n  before_script: []\n",
        )
    })?;
    let train = &pipeline.preview()?["train"];
    assert_eq!(
        train["before_script"].as_array().map(Vec::len),
        Some(0),
        "{train}"
    );
    let image = train["image"]["name"].as_str().or(train["image"].as_str());
    assert_eq!(image, Some("python:3.12-slim"));
    assert!(
        train["artifacts"]["paths"]
            .as_array()
            .is_some_and(|paths| paths.len() >= 3)
    );
    assert!(train["needs"].is_array() && train["rules"].is_array());
    Ok(())
}
