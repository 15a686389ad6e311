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
    assert_eq!(found["not_planned"][0]["rule"], "at_least.f1");

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

/// Every rule of the policy is planned, or listed with the reason why it is not.
#[test]
fn a_plan_leaves_no_rule_out() {
    let config = "\
at_least: {auc: 0.7, accuracy: 0.9, f1: 0.1, recall: 0.4}
at_most: {brier: 0.08, log_loss: 0.3}
champion: {margins: {auc: 0.01, accuracy: 0.01, log_loss: 0.01}, mcnemar: fail}
release: {margins: {auc: 0.02}, cumulative: {auc: 0.02}}
looks: {planned: 20}
rules: {model_bytes: {at_most: 1}, measured: {t.seconds.x: {at_most: 1}}, reports: {drift-report: pass}}
slices: {by: [[region]], min_rows: 300, auc_at_least: 0.6, champion: {margin: 0.05}}
fairness: {by: [region], max_difference: 0.1, min_ratio: 0.8}
";
    let project = Project::new(2, 1.0, config);
    let plan = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_eval-gate"));
        command.current_dir(project.0.path()).env_clear();
        let sized = [
            "plan",
            "--rows",
            "10000",
            "--positives",
            "1000",
            "--auc",
            "0.77",
        ];
        command.args(sized).args(more).output().unwrap()
    };
    let expect = [
        "--expect",
        "accuracy=0.92",
        "log_loss=0.25:0.5",
        "brier=0.07:0.15",
    ];
    let output = plan(&[&expect[..], &["--format", "json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let names = |list: &str| -> Vec<String> {
        let rules = found[list].as_array().unwrap().iter();
        rules
            .map(|rule| rule["rule"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        names("rules"),
        [
            "at_least.auc",
            "at_least.accuracy",
            "at_most.log_loss",
            "at_most.brier",
            "champion.auc",
            "champion.log_loss",
            "champion.accuracy",
            "release.auc"
        ]
    );
    assert_eq!(
        names("not_planned"),
        [
            "at_least.recall",
            "at_least.f1",
            "slices.auc_at_least",
            "slices.champion",
            "release.cumulative.auc",
            "fairness.max_difference",
            "fairness.min_ratio",
            "champion.mcnemar",
            "looks",
            "rules.model_bytes",
            "rules.measured.t.seconds.x",
            "rules.reports.drift-report"
        ]
    );
    // √(p(1 − p)/n) of a share; of a difference √(2(1 − ρ)) times that, here with ρ = 0.9.
    let error = |at: usize| found["rules"][at]["standard_error"].as_f64().unwrap();
    let share = (0.92_f64 * 0.08 / 10_000.0).sqrt();
    assert!((error(1) / share - 1.0).abs() < 1e-12);
    assert!((error(6) / (share * 0.2_f64.sqrt()) - 1.0).abs() < 1e-12);
    assert!((error(2) - 0.005).abs() < 1e-15);
    let pass = |at: usize, case: usize| found["rules"][at]["cases"][case]["pass"].as_f64().unwrap();
    // At its limit a rule errs with its level, 0.05/20 for two ends.
    for at in [1, 2, 3] {
        assert!((pass(at, 1) - 0.001_25).abs() < 1e-9, "{at}");
        assert!(pass(at, 0) > 0.9, "{at}");
    }
    let text = String::from_utf8(plan(&[]).stdout).unwrap();
    assert!(
        text.contains("at_least.accuracy: say what to expect"),
        "{text}"
    );
    for wrong in ["accuracy=much", "accuracy=1.5", "brier=0.1:0"] {
        let output = plan(&["--expect", wrong]);
        assert_eq!(output.status.code(), Some(2), "{wrong}");
        assert!(
            stderr(&output).contains("`--expect` is"),
            "{}",
            stderr(&output)
        );
    }
}
