//! The gate stops the line.

use anyhow::Result;
use e2e::{Checkout, Line};

#[test]
fn a_threshold_out_of_reach_stops_the_line_with_the_evidence_and_nothing_published() -> Result<()> {
    let checkout = Checkout::of_repository()?;
    checkout.edit("configs/gate.yaml", |text| {
        text.replace("auc: 0.74", "auc: 0.9999")
    })?;
    let line = Line::run(checkout, &[])?;
    line.ran.assert_code(1);
    assert!(
        line.ran
            .stdout
            .contains("stops at evaluate with exit code 1"),
        "{}",
        line.ran.stdout
    );

    let gate = line.json("gate.json")?;
    assert_eq!(gate["verdict"], "fail");
    let auc = gate["rules"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|rule| rule["verdict"] == "fail");
    assert!(
        auc.is_some_and(|rule| rule.to_string().contains("auc")),
        "{gate}"
    );
    for evidence in [
        "evaluation.json",
        "metrics.json",
        "report.md",
        "report.html",
        "charts/roc.svg",
    ] {
        assert!(line.out().join(evidence).is_file(), "no `{evidence}`");
    }
    for later in [
        "model_card.md",
        "registry",
        "publish-receipt.json",
        "serve.log",
        "smoke-report.json",
        "scored.csv",
    ] {
        assert!(!line.out().join(later).exists(), "there is `{later}`");
    }
    Ok(())
}

/// A line that stops leaves nothing of an earlier, better day beside the bad verdict.
#[test]
fn a_line_that_stops_leaves_nothing_of_the_run_before() -> Result<()> {
    let line = Line::run(Checkout::of_repository()?, &[])?;
    line.ran.assert_code(0);
    line.checkout.edit("configs/data.yaml", |text| {
        text.replace("rows: {min: 1000}", "rows: {min: 1000000}")
    })?;
    let line = line.again(&[])?;
    line.ran.assert_code(1);
    assert_eq!(line.json("data-report.json")?["verdict"], "fail");
    for later in [
        "model",
        "gate.json",
        "model_card.md",
        "registry",
        "smoke-report.json",
    ] {
        assert!(!line.out().join(later).exists(), "there is still `{later}`");
    }
    Ok(())
}
