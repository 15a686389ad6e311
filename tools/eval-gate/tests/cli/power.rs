//! What a policy can tell before anyone trains.

use std::process::Command;

use crate::project::{Project, stderr};

#[test]
fn a_plan_tells_the_power_of_a_policy_without_a_model() {
    let config = "at_least: {auc: 0.7, f1: 0.1}\nchampion: {auc_margin: 0.005}\n";
    let project = Project::new(2, 1.0, config);
    let plan = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_eval-gate"));
        command
            .current_dir(project.0.path())
            .env_clear()
            .arg("plan")
            .args(more);
        command.output().unwrap()
    };
    let sized = ["--rows", "20000", "--positives", "1600", "--auc", "0.77"];
    let output = plan(&[&sized[..], &["--correlation", "0.95", "--format", "json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let of = |path: &str| {
        found
            .pointer(path)
            .and_then(serde_json::Value::as_f64)
            .unwrap()
    };
    // At the margin the champion's rule errs with its level, and no verdict is left out.
    let at_margin = "/rules/1/cases/2";
    assert!((of(&format!("{at_margin}/pass")) - 0.025).abs() < 1e-12);
    let sum = ["pass", "fail", "inconclusive"].map(|verdict| of(&format!("{at_margin}/{verdict}")));
    assert!((sum.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    // The standard error is Hanley and McNeil's; (1.96 + 0.8416)² of its squares fit into the margin.
    let error = of("/rules/1/standard_error");
    assert!((error / 0.002_25 - 1.0).abs() < 0.02, "{error}");
    let rows = 20_000.0 * (2.801_585 * error / 0.005).powi(2);
    assert!((of("/rules/1/rows_needed") / rows - 1.0).abs() < 1e-3);
    assert_eq!(found["not_planned"][0], "at_least.f1");

    let text = String::from_utf8(plan(&sized).stdout).unwrap();
    assert!(
        text.contains("champion.auc") && text.contains("four times in five"),
        "{text}"
    );
    for wrong in [
        ["--rows", "10", "--positives", "10"],
        ["--rows", "10", "--positives", "0"],
    ] {
        assert_eq!(plan(&wrong).status.code(), Some(2));
    }
    let output = plan(&[&sized[..], &["--correlation", "2"]].concat());
    assert_eq!(output.status.code(), Some(2));
    project.put("configs/gate.yaml", "at_least: {f1: 0.1}");
    assert!(stderr(&plan(&sized)).contains("nothing to plan"));
}
